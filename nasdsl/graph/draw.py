"""Drawings of the architecture graph as text: Graphviz dot, Mermaid, JSON."""

from __future__ import annotations

import json

from nasdsl.diagnostics import error, suggest
from nasdsl.graph.archgraph import ArchGraph
from nasdsl.ir.decision import Guard
from nasdsl.ir.program import Node
from nasdsl.quoting import dot, mermaid


def draw(graph: ArchGraph, format: str) -> str:
    """Draw the graph as text in a format.  Raises NAS601 if the format is unknown."""
    if format == "json":
        return json.dumps(graph.to_json(), indent=1) + "\n"
    if format not in ("dot", "mermaid"):
        raise error(
            "NAS601",
            f"unknown format `{format}`",
            help=suggest(format, ["dot", "mermaid", "json"]) or "dot, mermaid or json",
        )
    quoted = dot if format == "dot" else mermaid
    lines = ["digraph space {", "  node [shape=box];"] if format == "dot" else ["flowchart TD"]
    for node in graph.nodes:
        text = quoted(_label(node))
        lines.append(f'  n{node.id} [label="{text}"];' if format == "dot" else f'  n{node.id}["{text}"]')
    for node in graph.nodes:
        for operand, guard in zip(node.operands, node.guards, strict=True):
            mark = quoted(_mark(graph, guard)) if guard else ""
            if format == "dot":
                style = f' [style=dashed, label="{mark}"]' if mark else ""
                lines.append(f"  n{operand} -> n{node.id}{style};")
            else:
                lines.append(f'  n{operand} -.->|"{mark}"| n{node.id}' if mark else f"  n{operand} --> n{node.id}")
    return "\n".join([*lines, "}"] if format == "dot" else lines) + "\n"


def _mark(graph: ArchGraph, guard: Guard) -> str:
    """Return the label of a guarded operand: its candidate of a decision, or the element that uses it."""
    key, index = guard
    return f"{key}={graph.decisions[key].labels[index]}" if key in graph.decisions else f"{key}[{index}]"


def _label(node: Node) -> str:
    shown = ("kernel", "stride", "dilation", "groups", "width")
    attrs = ", ".join(f"{name} {node.attrs[name]}" for name in shown if name in node.attrs)
    return f"{node.op} {attrs} {node.type}".replace("  ", " ")
