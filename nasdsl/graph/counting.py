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
from nasdsl.graph.demand import Cost, Demand, Item

MAX_BRANCHES = 1_000_000
EXACT_BRANCHES = 2_000  # bounds are worth less waiting than a count
Choice = int | tuple[int, ...]


@dataclass(frozen=True)
class Semiring:
    """`lift` is the value of a cost; `pick(values, least, most)` adds up the products over all allowed subsets."""

    lift: Callable[[Cost], int]
    times: Callable[[list[int]], int]
    plus: Callable[[list[int]], int]
    pick: Callable[[list[int], int, int], int]
    costs: bool = True


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


COUNT = Semiring(lambda cost: 1, prod, sum, _subsets, costs=False)


def least(metric: int) -> Semiring:
    return Semiring(lambda cost: cost[metric], sum, min, _smallest)


def greatest(metric: int) -> Semiring:
    return Semiring(lambda cost: cost[metric], sum, max, _largest)


class Folder:
    """Folds demands in one semiring; remembers what it has seen."""

    def __init__(self, semiring: Semiring, limit: int = MAX_BRANCHES):
        self.semiring, self.limit = semiring, limit
        self._known: dict[int, tuple[Demand, int]] = {}
        self._branches = 0

    def __call__(self, demand: Demand) -> int:
        known = self._known.get(id(demand))
        if known is None:
            known = self._known[id(demand)] = demand, self._fold(demand)
        return known[1]

    def _fold(self, demand: Demand) -> int:
        parts = [self.semiring.lift(demand.cost) if self.semiring.costs else 1]
        for component in components(demand, self.semiring.costs):
            key = tied(component, self.semiring.costs)
            if key is None:
                [(_, item)] = component.items()
                parts.append(self._item(item))
            else:
                rests = (rest for _, rest in self.branches(component, key, demand.costs))
                parts.append(self.semiring.plus([self(rest) for rest in rests]))
        return self.semiring.times(parts)

    def _item(self, item: Item) -> int:
        values = [self(item.alternatives[i]) for i in item.real]
        if item.kind == "one":
            return self.semiring.plus(values)
        return self.semiring.pick(values, item.least, item.most)

    def branches(
        self, component: dict[str, Item], key: str, costs: list[Cost]
    ) -> Iterator[tuple[tuple[int, ...], Demand]]:
        demand = Demand(costs, 0, component)
        for chosen in outcomes(component[key]):
            self._branches += 1
            if self._branches > self.limit:
                raise error("NAS524", f"counting needs more than {self.limit:,} branches: too many decisions are tied")
            rest = demand.fixed(key, chosen)
            yield chosen, _separate(rest) if self.semiring.costs else rest


def extremes(demand: Demand, metric: int) -> tuple[int, int, str]:
    """Least and greatest cost over all architectures, "exact" or, where too much is tied, "bounds".

    Bounds take every part that several decisions may need as absent (below) or present (above).
    """
    try:
        lower, upper = (Folder(make(metric), EXACT_BRANCHES)(demand) for make in (least, greatest))
        return lower, upper, "exact"
    except NasError:
        shared = _shared(demand)
        rest = demand.without(shared)
        extra = Demand(demand.costs, shared).cost[metric]
        return Folder(least(metric))(rest), Folder(greatest(metric))(rest) + extra, "bounds"


def _shared(demand: Demand) -> int:
    """The parts that stand in several places of the structure."""
    once = twice = 0
    pending = [demand]
    while pending:
        part = pending.pop()
        twice |= once & part.needs
        once |= part.needs
        pending.extend(item.alternatives[i] for item in part.items.values() for i in item.real)
    return twice


def outcomes(item: Item) -> Iterator[tuple[int, ...]]:
    sizes = range(1, 2) if item.kind == "one" else range(item.least, item.most + 1)
    for size in sizes:
        yield from itertools.combinations(item.real, size)


def _separate(demand: Demand) -> Demand:
    """What is needed for certain is left out of the alternatives."""
    items = {
        key: item.having(tuple(alternative.without(demand.needs) for alternative in item.alternatives))
        for key, item in demand.items.items()
    }
    return Demand(demand.costs, demand.needs, items)


