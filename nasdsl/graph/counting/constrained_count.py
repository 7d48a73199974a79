"""Counting under requirements: the number of architectures for each value of the compared quantities.

The same fold as for the count, over tables from a vector of slots to a number of architectures.  The slots add
up along an architecture: its parameters, what each `count` counts, and the choice of every decision that is
compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nasdsl.graph.counting.demand import Demand
from nasdsl.graph.counting.folding import Folder
from nasdsl.graph.counting.semiring import Semiring
from nasdsl.ir.dependent import Dependent
from nasdsl.ir.key import split_key
from nasdsl.ir.requirement import Count, Measure, Requirement, leaves_of

MAX_ENTRIES = 200_000
Vector = tuple[int, ...]
Totals = dict[Vector, int]


class TooManyValues(Exception):
    """Raised if the table is too large, or a quantity in a requirement is not additive along an architecture."""


class ConstrainedCount:
    """Count the architectures of a demand that satisfy all requirements.  Raises `TooManyValues`."""

    def __init__(self, requirements: Sequence[Requirement]):
        self.requirements = requirements
        leaves = [leaf for item in requirements for leaf in leaves_of(item.condition)]
        self.measures = [name for name in ("params", "macs") if Measure(name) in leaves]  # type: ignore[arg-type]
        decisions = {key for leaf in leaves if isinstance(leaf, Dependent) for key in leaf.keys}
        if any(split_key(key)[1] is not None for key in decisions):
            raise TooManyValues
        self.compared: list[str] = sorted(decisions)
        self.counts = list(dict.fromkeys(leaf for leaf in leaves if isinstance(leaf, Count)))
        # slots: measures; for each compared decision its choice and one more; for each count its value and
        # the number of its decisions that are live
        self.size = len(self.measures) + len(self.compared) + 2 * len(self.counts)

    def __call__(self, demand: Demand) -> int:
        zero: Totals = {}
        semiring = Semiring(self._value, _product, _sum, {(0,) * self.size: 1}, zero, idempotent=False)
        table = Folder(semiring, mark=self._mark)(demand)
        return sum(number for vector, number in table.items() if self._meets(vector))

    def _value(self, demand: Demand) -> Totals:
        costs = [demand.total(0 if name == "params" else 1) for name in self.measures]
        return {(*costs, *(0,) * (self.size - len(costs))): 1}

    def _mark(self, key: str, chosen: tuple[int, ...], live: bool) -> Totals | None:
        """Return the slots that a decision adds with these candidates; `live` includes those for being live."""
        vector = [0] * self.size
        at = len(self.measures)
        if key in self.compared and chosen:
            vector[at + self.compared.index(key)] = chosen[0] + 1
        at += len(self.compared)
        for number, count in enumerate(self.counts):
            vector[at + 2 * number] = sum((key, i) in count.guards for i in chosen)
            vector[at + 2 * number + 1] = int(live and any(name == key for name, _ in count.guards))
        return {tuple(vector): 1} if any(vector) else None

    def _meets(self, vector: Vector) -> bool:
        costs = dict(zip(self.measures, vector, strict=False))
        at = len(self.measures)
        choices: dict[str, Any] = {key: vector[at + i] - 1 for i, key in enumerate(self.compared) if vector[at + i]}
        at += len(self.compared)
        counted: Mapping[Count, tuple[int, int]] = {
            count: (vector[at + 2 * i], vector[at + 2 * i + 1]) for i, count in enumerate(self.counts)
        }
        return all(item.holds_for(choices, costs, counted) for item in self.requirements)


def _sum(tables: Sequence[Totals]) -> Totals:
    result: Totals = {}
    for table in tables:
        for vector, number in table.items():
            result[vector] = result.get(vector, 0) + number
    return _bounded(result)


def _product(tables: Sequence[Totals]) -> Totals:
    result = tables[0]
    for table in tables[1:]:
        if len(table) == 1 and len(result) == 1:
            [(a, n)], [(b, m)] = result.items(), table.items()
            result = {tuple(map(int.__add__, a, b)): n * m}
            continue
        if len(result) * len(table) > 10 * MAX_ENTRIES:
            raise TooManyValues
        grown: Totals = {}
        for a, n in result.items():
            for b, m in table.items():
                vector = tuple(map(int.__add__, a, b))
                grown[vector] = grown.get(vector, 0) + n * m
        result = _bounded(grown)
    return result


def _bounded(table: Totals) -> Totals:
    if len(table) > MAX_ENTRIES:
        raise TooManyValues
    return table
