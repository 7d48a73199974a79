"""Compute the nodes that the outputs reach for some choices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from nasdsl.ir.program import Node


def reach(nodes: Mapping[int, Node] | Sequence[Node], outputs: Iterable[int]) -> set[int]:
    """Return the ids of all nodes that some architecture may need for these outputs."""
    reached: set[int] = set()
    pending = list(outputs)
    while pending:
        id = pending.pop()
        if id not in reached:
            reached.add(id)
            pending.extend(nodes[id].operands)
    return reached
