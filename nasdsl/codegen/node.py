"""Emit nodes as expressions of `forward`, with marks in place of constants."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from nasdsl.graph.archgraph import ArchGraph
from nasdsl.ir.dependent import Dependent
from nasdsl.ir.key import split_key
from nasdsl.ir.program import FEATURE_AXIS, Node, Segment
from nasdsl.ops.joins import JOINS, Join, Operands, Picked
from nasdsl.ops.record import Primitive
from nasdsl.ops.structure import STRUCTURE_EXPRESSIONS, Structure
from nasdsl.ops.table import PRIMITIVES
from nasdsl.ops.template import Expression, ModuleTemplate

# marks: constructor slot <n>, forward slot {n}, optional constructor argument (...)
SLOT, OPTIONAL = re.compile("\x01(\\d+)\x02"), re.compile("\x03([^\x01\x04]*)\x01(\\d+)\x02\x04")
FORWARD = re.compile("\x05(\\d+)\x06")


@dataclass
class Slot:
    """A constant in the text of a region, which may become a constructor parameter named after `hint`."""

    hint: str
    value: Any
    default: int | None = None


class NodeText(ABC):
    """The writer of a region's nodes; `names` are the variables that hold results."""

    graph: ArchGraph
    slots: list[Slot]
    names: dict[int, str]
    uses_choices: bool

    @abstractmethod
    def _value(self, id: int) -> str:
        """Return the expression of a node's result."""

    def _slot(self, hint: str, value: Any, default: int | None = None) -> str:
        self.slots.append(Slot(hint, value, default))
        return f"\x01{len(self.slots) - 1}\x02"

    def _applied(self, node: Node) -> str:
        if node.op in JOINS:
            return self._join(node, JOINS[node.op])
        if node.op in PRIMITIVES:
            return self._primitive(node, PRIMITIVES[node.op])
        if node.op == Structure.SELECT:
            choice = self._candidates(node)
            return f"choose({', '.join([choice.choice, *choice.candidates])})"
        if node.op == Structure.SCAN:
            after, element, state = node.operands
            sequence, start = (self._value(self.graph.node(id).operands[0]) for id in (element, state))
            head = f"lambda {self.names[element]}, {self.names[state]}"
            return f"scan({head}: {self._value(after)}, {sequence}, {start})"
        if node.op == Structure.EXTERN:
            return f"self.{node.name}({', '.join(map(self._value, node.operands))})"
        operand = self._value(node.operands[0])
        if node.op == Structure.TRANSPOSED:
            return f"F.linear({operand}, {self._value(node.operands[1])}.weight)"
        return self._expression_of(node, STRUCTURE_EXPRESSIONS[Structure(node.op)], operand)

    def _primitive(self, node: Node, primitive: Primitive) -> str:
        operand = self._value(node.operands[0])
        template = primitive.written(node.attrs)
        if isinstance(template, ModuleTemplate):
            module = self._value(node.operands[1]) if node.attrs.get("shared") else f"self.{node.name}"
            sizes = "".join(f", {name}={value}" for name, value in self._present(node, template))
            return template.call.format(operand, module=module, sizes=sizes)
        text = self._expression_of(node, template, operand)
        if node.type.kind in FEATURE_AXIS and isinstance(node.type.features, Dependent) and not primitive.keeps_zeros:
            axis = FEATURE_AXIS[node.type.kind] + 1
            text = f"masked({text}, {self._layout(node.type.layout)}" + (f", {axis})" if axis != 1 else ")")
        return text

    def _expression_of(self, node: Node, template: Expression, operand: str) -> str:
        given = {name: self._forward_slot(name, value) for name, value in node.attrs.items() if name != "shared"}
        return template.text.format(operand, **given)

    def _choice(self, key: str) -> str:
        if key in self.graph.determined:
            return self._unused(key)
        self.uses_choices = True
        return f"choices[{self._forward_slot('key', key)}]"

    def _present(self, node: Node, template: ModuleTemplate) -> list[tuple[str, str]]:
        """Return the searched sizes that a call passes."""
        if not any(isinstance(value, Dependent) for value in node.attrs.values()):
            return []
        assert template.elastic is not None  # only attributes that a record calls elastic are searched
        found = [
            (name, self._searched(value))
            for name in template.elastic.passes
            if isinstance(value := node.attrs[name], Dependent)
        ]
        source = self.graph.node(node.operands[0]).type
        if template.elastic.layout or source.segments:
            found.append(("layout", self._layout(source.layout)))
        return found

    def _layout(self, segments: tuple[Segment, ...]) -> str:
        parts = [
            f"({self._forward_slot('most', most)}, "
            + (self._searched(size) if isinstance(size, Dependent) else self._forward_slot("size", size))
            + ")"
            for most, size in segments
        ]
        return f"[{', '.join(parts)}]"

    def _searched(self, value: Dependent) -> str:
        """A size under the choices; where it follows from what is unused, the choices with that added."""
        self.uses_choices = True
        pairs = [split_key(key) for key in value.keys]
        keys = tuple(key if member is None else (key, member) for key, member in pairs)
        determined = sorted({key for key, _ in pairs if key in self.graph.determined})
        choices = "choices"
        if determined:
            extra = ", ".join(f"{self._forward_slot('key', key)}: {self._unused(key)}" for key in determined)
            choices = f"{{**choices, {extra}}}"
        return f"searched({choices}, {self._forward_slot('key', keys)}, {self._forward_slot('table', value.nested)})"

    def _unused(self, key: str) -> str:
        self.uses_choices = True
        return f"unused(choices, {self._forward_slot('uses', self.graph.determined[key].table)})"

    def _forward_slot(self, hint: str, value: Any) -> str:
        self.slots.append(Slot(hint, value))
        return f"\x05{len(self.slots) - 1}\x06"

    def _candidates(self, node: Node, pairs: list[tuple[int, Any]] | None = None) -> Picked:
        """Return the choice of a decision and a function for each candidate among these operands."""
        pairs = pairs or list(zip(node.operands, node.guards, strict=True))
        key = next(guard.key for _, guard in pairs if guard)
        decision = self.graph.decisions.get(key)
        total = len(decision.labels if decision else self.graph.determined[key].uses)
        parts = ["None"] * total
        for operand, guard in pairs:
            phantom = decision is not None and decision.phantom[guard.candidate]
            hidden = node.op == Structure.SELECT and phantom and self._is_zero(operand)
            parts[guard.candidate] = "None" if hidden else f"lambda: {self._value(operand)}"
        return Picked(self._choice(key), tuple(parts))

    def _is_zero(self, id: int) -> bool:
        op = self.graph.node(id).op
        return op in PRIMITIVES and PRIMITIVES[op].is_zero

    def _join(self, node: Node, join: Join) -> str:
        axis = FEATURE_AXIS[node.type.kind] + 1
        if any(node.guards):
            assert join.write_picked is not None
            return join.write_picked(self._operands_picked(node), axis)
        plain = [self._value(id) for id in node.operands]
        if join.gate:
            gates = [self.graph.node(id).type.kind == "vector" != node.type.kind for id in node.operands]
            plain = [text + join.gate if gate else text for text, gate in zip(plain, gates, strict=True)]
        return join.write(plain, axis)

    def _operands_picked(self, node: Node) -> Operands:
        """Return the operands of a join over a picked list, in order."""
        found: Operands = []
        for key, run in groupby(zip(node.operands, node.guards, strict=True), lambda pair: pair[1] and pair[1].key):
            pairs = list(run)
            if key is None:
                found += [self._value(id) for id, _ in pairs]
            else:
                found.append(self._candidates(node, pairs))
        return found
