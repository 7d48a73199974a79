"""The protocol of one-shot strategies, and the training of shared weights that they have in common."""

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
    """SGD with a cosine from `lr` to `lr_end` over the epochs, as DARTS trains its shared weights."""

    lr: float = option(0.025, "learning rate of the shared weights", least=0)
    lr_end: float = option(0.001, "learning rate at the end of the cosine", least=0)
    momentum: float = option(0.9, "momentum of the shared weights", least=0, most=1)
    weight_decay: float = option(3e-4, "weight decay of the shared weights", least=0)
    clip: float = option(5.0, "largest norm of the gradient of the shared weights; 0: any", least=0)


OptionsT = TypeVar("OptionsT", bound=WeightOptions)
# The halves of the data: what trains the shared weights, and what trains or compares architectures.
Half = Literal["train", "valid"]


@dataclass(frozen=True)
class Published:
    """Settings of a run (not of the strategy) in the paper's search; `epochs` are those of one stage."""

    epochs: int
    batch_size: int
    split: float = 0.5


@dataclass
class Context:
    """The means of a strategy: space, supernet, data, device.

    `epochs` are those of one stage.  `validation()` yields the validation batches in a fixed order;
    `draw(half, rng)` is a random batch of one half.  Batches of a step are this process's share; those of
    `validation` and `draw` are whole.  `task` knows what a batch holds.
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
        """The equal parts of a batch that go through one after another; the gradient is the mean of theirs."""
        return batch.pieces(self.accumulate)

    def average(self, gradients: Iterable[Tensor | None]) -> None:
        """Gradients become those of the whole batch, in place: to be called before they are clipped or used."""
        self.group.average(gradients)


class OneShot(ABC, Generic[OptionsT]):
    """`setup` once, `step` for each pair of batches, `epoch_end`, and `derive` at any time.

    `Options` is the table of its options, a frozen dataclass, and the type argument too: `OneShot[MyOptions]`.
    `paper` and, where known for certain, `published` are shown by `nasdsl strategies`.
    """

    name: ClassVar[str]
    paper: ClassVar[str]
    relaxation: ClassVar[str]
    published: ClassVar[Published | None] = None
    Options: type[OptionsT]

    def __init__(self, **options: Any):
        self.options: OptionsT = parse_options(self.Options, options, f"the strategy `{self.name}`")

    def options_json(self) -> dict[str, Any]:
        """All options with their values, as JSON has them (lists for tuples)."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self.options).items()}

    def refuses(self, space: Space) -> Diagnostic | None:
        """Why this space cannot be searched, or None.  Subclasses ask `super()` too."""
        return None

    def notes(self, space: Space) -> list[str]:
        """Notes for users of this space, kept in `config.json`."""
        return []

    def supernet(self, space: Space) -> nn.Module:
        """The supernet that is trained, the first one of several."""
        return space.supernet()

    def total_epochs(self, epochs: int) -> int:
        """Epochs of the whole search, where `epochs` is those of one stage."""
        return epochs

    def setup(self, context: Context) -> None:
        self.context, self.space = context, context.space
        self.attach(context.supernet)
        self.prepare()

    def attach(self, net: nn.Module) -> None:
        """Makes `net` the supernet whose weights are trained, with an optimiser and a schedule of its own."""
        o = self.options
        self.net = net
        self.context.task.initialise(net)
        self.optimiser = torch.optim.SGD(net.parameters(), o.lr, momentum=o.momentum, weight_decay=o.weight_decay)
        self.schedule = self.weight_schedule()

    def weight_schedule(self) -> torch.optim.lr_scheduler.LRScheduler:
        o = self.options
        return torch.optim.lr_scheduler.CosineAnnealingLR(self.optimiser, self.context.epochs, o.lr_end)

    @abstractmethod
    def prepare(self) -> None: ...

    @abstractmethod
    def step(self, train: Batch, valid: Batch) -> dict[str, float]:
        """One step on a batch of either half; returns `loss`, `accuracy` and what else is to be logged."""

    @abstractmethod
    def derive(self) -> Architecture: ...

    def summary(self) -> dict[str, float]:
        """Figures of the finished search, for `result.json`."""
        return {}

    def epoch_end(self, epoch: int) -> dict[str, float] | None:
        """Called between epochs; returns figures to be logged, if any."""
        self.schedule.step()
        return None

    def distributions(self) -> dict[str, Tensor]:
        """Decision to probabilities of its candidates, for the log."""
        return {}

    def train_weights(self, batch: Batch, choices: SupernetChoices) -> dict[str, float]:
        return self.train_paths(batch, [choices])

    def train_paths(self, batch: Batch, paths: Sequence[SupernetChoices]) -> dict[str, float]:
        """One update by the sum of the gradients of several paths (or mixtures); figures are their means."""
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
        """One step by the gradients that the weights have."""
        trained = [parameter for parameter in self.net.parameters() if parameter.grad is not None]
        self.context.average(parameter.grad for parameter in trained)
        if self.options.clip > 0:
            nn.utils.clip_grad_norm_(trained, self.options.clip)
        self.optimiser.step()

    def loss(self, batch: Batch, choices: SupernetChoices) -> tuple[Tensor, float]:
        logits, targets = self.outcome(batch, choices)
        return cross_entropy(logits, targets), accuracy(logits, targets)

    def outcome(self, batch: Batch, choices: SupernetChoices, network: Forward | None = None) -> tuple[Tensor, Tensor]:
        """Logits (rows, classes) and targets (rows,) of a batch; `network` may stand for the supernet."""
        with self.context.autocast():
            logits = self.context.task.logits(network or self.net, batch, choices)
        return logits, self.context.task.targets(batch)

    def validation(self) -> Iterator[Batch]:
        yield from self.context.validation()

    def state_dict(self) -> dict[str, Any]:
        return {
            "net": self.net.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.net.load_state_dict(state["net"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
