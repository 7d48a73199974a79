"""Count the distinct networks of a space: enumerate its structures, and count each once.

Where every decision stands in a cell, the cells are counted by themselves, with their inputs as given.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

from nasdsl.graph.archgraph import ArchGraph
from nasdsl.graph.networks.algebra import Network, values
from nasdsl.graph.networks.canonical import canonical, digest
from nasdsl.graph.networks.enumeration import Enumeration, Needs
from nasdsl.graph.networks.expression_form import Written
from nasdsl.graph.networks.skeleton import Component, Skeleton, keys_of, whole
from nasdsl.ir.decision import Choice
from nasdsl.ir.dependent import Dependent
from nasdsl.ir.key import split_key
from nasdsl.ir.requirement import Count, Requirement, leaves_of

LIMIT = 1_000_000
Notion = Literal["graphs", "expressions"]
NOTIONS: dict[str, str] = {
    "graphs": "up to isomorphism of labelled graphs, as NAS-Bench-101 counts",
    "expressions": "up to the text of their expression, as NAS-Bench-201 counts",
}


# What is counted by itself, with the requirements that speak of it.
CountedPart = tuple[Component, list[Requirement]]


@dataclass(frozen=True)
class Networks:
    """`parts` are the cells, or the space itself, each with its number of distinct networks."""

    notion: str
    total: int
    parts: dict[str, int]


def canonical_form(parts: Sequence[CountedPart], choices: Mapping[str, Choice], notion: Notion = "graphs") -> str:
    """Return a digest of the network of an architecture, equal for equal networks."""
    found: list[str] = []
    for unit, _ in parts:
        points = Skeleton(unit, "words" if notion == "expressions" else "plain")
        needed = Needs(points).under(choices)
        if notion == "graphs":
            network = Network()
            found.append(digest(network.finished(values(points, choices, needed, network))))
        else:
            written = Written()
            found.append(written.digest(values(points, choices, needed, written)))
    return hashlib.sha256("\n".join(found).encode()).hexdigest()[:32]


def count_networks(parts: Sequence[CountedPart], notion: Notion = "graphs", limit: int = LIMIT) -> Networks:
    """Count distinct networks.  Raises NAS527 if enumerating one of the parts takes more than `limit` steps."""
    numbers = {unit.name: _count(unit, asked, notion, limit) for unit, asked in parts}
    return Networks(notion, prod(numbers.values()), numbers)


def _count(unit: Component, asked: Sequence[Requirement], notion: Notion, limit: int) -> int:
    read = frozenset(key for item in asked for key in read_by(item, unit.graph))
    if notion == "expressions":
        points = Skeleton(unit, "words", read)
        written = Written()
        return len({tuple(values(points, *found, written)) for found in Enumeration(points, asked, limit)})
    points = Skeleton(unit, "groups", read)
    seen: set[object] = set()
    fillings: dict[object, int] = {}
    for found in Enumeration(points, asked, limit):
        network = Network()
        network = network.finished(values(points, *found, network))
        if network.content not in seen:
            seen.add(network.content)
            form = canonical(network)
            fillings[form.certificate] = form.fillings
    return sum(fillings.values())


def read_by(item: Requirement, graph: ArchGraph) -> set[str]:
    """The decisions that a requirement speaks of: all of them where it is about costs."""
    if item.needs_costs:
        return set(graph.decisions)
    found: set[str] = set()
    for leaf in leaves_of(item.condition):
        if isinstance(leaf, Count):
            found.update(key for key, _ in leaf.guards)
        elif isinstance(leaf, Dependent):
            found.update(split_key(key)[0] for key in leaf.keys)
    return found & set(graph.decisions)


def parts_of(graph: ArchGraph) -> list[CountedPart]:
    """The cells of a space if all its decisions stand in cells and each requirement in one; else the space."""
    space = [(whole(graph), list(graph.requirements))]
    cells = _cells(graph)
    if cells is None:
        return space
    found: list[CountedPart] = [(cell, []) for cell in cells]
    for item in graph.requirements:
        read = read_by(item, graph)
        holder = next((asked for cell, asked in found if read <= cell.keys), None)
        if holder is None:
            return space
        holder.append(item)
    return found


def _cells(graph: ArchGraph) -> list[Component] | None:
    outermost: dict[int, int | None] = {}
    for region in graph.regions:
        above = outermost[region.parent] if region.parent is not None else None
        outermost[region.id] = region.id if above is None and region.kind == "cell" else above
    inside: dict[int, list[int]] = {}
    around = []
    for node in graph.nodes:
        cell = outermost[node.region]
        if cell is None:
            around.append(node)
        else:
            inside.setdefault(cell, []).append(node.id)
    if keys_of(graph, around):
        return None
    uses: dict[str, list[Component]] = {}
    for cell, ids in inside.items():
        unit = _unit(graph, graph.regions[cell].label, ids)
        uses.setdefault(unit.name, []).append(unit)
    deciding = [_common(group) for group in uses.values() if any(unit.keys for unit in group)]
    if not deciding or any(unit is None for unit in deciding):
        return None
    found = [unit for unit in deciding if unit is not None]
    if len(set().union(*(unit.keys for unit in found))) < sum(len(unit.keys) for unit in found):
        return None
    return found


def _common(group: list[Component]) -> Component | None:
    """The use of a cell that stands for all, if in all of them the same choices make the same network.

    Where two inputs of a use are one tensor, it tells no more networks apart than the others.
    """
    most = max(group, key=lambda unit: len(unit.inputs))
    for unit in group:
        wired = len(unit.inputs) == len(most.inputs)
        if _pattern(unit, wired) != _pattern(most, wired):
            return None
    return most


def _pattern(unit: Component, wired: bool) -> Any:
    words = Skeleton(unit, "words")
    return words.pattern(wired), None if words.by_words else Skeleton(unit).pattern(wired)


def _unit(graph: ArchGraph, name: str, ids: list[int]) -> Component:
    own = set(ids)
    nodes = tuple(graph.node(id) for id in ids)
    inputs = dict.fromkeys(operand for node in nodes for operand in node.operands if operand not in own)
    outputs = [id for id in ids if id in graph.outputs or any(user not in own for user in graph.users(id))]
    return Component(name, graph, nodes, tuple(sorted(inputs)), tuple(outputs))
