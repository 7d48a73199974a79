"""Base class of one-shot strategies, and the training of shared weights."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal, TypeVar

import torch
from torch import Tensor, nn

from nasdsl.diagnostics import Diagnostic
from nasdsl.graph.architecture import Architecture
from nasdsl.options.settings import option, parse_options
from nasdsl.parallel.group import ALONE, ProcessGroup
from nasdsl.space import Space
from nasdsl.tasks.base import Batch, Forward, Objective, SupernetChoices
from nasdsl.tasks.metrics import accuracy, cross_entropy
from nasdsl.training.device import Autocast


@dataclass(frozen=True)
class WeightOptions:
    """SGD with a cosine schedule from `lr` to `lr_end`, as DARTS trains its shared weights."""

    lr: float = option(0.025, "learning rate of the shared weights", least=0)
    lr_end: float = option(0.001, "final learning rate of the cosine schedule", least=0)
    momentum: float = option(0.9, "momentum of the shared weights", least=0, most=1)
    weight_decay: float = option(3e-4, "weight decay of the shared weights", least=0)
    clip: float = option(5.0, "gradient norm at which shared weights are clipped; 0 disables clipping", least=0)


OptionsT = TypeVar("OptionsT", bound=WeightOptions)
# The halves of the data: what trains the shared weights, and what trains or compares architectures.
Half = Literal["train", "valid"]


@dataclass(frozen=True)
class Published:
    """Run settings (not strategy options) of the search in the paper; `epochs` counts those of one stage."""

    epochs: int
    batch_size: int
    split: float = 0.5


@dataclass
class Context:
    """The services a search provides to its strategy: space, supernet, data, device.

    `epochs` are those of one stage.  `validation()` yields the validation batches in a fixed order;
    `draw(half, rng)` returns a random batch of one half.  Batches of a step are this process's share; those of
    `validation` and `draw` are whole.  `task` interprets batches.
    """

    space: Space
    supernet: nn.Module
    device: torch.device
    epochs: int
    seed: int
    validation: Callable[[], Iterator[Batch]]
    autocast: Autocast
    draw: Callable[[Half, random.Random], Batch]
    task: Objective = field(default_factory=Objective)
    group: ProcessGroup = ALONE
    accumulate: int = 1

    def parts(self, batch: Batch) -> Sequence[Batch]:
        """Split a batch into the equal parts over which gradients are accumulated."""
        return batch.pieces(self.accumulate)

    def average(self, gradients: Iterable[Tensor | None]) -> None:
        """Average gradients over the processes, in place; call it before clipping or using them."""
        self.group.average(gradients)


class OneShot(ABC, Generic[OptionsT]):
    """Base class: `setup` is called once, `step` per pair of batches, `epoch_end` per epoch, `derive` at any time.

    `Options` is a frozen dataclass of the strategy's options, and also the type argument: `OneShot[MyOptions]`.
    `nasdsl strategies` shows `paper` and, if known, `published`.
    """

    name: ClassVar[str]
    paper: ClassVar[str]
    relaxation: ClassVar[str]
    published: ClassVar[Published | None] = None
    Options: type[OptionsT]

    def __init__(self, **options: Any):
        self.options: OptionsT = parse_options(self.Options, options, f"the strategy `{self.name}`")

    def options_json(self) -> dict[str, Any]:
        """Return all options with their values as JSON data (lists for tuples)."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self.options).items()}

    def refuses(self, space: Space) -> Diagnostic | None:
        """Return a diagnostic if the strategy cannot search the space, or None.  Subclasses also call `super()`."""
        return None

    def notes(self, space: Space) -> list[str]:
        """Return notes for the user, which are stored in `config.json`."""
        return []

    def supernet(self, space: Space) -> nn.Module:
        """Build the supernet to train, the first one of a search in stages."""
        return space.supernet()

    def total_epochs(self, epochs: int) -> int:
        """Return the epochs of the whole search, given those of one stage."""
        return epochs

    def setup(self, context: Context) -> None:
        """Bind the strategy to a search, attach its supernet and prepare its state."""
        self.context, self.space = context, context.space
        self.attach(context.supernet)
        self.prepare()

    def attach(self, net: nn.Module) -> None:
        """Make `net` the supernet to train, with a new optimizer and schedule."""
        o = self.options
        self.net = net
        self.context.task.initialise(net)
        self.optimiser = torch.optim.SGD(net.parameters(), o.lr, momentum=o.momentum, weight_decay=o.weight_decay)
        self.schedule = self.weight_schedule()

    def weight_schedule(self) -> torch.optim.lr_scheduler.LRScheduler:
        """Return the learning-rate schedule of the shared weights."""
        o = self.options
        return torch.optim.lr_scheduler.CosineAnnealingLR(self.optimiser, self.context.epochs, o.lr_end)

    @abstractmethod
    def prepare(self) -> None:
        """Initialize the strategy's own state; called once, after the supernet is attached."""

    @abstractmethod
    def step(self, train: Batch, valid: Batch) -> dict[str, float]:
        """Train one step on a batch of each half; return `loss`, `accuracy` and further metrics to log."""

    @abstractmethod
    def derive(self) -> Architecture:
        """Return the architecture that the search currently selects."""

    def summary(self) -> dict[str, float]:
        """Return metrics of the finished search for `result.json`."""
        return {}

    def epoch_end(self, epoch: int) -> dict[str, float] | None:
        """Called between epochs; returns metrics to log, if any."""
        self.schedule.step()
        return None

    def distributions(self) -> dict[str, Tensor]:
        """Map each decision to the probabilities of its candidates, for the log."""
        return {}

    def train_weights(self, batch: Batch, choices: SupernetChoices) -> dict[str, float]:
        """Update the weights along one path or mixture; return metrics."""
        return self.train_paths(batch, [choices])

    def train_paths(self, batch: Batch, paths: Sequence[SupernetChoices]) -> dict[str, float]:
        """Update the weights by the summed gradients of several paths or mixtures; return mean metrics."""
        self.net.train()
        self.optimiser.zero_grad(set_to_none=True)
        losses, accuracies = [], []
        parts = self.context.parts(batch)
        for choices in paths:
            for part in parts:
                loss, accuracy = self.loss(part, choices)
                (loss / len(parts)).backward()
                losses.append(float(loss.detach()))
                accuracies.append(accuracy)
        self.update()
        return {"loss": sum(losses) / len(losses), "accuracy": sum(accuracies) / len(accuracies)}

    def update(self) -> None:
        """Average and clip the gradients of the weights, and take one optimizer step."""
        trained = [parameter for parameter in self.net.parameters() if parameter.grad is not None]
        self.context.average(parameter.grad for parameter in trained)
        if self.options.clip > 0:
            nn.utils.clip_grad_norm_(trained, self.options.clip)
        self.optimiser.step()

    def loss(self, batch: Batch, choices: SupernetChoices) -> tuple[Tensor, float]:
        """Return loss and accuracy of a batch along one path or mixture."""
        logits, targets = self.outcome(batch, choices)
        return cross_entropy(logits, targets), accuracy(logits, targets)

    def outcome(self, batch: Batch, choices: SupernetChoices, network: Forward | None = None) -> tuple[Tensor, Tensor]:
        """Return logits (rows, classes) and targets (rows,) of a batch; `network` replaces the supernet if given."""
        with self.context.autocast():
            logits = self.context.task.logits(network or self.net, batch, choices)
        return logits, self.context.task.targets(batch)

    def validation(self) -> Iterator[Batch]:
        """Iterate over the validation batches in a fixed order."""
        yield from self.context.validation()

    def state_dict(self) -> dict[str, Any]:
        """Return the state for a checkpoint, with the weights as `net`."""
        return {
            "net": self.net.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the state of a checkpoint."""
        self.net.load_state_dict(state["net"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
