"""Evolution over complete tables of choices: every decision has one, also where it is not live."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from nasdsl.graph.architecture import Architecture
from nasdsl.ir.decision import Choice, Decision
from nasdsl.space import Space

Genome = dict[str, Choice]


@dataclass(frozen=True)
class EvolutionPlan:
    """Population size, generations, number of parents, and mutation probability per decision."""

    population: int
    generations: int
    parents: int
    mutation: float


def random_choice(decision: Decision, rng: random.Random) -> Choice:
    if decision.kind == "one":
        return rng.choice(decision.real)
    size = rng.randint(decision.least, min(decision.most, len(decision.real)))
    return tuple(sorted(rng.sample(decision.real, size)))


def random_genome(space: Space, rng: random.Random) -> Genome:
    """Sample an architecture uniformly; decisions that are not live are drawn one by one."""
    live = space.sampler(rng)().choices
    return {d.key: live[d.key] if d.key in live else random_choice(d, rng) for d in space.decisions}


def mutated(space: Space, parent: Genome, probability: float, rng: random.Random) -> Genome:
    """Redraw each decision with the mutation probability."""
    return {d.key: random_choice(d, rng) if rng.random() < probability else parent[d.key] for d in space.decisions}


def crossed(space: Space, one: Genome, two: Genome, rng: random.Random) -> Genome:
    """Take each decision from either parent."""
    return {d.key: rng.choice((one, two))[d.key] for d in space.decisions}


def evolve(
    space: Space,
    fitness: Callable[[Architecture], float],
    allowed: Callable[[Architecture], bool],
    plan: EvolutionPlan,
    rng: random.Random,
    tries: int = 1000,
) -> tuple[float, Architecture] | None:
    """Return the fittest architecture found, or None if no sampled one is allowed (SPOS, algorithm 1).

    Half of a generation comes from crossing two of the best `parents`, half from mutating one; what is
    missing is drawn at random.  No architecture is evaluated twice; after `tries` in vain in a row a generation
    stays smaller.
    """
    measured: dict[Architecture, tuple[float, int, Genome]] = {}

    def admit(make: Callable[[], Genome], wanted: int) -> int:
        added = missed = 0
        while added < wanted and missed < tries:
            genome = make()
            candidate = space.architecture(genome)
            if candidate in measured or not allowed(candidate):
                missed += 1
                continue
            measured[candidate] = (fitness(candidate), -len(measured), genome)
            added, missed = added + 1, 0
        return added

    admit(lambda: random_genome(space, rng), plan.population)
    for _ in range(plan.generations - 1):
        best = [genome for _, _, genome in sorted(measured.values(), key=lambda row: row[:2], reverse=True)]
        best = best[: plan.parents]
        if not best:
            break
        half = plan.population // 2
        added = admit(lambda best=best: crossed(space, rng.choice(best), rng.choice(best), rng), half)
        added += admit(lambda best=best: mutated(space, rng.choice(best), plan.mutation, rng), plan.population - half)
        if admit(lambda: random_genome(space, rng), plan.population - added) + added == 0:
            break  # everything that is allowed was measured
    if not measured:
        return None
    winner = max(measured, key=lambda item: measured[item][:2])
    return measured[winner][0], winner
