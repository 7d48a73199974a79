"""Compute the slices of supernet weights that an architecture keeps if sizes are searched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nasdsl.graph.archgraph import ArchGraph
from nasdsl.ir.dependent import Dependent
from nasdsl.ir.program import Segment
from nasdsl.ops.record import Ranges, Slices
from nasdsl.ops.structure import Structure
from nasdsl.ops.table import primitive_of


def _completed(graph: ArchGraph, choices: Mapping[str, Any]) -> dict[str, Any]:
    """The choices with the subsets that follow from them."""
    return {**choices, **{key: item.members(choices) for key, item in graph.determined.items()}}


def kept_slices(graph: ArchGraph, choices: Mapping[str, Any]) -> Slices:
    """Return the slice that an architecture keeps of each of its weights with searched size.

    Tensors have their names in the state of the supernet.
    """
    full = _completed(graph, choices)
    found: Slices = {}
    for node in graph.nodes:
        attrs = node.attrs
        if attrs.get("shared") or not any(isinstance(value, Dependent) for value in attrs.values()):
            continue
        primitive = primitive_of(node)
        if primitive is None or primitive.slices is None:
            continue
        layout = node.type.segments if node.op == Structure.MODULE else graph.node(node.operands[0]).type.layout
        most = {name: value.largest if isinstance(value, Dependent) else value for name, value in attrs.items()}
        try:
            present = {n: value.under(full) if isinstance(value, Dependent) else value for n, value in attrs.items()}
            rows = _ranges(layout, full)
        except KeyError:
            continue  # no part of this architecture
        for name, axes in primitive.slices(most, present, rows).items():
            found[f"{graph.weight_path(node)}.{name}"] = axes
    return found


def _ranges(layout: tuple[Segment, ...], choices: Mapping[str, Any]) -> Ranges:
    ranges: list[tuple[int, int]] = []
    start = 0
    for most, size in layout:
        length = size.under(choices) if isinstance(size, Dependent) else size
        if length:
            ranges.append((start, start + length))
        start += most
    return tuple(ranges)
