"""A graph as lines that a person compares: one node a line, operands with the guards under which they count."""

from __future__ import annotations

from nasdsl.graph.archgraph import ArchGraph
from nasdsl.ir.decision import Guard

SHOWN = ("kernel", "stride", "channels", "width", "groups", "parts", "at", "features")


def shown(graph: ArchGraph) -> str:
    number = {node.id: i for i, node in enumerate(graph.nodes)}

    def when(guard: Guard | None) -> str:
        if guard is None:
            return ""
        decision = graph.decisions.get(guard.key)
        return f" if {guard.key} = {decision.labels[guard.candidate] if decision else guard.candidate}"

    lines = [f"decision {key}: {', '.join(item.labels)}" for key, item in graph.decisions.items()]
    for node in graph.nodes:
        attrs = ", ".join(f"{name} {node.attrs[name]}" for name in SHOWN if name in node.attrs)
        pairs = zip(node.operands, node.guards, strict=True)
        operands = "; ".join(f"%{number[operand]}{when(guard)}" for operand, guard in pairs)
        lines.append(f"%{number[node.id]} = {node.op}({attrs}) {operands}: {node.type}".replace("()", ""))
    return "\n".join([*lines, "return " + ", ".join(f"%{number[id]}" for id in graph.outputs)]) + "\n"
