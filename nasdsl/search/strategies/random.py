"""Random search with shared weights (cf. Li, Talwalkar; UAI 2019; arXiv 1902.07638)."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import torch

from nasdsl.graph.architecture import Architecture
from nasdsl.search.strategies.base import Batch, OneShot, WeightOptions


@dataclass(frozen=True)
class RandomOptions(WeightOptions):
    candidates: int = 50


class RandomSearch(OneShot):
    """Each step trains one architecture drawn uniformly; at the end the best of `candidates` by validation wins.

    Candidates are compared with the statistics of their own batches in batch-norm, since the running ones
    are a blend over all paths.
    """

    name = "random"
    paper = "arXiv 1902.07638"
    relaxation = "path"
    Options = RandomOptions

    def prepare(self) -> None:
        self.rng = random.Random(self.context.seed)
        self.draw = self.space.sampler(self.rng)

    def step(self, train: Batch, valid: Batch) -> dict[str, float]:
        return self.train_weights(train, self.draw().choices)

    def derive(self) -> Architecture:
        rng = random.Random(self.context.seed + 1)
        draw = self.space.sampler(rng)
        best: tuple[float, Architecture] | None = None
        saved = {name: value.clone() for name, value in self.net.state_dict().items()}
        for _ in range(self.options.candidates):
            candidate = draw()
            accuracy = self._accuracy(candidate)
            if best is None or accuracy > best[0]:
                best = accuracy, candidate
        self.net.load_state_dict(saved)  # the comparison moved batch-norm's running statistics
        assert best is not None
        self.best_accuracy = best[0]
        return best[1]

    @torch.no_grad()
    def _accuracy(self, candidate: Architecture) -> float:
        self.net.train()
        right = total = 0
        for images, labels in self.validation():
            with self.context.autocast():
                logits = self.net(images, candidate.choices)
            right += int((logits.argmax(1) == labels).sum())
            total += len(labels)
        return right / total

    def summary(self) -> dict[str, float]:
        return {"valid_accuracy": self.best_accuracy}

    def state_dict(self) -> dict[str, Any]:
        version, numbers, gauss = self.rng.getstate()
        return {**super().state_dict(), "rng": [version, list(numbers), gauss]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        version, numbers, gauss = state["rng"]
        self.rng.setstate((version, tuple(numbers), gauss))
