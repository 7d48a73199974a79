"""Strategies that train one path at a time, and their shared parts: sampling, comparison, batch norm."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from nasdsl.graph.architecture import Architecture
from nasdsl.oneshot.base import Half, OneShot, OptionsT, WeightOptions
from nasdsl.options.settings import option
from nasdsl.tasks.base import Batch

_NORMS = nn.modules.batchnorm._BatchNorm


class Paths(OneShot[OptionsT]):
    """Draws architectures uniformly from the whole space, with a generator that is part of the state."""

    relaxation = "path"

    def prepare(self) -> None:
        self.rng = random.Random(self.context.seed)
        self.draw = self.space.sampler(self.rng)

    def step(self, train: Batch, valid: Batch) -> dict[str, float]:
        return self.train_weights(train, self.draw().choices)

    def batch(self, half: Half, rng: random.Random) -> Batch:
        """Return a random batch of one half of the data."""
        return self.context.draw(half, rng)

    @torch.no_grad()
    def score(self, candidate: Architecture, batches: Iterable[Batch]) -> float:
        """Evaluate one path in the current mode of the supernet; each process evaluates a share."""
        tally, total = 0.0, 0
        for batch in batches:
            rows = len(self.context.task.targets(batch))
            logits, targets = self.outcome(self._share(batch), candidate.choices)
            found = self.context.task.tally(logits, targets)
            tally += self.context.group.mean(found) * (rows / len(targets))
            total += rows
        return self.context.task.score(tally / total)

    def _share(self, batch: Batch) -> Batch:
        return self.context.group.share_if_even(batch, len(batch))

    @contextmanager
    def comparing(self) -> Iterator[None]:
        """Restore batch-norm statistics, which comparisons change, and the mode after the block."""
        saved = {name: value.clone() for name, value in self.net.named_buffers()}
        training = self.net.training
        try:
            yield
        finally:
            for name, value in self.net.named_buffers():
                value.copy_(saved[name])
            self.net.train(training)

    @torch.no_grad()
    def recalibrate(self, candidate: Architecture, batches: Iterable[Batch]) -> None:
        """Set batch-norm statistics to the mean over these batches along one path (SPOS, section 3.4)."""
        norms = [module for module in self.net.modules() if isinstance(module, _NORMS)]
        momenta = [module.momentum for module in norms]
        for module in norms:
            module.reset_running_stats()
            module.momentum = None  # a plain average over the batches
        self.net.train()
        for batch in batches:
            self.outcome(self._share(batch), candidate.choices)
        for module, momentum in zip(norms, momenta, strict=True):
            module.momentum = momentum
        self.net.eval()

    def state_dict(self) -> dict[str, Any]:
        version, numbers, gauss = self.rng.getstate()
        return {**super().state_dict(), "rng": [version, list(numbers), gauss]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        version, numbers, gauss = state["rng"]
        self.rng.setstate((version, tuple(numbers), gauss))


@dataclass(frozen=True)
class CompareOptions(WeightOptions):
    """Compares random candidates on one batch, and the best of them on all validation images."""

    candidates: int = option(50, "number of architectures compared at the end", least=1)
    finalists: int = option(
        0, "number of the best on one batch that are compared on all images; 0 compares all candidates on all", least=0
    )
