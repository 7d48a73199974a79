"""Costs of nodes, as trees over the decisions that their attributes depend on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nasdsl.ir.dependent import Indices, at, decisions_of, outcomes, restrict
from nasdsl.ir.key import split_key
from nasdsl.ir.program import Dim, Node, TensorType
from nasdsl.ops.table import macs_read_output, node_cost

Cost = tuple[int, int]  # parameters, multiply-accumulates


@dataclass(frozen=True)
class Branch:
    """The decision that is read first, and what each of its alternatives leads to.

    Where it is a subset, `member` is the candidate in question, and the parts are for its absence and presence.
    """

    key: str
    member: int | None
    parts: tuple[Any, ...]

    def taken(self, choice: int | tuple[int, ...]) -> Any:
        """What a choice leads to."""
        return self.parts[choice if isinstance(choice, int) else self.member in choice]


@dataclass(frozen=True)
class DeterminedCost:
    """A cost that still follows from determined subsets: which elements of a list are unused."""

    op: str
    attrs: dict[str, Any]
    kind: str
    dims: tuple[Dim, ...]
    times: int

    def under(self, members: Mapping[str, tuple[int, ...]]) -> Cost:
        """The cost where determined subsets have these members."""
        sizes = decisions_of(*self.attrs.values(), *self.dims)
        parts = {key: split_key(key) for key in sizes}
        return self._cost({key: int(member in members[name]) for key, (name, member) in parts.items()})

    def extreme(self, most: bool) -> Cost:
        """The least or the greatest that each of the two figures can be, whatever is unused."""
        every = [self._cost(choices) for choices in outcomes(decisions_of(*self.attrs.values(), *self.dims))]
        pick = max if most else min
        return pick(params for params, _ in every), pick(macs for _, macs in every)

    def _cost(self, choices: Indices) -> Cost:
        attrs = {name: at(value, choices) for name, value in self.attrs.items()}
        params, macs = node_cost(self.op, attrs, TensorType(self.kind, tuple(at(dim, choices) for dim in self.dims)))
        return params, macs * self.times


CostTree = Cost | Branch | DeterminedCost


def leaves(tree: CostTree) -> Iterator[Cost | DeterminedCost]:
    if isinstance(tree, Branch):
        for part in tree.parts:
            yield from leaves(part)
    else:
        yield tree


def cost_tree(node: Node, times: int = 1, determined: Collection[str] = ()) -> CostTree:
    """The cost of a node that runs `times` times in one pass; `determined` are the keys of determined subsets.

    The branches on the way to a leaf are the decisions that the node reads in that case.
    """
    names = list(node.attrs)
    dims = node.type.dims if macs_read_output(node.op) else ()

    def leaf(values: tuple[Any, ...]) -> Cost | DeterminedCost:
        attrs, sides = dict(zip(names, values, strict=False)), values[len(names) :]
        if decisions_of(*values):
            return DeterminedCost(node.op, attrs, node.type.kind, sides, times)
        params, macs = node_cost(node.op, attrs, TensorType(node.type.kind, sides))
        return params, macs * times

    return tree_of((*node.attrs.values(), *dims), leaf, determined)


def tree_of(values: tuple[Any, ...], leaf: Callable[[tuple[Any, ...]], Any], determined: Collection[str] = ()) -> Any:
    """Branches until no decision is open in any value, and the results of `leaf` there.

    What matters first comes first: a decision that only some values of another bring in comes after it.
    """
    sizes = {key: size for key, size in decisions_of(*values).items() if split_key(key)[0] not in determined}
    if not sizes:
        return leaf(values)
    found: list[tuple[int, str, list[tuple[Any, ...]]]] = []
    for key, size in sizes.items():
        parts = [tuple(restrict(value, {key: (i,)}) for value in values) for i in range(size)]
        found.append((sum(len(decisions_of(*part)) for part in parts), key, parts))
    _, key, parts = min(found, key=lambda item: item[0])
    return Branch(*split_key(key), tuple(tree_of(part, leaf, determined) for part in parts))
