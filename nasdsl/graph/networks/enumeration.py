"""All ways to make the decisions that a network needs, on demand and as far as the requirements allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import inf
from typing import Any

from nasdsl.diagnostics import error
from nasdsl.graph.costs import Branch
from nasdsl.graph.live import live
from nasdsl.graph.networks.skeleton import Point, Skeleton
from nasdsl.ir.decision import Choice, Decision
from nasdsl.ir.requirement import Count, Interval, Leaf, Requirement, leaves_of, possible

LARGE = 50  # so many points are a step


class Needs:
    """The operands that each point needs under some choices, as bit sets."""

    def __init__(self, points: Skeleton):
        self.points, self.graph = points, points.graph
        self._plain = [self._mask(point, None) for point in points.points]
        self._masks: dict[tuple[int, str, Choice], int] = {}

    @property
    def start(self) -> int:
        """The bits of the outputs."""
        bits = 0
        for at in self.points.outputs:
            bits |= 1 << at
        return bits

    def under(self, choices: Mapping[str, Choice]) -> int:
        """The bits of all that the outputs need where every decision is made."""
        needed = self.start
        for at in range(len(self.points.points) - 1, -1, -1):
            if needed >> at & 1:
                needed |= self.operands(at, choices)
        return needed

    def operands(self, at: int, choices: Mapping[str, Choice]) -> int:
        point = self.points.points[at]
        bits = self._plain[at]
        for key in dict.fromkeys(guard.key for guard in point.guards if guard is not None):
            if key in choices:
                mark = at, key, choices[key]
                if mark not in self._masks:
                    self._masks[mark] = self._mask(point, mark[1:])
                bits |= self._masks[mark]
        return bits

    def _mask(self, point: Point, made: tuple[str, Choice] | None) -> int:
        """The operands that are always there, or those that a choice takes."""
        bits = 0
        for operand, guard in zip(point.operands, point.guards, strict=True):
            if made is None:
                here = guard is None or guard.key not in self.graph.decisions
            else:
                here = guard is not None and guard.key == made[0] and guard.admits(made[1])
            bits |= here << operand
        return bits


class Enumeration:
    """All ways to make the decisions of some points that are needed, as choices and the bits of needed points.

    Raises NAS527 after `limit` steps: one for each branch of a decision, and one for every so many points that are
    looked at.
    """

    def __init__(self, points: Skeleton, asked: Sequence[Requirement], limit: int):
        self.points, self.asked, self.limit = points, asked, limit
        self.graph = points.graph
        self.left, self._walked = limit, 0
        self.needs = Needs(points)
        self._outcomes: dict[str, list[Choice]] = {}
        self._priced = any(item.needs_costs for item in asked)

    def __iter__(self) -> Iterator[tuple[dict[str, Choice], int]]:
        pending: list[tuple[int, int, dict[str, Choice]]] = [(len(self.points.points), self.needs.start, {})]
        while pending:
            at, needed, choices = pending.pop()
            while True:
                self._walked += 1
                if self._walked >= LARGE:
                    self._spend(1)
                    self._walked = 0
                at = (needed & ((1 << at) - 1)).bit_length() - 1
                if at < 0:
                    self._spend(len(self.points.points) // LARGE)
                    if self._met(choices):
                        yield choices, needed
                    break
                key = self._open(at, choices)
                if key is None:
                    needed |= self.needs.operands(at, choices)
                    continue
                for choice in reversed(self._outcomes_of(key)):
                    self._spend(1)
                    more = {**choices, key: choice}
                    if self._possible(more):
                        pending.append((at + 1, needed, more))
                break

    def _spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            text = f"it takes more than {self.limit:,} steps to enumerate the networks of `{self.points.unit.name}`"
            raise error("NAS527", text, help="raise the limit, which takes more time")

    def _open(self, at: int, choices: Mapping[str, Choice]) -> str | None:
        """A decision that a point reads and that is not made."""
        point = self.points.points[at]
        for guard in point.guards:
            if guard is not None and guard.key not in choices and guard.key in self.graph.decisions:
                return guard.key
        return self._unmade(point.name, choices)

    def _unmade(self, name: Any, choices: Mapping[str, Choice]) -> str | None:
        """An open decision that a name reads; determined subsets come last, since other decisions determine them."""
        while isinstance(name, Branch):
            if name.key in self.graph.determined:
                return next((key for key in (self._unmade(part, choices) for part in name.parts) if key), None)
            if name.key not in choices:
                return name.key
            name = name.taken(choices[name.key])
        return None

    def _outcomes_of(self, key: str) -> list[Choice]:
        if key not in self._outcomes:
            decision = self.graph.decisions[key]
            real = self.points.candidates.get(key, decision.real)
            self._outcomes[key] = list(_outcomes(decision, real))
        return self._outcomes[key]

    # requirements

    def _possible(self, choices: Mapping[str, Choice]) -> bool:
        """Return True if the requirements can still be satisfied."""
        for item in self.asked:
            leaves = list(leaves_of(item.condition))
            if not all(isinstance(leaf, Count) for leaf in leaves):
                continue
            if not any(key in choices for leaf in leaves for key, _ in leaf.guards):  # type: ignore[union-attr]
                continue
            if not possible(item.condition, lambda leaf: self._interval(leaf, choices))[1]:
                return False
        return True

    def _interval(self, leaf: Leaf, choices: Mapping[str, Choice]) -> Interval:
        assert isinstance(leaf, Count)
        number = leaf.taken(choices)
        return number, number if all(key in choices for key, _ in leaf.guards) else inf

    def _met(self, choices: dict[str, Choice]) -> bool:
        costs: dict[str, int] = {}
        if self._priced:
            found = live(self.graph, lambda key: choices.get(key, self._outcomes_of(key)[0]))
            costs = {"params": found.cost[0], "macs": found.cost[1]}
        return all(item.holds(choices, costs) for item in self.asked)


def _outcomes(decision: Decision, real: tuple[int, ...]) -> Iterator[Choice]:
    if decision.kind == "one":
        yield from real
        return
    for size in range(decision.least, decision.most + 1):
        yield from combinations(real, size)
