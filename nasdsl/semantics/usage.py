"""The elements of a list of tensors that others in it use, as conditions on decisions."""

from __future__ import annotations

from nasdsl.ir.decision import Guard
from nasdsl.ir.program import Node

Way = frozenset[Guard]


def ways_of_use(nodes: list[Node], elements: list[int], start: int) -> tuple[tuple[tuple[Guard, ...], ...], ...]:
    """For each element the ways in which another one needs it, each a conjunction of guards.

    A way without guards always holds; an element without ways is never used.  Nodes before `start` are outside
    and use nothing.
    """
    places = {node: i for i, node in enumerate(elements)}
    found: list[set[Way]] = [set() for _ in elements]
    for root in dict.fromkeys(element for element in elements if element >= start):
        for target, ways in _needs(nodes, root, places, start).items():
            if elements[target] != root:
                found[target] |= ways
    return tuple(tuple(sorted(tuple(sorted(way)) for way in _absorbed(ways))) for ways in found)


def _needs(nodes: list[Node], root: int, places: dict[int, int], start: int) -> dict[int, set[Way]]:
    """The elements that `root` needs without another element in between, each with its ways."""
    order: list[int] = []
    pending = [root]
    seen = {root}
    while pending:
        id = pending.pop()
        order.append(id)
        for operand in nodes[id].operands:
            if operand >= start and operand not in seen and operand not in places:
                seen.add(operand)
                pending.append(operand)
    needs: dict[int, dict[int, set[Way]]] = {}
    for id in sorted(order):
        needs[id] = _of_node(nodes[id], needs, places)
    return needs[root]


def _of_node(node: Node, needs: dict[int, dict[int, set[Way]]], places: dict[int, int]) -> dict[int, set[Way]]:
    result: dict[int, set[Way]] = {}
    common: dict[int, list[set[Way]]] = {}
    for operand, guard in zip(node.operands, node.guards, strict=True):
        inner = {places[operand]: {frozenset()}} if operand in places else needs.get(operand, {})
        for target, ways in inner.items():
            common.setdefault(target, []).append(ways)
            guarded = {way | {guard} for way in ways} if guard is not None else ways
            result[target] = result.get(target, set()) | guarded
    if node.op == "select":  # what every alternative needs in the same ways does not depend on the choice
        for target, lists in common.items():
            if len(lists) == len(node.operands) and all(ways == lists[0] for ways in lists):
                result[target] = lists[0]
    return result


def _absorbed(ways: set[Way]) -> list[Way]:
    return [way for way in ways if not any(other < way for other in ways)]
