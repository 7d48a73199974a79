"""What each architecture needs: the structure over which counting, sampling and bounds run.

A `Demand` says what is needed for certain (with its cost) and which decisions are then open; each
alternative of a decision leads to a further `Demand`.  What is certain in a context is left out of the
alternatives inside it, so equal uses of one cell become equal and merge by their keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from nasdsl.graph.archgraph import ArchGraph
from nasdsl.semantics.primitives import costs, node_cost
from nasdsl.semantics.program import Dim, Node, TensorType
from nasdsl.semantics.searched import decisions_of, restrict

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


# What a node with searched values costs: a decision and the trees of its alternatives, or a number of `costs`.
Tree = int | tuple[str, tuple["Tree", ...]]


@dataclass
class _Anchor:
    """A node with the private nodes below it: they are needed exactly when it is."""

    cost: Cost = (0, 0)
    certain: list[int] = field(default_factory=list)
    guarded: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    searched: list[Tree] = field(default_factory=list)


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
        self.costs: list[Cost] = [(0, 0)] * len(self.ids)
        for id in self.ids:
            self.anchors[id] = anchor = self._collect(id)
            bits = 1 << self.bit[id]
            for operand in anchor.certain:
                bits |= self.must[operand]
            for key, candidates in anchor.guarded.items():
                bits |= self._certain_of(key, candidates)
            self.must[id] = bits
            self.costs[self.bit[id]] = anchor.cost

    def _collect(self, root: int) -> _Anchor:
        anchor = _Anchor()
        pending = [root]
        while pending:
            node = self.graph.node(pending.pop())
            self._cost(anchor, node)
            for operand, guard in zip(node.operands, node.guards, strict=True):
                if guard is not None and guard[0] not in self.graph.determined:
                    anchor.guarded.setdefault(guard[0], []).append((guard[1], operand))
                elif operand in self.bit:  # what is unused is needed too: by the output
                    anchor.certain.append(operand)
                else:
                    pending.append(operand)
        return anchor

    def _cost(self, anchor: _Anchor, node: Node) -> None:
        dims = node.type.dims if costs(node.op) else ()
        if any("?" in key for key in decisions_of(*node.attrs.values(), *dims)):
            return
        if decisions_of(*node.attrs.values(), *dims):
            anchor.searched.append(self._tree(node.op, node.attrs, node.type.kind, dims))
            return
        params, macs = node_cost(node.op, node.attrs, node.type)
        anchor.cost = anchor.cost[0] + params, anchor.cost[1] + macs

    def _tree(self, op: str, attrs: dict[str, Any], kind: str, dims: tuple[Dim, ...]) -> Tree:
        """Branches on what matters first: a decision that only some values of another bring in comes after it."""
        sizes = decisions_of(*attrs.values(), *dims)
        if not sizes:
            self.costs.append(node_cost(op, attrs, TensorType(kind, dims)))
            return len(self.costs) - 1
        found: list[tuple[int, str, list[tuple[dict[str, Any], tuple[Dim, ...]]]]] = []
        for key, size in sizes.items():
            parts = [
                (
                    {name: restrict(value, {key: (i,)}) for name, value in attrs.items()},
                    tuple(restrict(dim, {key: (i,)}) for dim in dims),
                )
                for i in range(size)
            ]
            left = sum(len(decisions_of(*part.values(), *sides)) for part, sides in parts)
            found.append((left, key, parts))
        _, key, parts = min(found, key=lambda item: item[0])
        return key, tuple(self._tree(op, part, kind, sides) for part, sides in parts)

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
            for tree in anchor.searched:
                assert not isinstance(tree, int)
                self._open(result, tree[0], tuple(self._costing(part) for part in tree[1]))
        return result

    def _costing(self, tree: Tree) -> Demand:
        if isinstance(tree, int):
            return Demand(self.costs, 1 << tree)
        result = Demand(self.costs)
        self._open(result, tree[0], tuple(self._costing(part) for part in tree[1]))
        return result

    def _open(self, result: Demand, key: str, alternatives: tuple[Demand, ...]) -> None:
        decision = self.graph.decisions[key]
        item = Item(decision.kind, alternatives, decision.real, decision.least, decision.most)
        result.items[key] = result.items[key].merged(item) if key in result.items else item


def _bits(value: int) -> Iterator[int]:
    text = bin(value)[:1:-1]
    position = text.find("1")
    while position >= 0:
        yield position
        position = text.find("1", position + 1)
