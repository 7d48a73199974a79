"""Training options, shared by recipes, the Python API and the command line."""

from __future__ import annotations

from dataclasses import dataclass

from nasdsl.options.settings import option

OPTIMISERS = ("sgd", "adam", "rmsprop")
SCHEDULES = ("cosine", "restarts", "step", "linear", "constant")


@dataclass(frozen=True)
class TrainOptions:
    optimiser: str = option("sgd", "optimizer", choices=OPTIMISERS)
    lr: float = option(0.05, "initial learning rate (after warm-up)", least=0)
    momentum: float = option(0.9, "momentum of sgd and rmsprop", least=0, most=1)
    nesterov: bool = option(False, "Nesterov momentum (sgd)")
    beta1: float = option(0.9, "beta1 of adam", least=0, most=1)
    beta2: float = option(0.999, "beta2 of adam", least=0, most=1)
    decay: float = option(0.9, "smoothing constant of rmsprop", least=0, most=1)
    eps: float = option(1e-8, "epsilon of adam and rmsprop", least=0)
    weight_decay: float = option(3e-4, "weight decay", least=0)
    decay_vectors: bool = option(True, "apply weight decay to biases, scales and shifts, too")
    schedule: str = option("cosine", "learning-rate schedule", choices=SCHEDULES)
    lr_end: float = option(0.0, "final learning rate of cosine, linear and each restart period", least=0)
    restart: int = option(10, "epochs of the first restart period", least=1)
    restart_growth: int = option(2, "factor by which each restart period grows", least=1)
    step_epochs: int = option(1, "epochs between learning-rate steps", least=1)
    step_factor: float = option(0.97, "factor of each learning-rate step", least=0)
    warmup: int = option(0, "number of epochs of linear warm-up", least=0)
    clip: float = option(5.0, "gradient norm at which gradients are clipped; 0 disables clipping", least=0)
    batches: int = option(1, "number of batches per update", least=1)
    label_smoothing: float = option(0.0, "label smoothing", least=0, most=1)
    auxiliary: float = option(0.0, "weight of the auxiliary loss (result `aux`)", least=0)
    drop_path: float = option(0.0, "drop-path rate in the last epoch; increases linearly from 0", least=0, most=0.99)
    drop_path_by_depth: bool = option(False, "scale drop-path linearly with depth")
    cutout: int = option(0, "side of the cutout square in pixels; 0 disables it", least=0)
    resized_crop: bool = option(False, "use random resized crops instead of the data set's default crops")
    colour_jitter: float = option(
        0.0, "range of random brightness, contrast and saturation; hue gets half of it", least=0
    )
    ema: float = option(0.0, "decay of the exponential moving average of weights; 0 disables it", least=0, most=1)
    activation: float = option(0.0, "weight of activation regularization (AR)", least=0)
    slowness: float = option(0.0, "weight of temporal activation regularization (TAR)", least=0)
    vary_length: bool = option(False, "use segments of random length, and scale the learning rate with the length")
    average_after: int = option(
        0, "epochs without improvement after which weight averaging starts (NT-ASGD); 0 disables it", least=0
    )
    keep_best: bool = option(False, "keep the weights with the best validation loss instead of the last ones")
