"""The demand structure, on which counting, sampling and bounds run.

A `Demand` says what is needed for certain (with its cost) and which decisions are then open; each
alternative of a decision leads to a further `Demand`.  What is certain in a context is left out of the
alternatives inside it, so equal uses of one cell become equal and merge by their keys.

Most nodes stand in one place of the structure and are a plain sum there.  Those that stand in several are
*parts*: known by number, so that no architecture pays for one twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nasdsl.diagnostics import error
from nasdsl.gc_paused import gc_paused
from nasdsl.graph.archgraph import ArchGraph
from nasdsl.graph.costs import Branch, Cost, CostTree, DeterminedCost
from nasdsl.graph.counting.must_use import MustUse
from nasdsl.graph.trampoline import Steps, run_steps
from nasdsl.ir.decision import Decision

MAX_REPEATED = 1_000_000  # operations that stand in the structure once more
NOTHING: frozenset[Any] = frozenset()


@dataclass(eq=False, slots=True)
class Demand:
    """Made by a `DemandTable` alone, which has one for each content: equal demands are the same object.

    `cost` is that of all that is certain here and stands nowhere else; `needs` are the certain parts.
    `keys` are the decisions open here or further in that stand in several places, `reach` all parts.
    """

    table: DemandTable
    cost: Cost
    needs: frozenset[int]
    items: dict[str, OpenDecision]
    keys: frozenset[str]
    reach: frozenset[int]

    def total(self, metric: int) -> int:
        """Return the parameters (0) or MACs (1) that are fixed here."""
        return self.cost[metric] + sum(self.table.parts[part][metric] for part in self.needs)

    def fixed(self, key: str, chosen: tuple[int, ...]) -> Demand:
        """Return this demand given the choice of a decision."""
        return run_steps(self._fixed(key, chosen))

    def _fixed(self, key: str, chosen: tuple[int, ...]) -> Steps:
        kept: dict[str, OpenDecision] = {}
        released: list[Demand] = []
        for name, item in self.items.items():
            if key in item.keys:
                item = yield item.mapped(lambda each: each._fixed(key, chosen) if key in each.keys else each)
            if name == key:
                released.extend(item.alternatives[i] for i in chosen)
                if item.absent:
                    released.extend(item.absent[i] for i in item.real if i not in chosen)
            else:
                kept[name] = item
        return (yield self.table.joined([self.table.demand(self.cost, self.needs, kept), *released]))

    def without(self, known: frozenset[int]) -> Demand:
        """Return this demand without parts that are already counted."""
        return run_steps(self._without(known))

    def _without(self, known: frozenset[int]) -> Steps:
        if known.isdisjoint(self.reach):
            return self
        items = {}
        for key, item in self.items.items():
            items[key] = yield item.mapped(lambda each: each._without(known))
        return self.table.demand(self.cost, self.needs - known, items)


@dataclass(eq=False, slots=True)
class OpenDecision:
    """One open decision: what each candidate demands beyond its context, and, of a subset, what its absence demands.

    `absent` is empty where absence demands nothing.  `again` says that the decision stands in other places as well.
    """

    decision: Decision
    real: tuple[int, ...]
    again: bool
    alternatives: tuple[Demand, ...]
    absent: tuple[Demand, ...] = ()
    keys: frozenset[str] = field(init=False)
    reach: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        inner = [self.alternatives[i] for i in self.real] + [self.absent[i] for i in self.real if self.absent]
        self.keys = _union([each.keys for each in inner])
        self.reach = _union([each.reach for each in inner])

    def either(self, i: int) -> tuple[Demand, ...]:
        """Return the demands of candidate `i` when selected and when not."""
        return (self.alternatives[i], self.absent[i]) if self.absent else (self.alternatives[i],)

    def mapped(self, change: Callable[[Demand], Any]) -> Steps:
        return (yield self.merged([self], lambda column: change(column[0])))

    @staticmethod
    def merged(group: list[OpenDecision], change: Callable[[list[Demand]], Any]) -> Steps:
        """Merge several items of the same decision into one."""
        first = group[0]
        alternatives = yield _each(
            [list(column) for column in zip(*(item.alternatives for item in group), strict=True)], change
        )
        absent: tuple[Demand, ...] = ()
        some = [item.absent for item in group if item.absent]
        if some:
            absent = yield _each([list(column) for column in zip(*some, strict=True)], change)
        old, new = first.alternatives + first.absent, alternatives + absent
        if len(group) == 1 and all(a is b for a, b in zip(old, new, strict=True)):
            return first
        return OpenDecision(first.decision, first.real, first.again, alternatives, absent)


class DemandTable:
    """All demands of one graph, and the costs of its parts."""

    def __init__(self, decisions: Mapping[str, Decision]) -> None:
        self.decisions = decisions
        self.parts: list[Cost] = []
        self._known: dict[Any, Demand] = {}

    def charge(self, part: int, cost: Cost) -> None:
        while part >= len(self.parts):
            self.parts.append((0, 0))
        params, macs = self.parts[part]
        self.parts[part] = params + cost[0], macs + cost[1]

    def demand(self, cost: Cost, needs: frozenset[int], items: dict[str, OpenDecision]) -> Demand:
        content = (
            cost,
            needs,
            frozenset((key, *map(id, item.alternatives + item.absent)) for key, item in items.items()),
        )
        known = self._known.get(content)
        if known is None:
            keys = _union([item.keys for item in items.values()])
            again = [key for key, item in items.items() if item.again]
            reach = _union([needs, *(item.reach for item in items.values())])
            known = Demand(self, cost, needs, items, keys.union(again) if again else keys, reach)
            self._known[content] = known
        return known

    def joined(self, demands: list[Demand]) -> Steps:
        """Merge demands: what is fixed in one is removed from the alternatives of the others."""
        if len(demands) == 1:
            return demands[0]
        cost = sum(each.cost[0] for each in demands), sum(each.cost[1] for each in demands)
        needs = _union([each.needs for each in demands])
        groups: dict[str, list[OpenDecision]] = {}
        for each in demands:
            for key, item in each.items.items():
                groups.setdefault(key, []).append(item)
        items: dict[str, OpenDecision] = {}
        for key, group in groups.items():
            item = group[0]
            if len(group) > 1:
                item = yield OpenDecision.merged(group, self.joined)
            if not needs.isdisjoint(item.reach):
                item = yield item.mapped(lambda each: each._without(needs))
            items[key] = item
        return self.demand(cost, needs, items)


def _each(values: Iterable[Any], function: Any) -> Steps:
    results = []
    for value in values:
        result = function(value)
        results.append(result if isinstance(result, Demand) else (yield result))
    return tuple(results)


def _union(sets: list[frozenset[Any]]) -> frozenset[Any]:
    """Most of these sets are empty."""
    full = [each for each in sets if each]
    return full[0] if len(full) == 1 else NOTHING.union(*full)


@gc_paused()
def demand(graph: ArchGraph, costs: bool = True, most: bool = False) -> Demand:
    """Return the demand of the graph's outputs over all architectures.  Without `costs` it covers only decisions.

    What follows from what is unused is taken at its least, or at its `most`.  Raises NAS524 where what the
    alternatives need, written out, is too much.
    """
    return _Builder(graph, costs, most).run()


@dataclass(eq=False, slots=True)
class _Draft:
    """A demand before repeated parts and decisions are known."""

    placed: list[tuple[Any, Cost]] = field(default_factory=list)
    items: dict[str, tuple[list[_Draft], list[_Draft]]] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class _Roots:
    """The needs of a candidate: nodes, and the rest of the costs that it determines, each under its own name."""

    nodes: list[int] = field(default_factory=list)
    trees: list[tuple[Any, CostTree]] = field(default_factory=list)


class _Open:
    """The open decisions of a demand under construction, with the needs of each candidate's presence and absence."""

    def __init__(self) -> None:
        self.roots: dict[str, dict[tuple[int, bool], _Roots]] = {}

    def under(self, key: str, i: int, present: bool = True) -> _Roots:
        return self.roots.setdefault(key, {}).setdefault((i, present), _Roots())


