"""A part of the graph written for its algebra: what two networks must agree in to be the same, and nothing else.

Names, places and weights are left out; identities stand for their operand and zeros need nothing.  Alternatives
that are chains of operations between the same two places can be drawn together, in two ways:

* as *words*: each chain is one operation, named by all that is in it;
* as *groups*: chains that only differ in their word are one operation whose name is left open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nasdsl.graph.archgraph import ArchGraph
from nasdsl.graph.costs import Branch, tree_of
from nasdsl.ir.decision import Guard
from nasdsl.ir.dependent import decisions_of
from nasdsl.ir.key import DecisionKey, split_key
from nasdsl.ir.program import Node
from nasdsl.ops.joins import JOINS
from nasdsl.ops.structure import Structure
from nasdsl.ops.table import PRIMITIVES

Drawing = Literal["plain", "words", "groups"]
Letters = tuple[str, ...]
PointName = tuple[str, bool]


@dataclass(frozen=True)
class Component:
    """Some nodes with the nodes that they are given from outside, and those that are used outside."""

    name: str
    graph: ArchGraph
    nodes: tuple[Node, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @property
    def keys(self) -> set[str]:
        """The decisions that the nodes read."""
        return keys_of(self.graph, self.nodes)


def keys_of(graph: ArchGraph, nodes: Iterable[Node]) -> set[str]:
    found: set[str] = set()
    for node in nodes:
        found.update(guard.key for guard in node.guards if guard is not None)
        found.update(split_key(key)[0] for key in decisions_of(*telling(node).values()))
    for key in found & set(graph.determined):
        found.remove(key)
        found.update(name for ways in graph.determined[key].uses for way in ways for name, _ in way)
    return found


def telling(node: Node) -> dict[str, Any]:
    """The attributes that tell an operation from others on the same operands: not those that follow from these."""
    primitive = PRIMITIVES.get(node.op)
    if primitive is None:
        return node.attrs
    names = [parameter.name for parameter in primitive.parameters]
    return {name: node.attrs[name] for name in names if name in node.attrs}


def whole(graph: ArchGraph) -> Component:
    return Component(graph.space, graph, tuple(graph.nodes), graph.inputs, graph.outputs)


@dataclass(frozen=True)
class Point:
    """`kind` is "input", "zeros", "operation", "group", "select" or a join; operands are earlier points.

    A group may be any of the operations `options`.  `name` is the name of an operation and whether it gives zeros
    for zeros, or branches to these where its attributes depend on decisions.
    """

    kind: str
    name: PointName | Branch = ("", False)
    operands: tuple[int, ...] = ()
    guards: tuple[Guard | None, ...] = ()
    options: tuple[str, ...] = ()


@dataclass
class _Chain:
    """A private way of operations from `source` up to an alternative; empty letters where it is none."""

    source: int
    letters: Letters
    nodes: list[int]
    of_zeros: bool


@dataclass
class _Select:
    """A decision that is drawn together: each of its chains, by candidate."""

    node: Node
    key: DecisionKey
    chains: dict[int, _Chain] = field(default_factory=dict)


class Skeleton:
    """The points of a unit, operands first.  `candidates[key]` are those of a decision that differ in structure."""

    def __init__(self, unit: Component, drawing: Drawing = "plain", read: frozenset[str] = frozenset()):
        """`read` are decisions of which every candidate counts, since something else reads them."""
        self.unit, self.graph = unit, unit.graph
        self.points: list[Point] = []
        self.candidates: dict[str, tuple[int, ...]] = {}
        self._at: dict[int, int] = {}
        self._nodes = self._reached()
        self._uses: dict[int, int] = dict.fromkeys(unit.outputs, 2)
        for node in self._nodes.values():
            for operand, _ in self._operands(node):
                self._uses[operand] = self._uses.get(operand, 0) + 1
        selects = {} if drawing == "plain" else self._selects(read)
        # whether networks can be compared word by word
        self.by_words = self._unambiguous(selects) and all(
            len(select.chains[group[0]].letters) < 2
            for select in selects.values()
            for group in self._groups(select)
            if len(group) == 1
        )
        if drawing == "groups" and not self._unambiguous(selects):
            selects = {}
        self._draw(selects, drawing == "groups")
        self.outputs = tuple(self._at[id] for id in unit.outputs)

    def _operands(self, node: Node) -> list[tuple[int, Guard | None]]:
        """Those that an architecture may have: none of a phantom."""
        decisions = self.graph.decisions
        return [
            (operand, guard)
            for operand, guard in zip(node.operands, node.guards, strict=True)
            if guard is None or guard.key not in decisions or not decisions[guard.key].phantom[guard.candidate]
        ]

    def _reached(self) -> dict[int, Node]:
        table = {node.id: node for node in self.unit.nodes if node.id not in self.unit.inputs}
        pending = [id for id in self.unit.outputs if id in table]
        found = set(pending)
        while pending:
            for operand, _ in self._operands(table[pending.pop()]):
                if operand in table and operand not in found:
                    found.add(operand)
                    pending.append(operand)
        return {id: table[id] for id in sorted(found)}

    def pattern(self, wired: bool = True) -> Any:
        """All that matters for which choices give the same network: names only by which of them are equal."""
        numbers: dict[Any, int] = {}

        def number(name: Any) -> Any:
            if isinstance(name, Branch):
                return name.key, name.member, tuple(number(part) for part in name.parts)
            return numbers.setdefault(name, len(numbers))

        return tuple(
            (
                point.kind,
                point.operands if wired else (),
                point.guards,
                number(point.name),
                point.name[1] if isinstance(point.name, tuple) else None,
            )
            for point in self.points
            if wired or point.kind != Structure.INPUT
        )

    # chains

    def _selects(self, read: frozenset[str]) -> dict[int, _Select]:
        """The selects of decisions that nothing else reads."""
        guarded: dict[DecisionKey, list[Node]] = {}
        taken = set(read)
        for node in self._nodes.values():
            taken.update(split_key(key)[0] for key in decisions_of(*telling(node).values()))
            for key in dict.fromkeys(guard.key for guard in node.guards if guard is not None):
                guarded.setdefault(key, []).append(node)
        for item in self.graph.determined.values():
            taken.update(name for ways in item.uses for way in ways for name, _ in way)
        found: dict[int, _Select] = {}
        for key, users in guarded.items():
            if key in taken or len(users) > 1 or users[0].op != Structure.SELECT:
                continue
            select = _Select(users[0], key)
            for operand, guard in self._operands(users[0]):
                if guard is not None:
                    select.chains[guard.candidate] = self._chain(operand)
            found[users[0].id] = select
        return found

    def _chain(self, id: int) -> _Chain:
        letters: list[str] = []
        nodes: list[int] = []
        of_zeros = True
        while id in self._nodes and self._uses[id] == 1:
            node = self._nodes[id]
            primitive = PRIMITIVES.get(node.op)
            if primitive is None or primitive.is_zero or len(node.operands) != 1 or node.guards != (None,):
                break
            if decisions_of(*telling(node).values()):
                break
            nodes.append(id)
            if not primitive.is_identity:
                letters.append(_label(node.op, telling(node)))
                of_zeros = of_zeros and primitive.of_zeros(node.attrs)
            id = node.operands[0]
        return _Chain(id, tuple(reversed(letters)), nodes, of_zeros)

    def _groups(self, select: _Select) -> list[list[int]]:
        """Candidates that only differ in their word."""
        zeros = any(node.op in PRIMITIVES and PRIMITIVES[node.op].is_zero for node in self._nodes.values())
        found: dict[Any, list[int]] = {}
        for i, chain in select.chains.items():
            same = (chain.source, zeros and chain.of_zeros) if chain.letters else i
            found.setdefault(same, []).append(i)
        return list(found.values())

    def _unambiguous(self, selects: Mapping[int, _Select]) -> bool:
        """Return True if each filling of the groups can be recovered from the network alone.

        A private way of operations must fall into words, and the single letters of what stands outside of groups, in
        one manner only; and a word must say to which kind of group it belongs.
        """
        inside: set[int] = set()
        kinds: dict[Letters, frozenset[Letters]] = {}
        for select in selects.values():
            for group in self._groups(select):
                words = [select.chains[i].letters for i in group]
                if len(group) == 1:
                    continue
                if len(set(words)) < len(words):
                    return False
                for i in group:
                    inside.update(select.chains[i].nodes)
                if any(kinds.setdefault(word, frozenset(words)) != frozenset(words) for word in words):
                    return False
        letters: set[Letters] = set()
        for node in self._nodes.values():
            if node.id not in inside and node.op in PRIMITIVES:
                if decisions_of(*telling(node).values()):
                    return not kinds  # its letter is not known before its decisions are
                letters.add((_label(node.op, telling(node)),))
        return letters.isdisjoint(kinds) and _decodable(letters | set(kinds))

    # points

    def _draw(self, selects: Mapping[int, _Select], grouping: bool) -> None:
        drawn: set[int] = set()
        for select in selects.values():
            for group in self._groups(select) if grouping else [[i] for i in select.chains]:
                if len(group) > grouping and all(select.chains[i].letters for i in group):
                    drawn.update(id for i in group for id in select.chains[i].nodes)
        for number, id in enumerate(self.unit.inputs):
            self._at[id] = self._add(Point(Structure.INPUT, (f"input {number}", False)))
        for id in sorted(self._nodes):
            node = self._nodes[id]
            if id in selects:
                self._select(selects[id], grouping)
            elif id not in drawn:
                self._node(node)

    def _add(self, point: Point) -> int:
        self.points.append(point)
        return len(self.points) - 1

    def _select(self, select: _Select, grouping: bool) -> None:
        places: dict[int, int] = {}
        first: list[int] = []
        for group in self._groups(select) if grouping else [[i] for i in select.chains]:
            chains = [select.chains[i] for i in group]
            words = tuple("; ".join(chain.letters) for chain in chains)
            if len(group) > 1:
                of_zeros = all(chain.of_zeros for chain in chains)
                source = (self._at[chains[0].source],)
                at = self._add(Point("group", ("", of_zeros), source, (None,), words))
            elif words[0] and not grouping:
                source = (self._at[chains[0].source],)
                at = self._add(Point("operation", (words[0], chains[0].of_zeros), source, (None,)))
            else:
                node = select.node
                at = self._at[node.operands[[guard.candidate for guard in node.guards if guard].index(group[0])]]
            first.append(group[0])
            places[group[0]] = at
        if len(first) == 1:
            self._at[select.node.id] = places[first[0]]
            return
        self.candidates[select.key] = tuple(first)
        guards = tuple(Guard(select.key, i) for i in first)
        self._at[select.node.id] = self._add(
            Point(Structure.SELECT, ("", False), tuple(places[i] for i in first), guards)
        )

    def _node(self, node: Node) -> None:
        primitive = PRIMITIVES.get(node.op)
        if primitive is not None and primitive.is_identity:
            self._at[node.id] = self._at[node.operands[0]]
            return
        if primitive is not None and primitive.is_zero:
            self._at[node.id] = self._add(Point("zeros"))
            return
        pairs = [(self._at[operand], guard) for operand, guard in self._operands(node)]
        for key in dict.fromkeys(guard.key for _, guard in pairs if guard is not None):
            if key in self.graph.decisions:
                self.candidates.setdefault(key, self.graph.decisions[key].real)
        operands, guards = tuple(operand for operand, _ in pairs), tuple(guard for _, guard in pairs)
        if node.op == Structure.SELECT or node.op in JOINS:
            self._at[node.id] = self._add(Point(node.op, ("", False), operands, guards))
            return
        self._at[node.id] = self._add(Point("operation", _name_of(node), operands, guards))


def _name_of(node: Node) -> PointName | Branch:
    told = telling(node)
    primitive = PRIMITIVES.get(node.op)

    def leaf(values: tuple[Any, ...]) -> PointName:
        attrs = dict(zip(told, values, strict=True))
        return _label(node.op, attrs), primitive is not None and primitive.of_zeros(attrs)

    return tree_of(tuple(told.values()), leaf)


def _label(op: str, attrs: Mapping[str, Any]) -> str:
    return f"{op}({', '.join(f'{name}={value!r}' for name, value in sorted(attrs.items()) if value is not None)})"


def _decodable(words: set[Letters]) -> bool:
    """Return True if words are uniquely decodable as sequences of letters (Sardinas and Patterson, 1953)."""
    rests = {b[len(a) :] for a in words for b in words if a != b and b[: len(a)] == a}
    seen: set[Letters] = set()
    while rests:
        if not rests.isdisjoint(words):
            return False
        seen |= rests
        after = {word[len(rest) :] for rest in rests for word in words if word[: len(rest)] == rest}
        after |= {rest[len(word) :] for rest in rests for word in words if rest[: len(word)] == word}
        rests = after - seen - {()}
    return True
