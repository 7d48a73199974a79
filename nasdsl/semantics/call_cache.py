"""Calls that were evaluated before: what a block made for equal arguments and shapes is copied, not evaluated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from nasdsl.ir.decision import Decision, Determined, Guard
from nasdsl.ir.dependent import Searched, renamed
from nasdsl.ir.key import is_inside, rebased
from nasdsl.ir.program import Node
from nasdsl.semantics.ir_builder import Construction
from nasdsl.semantics.values import Items, Mention, Operation, Tensor

Result = Tensor | Items


@dataclass(frozen=True)
class _Recording:
    """The nodes and regions [first, behind the last) that a call made, and its decisions."""

    prefix: str
    inputs: tuple[int, ...]
    nodes: tuple[int, int]
    regions: tuple[int, int]
    decisions: tuple[Decision, ...]
    determined: tuple[Determined, ...]
    result: Result
    keep: tuple[Any, ...]  # arguments whose identity is part of the key must not be freed


class Replay:
    def __init__(self, make: Construction):
        self.make = make
        self._known: dict[Any, _Recording] = {}

    def key(self, mention: Mention, inputs: list[Tensor], known: dict[str, tuple[int, ...]]) -> Any:
        """What a call depends on, or None where it depends on more."""
        if mention.tail or self.make.sharing is not None:
            return None
        arguments: list[Any] = []
        for name, value in mention.arguments.items():
            if isinstance(value, Operation):
                value = id(value)
            elif not isinstance(value, bool | int | float | str | Searched):
                return None
            arguments.append((name, type(value).__name__, value))
        nodes = [item.node for item in inputs]
        pattern = tuple(nodes.index(node) for node in nodes)
        types = tuple(item.type for item in inputs)
        return id(mention.definition), tuple(arguments), pattern, types, tuple(known.items())

    def record(self, key: Any, mention: Mention, inputs: list[Tensor], start: tuple[int, ...], result: Result) -> None:
        """`start` are the numbers of nodes, regions, decisions and determined subsets before the call."""
        make = self.make
        nodes, regions, decisions, determined = start
        given = {item.node for item in inputs}
        for node in make.nodes[nodes:]:
            if node.region < regions:
                return  # the first use of shared weights, which stand outside
            if any(operand < nodes and operand not in given for operand in node.operands):
                return  # it reaches tensors that are no inputs
        parts = result.values if isinstance(result, Items) else (result,)
        if any(part.node < nodes and part.node not in given for part in parts):
            return
        inside = [item for item in list(make.decisions.values())[decisions:] if self._own(mention, item.key)]
        if len(inside) != len(make.decisions) - decisions:
            return
        self._known[key] = _Recording(
            mention.prefix,
            tuple(item.node for item in inputs),
            (nodes, len(make.nodes)),
            (regions, len(make.regions)),
            tuple(inside),
            tuple(list(make.determined.values())[determined:]),
            result,
            (mention,),
        )

    @staticmethod
    def _own(mention: Mention, key: str) -> bool:
        return is_inside(key, mention.prefix)

    def find(self, key: Any) -> _Recording | None:
        return self._known.get(key)

    def play(self, kept: _Recording, mention: Mention, inputs: list[Tensor], region: int) -> Result:
        """Makes everything again, in `region`, from other inputs and under another prefix."""
        make = self.make
        change = rebased(kept.prefix, mention.prefix)

        def moved_guard(guard: Guard) -> Guard:
            return Guard(change(guard.key), guard.candidate)

        if kept.prefix != mention.prefix:
            for item in kept.decisions:
                make.decide(
                    change(item.key), item.kind, list(item.labels), list(item.phantom), item.span,
                    item.least, item.most, item.values,
                )  # fmt: skip
            for item in kept.determined:
                uses = tuple(tuple(tuple(moved_guard(guard) for guard in way) for way in ways) for ways in item.uses)
                make.determined[change(item.key)] = Determined(change(item.key), uses)
        moved = dict(zip(kept.inputs, (item.node for item in inputs), strict=True))
        first, last = kept.nodes
        offset = len(make.nodes) - first
        shift = len(make.regions) - kept.regions[0] - 1
        root = kept.regions[0]

        def node_at(id: int) -> int:
            return id + offset if id >= first else moved[id]

        def region_at(id: int) -> int:
            return region if id == root else id + shift

        values: dict[Searched, Searched] = {}

        def value_of(value: Any) -> Any:
            if not isinstance(value, Searched):
                return value
            if value not in values:
                values[value] = renamed(value, change)
            return values[value]

        for item in make.regions[root + 1 : kept.regions[1]]:
            carried = tuple((name, node_at(before), node_at(after)) for name, before, after in item.carried)
            parent = None if item.parent is None else region_at(item.parent)
            make.regions.append(replace(item, id=item.id + shift, parent=parent, carried=carried))
        for node in make.nodes[first:last]:
            searched = any(isinstance(value, Searched) for value in (*node.attrs.values(), *node.type.dims))
            make.nodes.append(
                Node(
                    node.id + offset,
                    node.op,
                    {name: value_of(value) for name, value in node.attrs.items()} if searched else node.attrs,
                    tuple(node_at(operand) for operand in node.operands),
                    tuple(guard and moved_guard(guard) for guard in node.guards),
                    node.type.mapped(value_of) if searched else node.type,
                    region_at(node.region),
                    node.name,
                    node.span,
                )
            )
        if isinstance(kept.result, Items):
            return Items.of(self._tensor(item.node, node_at) for item in kept.result.values)
        return self._tensor(kept.result.node, node_at)

    def _tensor(self, id: int, node_at: Callable[[int], int]) -> Tensor:
        return Tensor(node_at(id), self.make.nodes[node_at(id)].type)
