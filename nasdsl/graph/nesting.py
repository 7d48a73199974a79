"""Decisions inside the candidates of other decisions."""

from __future__ import annotations

from nasdsl.graph.archgraph import ArchGraph
from nasdsl.ir.key import is_inside


def nested(graph: ArchGraph, key: str) -> tuple[tuple[str, ...], ...]:
    """Return, for each candidate of a decision, the decisions inside it (their keys extend its key)."""
    found: list[dict[str, None]] = [{} for _ in graph.decisions[key].labels]
    for i, operand in graph.candidates.get(key, ()):
        found[i].update((name, None) for name in _heads(graph, operand, key))
    return tuple(tuple(names) for names in found)


def _heads(graph: ArchGraph, id: int, outer: str) -> list[str]:
    """The decisions inside `outer` that are met first on the way from a node to the inputs."""
    pending, seen, heads = [id], set[int](), dict[str, None]()
    while pending:
        node = graph.node(pending.pop())
        for operand, guard in zip(node.operands, node.guards, strict=True):
            if guard is not None and is_inside(guard.key, outer):
                heads[guard.key] = None
            elif guard is None and operand not in seen:
                seen.add(operand)
                pending.append(operand)
    return list(heads)
