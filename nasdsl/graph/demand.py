"""What each architecture needs: the structure over which counting, sampling and bounds run.

A `Demand` says what is needed for certain (with its cost) and which decisions are then open; each
alternative of a decision leads to a further `Demand`.  What is certain in a context is left out of the
alternatives inside it, so equal uses of one cell become equal and merge by their keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from nasdsl.graph.archgraph import ArchGraph
from nasdsl.semantics.primitives import node_cost
from nasdsl.semantics.program import Node, Searched, TensorType

Cost = tuple[int, int]


@dataclass(eq=False)
class Demand:
    """`needs` are the parts needed for certain here, as bits; `costs` says what each part costs."""

    costs: list[Cost]
    needs: int = 0
    items: dict[str, Item] = field(default_factory=dict)

    @cached_property
    def cost(self) -> Cost:
        """(parameters, multiply-accumulates) of what is certain here."""
        params = macs = 0
        for position in _bits(self.needs):
            params, macs = params + self.costs[position][0], macs + self.costs[position][1]
        return params, macs

    @cached_property
    def keys(self) -> frozenset[str]:
        """All decisions open here or further in."""
        return frozenset().union(self.items, *(alt.keys for item in self.items.values() for alt in item.alternatives))

    @cached_property
    def reach(self) -> int:
        """All parts that are needed here or may be further in."""
        bits = self.needs
        for item in self.items.values():
            bits |= item.reach
        return bits

    def merged(self, other: Demand) -> Demand:
        items = dict(self.items)
        for key, item in other.items.items():
            items[key] = items[key].merged(item) if key in items else item
        return Demand(self.costs, self.needs | other.needs, items)

    def fixed(self, key: str, chosen: tuple[int, ...]) -> Demand:
        """This demand where a decision is already made."""
        if key not in self.keys:
            return self
        result = Demand(self.costs, self.needs)
        for name, item in self.items.items():
            if name == key:
                for i in chosen:
                    result = result.merged(item.alternatives[i].fixed(key, chosen))
            else:
                alternatives = tuple(alt.fixed(key, chosen) for alt in item.alternatives)
                result = result.merged(Demand(self.costs, 0, {name: item.having(alternatives)}))
        return result

    def without(self, known: int) -> Demand:
        """This demand where some parts are there already: none is counted twice."""
        if not self.reach & known:
            return self
        needs = self.needs & ~known
        items = {
            key: item.having(tuple(alt.without(known | needs) for alt in item.alternatives))
            for key, item in self.items.items()
        }
        return Demand(self.costs, needs, items)


@dataclass(eq=False)
class Item:
    """One open decision: what each candidate demands beyond its context."""

    kind: Literal["one", "subset"]
    alternatives: tuple[Demand, ...]
    real: tuple[int, ...]
    least: int
    most: int

    @cached_property
    def reach(self) -> int:
        bits = 0
        for i in self.real:
            bits |= self.alternatives[i].reach
        return bits

    def having(self, alternatives: tuple[Demand, ...]) -> Item:
        return Item(self.kind, alternatives, self.real, self.least, self.most)

    def merged(self, other: Item) -> Item:
        pairs = zip(self.alternatives, other.alternatives, strict=True)
        return self.having(tuple(a.merged(b) for a, b in pairs))


@dataclass
class _Anchor:
    """A node with the private nodes below it: they are needed exactly when it is."""

    cost: Cost = (0, 0)
    certain: list[int] = field(default_factory=list)
    guarded: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    searched: list[tuple[str, tuple[Cost, ...]]] = field(default_factory=list)


def demand(graph: ArchGraph) -> Demand:
    """The demand of the graph's outputs, for all its architectures."""
    return _Builder(graph).build(list(graph.outputs), 0)


