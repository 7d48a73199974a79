"""Uniform sampling of architectures: walk the tables of a count backwards."""

from __future__ import annotations

import random

from nasdsl.graph.counting.demand import Demand
from nasdsl.graph.counting.folding import Branched, Folder
from nasdsl.graph.counting.semiring import COUNT, Pair
from nasdsl.ir.decision import Choice, Decision


class Sampler:
    """Draws architectures uniformly over runs (not over decisions)."""

    def __init__(self, demand: Demand):
        self.demand = demand
        self.count = Folder(COUNT)

    def __call__(self, rng: random.Random) -> dict[str, Choice]:
        chosen: dict[str, Choice] = {}
        pending = [self.demand]
        while pending:
            inner: list[Demand] = []
            for step in self.count.steps(pending.pop()):
                if isinstance(step, Branched):
                    at = _weighted([value for _, _, value in step.outcomes], rng)
                    picked, rest, _ = step.outcomes[at]
                    decision = step.decision
                    inner.append(rest)
                else:
                    item, decision = step.item, step.item.decision
                    draw = _weighted_subset if decision.kind == "subset" else _weighted_one
                    picked = tuple(item.real[i] for i in draw(step.values, decision, rng))
                    inner.extend(item.alternatives[i] for i in picked)
                    if item.absent:
                        inner.extend(item.absent[i] for i in item.real if i not in picked)
                chosen[decision.key] = picked[0] if decision.kind == "one" else picked
            pending.extend(reversed(inner))
        return chosen


def _weighted(weights: list[int], rng: random.Random) -> int:
    ticket = rng.randrange(sum(weights))
    for position, weight in enumerate(weights):
        ticket -= weight
        if ticket < 0:
            return position
    raise AssertionError("weights do not add up")


def _weighted_one(values: list[int], decision: Decision, rng: random.Random) -> list[int]:
    return [_weighted(values, rng)]


def _weighted_subset(values: list[Pair], decision: Decision, rng: random.Random) -> list[int]:
    if decision.least == 0 and decision.most == len(values):
        return [i for i, pair in enumerate(values) if not _weighted(list(pair), rng)]
    rests = [[1] + [0] * decision.most]  # the numbers of subsets of the last elements, by size
    for pair in reversed(values):
        rests.append(COUNT.with_one_more(rests[-1], pair))
    size = decision.least + _weighted(rests[-1][decision.least :], rng)
    chosen: list[int] = []
    for position, (within, without) in enumerate(values):
        rest = rests[len(values) - 1 - position]
        if size and not _weighted([within * rest[size - 1], without * rest[size]], rng):
            chosen.append(position)
            size -= 1
    return chosen
