"""The protocol of one-shot strategies, and the training of shared weights that they have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from nasdsl.diagnostics import Diagnostic
from nasdsl.graph.architecture import Architecture
from nasdsl.search.settings import parse_options
from nasdsl.space import Space

Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class WeightOptions:
    """SGD with a cosine from `lr` to `lr_end` over the epochs, as DARTS trains its shared weights."""

    lr: float = 0.025
    lr_end: float = 0.001
    momentum: float = 0.9
    weight_decay: float = 3e-4
    clip: float = 5.0


@dataclass
class Context:
    """What a strategy works with.  `validation()` yields the validation batches in a fixed order."""

    space: Space
    supernet: nn.Module
    device: torch.device
    epochs: int
    seed: int
    validation: Any
    autocast: Any


class OneShot(ABC):
    """`setup` once, `step` for each pair of batches, `epoch_end`, and `derive` at any time."""

    name: ClassVar[str]
    paper: ClassVar[str]
    relaxation: ClassVar[str]
    Options: ClassVar[type] = WeightOptions

    def __init__(self, **options: Any):
        self.options = parse_options(self.Options, options, self.name)

    def refuses(self, space: Space) -> Diagnostic | None:
        """Why this space cannot be searched, or None."""
        return None

    def setup(self, context: Context) -> None:
        self.context, self.space, self.net = context, context.space, context.supernet
        o = self.options
        self.optimiser = torch.optim.SGD(self.net.parameters(), o.lr, momentum=o.momentum, weight_decay=o.weight_decay)
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimiser, context.epochs, o.lr_end)
        self.prepare()

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

    def epoch_end(self, epoch: int) -> None:
        self.schedule.step()

    def distributions(self) -> dict[str, Tensor]:
        """Decision to probabilities of its candidates, for the log."""
        return {}

    def train_weights(self, batch: Batch, choices: Any) -> dict[str, float]:
        self.net.train()
        self.optimiser.zero_grad(set_to_none=True)
        loss, accuracy = self.loss(batch, choices)
        loss.backward()
        nn.utils.clip_grad_norm_([p for p in self.net.parameters() if p.grad is not None], self.options.clip)
        self.optimiser.step()
        return {"loss": float(loss.detach()), "accuracy": accuracy}

    def loss(self, batch: Batch, choices: Any) -> tuple[Tensor, float]:
        images, labels = batch
        with self.context.autocast():
            logits = self.net(images, choices)
        loss = nn.functional.cross_entropy(logits.float(), labels)
        return loss, float((logits.detach().argmax(1) == labels).float().mean())

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
