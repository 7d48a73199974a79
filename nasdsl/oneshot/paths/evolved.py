"""Path strategies that select the architecture by evolution, evaluating candidates with the shared weights."""

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
    """Options of the shared weights and of the evolutionary search."""

    population: int = option(50, "size of the population", least=2)
    generations: int = option(20, "generations", least=1)
    parents: int = option(10, "number of parents of each generation", least=1)
    mutation: float = option(0.1, "mutation probability per decision", least=0, most=1)
    recalibration: int = option(20, "number of training batches for recalibrating batch norm", least=1)
    max_macs: int = option(0, "maximum number of MACs; 0 for no limit", least=0)
    max_params: int = option(0, "maximum number of parameters; 0 for no limit", least=0)


EvolutionOptionsT = TypeVar("EvolutionOptionsT", bound=EvolutionOptions)


class EvolvedPaths(Paths[EvolutionOptionsT]):
    """Evaluates candidates in evaluation mode, after recalibrating their batch-norm statistics."""

    def refuses(self, space: Space) -> Diagnostic | None:
        o = self.options
        limits = {"macs": (o.max_macs, "multiply-accumulates"), "params": (o.max_params, "parameters")}
        costs = space.stats() if o.max_macs or o.max_params else {}
        for name, (limit, what) in limits.items():
            if limit and (least := costs[name]["least"]) > limit:
                text = f"every network of `{space.name}` has at least {least:,} {what}; the limit is {limit:,}"
                return diagnostic("NAS810", text, help=f"--option max_{name}={least} or more; 0 is no limit")
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
            text = "no sampled architecture satisfies `max_macs`, `max_params` and the requirements of the space"
            raise error("NAS810", text, help="`nasdsl stats` shows the smallest network")
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
