"""Candidates that process a part of the channels, while the rest bypasses them (PC-DARTS; arXiv 1907.05737)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

from nasdsl.diagnostics import error
from nasdsl.graph.archgraph import ArchGraph
from nasdsl.ir.program import FEATURE_AXIS, Dim, Node, Region, TensorType
from nasdsl.ops.image import MAX_POOL, SHUFFLE
from nasdsl.ops.joins import CONCAT, JOINS
from nasdsl.ops.record import Primitive
from nasdsl.ops.structure import Structure
from nasdsl.ops.table import PRIMITIVES
from nasdsl.passes.protocol import Promise

# What a candidate may be made of besides primitives.
_OTHERS = frozenset({*JOINS, Structure.SELECT, Structure.SPLIT, Structure.PART})


@dataclass(frozen=True)
class Division:
    """The graph of divided decisions, and how far the pass went.

    `divided` are the decisions whose candidates see a part of the channels at one place or more; `whole` those that
    see all of them somewhere, with the reason.
    """

    graph: ArchGraph
    divided: frozenset[str]
    whole: dict[str, str]


@dataclass(frozen=True)
class PartialChannels:
    """Let the candidates of a decision take the first of `fraction` equal parts of the channels.

    Candidates become as narrow as that part, inside too.  The other parts are joined to what the decision makes of
    the first, after a max-pooling where it halves the image, and the channels are shuffled, so that the next decision
    sees others (PC-DARTS, arXiv 1907.05737, section 3.1, and the authors' code).  Decisions inside a candidate are
    narrowed with it.
    """

    fraction: int = 4

    name: ClassVar[str] = "partial_channels"
    promise: ClassVar[Promise] = Promise.OTHER_FUNCTION
    usage: ClassVar[str] = "partial_channels(fraction=4)"

    def __call__(self, graph: ArchGraph) -> ArchGraph:
        return self.divide(graph).graph

    def divide(self, graph: ArchGraph) -> Division:
        """Divide the graph, and return it with the divided decisions and those that could not be."""
        return Division(graph, frozenset(), {}) if self.fraction == 1 else _Divider(graph, self.fraction).run()

    @classmethod
    def parse(cls, options: Mapping[str, str], graph: ArchGraph) -> PartialChannels:
        """From texts.  Raises NAS601."""
        text = options.get("fraction", "4")
        if set(options) - {"fraction"} or not text.isdecimal() or int(text) < 1:
            raise error("NAS601", "`partial_channels` needs `fraction`, a positive integer", help=cls.usage)
        return cls(int(text))


class _Whole(Exception):
    """Raised if a decision cannot work on a part of the channels."""


class _Place(NamedTuple):
    """Where a decision is made: its select, the nodes of its candidates narrowed, and what they start from."""

    select: Node
    entry: Node
    narrow: dict[int, Node]
    halves: bool


class _Divider:
    def __init__(self, graph: ArchGraph, fraction: int):
        self.graph, self.fraction = graph, fraction
        self.within: dict[int, list[Node]] = {}  # a region's nodes, with those of the regions in it
        for node in graph.nodes:
            for region in graph.region_path(graph.regions[node.region]):
                self.within.setdefault(region.id, []).append(node)
        self.made: list[Node] = []
        self.new: dict[int, int] = {}  # an old node to what stands for it, by its place in `made`
        self.parts: list[int] = []  # those of the place that is being rebuilt

    def run(self) -> Division:
        divided: set[str] = set()
        whole: dict[str, str] = {}
        places: dict[int, _Place] = {}  # by every node of its candidates
        for node in reversed(self.graph.nodes):  # outer decisions before those inside their candidates
            if node.op == Structure.SELECT and node.id not in places:
                key = next(guard.key for guard in node.guards if guard)
                try:
                    place = self._place(node)
                except _Whole as reason:
                    whole.setdefault(key, str(reason))
                else:
                    places.update(dict.fromkeys(place.narrow, place))
                    divided.add(key)
        for node in self.graph.nodes:
            place = places.get(node.id)
            if place is None:
                self._add(node, [self.new[operand] for operand in node.operands])
            else:
                self._rebuild(place, node)
        graph = self.graph.derived(
            nodes=self.made,
            regions=[self._region(region) for region in self.graph.regions],
            inputs=tuple(self.new[id] for id in self.graph.inputs),
            outputs=tuple(self.new[id] for id in self.graph.outputs),
        )
        return Division(graph, frozenset(divided), whole)

    # where

    def _place(self, select: Node) -> _Place:
        region = self.graph.regions[select.region]
        if region.kind != "select":
            raise _Whole("it selects among tensors, not among operations on one tensor")
        inside = {node.id: node for node in self.within[region.id]}
        entries = {operand for node in inside.values() for operand in node.operands if operand not in inside}
        leaving = [id for id in inside if id in self.graph.outputs or not inside.keys() >= set(self.graph.users(id))]
        if len(entries) != 1 or leaving != [select.id]:
            raise _Whole("its candidates have more than one input")
        [entry] = [self.graph.node(id) for id in entries]
        if entry.type.kind != "image" or select.type.kind != "image":
            raise _Whole("its candidates are not image operations")
        if select.type.dims[0] != entry.type.dims[0]:
            raise _Whole("its candidates change the number of channels")
        halves = select.type.dims != entry.type.dims
        if halves and select.type.dims[1:] != tuple(_half(size) for size in entry.type.dims[1:]):
            raise _Whole("its candidates change the size of the image other than by halving it")
        types = {entry.id: self._part(entry.type)}
        narrow: dict[int, Node] = {}
        for id, node in sorted(inside.items()):
            narrow[id] = self._narrowed(node, types[node.operands[0]])
            types[id] = narrow[id].type
        return _Place(select, entry, narrow, halves)

    def _part(self, type: TensorType) -> TensorType:
        """The type with a part of its features."""
        if type.kind not in FEATURE_AXIS:  # of a split: its parts have types
            return type
        features = type.features
        if not isinstance(features, int):
            raise _Whole("the number of its channels is searched")
        if features % self.fraction:
            raise _Whole(f"{self.fraction} parts do not divide {features} channels")
        return type.having(features // self.fraction)

    def _narrowed(self, node: Node, source: TensorType) -> Node:
        primitive = PRIMITIVES.get(node.op)
        if (primitive is None and node.op not in _OTHERS) or node.attrs.get("shared"):
            raise _Whole(f"a candidate has a `{node.op}`, which shares its weights")
        type = self._part(node.type)
        if primitive is None:
            return replace(node, type=type)
        if not primitive.divisible:
            raise _Whole(f"a candidate has a `{node.op}`, which is not an image operation")
        attrs: dict[str, Any] = dict(node.attrs)
        if primitive.takes:
            attrs[primitive.takes] = source.features
        if primitive.gives:
            attrs[primitive.gives] = type.features
        if "groups" in attrs:
            attrs["groups"] = self._groups(node.attrs, attrs, primitive)
        return replace(node, attrs=attrs, type=type)

    def _groups(self, before: dict[str, Any], attrs: dict[str, Any], primitive: Primitive) -> int:
        """A group for each channel as before, or as many groups; where these no longer divide, groups as large."""
        groups, sizes = before["groups"], (attrs[primitive.takes], attrs[primitive.gives])
        if groups != before[primitive.takes] and not any(size % groups for size in sizes):
            return groups
        if groups % self.fraction:
            raise _Whole(f"{groups} groups do not divide a part of the channels")
        return groups // self.fraction

    # rebuilding, in order: the number of a node is its place in the list

    def _rebuild(self, place: _Place, node: Node) -> None:
        if node.id == next(iter(place.narrow)):
            self.parts = self._divide(place)
        operands = [self.parts[0] if id == place.entry.id else self.new[id] for id in node.operands]
        self._add(place.narrow[node.id], operands)
        if node.id == place.select.id:
            self.new[node.id] = self._join(place)

    def _divide(self, place: _Place) -> list[int]:
        """The parts of what a place starts from."""
        attrs = {"parts": self.fraction, "axis": FEATURE_AXIS["image"] + 1}
        pieces = self._make(place, Structure.SPLIT, attrs, [self.new[place.entry.id]], TensorType("results", ()))
        type = self._part(place.entry.type)
        return [self._make(place, Structure.PART, {"at": i}, [pieces], type) for i in range(self.fraction)]

    def _join(self, place: _Place) -> int:
        chosen, rest = self.new[place.select.id], self.parts[1:]
        result, part = place.select.type, self.made[self.new[place.select.id]].type
        if place.halves:
            before = place.entry.type.having(_number(result) - _number(part))
            around = rest[0] if len(rest) == 1 else self._make(place, CONCAT.name, {}, rest, before)
            window = {"kernel": 2, "stride": 2, "padding": 0}
            rest = [self._make(place, MAX_POOL.name, window, [around], result.having(before.features))]
        whole = self._make(place, CONCAT.name, {}, [chosen, *rest], result)
        attrs = {"groups": self.fraction, "channels": result.features}
        return self._make(place, SHUFFLE.name, attrs, [whole], result)

    def _add(self, node: Node, operands: list[int]) -> None:
        self.new[node.id] = len(self.made)
        self.made.append(replace(node, id=len(self.made), operands=tuple(operands)))

    def _make(self, place: _Place, op: str, attrs: dict[str, Any], operands: list[int], type: TensorType) -> int:
        made, select = len(self.made), place.select
        name = f"partial_{op}_{attrs['at']}" if op == Structure.PART else f"partial_{op}"
        node = Node(made, op, attrs, tuple(operands), (None,) * len(operands), type, select.region, name, select.span)
        self.made.append(node)
        return made

    def _region(self, region: Region) -> Region:
        # what nothing needs has no node any more
        carried = tuple((name, self.new.get(a, -1), self.new.get(b, -1)) for name, a, b in region.carried)
        return replace(region, carried=carried) if carried else region


def _number(type: TensorType) -> int:
    assert isinstance(type.features, int)
    return type.features


def _half(size: Dim) -> Dim | None:
    """Half of an even size."""
    return size // 2 if isinstance(size, int) and size % 2 == 0 else None
