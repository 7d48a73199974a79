"""A cache of calls: the program that a block made for equal arguments and shapes is copied, not evaluated again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

from nasdsl.ir.decision import Decision, Determined, Guard
from nasdsl.ir.dependent import Dependent, renamed
from nasdsl.ir.key import is_inside, rebased
from nasdsl.ir.program import Node, TensorType
from nasdsl.semantics.ir_builder import IrBuilder
from nasdsl.semantics.values import Items, Known, Mention, Operation, Outputs, Plain, Tensor, tensors_of

T = TypeVar("T")


class CallKey(NamedTuple):
    """All that the result of a call depends on."""

    definition: int  # its identity
    arguments: tuple[tuple[str, str, Plain], ...]  # name, type and value; the identity of an operation
    pattern: tuple[int, ...]  # for each input the first that is the same tensor
    types: tuple[TensorType, ...]
    known: tuple[tuple[str, tuple[int, ...]], ...]


class Start(NamedTuple):
    """The numbers of nodes, regions, decisions and determined subsets before a call."""

    nodes: int
    regions: int
    decisions: int
    determined: int


@dataclass(frozen=True)
class _Recording:
    """The nodes and regions [first, behind the last) that a call made, and its decisions."""

    prefix: str
    inputs: tuple[int, ...]
    nodes: tuple[int, int]
    regions: tuple[int, int]
    decisions: tuple[Decision, ...]
    determined: tuple[Determined, ...]
    result: Outputs
    keep: Mention  # arguments whose identity is part of the key must not be freed


class CallCache:
    """Records the program that calls of blocks and cells make, and copies it for equal calls."""

    def __init__(self, builder: IrBuilder):
        self.builder = builder
        self._recordings: dict[CallKey, _Recording] = {}

    def start(self) -> Start:
        """The state of the program before a call, for `record`."""
        builder = self.builder
        return Start(len(builder.nodes), len(builder.regions), len(builder.decisions), len(builder.determined))

    def key(self, mention: Mention, inputs: list[Tensor], known: Known) -> CallKey | None:
        """The key of a call, or None where its result depends on more than a key can hold."""
        if mention.tail or self.builder.sharing is not None:
            return None
        arguments: list[tuple[str, str, Plain]] = []
        for name, value in mention.arguments.items():
            if isinstance(value, Operation):
                arguments.append((name, "operation", id(value)))
            elif isinstance(value, bool | int | float | str | Dependent):
                arguments.append((name, type(value).__name__, value))
            else:
                return None
        nodes = [item.node for item in inputs]
        pattern = tuple(nodes.index(node) for node in nodes)
        types = tuple(item.type for item in inputs)
        return CallKey(id(mention.definition), tuple(arguments), pattern, types, tuple(known.items()))

    def record(self, key: CallKey, mention: Mention, inputs: list[Tensor], start: Start, result: Outputs) -> None:
        """Keep what the call made since `start`, unless it reaches outside of itself."""
        builder = self.builder
        nodes, regions, decisions, determined = start
        given = {item.node for item in inputs}
        for node in builder.nodes[nodes:]:
            if node.region < regions:
                return  # the first use of shared weights, which stand outside
            if any(operand < nodes and operand not in given for operand in node.operands):
                return  # it reaches tensors that are no inputs
        if any(part.node < nodes and part.node not in given for part in tensors_of(result)):
            return
        made = list(builder.decisions.values())[decisions:]
        if not all(is_inside(item.key, mention.prefix) for item in made):
            return
        self._recordings[key] = _Recording(
            mention.prefix,
            tuple(item.node for item in inputs),
            (nodes, len(builder.nodes)),
            (regions, len(builder.regions)),
            tuple(made),
            tuple(list(builder.determined.values())[determined:]),
            result,
            mention,
        )

    def copy(self, key: CallKey, mention: Mention, inputs: list[Tensor], region: int) -> Outputs | None:
        """Make everything again, in `region`, from these inputs and under the mention's prefix.

        None if there was no such call before.
        """
        kept = self._recordings.get(key)
        if kept is None:
            return None
        builder = self.builder
        change = rebased(kept.prefix, mention.prefix)

        def moved_guard(guard: Guard) -> Guard:
            return Guard(change(guard.key), guard.candidate)

        if kept.prefix != mention.prefix:
            for item in kept.decisions:
                builder.decide(
                    change(item.key), item.kind, list(item.labels), list(item.phantom), item.span,
                    item.least, item.most, item.values,
                )  # fmt: skip
            for item in kept.determined:
                uses = tuple(tuple(tuple(moved_guard(guard) for guard in way) for way in ways) for ways in item.uses)
                builder.determined[change(item.key)] = Determined(change(item.key), uses)
        moved = dict(zip(kept.inputs, (item.node for item in inputs), strict=True))
        first, last = kept.nodes
        offset = len(builder.nodes) - first
        shift = len(builder.regions) - kept.regions[0] - 1
        root = kept.regions[0]

        def node_at(id: int) -> int:
            return id + offset if id >= first else moved[id]

        def region_at(id: int) -> int:
            return region if id == root else id + shift

        values: dict[Dependent, Dependent] = {}

        def value_of(value: T) -> T | Dependent:
            if not isinstance(value, Dependent):
                return value
            if value not in values:
                values[value] = renamed(value, change)
            return values[value]

        for item in builder.regions[root + 1 : kept.regions[1]]:
            carried = tuple((name, node_at(before), node_at(after)) for name, before, after in item.carried)
            parent = None if item.parent is None else region_at(item.parent)
            builder.regions.append(replace(item, id=item.id + shift, parent=parent, carried=carried))
        for node in builder.nodes[first:last]:
            searched = any(isinstance(value, Dependent) for value in (*node.attrs.values(), *node.type.dims))
            builder.nodes.append(
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
            return Items.of(self._tensor(item.node, node_at) for item in tensors_of(kept.result))
        return self._tensor(kept.result.node, node_at)

    def _tensor(self, id: int, node_at: Callable[[int], int]) -> Tensor:
        return Tensor(node_at(id), self.builder.nodes[node_at(id)].type)
