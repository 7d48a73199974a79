"""Which part of a supernet's weights an architecture keeps, where sizes are searched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nasdsl.graph.archgraph import ArchGraph
from nasdsl.ir.dependent import Searched
from nasdsl.ir.program import Segment
from nasdsl.ops.primitive import Runs
from nasdsl.ops.table import PRIMITIVES

# The name of a tensor in the state of a supernet to stretches (first, behind the last) of some of its axes.
Plan = dict[str, dict[int, Runs]]


def settled(graph: ArchGraph, choices: Mapping[str, Any]) -> dict[str, Any]:
    """The choices with those that follow from them."""
    return {**choices, **{key: item.members(choices) for key, item in graph.determined.items()}}


def plan(graph: ArchGraph, choices: Mapping[str, Any]) -> Plan:
    """For every weight whose size is searched and that the architecture has, the part that it keeps."""
    full = settled(graph, choices)
    found: Plan = {}
    for node in graph.nodes:
        attrs = node.attrs
        if attrs.get("shared") or not any(isinstance(value, Searched) for value in attrs.values()):
            continue
        primitive = PRIMITIVES[attrs.get("of", node.op)]
        if primitive.slices is None:
            continue
        layout = node.type.segments if node.op == "module" else graph.node(node.operands[0]).type.layout
        most = {name: value.largest if isinstance(value, Searched) else value for name, value in attrs.items()}
        try:
            present = {n: value.under(full) if isinstance(value, Searched) else value for n, value in attrs.items()}
            rows = _runs(layout, full)
        except KeyError:
            continue  # no part of this architecture
        for name, axes in primitive.slices(most, present, rows).items():
            found[f"{graph.weight_path(node)}.{name}"] = axes
    return found


def _runs(layout: tuple[Segment, ...], choices: Mapping[str, Any]) -> Runs:
    runs: list[tuple[int, int]] = []
    start = 0
    for most, size in layout:
        length = size.under(choices) if isinstance(size, Searched) else size
        if length:
            runs.append((start, start + length))
        start += most
    return tuple(runs)
