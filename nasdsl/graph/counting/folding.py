"""One algorithm over the demand structure, in any semiring.

Decisions that share nothing multiply; where one decision shows up in several places it is branched first.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from nasdsl.diagnostics import NasError, error
from nasdsl.graph.counting.demand import NOTHING, Demand, DemandTable, OpenDecision
from nasdsl.graph.counting.semiring import Semiring, greatest, least
from nasdsl.graph.trampoline import Steps, run_steps
from nasdsl.ir.decision import Decision

MAX_BRANCHES = 1_000_000
MAX_WORK = 5_000_000  # a branch costs as much work as there are decisions in it
EXACT_BRANCHES, EXACT_WORK = 2_000, 100_000  # bounds are worth less waiting than a count


@dataclass(frozen=True, slots=True)
class Alone:
    """A decision that shares nothing: each candidate has its own value, or, of a subset, one in and one out of it."""

    item: OpenDecision
    values: list[Any]


@dataclass(frozen=True, slots=True)
class Branched:
    """A decision that is made first, since others depend on it: what is left for each outcome, and its value."""

    decision: Decision
    outcomes: list[tuple[tuple[int, ...], Demand, Any]]


# A further factor for a decision, the candidates that it takes, and whether this is where it is made.
Mark = Callable[[str, tuple[int, ...], bool], Any]
Step = Alone | Branched


class Folder:
    """Folds demands in one semiring; remembers what it has seen."""

    def __init__(
        self, semiring: Semiring, branches: int = MAX_BRANCHES, work: int = MAX_WORK, mark: Mark | None = None
    ):
        self.semiring, self.mark = semiring, mark
        self._branches, self._work = branches, work
        self._known: dict[int, tuple[Demand, Any, list[Step]]] = {}

    def __call__(self, demand: Demand) -> Any:
        return run_steps(self._fold(demand))

    def steps(self, demand: Demand) -> list[Step]:
        """The derivation of a demand's value."""
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
                values: list[Any] = []
                for i in item.real:
                    value = yield self._fold(item.alternatives[i])
                    if self.mark is not None:
                        value = self._marked(value, item.decision.key, (i,), item.decision.kind == "one")
                    if item.decision.kind == "subset":
                        value = value, (yield self._fold(item.absent[i])) if item.absent else self.semiring.one
                    values.append(value)
                steps.append(Alone(item, values))
                if item.decision.kind == "one":
                    parts.append(self.semiring.plus(values))
                else:
                    parts.append(self.semiring.subsets(values, item.decision.least, item.decision.most))
                    if self.mark is not None:  # made, whatever it takes
                        parts.append(self._marked(self.semiring.one, item.decision.key, (), True))
            else:
                found = []
                for chosen, rest in self._branch(demand.table.demand((0, 0), NOTHING, component), decision):
                    value = yield self._fold(rest)
                    if self.mark is not None:
                        value = self._marked(value, decision.key, chosen, True)
                    found.append((chosen, rest, value))
                steps.append(Branched(decision, found))
                parts.append(self.semiring.plus([value for _, _, value in found]))
        result = self.semiring.times(parts)
        self._known[id(demand)] = demand, result, steps
        return result

    def _marked(self, value: Any, key: str, chosen: tuple[int, ...], live: bool) -> Any:
        assert self.mark is not None
        extra = self.mark(key, chosen, live)
        return value if extra is None else self.semiring.times((value, extra))

    def _branch(self, demand: Demand, decision: Decision) -> Iterator[tuple[tuple[int, ...], Demand]]:
        for chosen in outcomes(decision):
            self._branches -= 1
            self._work -= len(demand.items)
            if min(self._branches, self._work) < 0:
                raise error("NAS524", "an exact count would take too long: too many decisions depend on one another")
            yield chosen, demand.fixed(decision.key, chosen)


def extremes(demand: Demand, metric: int, most: Demand | None = None) -> tuple[int, int, str]:
    """Return the least and greatest cost over all architectures, "exact" or, if too much is tied, "bounds".

    Bounds take every part that several decisions may need as absent (below) or present (above).  `most` is the
    demand to take the greatest of, where some sizes are not exact themselves.
    """
    kind = "exact" if most is None else "bounds"
    most = demand if most is None else most
    try:
        lower = Folder(least(metric), EXACT_BRANCHES, EXACT_WORK)(demand)
        return lower, Folder(greatest(metric), EXACT_BRANCHES, EXACT_WORK)(most), kind
    except NasError:
        lower = Folder(least(metric))(demand.without(demand.reach))
        extra = sum(most.table.parts[part][metric] for part in most.reach)
        return lower, Folder(greatest(metric))(most.without(most.reach)) + extra, "bounds"


def outcomes(decision: Decision) -> Iterator[tuple[int, ...]]:
    sizes = range(1, 2) if decision.kind == "one" else range(decision.least, decision.most + 1)
    for size in sizes:
        yield from itertools.combinations(decision.real, size)


def components(demand: Demand) -> list[dict[str, OpenDecision]]:
    """Group the open decisions such that groups share neither inner decisions nor parts."""
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
    found: dict[int, dict[str, OpenDecision]] = {}
    for number, (key, item) in enumerate(demand.items.items()):
        found.setdefault(first(number), {})[key] = item
    return list(found.values())


def tied(component: dict[str, OpenDecision], table: DemandTable, anything: bool) -> Decision | None:
    """Return the decision to branch on first, or None if nothing in the component repeats.

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


def _meets_itself(entry: tuple[str, OpenDecision]) -> bool:
    key, item = entry
    if key in item.keys:
        return True
    seen: set[Any] = set()
    for i in item.real if item.decision.kind == "subset" else ():
        either = item.either(i)
        if any(not seen.isdisjoint(each.keys) or not seen.isdisjoint(each.reach) for each in either):
            return True
        for each in either:
            seen.update(each.keys, each.reach)
    return False
