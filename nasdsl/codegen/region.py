"""Emit one region of the graph as text: constructor and `forward`, with marks in place of constants."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Protocol

from nasdsl.codegen.names import RuntimeNames
from nasdsl.codegen.node import NodeText, Slot
from nasdsl.diagnostics import Span
from nasdsl.graph.archgraph import ArchGraph
from nasdsl.ir.dependent import Dependent
from nasdsl.ir.program import Node, Region
from nasdsl.ops.structure import Structure
from nasdsl.ops.table import PRIMITIVES, primitive_of
from nasdsl.ops.template import ModuleTemplate
from nasdsl.quoting import remark

WIDTH = 116
_NAMED = frozenset({Structure.MODULE, Structure.ELEMENT, Structure.STATE})


@dataclass
class RegionText:
    """One region as text with slots: the assignments of its constructor, and its `forward`.

    `attributes` are the names that the constructor assigns.
    """

    region: Region
    title: str
    inputs: list[int]
    outputs: list[int]
    constructor: str
    forward: str
    attributes: frozenset[str]
    slots: list[Slot]
    uses_choices: bool
    class_name: str = ""
    arguments: list[tuple[str, Any]] = field(default_factory=list)


class ModulePlan(Protocol):
    """The context of a writer: regions with their nodes, and the units inside."""

    graph: ArchGraph
    takes_choices: bool
    runtime: RuntimeNames
    nodes: dict[int, list[int]]
    children: dict[int, list[int]]
    inside: dict[int, set[int]]
    plans: dict[int, bool | None]
    units: dict[int, RegionText]

    def extern(self, target: str) -> str: ...


def place(span: Span) -> str:
    """Return a source place as `file.nas:line` for a comment."""
    return remark(f"{PurePath(span.source.name).name}:{span.line}")


class Writer(NodeText):
    """Emit one region."""

    def __init__(self, emitter: ModulePlan, region: Region):
        self.emitter, self.graph, self.region = emitter, emitter.graph, region
        self.slots: list[Slot] = []
        self.constructor: list[str] = []
        self.attributes: list[str] = []
        self.forward: list[str] = []
        self.names: dict[int, str] = {}
        self.taken: set[str] = set(emitter.runtime.reserved)
        self.uses_choices = False
        self.producer: dict[int, Node | RegionText] = {}
        self.loops: dict[str, list[RegionText]] = {}

    # structure

    def unit(self) -> RegionText:
        inside = self.emitter.inside[self.region.id]
        own = [self.graph.node(id) for id in self.emitter.nodes.get(self.region.id, [])]
        children = [self.emitter.units[id] for id in self.emitter.children.get(self.region.id, [])]
        for child in children:
            for id in child.outputs:
                if id in self.emitter.inside[child.region.id]:
                    self.producer[id] = child
            if child.region.kind == "loop":
                self.loops.setdefault(child.region.name, []).append(child)
        for node in own:
            self.producer[node.id] = node
        inputs = self._inputs(inside)
        outputs = self._outputs(inside)
        plan = self.emitter.plans.get(self.region.id)
        self.uses_choices = bool(plan) or (self.region.parent is None and self.emitter.takes_choices)
        parameters = self._parameters(inputs)
        self._construct(own, children)
        self._schedule(own, children, outputs)
        returned = ", ".join(self._value(id) for id in outputs) or "None"
        annotation = (
            "None"
            if not outputs
            else "Tensor"
            if len(outputs) == 1
            else f"tuple[{', '.join(['Tensor'] * len(outputs))}]"
        )
        if self.uses_choices:
            parameters.append("choices: Weights")
        lines = [f"    def forward({', '.join(['self', *parameters])}) -> {annotation}:"]
        lines += [*self.forward, f"        return {returned}"]
        title = self.region.label
        if self.region.kind == "select" and not any(node.op == Structure.SELECT for node in own) and len(children) == 1:
            title += "_" + children[0].region.name
        constructor, forward = "\n".join(self.constructor), "\n".join(lines)
        attributes = frozenset(self.attributes)
        return RegionText(
            self.region, title, inputs, outputs, constructor, forward, attributes, self.slots, self.uses_choices
        )

    def _inputs(self, inside: set[int]) -> list[int]:
        if self.region.parent is None:
            return list(self.graph.inputs)
        found: dict[int, None] = {}
        if self.emitter.plans.get(self.region.id) is not None:
            return [before for _, before, _ in self.region.carried]
        for id in sorted(inside):
            found.update((operand, None) for operand in self.graph.node(id).operands if operand not in inside)
        return list(found)

    def _outputs(self, inside: set[int]) -> list[int]:
        if self.region.parent is None:
            return list(self.graph.outputs)
        escaping = [
            id
            for id in sorted(inside)
            if id in self.graph.outputs or any(user not in inside for user in self.graph.users(id))
        ]
        if self.emitter.plans.get(self.region.id) is not None:
            return [after for _, _, after in self.region.carried]
        return escaping

    def _parameters(self, inputs: list[int]) -> list[str]:
        hints = [""] * len(inputs)
        if self.region.parent is None:
            hints = [self.graph.node(id).attrs["name"] for id in inputs]
        elif self.emitter.plans.get(self.region.id) is not None:
            hints = [name for name, _, _ in self.region.carried]
        else:
            named = [self.graph.node(id) for id in inputs]
            hints = [node.name if node.op in _NAMED else "" for node in named]
        parameters: list[str] = []
        for id, hint in zip(inputs, hints, strict=True):
            name = self._fresh(hint or ("x" if len(inputs) == 1 else f"x{len(parameters) + 1}"))
            self.names.setdefault(id, name)
            parameters.append(f"{name}: {'nn.Module' if self.graph.node(id).op == Structure.MODULE else 'Tensor'}")
        return parameters

    # constructor

    def _construct(self, own: list[Node], children: list[RegionText]) -> None:
        entries: list[tuple[int, str, str]] = []
        for node in own:
            if (template := self._template(node)) is not None:
                entries.append((node.id, node.name, template))
        for child in children:
            if child.region.kind != "loop":
                first = min(self.emitter.inside[child.region.id])
                entries.append((first, child.region.name, self._instance(child)))
        for name, turns in self.loops.items():
            first = min((min(self.emitter.inside[t.region.id], default=10**9) for t in turns), default=0)
            inner = "".join(f"            {self._instance(turn)},\n" for turn in turns)
            entries.append((first, name, f"nn.ModuleList([\n{inner}        ])"))
        entries.sort(key=lambda entry: entry[0])
        self.attributes = [name for _, name, _ in entries]
        self.constructor = [f"        self.{name} = {value}" for _, name, value in entries]

    def _instance(self, child: RegionText) -> str:
        arguments = ", ".join(self._slot(hint, value) for hint, value in child.arguments)
        return f"{child.class_name}({arguments})"

    def _template(self, node: Node) -> str | None:
        attrs = node.attrs
        if node.op == Structure.EXTERN:
            given = ", ".join(f"{name}={self._slot(name, value)}" for name, value in attrs["arguments"])
            return f"{self.emitter.extern(attrs['target'])}({given})"
        primitive = primitive_of(node)
        if primitive is None or attrs.get("shared"):
            return None
        template = primitive.written(attrs)
        if not isinstance(template, ModuleTemplate):
            return None
        searched = any(isinstance(value, Dependent) for value in attrs.values())
        elastic = template.elastic if searched else None
        text = ""
        for argument in template.arguments:
            if elastic is not None and not argument.elastic:
                continue
            value = argument.value(attrs) if argument.value is not None else attrs[argument.name]
            slot = self._slot(argument.name, value.largest if isinstance(value, Dependent) else value, argument.default)
            if argument.positional:
                text += (", " if text else "") + slot
            else:
                text += f"\x03{', ' if text else ''}{argument.name}={slot}\x04"
        return f"{(elastic or template).callee}({text})"

    # forward

    def _schedule(self, own: list[Node], children: list[RegionText], outputs: list[int]) -> None:
        """Emit statements for nodes that always run; the others go inside the lambdas that need them."""
        for node in own:
            if node.op in (Structure.ELEMENT, Structure.STATE):
                self.names[node.id] = self._fresh(node.op)
            elif node.op == Structure.MODULE:
                self.names[node.id] = f"self.{node.name}"
        certain: set[int] = set()
        guarded: dict[int, int] = {}
        pending = list(outputs)
        while pending:
            id = pending.pop()
            if id in certain or id not in self.producer:
                continue
            certain.add(id)
            pending.extend(self._operands(self.producer[id], True))
        for producer in [*own, *children]:
            for id in self._operands(producer, False):
                guarded[id] = guarded.get(id, 0) + 1
        for child in children:  # one run gives all its results
            uses = sum(guarded.get(id, 0) for id in child.outputs)
            guarded.update(dict.fromkeys(child.outputs, uses))
        steps: dict[int, Node | RegionText] = {}
        for id, producer in self.producer.items():
            if id in self.names or (isinstance(producer, RegionText) and producer.region.kind == "scan"):
                continue
            first = id if isinstance(producer, Node) else min(self.emitter.inside[producer.region.id] or {id})
            if id in certain or guarded.get(id, 0) > 1:
                steps.setdefault(first, producer)
        rolled: set[str] = set()
        for first in sorted(steps):
            producer = steps[first]
            if isinstance(producer, RegionText) and self.emitter.plans.get(producer.region.id) is not None:
                if producer.region.name not in rolled:
                    rolled.add(producer.region.name)
                    self._loop(self.loops[producer.region.name])
                continue
            ids = [producer.id] if isinstance(producer, Node) else producer.outputs
            lazy = not any(id in certain for id in ids)
            expression = self._expression(producer)
            names = [self._fresh(self._hint(producer)) for _ in (ids[:1] if lazy else ids)]
            comment = f"  # {place(producer.span if isinstance(producer, Node) else producer.region.span)}"
            if isinstance(producer, Node) and producer.op in PRIMITIVES and PRIMITIVES[producer.op].is_identity:
                self.names[ids[0]] = expression
                continue
            if lazy:
                expression = f"once(lambda: {expression})"
            self._line(f"{', '.join(names)} = {expression}", comment)
            if lazy:
                texts = [f"{names[0]}()" + (f"[{i}]" if len(ids) > 1 else "") for i in range(len(ids))]
            else:
                texts = names
            self.names.update(zip(ids, texts, strict=True))

    def _operands(self, producer: Node | RegionText, certain: bool) -> list[int]:
        if isinstance(producer, RegionText):
            return list(producer.inputs)
        if producer.op == Structure.SCAN:
            return self._scanned(producer)
        pairs = zip(producer.operands, producer.guards, strict=True)
        return [id for id, guard in pairs if not certain or guard is None]

    def _scanned(self, node: Node) -> list[int]:
        """Return the inputs of a scan: its sequence, its initial state, and the values its step captures."""
        after, element, state = node.operands
        outer = [self.graph.node(element).operands[0], self.graph.node(state).operands[0]]
        step = self.producer.get(after)
        captured = step.inputs if isinstance(step, RegionText) else [after]
        return [*outer, *(id for id in captured if id not in (element, state))]

    def _hint(self, producer: Node | RegionText) -> str:
        if isinstance(producer, Node):
            return producer.name
        region = producer.region
        return region.name if region.index is None else f"{region.name}_{region.index}"

    def _fresh(self, name: str) -> str:
        number = 1
        result = name
        while result in self.taken:
            number += 1
            result = f"{name}_{number}"
        self.taken.add(result)
        return result

    def _line(self, text: str, comment: str = "") -> None:
        if len(text) > WIDTH - 20 and "lambda" in text and "\n" not in text:
            text = text.replace(", lambda:", ",\n            lambda:").replace(", None", ",\n            None")
        self.forward.append(f"        {text}{comment}")

    def _value(self, id: int) -> str:
        if id in self.names:
            return self.names[id]
        producer = self.producer[id]
        text = self._expression(producer)
        if isinstance(producer, RegionText) and len(producer.outputs) > 1:
            return f"{text}[{producer.outputs.index(id)}]"
        return text

    def _expression(self, producer: Node | RegionText) -> str:
        if isinstance(producer, RegionText):
            name = producer.region.name
            if producer.region.kind == "loop":
                name += f"[{producer.region.index}]"
            arguments = [self._value(id) for id in producer.inputs]
            if producer.uses_choices:
                self.uses_choices = True
                arguments.append("choices")
            return f"self.{name}({', '.join(arguments)})"
        return self._applied(producer)

    # loops

    def _loop(self, turns: list[RegionText]) -> None:
        carried = turns[0].region.carried
        states = [self._fresh(name) for name, _, _ in carried]
        for state, (_, before, _) in zip(states, carried, strict=True):
            self._line(f"{state} = {self._value(before)}")
        arguments = list(states)
        if turns[0].uses_choices:
            self.uses_choices = True
            arguments.append("choices")
        self._line(f"for turn in self.{turns[0].region.name}:", f"  # {place(turns[0].region.span)}")
        self._line(f"    {', '.join(states)} = turn({', '.join(arguments)})")
        for state, (_, _, after) in zip(states, turns[-1].region.carried, strict=True):
            if after in self.producer and after not in self.names:
                self.names[after] = state
