"""What each node costs; where its attributes are searched, as a tree over the decisions that they read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nasdsl.semantics.primitives import costs, node_cost
from nasdsl.semantics.program import Dim, Node, TensorType
from nasdsl.semantics.searched import decisions_of, restrict, split

Cost = tuple[int, int]  # parameters, multiply-accumulates


@dataclass(frozen=True)
class Branch:
    """The decision that is read first, and what each of its alternatives leads to.

    Where it is a subset, `member` is the candidate in question, and the parts are for its absence and presence.
    """

    key: str
    member: int | None
    parts: tuple[CostTree, ...]

    def taken(self, choice: int | tuple[int, ...]) -> CostTree:
        """What a choice leads to."""
        return self.parts[choice if isinstance(choice, int) else self.member in choice]


CostTree = Cost | Branch


def least_and_most(tree: CostTree) -> tuple[Cost, Cost]:
    """Bounds over all leaves of a tree, for parameters and multiply-accumulates each by themselves."""
    if not isinstance(tree, Branch):
        return tree, tree
    low, high = zip(*map(least_and_most, tree.parts), strict=True)
    params, macs = (min(each[metric] for each in low) for metric in (0, 1))
    return (params, macs), (max(each[0] for each in high), max(each[1] for each in high))


def cost_tree(node: Node, times: int = 1) -> CostTree:
    """The cost of a node that runs `times` times in one pass.

    The branches on the way to a leaf are the decisions that the node reads in that case.
    """
    return _tree(node.op, node.attrs, node.type.kind, node.type.dims if costs(node.op) else (), times)


def _tree(op: str, attrs: dict[str, Any], kind: str, dims: tuple[Dim, ...], times: int) -> CostTree:
    """Branches on what matters first: a decision that only some values of another bring in comes after it."""
    sizes = decisions_of(*attrs.values(), *dims)
    if not sizes:
        params, macs = node_cost(op, attrs, TensorType(kind, dims))
        return params, macs * times
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
    trees = tuple(_tree(op, part, kind, sides, times) for part, sides in parts)
    return Branch(*split(key), trees)
