"""The options of a training, one table for recipes, the Python call and the command line."""

from __future__ import annotations

from dataclasses import dataclass

from nasdsl.options.settings import option

OPTIMISERS = ("sgd", "adam", "rmsprop")
SCHEDULES = ("cosine", "restarts", "step", "linear", "constant")


@dataclass(frozen=True)
class TrainOptions:
    optimiser: str = option("sgd", "what makes the updates", choices=OPTIMISERS)
    lr: float = option(0.05, "learning rate at the start, or after the warm-up", least=0)
    momentum: float = option(0.9, "momentum of sgd and rmsprop", least=0, most=1)
    nesterov: bool = option(False, "Nesterov's momentum (sgd)")
    beta1: float = option(0.9, "decay of adam's first moment", least=0, most=1)
    beta2: float = option(0.999, "decay of adam's second moment", least=0, most=1)
    decay: float = option(0.9, "decay of rmsprop's mean square", least=0, most=1)
    eps: float = option(1e-8, "what adam and rmsprop add to the denominator", least=0)
    weight_decay: float = option(3e-4, "weight decay", least=0)
    decay_vectors: bool = option(True, "weight decay also of biases, scales and shifts")
    schedule: str = option("cosine", "how the learning rate falls, by the epoch", choices=SCHEDULES)
    lr_end: float = option(0.0, "learning rate at the end of cosine, linear and each restart", least=0)
    restart: int = option(10, "epochs of the first cosine of `restarts`", least=1)
    restart_growth: int = option(2, "by what the next one is longer", least=1)
    step_epochs: int = option(1, "epochs between two steps of `step`", least=1)
    step_factor: float = option(0.97, "by what `step` multiplies the learning rate", least=0)
    warmup: int = option(0, "epochs in which the learning rate rises linearly", least=0)
    clip: float = option(5.0, "largest norm of the gradient; 0: any", least=0)
    batches: int = option(1, "batches of one update", least=1)
    label_smoothing: float = option(0.0, "part of a label that all classes share", least=0, most=1)
    auxiliary: float = option(0.0, "weight of the loss of a result `aux`", least=0)
    drop_path: float = option(0.0, "rate of dropped paths in the last epoch; from 0, linear", least=0, most=0.99)
    drop_path_by_depth: bool = option(False, "earlier layers drop less, in proportion to their place")
    cutout: int = option(0, "side of the square that is cut out of training images, in pixels", least=0)
    resized_crop: bool = option(False, "crops of random size and shape in place of the data set's own")
    colour_jitter: float = option(0.0, "range of random brightness, contrast and saturation; half for hue", least=0)
    ema: float = option(0.0, "decay of the moving average of weights that is kept in the end; 0: none", least=0, most=1)
    activation: float = option(0.0, "weight of the mean square of recurrent outputs after dropout", least=0)
    slowness: float = option(0.0, "weight of the mean square of their change between places", least=0)
    vary_length: bool = option(False, "segments of random length; the learning rate follows the length")
    average_after: int = option(
        0, "epochs without gain in validation loss after which weights are averaged (NT-ASGD); 0: never", least=0
    )
    keep_best: bool = option(False, "keep the weights of the best validation loss, not the last ones")