class _Builder:
    def __init__(self, graph: ArchGraph, costs: bool, most: bool):
        self.graph, self.costs, self.most = graph, costs, most
        self.certain = MustUse(graph)
        self.context: set[int] = set()
        self.known: dict[str, int] = {}
        self.left = MAX_REPEATED + len(graph)

    def run(self) -> Demand:
        draft = run_steps(self._build(_Roots(list(self.graph.outputs))))
        return self._finish(draft)

    def _build(self, roots: _Roots) -> Steps:
        draft, open_ = _Draft(), _Open()
        new: list[int] = []
        for name, tree in roots.trees:
            self._cost(name, tree, draft, open_)
        pending = roots.nodes
        while pending:
            id = pending.pop()
            if id in self.context:
                continue
            self.context.add(id)
            new.append(id)
            if self.most or not self.costs or id not in self.graph.loose:
                self._cost(id, self.graph.costs[id], draft, open_)
            pending.extend(self.certain.of[id])
            for key, candidates in self.certain.groups.get(id, {}).items():
                if key in self.known:
                    pending.extend(candidates.get(self.known[key], ()))
                    continue
                for i, operands in candidates.items():
                    open_.under(key, i).nodes.extend(operands)
        self.left -= len(new) + 1
        if self.left < 0:
            text = f"expanding the nested alternatives takes more than {MAX_REPEATED:,} operations"
            raise error("NAS524", text, help="too many decisions are nested in one another")
        for key, candidates in open_.roots.items():
            decision = self.graph.decisions[key]
            real = frozenset(decision.real)
            columns: tuple[list[_Draft], list[_Draft]] = [], []
            for present, column in zip((True, False), columns, strict=True):
                if not present and all(here for _, here in candidates):
                    break
                for i in range(len(decision.labels)):
                    found = candidates.get((i, present)) if i in real else None
                    if found is None:
                        column.append(_Draft())
                        continue
                    if decision.kind == "one":
                        self.known[key] = i
                    column.append((yield self._build(found)))
                    self.known.pop(key, None)
            draft.items[key] = columns
        self.context.difference_update(new)
        return draft

    def _cost(self, name: Any, tree: CostTree, draft: _Draft, open_: _Open) -> None:
        while isinstance(tree, Branch) and tree.key in self.known:
            i = self.known[tree.key]
            name, tree = (name, i), tree.parts[i]
        if not isinstance(tree, Branch):
            if self.costs:
                cost = tree.extreme(self.most) if isinstance(tree, DeterminedCost) else tree
                if cost != (0, 0):
                    draft.placed.append((name, cost))
            return
        for i, part in enumerate(tree.parts):
            roots = open_.under(tree.key, i) if tree.member is None else open_.under(tree.key, tree.member, bool(i))
            roots.trees.append(((name, i), part))

    def _finish(self, root: _Draft) -> Demand:
        """Number parts and repeated decisions, then build the demands from the inside out."""
        order: list[_Draft] = []
        pending = [root]
        while pending:
            draft = pending.pop()
            order.append(draft)
            pending.extend(each for columns in draft.items.values() for column in columns for each in column)
        uses: dict[str, int] = {}
        places: dict[Any, list[int]] = {}
        for number, draft in enumerate(order):
            for key in draft.items:
                uses[key] = uses.get(key, 0) + 1
            for name, _ in draft.placed:
                places.setdefault(name, []).append(number)
        table = DemandTable(self.graph.decisions)
        nothing = table.demand((0, 0), NOTHING, {})
        numbers: dict[tuple[int, ...], int] = {}  # what always stands together is one part
        made: dict[int, Demand] = {}
        for number in range(len(order) - 1, -1, -1):
            draft = order[number]
            params = macs = 0
            needs: set[int] = set()
            for name, cost in draft.placed:
                at = places[name]
                if len(at) == 1:
                    params, macs = params + cost[0], macs + cost[1]
                    continue
                part = numbers.setdefault(tuple(at), len(numbers))
                needs.add(part)
                if number == at[0]:
                    table.charge(part, cost)
            items = {}
            for key, columns in draft.items.items():
                decision = self.graph.decisions[key]
                present, absent = (tuple(made.pop(id(each)) for each in column) for column in columns)
                absent = absent if any(each is not nothing for each in absent) else ()
                items[key] = OpenDecision(decision, decision.real, uses[key] > 1, present, absent)
            made[id(draft)] = table.demand((params, macs), frozenset(needs), items)
        return made[id(root)]