class _Builder:
    def __init__(self, graph: ArchGraph):
        self.graph = graph
        nodes = graph.nodes
        users: dict[int, int] = {}
        anchors = set(graph.outputs)
        for node in nodes:
            for operand, guard in zip(node.operands, node.guards, strict=True):
                users[operand] = users.get(operand, 0) + 1
                if guard is not None or users[operand] > 1:
                    anchors.add(operand)
        self.bit = {id: position for position, id in enumerate(sorted(anchors))}
        self.ids = sorted(anchors)
        self.anchors: dict[int, _Anchor] = {}
        self.must: dict[int, int] = {}
        self.costs: list[Cost] = []
        self.searched: dict[tuple[int, str, int], int] = {}
        for id in self.ids:
            self.anchors[id] = anchor = self._collect(id)
            bits = 1 << self.bit[id]
            for operand in anchor.certain:
                bits |= self.must[operand]
            for key, candidates in anchor.guarded.items():
                bits |= self._certain_of(key, candidates)
            self.must[id] = bits
        self.costs = [self.anchors[id].cost for id in self.ids]
        for id in self.ids:
            for number, (key, costs) in enumerate(self.anchors[id].searched):
                self.searched[id, key, number] = len(self.costs)
                self.costs.extend(costs)

    def _collect(self, root: int) -> _Anchor:
        anchor = _Anchor()
        pending = [root]
        while pending:
            node = self.graph.node(pending.pop())
            self._cost(anchor, node)
            for operand, guard in zip(node.operands, node.guards, strict=True):
                if guard is not None:
                    anchor.guarded.setdefault(guard[0], []).append((guard[1], operand))
                elif operand in self.bit:
                    anchor.certain.append(operand)
                else:
                    pending.append(operand)
        return anchor

    @staticmethod
    def _cost(anchor: _Anchor, node: Node) -> None:
        searched = {value.key: value for value in node.attrs.values() if isinstance(value, Searched)}
        if not searched:
            params, macs = node_cost(node.op, node.attrs, node.type)
            anchor.cost = anchor.cost[0] + params, anchor.cost[1] + macs
            return
        for part in _split(node, list(searched)):
            anchor.searched.append(part)

    def _certain_of(self, key: str, candidates: list[tuple[int, int]]) -> int:
        """What every allowed choice among the candidates needs."""
        decision = self.graph.decisions[key]
        sets = dict.fromkeys(decision.real, 0)
        for i, operand in candidates:
            if i in sets:
                sets[i] |= self.must[operand]
        at_least = [-1] + [0] * len(sets)
        for bits in sets.values():
            for count in range(len(sets), 0, -1):
                at_least[count] |= at_least[count - 1] & bits
        needed = len(sets) if decision.kind == "one" else len(sets) - decision.least + 1
        return at_least[needed] if needed <= len(sets) else 0

    def build(self, roots: list[int], context: int) -> Demand:
        new = 0
        for root in roots:
            new |= self.must[root]
        new &= ~context
        inside = context | new
        result = Demand(self.costs, new)
        for position in _bits(new):
            id = self.ids[position]
            anchor = self.anchors[id]
            for key, candidates in anchor.guarded.items():
                needs: dict[int, list[int]] = {}
                for i, operand in candidates:
                    needs.setdefault(i, []).append(operand)
                total = len(self.graph.decisions[key].labels)
                self._open(result, key, tuple(self.build(needs.get(i, []), inside) for i in range(total)))
            for number, (key, costs) in enumerate(anchor.searched):
                first = self.searched[id, key, number]
                self._open(result, key, tuple(Demand(self.costs, 1 << (first + i)) for i in range(len(costs))))
        return result

    def _open(self, result: Demand, key: str, alternatives: tuple[Demand, ...]) -> None:
        decision = self.graph.decisions[key]
        item = Item(decision.kind, alternatives, decision.real, decision.least, decision.most)
        result.items[key] = result.items[key].merged(item) if key in result.items else item


def _split(node: Node, keys: list[str]) -> Iterator[tuple[str, tuple[Cost, ...]]]:
    """Costs of a node with searched attributes, an entry a decision.

    With several decisions the cost is not a sum over them; such nodes are refused before they come here.
    """
    [key] = keys
    size = len(next(v for v in node.attrs.values() if isinstance(v, Searched)).values)

    def at(value: object, i: int) -> object:
        return value.values[i] if isinstance(value, Searched) else value

    costs = []
    for i in range(size):
        attrs = {name: at(value, i) for name, value in node.attrs.items()}
        out = TensorType(node.type.kind, tuple(at(dim, i) for dim in node.type.dims))  # type: ignore[misc]
        costs.append(node_cost(node.op, attrs, out))
    yield key, tuple(costs)


def _bits(value: int) -> Iterator[int]:
    text = bin(value)[:1:-1]
    position = text.find("1")
    while position >= 0:
        yield position
        position = text.find("1", position + 1)
