"""Random search with shared weights (cf. Li, Talwalkar; UAI 2019; arXiv 1902.07638)."""

from __future__ import annotations

import random
from collections.abc import Iterable

from nasdsl.graph.architecture import Architecture
from nasdsl.oneshot.paths.base import CompareOptions, Paths
from nasdsl.tasks.base import Batch


class RandomSearch(Paths[CompareOptions]):
    """Trains one uniformly drawn architecture per step, and returns the best of `candidates` on validation data.

    Candidates are compared with the batch-norm statistics of their own batches, since the running ones
    are averages over all paths.
    """

    name = "random"
    paper = "arXiv 1902.07638"
    Options = CompareOptions

    def derive(self) -> Architecture:
        o = self.options
        rng = random.Random(self.context.seed + 1)
        draw = self.space.sampler(rng)
        candidates = [draw() for _ in range(o.candidates)]
        with self.comparing():
            self.net.train()
            if o.finalists:
                one = [self.batch("valid", rng)]
                candidates = [item for _, item in self._ranked(candidates, one)[: o.finalists]]
            self.best_score, best = self._ranked(candidates, list(self.validation()))[0]
        return best

    def _ranked(self, candidates: list[Architecture], batches: Iterable[Batch]) -> list[tuple[float, Architecture]]:
        """Rank architectures, best first; ties keep the order of sampling."""
        return sorted(((self.score(item, batches), item) for item in candidates), key=lambda pair: -pair[0])

    def summary(self) -> dict[str, float]:
        return self.context.task.report("valid", self.best_score)
