"""A node of the graph as an expression in a forward, and the marks that stand for constants."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nasdsl.codegen.templates import ELASTIC, EXPRESSIONS, REQUIRED
from nasdsl.graph.archgraph import ArchGraph
from nasdsl.ir.dependent import Searched
from nasdsl.ir.key import split_key
from nasdsl.ir.program import FEATURE_AXIS, Node, Segment
from nasdsl.ops.table import PRIMITIVES

# marks: constructor slot <n>, forward slot {n}, optional constructor argument (...)
SLOT, OPTIONAL = re.compile("\x01(\\d+)\x02"), re.compile("\x03([^\x01\x04]*)\x01(\\d+)\x02\x04")
FORWARD = re.compile("\x05(\\d+)\x06")


@dataclass
class Slot:
    hint: str
    value: Any
    default: object = REQUIRED


class Expressions(ABC):
    """What a writer of a region knows of its nodes; `names` are the variables that hold results."""

    graph: ArchGraph
    slots: list[Slot]
    names: dict[int, str]
    uses_choices: bool

    @abstractmethod
    def _value(self, id: int) -> str:
        """The expression of a node's result where it is needed."""

    def _slot(self, hint: str, value: Any, default: object = REQUIRED) -> str:
        self.slots.append(Slot(hint, value, default))
        return f"\x01{len(self.slots) - 1}\x02"

    def _applied(self, node: Node) -> str:
        if node.op == "select":
            return f"choose({', '.join(self._candidates(node))})"
        if node.op in ("sum", "mean", "product", "concat"):
            return self._join(node)
        if node.op == "scan":
            after, element, state = node.operands
            sequence, start = (self._value(self.graph.node(id).operands[0]) for id in (element, state))
            head = f"lambda {self.names[element]}, {self.names[state]}"
            return f"scan({head}: {self._value(after)}, {sequence}, {start})"
        operand = self._value(node.operands[0])
        if node.op == "transposed":
            return f"F.linear({operand}, {self._value(node.operands[1])}.weight)"
        if node.op in EXPRESSIONS:
            return self._plain(node, operand)
        if node.op == "extern":
            return f"self.{node.name}({', '.join(map(self._value, node.operands))})"
        callee = self._value(node.operands[1]) if node.attrs.get("shared") else f"self.{node.name}"
        keywords = "".join(f", {name}={value}" for name, value in self._present(node))
        if node.op == "conv1d":
            return f"{callee}({operand}.mT).mT"
        return f"{callee}({operand}{keywords})"

    def _choice(self, key: str) -> str:
        if key in self.graph.determined:
            return self._unused(key)
        self.uses_choices = True
        return f"choices[{self._forward_slot('key', key)}]"

    def _plain(self, node: Node, operand: str) -> str:
        given = {name: self._forward_slot(name, value) for name, value in node.attrs.items() if name != "shared"}
        text = EXPRESSIONS[node.op].format(operand, **given)
        primitive = PRIMITIVES.get(node.op)
        searched = node.type.kind in FEATURE_AXIS and isinstance(node.type.features, Searched)
        if primitive is not None and searched and not primitive.keeps_zeros:
            axis = FEATURE_AXIS[node.type.kind] + 1
            text = f"masked({text}, {self._layout(node.type.layout)}" + (f", {axis})" if axis != 1 else ")")
        return text

    def _present(self, node: Node) -> list[tuple[str, str]]:
        """The searched sizes that a call passes."""
        if not any(isinstance(value, Searched) for value in node.attrs.values()):
            return []
        template = ELASTIC[written(node.op, node.attrs)]
        found = [
            (name, self._searched(node.attrs[name]))
            for name in template.keywords
            if isinstance(node.attrs[name], Searched)
        ]
        source = self.graph.node(node.operands[0]).type
        if template.layout or source.segments:
            found.append(("layout", self._layout(source.layout)))
        return found

    def _layout(self, segments: tuple[Segment, ...]) -> str:
        parts = [
            f"({self._forward_slot('most', most)}, "
            + (self._searched(size) if isinstance(size, Searched) else self._forward_slot("size", size))
            + ")"
            for most, size in segments
        ]
        return f"[{', '.join(parts)}]"

    def _searched(self, value: Searched) -> str:
        """A size under the choices; where it follows from what is unused, the choices with that settled."""
        self.uses_choices = True
        pairs = [split_key(key) for key in value.keys]
        keys = tuple(key if member is None else (key, member) for key, member in pairs)
        settled = sorted({key for key, _ in pairs if key in self.graph.determined})
        choices = "choices"
        if settled:
            extra = ", ".join(f"{self._forward_slot('key', key)}: {self._unused(key)}" for key in settled)
            choices = f"{{**choices, {extra}}}"
        return f"searched({choices}, {self._forward_slot('key', keys)}, {self._forward_slot('table', value.nested)})"

    def _unused(self, key: str) -> str:
        self.uses_choices = True
        return f"unused(choices, {self._forward_slot('uses', self.graph.determined[key].table)})"

    def _forward_slot(self, hint: str, value: Any) -> str:
        self.slots.append(Slot(hint, value))
        return f"\x05{len(self.slots) - 1}\x06"

    def _candidates(self, node: Node, pairs: list[tuple[int, Any]] | None = None) -> list[str]:
        """The choice of a decision and a function for each candidate, among these operands."""
        pairs = pairs or list(zip(node.operands, node.guards, strict=True))
        key = next(guard.key for _, guard in pairs if guard)
        decision = self.graph.decisions.get(key)
        total = len(decision.labels if decision else self.graph.determined[key].uses)
        parts = ["None"] * total
        for operand, guard in pairs:
            phantom = decision is not None and decision.phantom[guard.candidate]
            hidden = node.op == "select" and phantom and self._is_zero(operand)
            parts[guard.candidate] = "None" if hidden else f"lambda: {self._value(operand)}"
        return [self._choice(key), *parts]

    def _is_zero(self, id: int) -> bool:
        return self.graph.node(id).op == "zero"

    def _join(self, node: Node) -> str:
        if any(node.guards):
            return self._join_some(node)
        plain = [self._value(id) for id in node.operands]
        if node.op == "concat":
            return f"torch.cat([{', '.join(plain)}], dim={FEATURE_AXIS[node.type.kind] + 1})"
        if node.op == "product":
            gates = [self.graph.node(id).type.kind == "vector" != node.type.kind for id in node.operands]
            factors = [text + "[:, :, None, None]" if gate else text for text, gate in zip(plain, gates, strict=True)]
            return f"({' * '.join(factors)})"
        total = " + ".join(plain)
        if node.op == "mean":
            return f"({total}) / {len(plain)}"
        return total if len(plain) == 1 else f"({total})"

    def _join_some(self, node: Node) -> str:
        """A join of which decisions take a part, in the order of its operands."""
        runs: list[list[tuple[int, Any]]] = []
        for operand, guard in zip(node.operands, node.guards, strict=True):
            key = guard.key if guard else None
            if runs and (runs[-1][0][1][0] if runs[-1][0][1] else None) == key:
                runs[-1].append((operand, guard))
            else:
                runs.append([(operand, guard)])
        if node.op == "mean":
            certain = [self._value(id) for run in runs if not run[0][1] for id, _ in run]
            picked = [self._candidates(node, run) for run in runs if run[0][1]]
            pairs = [f"({choice}, ({', '.join(parts)},))" for choice, *parts in picked]
            return f"average([{', '.join(certain)}], {', '.join(pairs)})"
        parts: list[str] = []
        for run in runs:
            if run[0][1]:
                parts.append(f"*chosen({', '.join(self._candidates(node, run))})")
            else:
                parts += [self._value(id) for id, _ in run]
        if node.op == "concat":
            return f"torch.cat([{', '.join(parts)}], dim={FEATURE_AXIS[node.type.kind] + 1})"
        if len(parts) == 1:
            return f"sum({parts[0][1:]})"
        return f"sum([{', '.join(parts)}])"


def written(op: str, attrs: Mapping[str, Any]) -> str:
    """Batch-norm over vectors has a class of its own."""
    return "bn1" if op == "bn" and attrs["axes"] == 1 else op
