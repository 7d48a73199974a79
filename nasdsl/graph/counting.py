"""One algorithm over the demand structure, in three semirings: the exact count, and bounds of a cost.

Decisions that share nothing multiply; where one decision shows up in several places it is branched first.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

from nasdsl.diagnostics import NasError, error
from nasdsl.graph.deep import Steps, settle
from nasdsl.graph.demand import NOTHING, Demand, Item, Table
from nasdsl.graph.live import Choice
from nasdsl.semantics.program import Decision

MAX_BRANCHES = 1_000_000
MAX_WORK = 5_000_000  # a branch costs as much work as there are decisions in it
EXACT_BRANCHES, EXACT_WORK = 2_000, 100_000  # bounds are worth less waiting than a count


@dataclass(frozen=True)
class Semiring:
    """`value` is that of what is certain; `pick(values, least, most)` adds up the products over all allowed subsets."""

    value: Callable[[Demand], int]
    times: Callable[[list[int]], int]
    plus: Callable[[list[int]], int]
    pick: Callable[[list[int], int, int], int]
    idempotent: bool = True  # taking the same architectures twice changes nothing


def _subsets(values: list[int], least: int, most: int) -> int:
    """Sum of the elementary symmetric polynomials of degrees `least` to `most`."""
    return sum(_symmetric(values)[least : most + 1])


def _symmetric(values: list[int]) -> list[int]:
    table = [1] + [0] * len(values)
    for value in values:
        for degree in range(len(values), 0, -1):
            table[degree] += table[degree - 1] * value
    return table


def _largest(values: list[int], least: int, most: int) -> int:
    return sum(sorted(values, reverse=True)[:most])


def _smallest(values: list[int], least: int, most: int) -> int:
    return sum(sorted(values)[:least])


COUNT = Semiring(lambda demand: 1, prod, sum, _subsets, idempotent=False)


def least(metric: int) -> Semiring:
    return Semiring(lambda demand: demand.total(metric), sum, min, _smallest)


def greatest(metric: int) -> Semiring:
    return Semiring(lambda demand: demand.total(metric), sum, max, _largest)


@dataclass(frozen=True, slots=True)
class Alone:
    """A decision that shares nothing: each candidate has its own value."""

    item: Item
    values: list[int]


@dataclass(frozen=True, slots=True)
class Branched:
    """A decision that is made first, since others depend on it: what is left for each outcome, and its value."""

    decision: Decision
    outcomes: list[tuple[tuple[int, ...], Demand, int]]


Step = Alone | Branched


class Folder:
    """Folds demands in one semiring; remembers what it has seen."""

    def __init__(self, semiring: Semiring, branches: int = MAX_BRANCHES, work: int = MAX_WORK):
        self.semiring = semiring
        self.limit, self._branches, self._work = branches, branches, work
        self._known: dict[int, tuple[Demand, int, list[Step]]] = {}

    def __call__(self, demand: Demand) -> int:
        return settle(self._fold(demand))

    def steps(self, demand: Demand) -> list[Step]:
        """How the value of a demand comes about."""
        self(demand)
        return self._known[id(demand)][2]

    def _fold(self, demand: Demand) -> Steps:
        known = self._known.get(id(demand))
        if known is not None:
            return known[1]
        parts = [self.semiring.value(demand)]
        steps: list[Step] = []
        for component in components(demand):
            decision = tied(component, demand.table, self.semiring.idempotent)
            if decision is None:
                [item] = component.values()
                values = []
                for i in item.real:
                    values.append((yield self._fold(item.alternatives[i])))
                steps.append(Alone(item, values))
                one = item.decision.kind == "one"
                plus, pick = self.semiring.plus, self.semiring.pick
                parts.append(plus(values) if one else pick(values, item.decision.least, item.decision.most))
            else:
                found = []
                for chosen, rest in self._branch(demand.table.demand((0, 0), NOTHING, component), decision):
                    found.append((chosen, rest, (yield self._fold(rest))))
                steps.append(Branched(decision, found))
                parts.append(self.semiring.plus([value for _, _, value in found]))
        result = self.semiring.times(parts)
        self._known[id(demand)] = demand, result, steps
        return result

    def _branch(self, demand: Demand, decision: Decision) -> Iterator[tuple[tuple[int, ...], Demand]]:
        for chosen in outcomes(decision):
            self._branches -= 1
            self._work -= len(demand.items)
            if min(self._branches, self._work) < 0:
                raise error("NAS524", f"counting needs more than {self.limit:,} branches: too many decisions are tied")
            yield chosen, demand.fixed(decision.key, chosen)


def extremes(demand: Demand, metric: int) -> tuple[int, int, str]:
    """Least and greatest cost over all architectures, "exact" or, where too much is tied, "bounds".

    Bounds take every part that several decisions may need as absent (below) or present (above).
    """
    try:
        lower, upper = (Folder(make(metric), EXACT_BRANCHES, EXACT_WORK)(demand) for make in (least, greatest))
        return lower, upper, "exact"
    except NasError:
        rest = demand.without(demand.reach)
        extra = sum(demand.table.parts[part][metric] for part in demand.reach)
        return Folder(least(metric))(rest), Folder(greatest(metric))(rest) + extra, "bounds"


def outcomes(decision: Decision) -> Iterator[tuple[int, ...]]:
    sizes = range(1, 2) if decision.kind == "one" else range(decision.least, decision.most + 1)
    for size in sizes:
        yield from itertools.combinations(decision.real, size)


def components(demand: Demand) -> list[dict[str, Item]]:
    """The open decisions in groups that share no decision further in, nor any part."""
    group: list[int] = []  # of each decision, the number of an earlier one in its group, or its own

    def first(number: int) -> int:
        while group[number] != number:
            group[number] = number = group[group[number]]
        return number

    owner: dict[Any, int] = {}
    for number, (key, item) in enumerate(demand.items.items()):
        group.append(number)
        for mark in itertools.chain((key,) if item.again else (), item.keys, item.reach):
            a, b = first(owner.setdefault(mark, number)), first(number)
            group[max(a, b)] = min(a, b)
    found: dict[int, dict[str, Item]] = {}
    for number, (key, item) in enumerate(demand.items.items()):
        found.setdefault(first(number), {})[key] = item
    return list(found.values())


def tied(component: dict[str, Item], table: Table, anything: bool) -> Decision | None:
    """The decision to branch on first, or None where nothing in the component meets itself.

    It is the open one that stands in the most places; or, where it may be `anything`, one that is open further in.
    """
    if len(component) == 1 and not _meets_itself(*component.items()):
        return None
    first = next(iter(component.values())).decision
    uses: dict[str, int] = {}
    for key, item in component.items():
        for name in itertools.chain((key,) if item.again else (), item.keys):
            uses[name] = uses.get(name, 0) + 1
    if not uses:
        return first
    rows = [
        (-number, key)
        for key, number in uses.items()
        if key in component or (anything and table.decisions[key].kind == "one")
    ]
    return table.decisions[min(rows)[1]] if rows else first


def _meets_itself(entry: tuple[str, Item]) -> bool:
    key, item = entry
    if key in item.keys:
        return True
    seen: set[Any] = set()
    for i in item.real if item.decision.kind == "subset" else ():
        alternative = item.alternatives[i]
        if not seen.isdisjoint(alternative.keys) or not seen.isdisjoint(alternative.reach):
            return True
        seen.update(alternative.keys, alternative.reach)
    return False


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
                    one = decision.kind == "one"
                    positions = [_weighted(step.values, rng)] if one else _weighted_subset(step.values, item, rng)
                    picked = tuple(item.real[i] for i in positions)
                    inner.extend(item.alternatives[i] for i in picked)
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


def _weighted_subset(values: list[int], item: Item, rng: random.Random) -> list[int]:
    decision = item.decision
    size = decision.least + _weighted(_symmetric(values)[decision.least : decision.most + 1], rng)
    chosen: list[int] = []
    for position in range(len(values)):
        rest = _symmetric(values[position + 1 :])
        without = rest[size] if size < len(rest) else 0
        within = values[position] * rest[size - 1] if size else 0
        if size and rng.randrange(without + within) < within:
            chosen.append(position)
            size -= 1
    return chosen
