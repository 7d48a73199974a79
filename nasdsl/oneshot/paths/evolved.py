"""Strategies over paths whose architecture is found by evolution, each candidate measured with the shared weights."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TypeVar

from nasdsl.diagnostics import Diagnostic, diagnostic, error
from nasdsl.graph.architecture import Architecture
from nasdsl.oneshot.base import WeightOptions
from nasdsl.oneshot.paths.base import Paths
from nasdsl.options.settings import option
from nasdsl.sampling.evolution import EvolutionPlan, evolve
from nasdsl.space import Space


@dataclass(frozen=True)
class EvolutionOptions(WeightOptions):
    population: int = option(50, "architectures of a generation", least=2)
    generations: int = option(20, "generations", least=1)
    parents: int = option(10, "the best so far, from which the next generation is made", least=1)
    mutation: float = option(0.1, "probability with which a mutation redraws a decision", least=0, most=1)
    recalibration: int = option(20, "training batches that set batch-norm's statistics of a candidate", least=1)
    max_macs: int = option(0, "no network of more multiply-accumulates; 0: any", least=0)
    max_params: int = option(0, "no network of more parameters; 0: any", least=0)


EvolutionOptionsT = TypeVar("EvolutionOptionsT", bound=EvolutionOptions)


class EvolvedPaths(Paths[EvolutionOptionsT]):
    """A candidate is measured in evaluation mode, after its own batch-norm statistics were taken."""

    def refuses(self, space: Space) -> Diagnostic | None:
        o = self.options
        limits = {"macs": (o.max_macs, "multiply-accumulates"), "params": (o.max_params, "parameters")}
        costs = space.stats() if o.max_macs or o.max_params else {}
        for name, (limit, what) in limits.items():
            if limit and (least := costs[name]["least"]) > limit:
                text = f"no network of `{space.name}` has as few as {limit:,} {what}: all have {least:,} or more"
                return diagnostic("NAS810", text, help=f"--option max_{name}={least} at the least, or 0 for any number")
        return super().refuses(space)

    def derive(self) -> Architecture:
        o = self.options
        rng = random.Random(self.context.seed + 1)
        calibration = [self.batch("train", rng) for _ in range(o.recalibration)]
        validation = list(self.validation())

        def fitness(candidate: Architecture) -> float:
            self.recalibrate(candidate, calibration)
            return self.score(candidate, validation)

        plan = EvolutionPlan(o.population, o.generations, o.parents, o.mutation)
        with self.comparing():
            found = evolve(self.space, fitness, self._allowed, plan, rng)
        if found is None:
            text = "no architecture that was drawn is within `max_macs`, `max_params` and what the space requires"
            raise error("NAS810", text, help="`nasdsl stats` says what the smallest network needs")
        self.best_score, best = found
        return best

    def _allowed(self, candidate: Architecture) -> bool:
        o = self.options
        if self.space.unmet(candidate) is not None:
            return False
        if not o.max_macs and not o.max_params:
            return True
        costs = self.space.stats(candidate)
        return (not o.max_macs or costs["macs"] <= o.max_macs) and (not o.max_params or costs["params"] <= o.max_params)

    def summary(self) -> dict[str, float]:
        return self.context.task.report("valid", self.best_score)
