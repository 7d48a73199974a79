"""What each node costs; where its attributes are searched, as a tree over the decisions that they read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nasdsl.semantics.primitives import costs, node_cost
from nasdsl.semantics.program import Dim, Node, TensorType
from nasdsl.semantics.searched import at, decisions_of, outcomes, restrict, split

Cost = tuple[int, int]  # parameters, multiply-accumulates


@dataclass(frozen=True)
class Branch:
    """The decision that is read first, and what each of its alternatives leads to.

    Where it is a subset, `member` is the candidate in question, and the parts are for its absence and presence.
    """

    key: str
    member: int | None
    parts: tuple[CostTree, ...]


@dataclass(frozen=True)
class Settled:
    """A cost that no decision is open for any more, only what they settle: which elements of a list are unused."""

    op: str
    attrs: dict[str, Any]
    kind: str
    dims: tuple[Dim, ...]
    times: int

    def under(self, settled: Mapping[str, tuple[int, ...]]) -> Cost:
        """The cost where these are the members of what is settled."""
        sizes = decisions_of(*self.attrs.values(), *self.dims)
        members = {key: split(key) for key in sizes}
        return self._cost({key: int(member in settled[name]) for key, (name, member) in members.items()})

    def extreme(self, most: bool) -> Cost:
        """The least or the greatest that each of the two figures can be, whatever is unused."""
        every = [self._cost(choices) for choices in outcomes(decisions_of(*self.attrs.values(), *self.dims))]
        pick = max if most else min
        return pick(params for params, _ in every), pick(macs for _, macs in every)

    def _cost(self, choices: dict[str, int]) -> Cost:
        attrs = {name: at(value, choices) for name, value in self.attrs.items()}
        params, macs = node_cost(self.op, attrs, TensorType(self.kind, tuple(at(dim, choices) for dim in self.dims)))
        return params, macs * self.times


CostTree = Cost | Branch | Settled


def leaves(tree: CostTree) -> Iterator[Cost | Settled]:
    if isinstance(tree, Branch):
        for part in tree.parts:
            yield from leaves(part)
    else:
        yield tree


def cost_tree(node: Node, times: int = 1, settled: Collection[str] = ()) -> CostTree:
    """The cost of a node that runs `times` times in one pass; `settled` are the keys of what decisions settle.

    The branches on the way to a leaf are the decisions that the node reads in that case.
    """
    return _tree(node.op, node.attrs, node.type.kind, node.type.dims if costs(node.op) else (), times, settled)


def _tree(
    op: str, attrs: dict[str, Any], kind: str, dims: tuple[Dim, ...], times: int, settled: Collection[str]
) -> CostTree:
    """Branches on what matters first: a decision that only some values of another bring in comes after it."""
    read = decisions_of(*attrs.values(), *dims)
    if not read:
        params, macs = node_cost(op, attrs, TensorType(kind, dims))
        return params, macs * times
    sizes = {key: size for key, size in read.items() if split(key)[0] not in settled}
    if not sizes:
        return Settled(op, attrs, kind, dims, times)
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
    trees = tuple(_tree(op, part, kind, sides, times, settled) for part, sides in parts)
    return Branch(*split(key), trees)
