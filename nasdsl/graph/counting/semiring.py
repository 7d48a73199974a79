"""The semirings in which the demand structure is evaluated: the exact count, and the least and greatest cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, prod
from typing import Any

from nasdsl.graph.counting.demand import Demand


@dataclass(frozen=True)
class Semiring:
    """`value` is that of what is certain, `one` that of nothing; `zero` that of what cannot be."""

    value: Callable[[Demand], Any]
    times: Callable[[Sequence[Any]], Any]
    plus: Callable[[Sequence[Any]], Any]
    one: Any
    zero: Any
    idempotent: bool = True  # taking the same architectures twice changes nothing

    def by_size(self, pairs: Sequence[Pair], most: int) -> list[Any]:
        """Over all subsets of 0, 1, ... `most` elements; each element has a value in and one out of the subset."""
        table: list[Any] = [self.one] + [self.zero] * most
        for pair in pairs:
            table = self.with_one_more(table, pair)
        return table

    def with_one_more(self, table: list[Any], pair: Pair) -> list[Any]:
        within, without = pair
        plus, times = self.plus, self.times
        grown = [plus((times((b, without)), times((a, within)))) for a, b in pairwise(table)]
        return [times((table[0], without)), *grown]

    def subsets(self, pairs: Sequence[Pair], least: int, most: int) -> Any:
        """Over all subsets of `least` to `most` elements."""
        if least == 0 and most == len(pairs):
            return self.times([self.plus(pair) for pair in pairs])
        return self.plus(self.by_size(pairs, most)[least:])


Pair = tuple[Any, Any]
COUNT = Semiring(lambda demand: 1, prod, sum, 1, 0, idempotent=False)


def least(metric: int) -> Semiring:
    return Semiring(lambda demand: demand.total(metric), sum, min, 0, inf)


def greatest(metric: int) -> Semiring:
    return Semiring(lambda demand: demand.total(metric), sum, max, 0, -inf)