def components(demand: Demand, costs: bool = False) -> list[dict[str, Item]]:
    """The open decisions in groups that share no decision further in (nor, if asked, any part that costs)."""
    owner: dict[str, int] = {}
    groups: dict[int, dict[str, Item]] = {}
    for number, (key, item) in enumerate(demand.items.items()):
        keys = {key}.union(*(alternative.keys for alternative in item.alternatives))
        touched = {owner[name] for name in keys if name in owner}
        if costs:
            touched |= {at for at, group in groups.items() if any(item.reach & other.reach for other in group.values())}
        merged: dict[str, Item] = {}
        for other in sorted(touched):
            merged.update(groups.pop(other))
        merged[key] = item
        groups[number] = merged
        if touched:
            owner.update({name: number for name, group in owner.items() if group in touched})
        owner.update(dict.fromkeys(keys, number))
    return [groups[number] for number in sorted(groups)]


def tied(component: dict[str, Item], costs: bool = False) -> str | None:
    """A decision to branch on first, or None where nothing in the component meets itself."""
    if len(component) > 1:
        return next(iter(component))
    [(key, item)] = component.items()
    if any(key in alternative.keys for alternative in item.alternatives):
        return key
    if item.kind == "subset":
        seen: set[str] = set()
        parts = 0
        for i in item.real:
            alternative = item.alternatives[i]
            if seen & alternative.keys or (costs and parts & alternative.reach):
                return key
            seen |= alternative.keys
            parts |= alternative.reach
    return None


class Sampler:
    """Draws architectures uniformly over runs (not over decisions)."""

    def __init__(self, demand: Demand):
        self.demand = demand
        self.count = Folder(COUNT)

    def __call__(self, rng: random.Random) -> dict[str, Choice]:
        chosen: dict[str, Choice] = {}
        self._draw(self.demand, rng, chosen)
        return chosen

    def _draw(self, demand: Demand, rng: random.Random, chosen: dict[str, Choice]) -> None:
        for component in components(demand):
            key = tied(component)
            if key is not None:
                found = list(self.count.branches(component, key, demand.costs))
                at = _weighted([self.count(rest) for _, rest in found], rng)
                picked, rest = found[at]
                chosen[key] = picked[0] if component[key].kind == "one" else picked
                self._draw(rest, rng, chosen)
                continue
            [(key, item)] = component.items()
            values = [self.count(item.alternatives[i]) for i in item.real]
            if item.kind == "one":
                picked = (item.real[_weighted(values, rng)],)
                chosen[key] = picked[0]
            else:
                chosen[key] = picked = tuple(item.real[i] for i in _weighted_subset(values, item, rng))
            for i in picked:
                self._draw(item.alternatives[i], rng, chosen)


def _weighted(weights: list[int], rng: random.Random) -> int:
    ticket = rng.randrange(sum(weights))
    for position, weight in enumerate(weights):
        ticket -= weight
        if ticket < 0:
            return position
    raise AssertionError("weights do not add up")


def _weighted_subset(values: list[int], item: Item, rng: random.Random) -> list[int]:
    size = item.least + _weighted(_symmetric(values)[item.least : item.most + 1], rng)
    chosen: list[int] = []
    for position in range(len(values)):
        rest = _symmetric(values[position + 1 :])
        without = rest[size] if size < len(rest) else 0
        within = values[position] * rest[size - 1] if size else 0
        if size and rng.randrange(without + within) < within:
            chosen.append(position)
            size -= 1
    return chosen


def walk(demand: Demand, choices: dict[str, Any]) -> Iterator[tuple[str, Item | None, Demand]]:
    """The decisions that are live under `choices`; item None, with the cost of what is needed, comes last."""
    chosen: set[str] = set()
    while demand.items:
        key, item = next(iter(demand.items.items()))
        yield key, item, demand
        value = choices[key]
        demand = demand.fixed(key, (value,) if isinstance(value, int) else tuple(value))
        chosen.add(key)
    yield "", None, demand
