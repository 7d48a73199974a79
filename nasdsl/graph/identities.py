"""Find candidates that return their input unchanged."""

from __future__ import annotations

from nasdsl.graph.archgraph import ArchGraph
from nasdsl.ops.structure import Structure


def identities(graph: ArchGraph) -> dict[str, set[int]]:
    """Return, for each decision, the candidates that are an identity wherever the decision occurs.

    A candidate is one where its node is also what another candidate of the same selection starts from.
    """
    found: dict[str, set[int]] = {key: set() for key in graph.decisions}
    seen: set[str] = set()
    for node in graph.nodes:
        if node.op != Structure.SELECT:
            continue
        [key] = {guard.key for guard in node.guards if guard is not None}
        here: set[int] = set()
        for guard, operand in zip(node.guards, node.operands, strict=True):
            others = [other for other in node.operands if other != operand]
            if guard is not None and any(_reaches(graph, other, operand) for other in others):
                here.add(guard.candidate)
        found[key] = here if key not in seen else found[key] & here
        seen.add(key)
    return found


def _reaches(graph: ArchGraph, start: int, target: int) -> bool:
    """Return True if `start` depends on `target`.  Operands have smaller numbers than users."""
    pending, seen = [start], {start}
    while pending:
        for operand in graph.node(pending.pop()).operands:
            if operand == target:
                return True
            if operand > target and operand not in seen:
                seen.add(operand)
                pending.append(operand)
    return False
