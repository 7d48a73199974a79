"""Architecture graph to PyTorch source: a class a definition, constructor parameters where its uses differ.

Each region of the graph is written as text with marks in place of constants.  Regions with equal text are
one class; a constant that is the same in all of them is a literal, any other a constructor parameter.
Inner regions come first, so that outer ones name their classes.
"""

from __future__ import annotations

import inspect
import keyword
import re
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import PurePath
from typing import Any

from nasdsl.codegen.templates import EXPRESSIONS, HELPERS, MODULES, REQUIRED
from nasdsl.diagnostics import Span, error
from nasdsl.graph.archgraph import ArchGraph
from nasdsl.semantics.construct import slug
from nasdsl.semantics.primitives import keeps_zeros
from nasdsl.semantics.program import Node, Region, Searched

# marks: constructor slot <n>, forward slot {n}, optional constructor argument (...)
_SLOT, _OPTIONAL = re.compile("\x01(\\d+)\x02"), re.compile("\x03([^\x01\x04]*)\x01(\\d+)\x02\x04")
_FORWARD = re.compile("\x05(\\d+)\x06")
WIDTH = 116
_TAKEN = frozenset({"Network", "Tensor", "ElasticLinear", "Weights", "F", *HELPERS})


@dataclass
class Slot:
    hint: str
    value: Any
    default: object = REQUIRED


@dataclass
class Unit:
    """One region as text with slots."""

    region: Region
    title: str
    inputs: list[int]
    outputs: list[int]
    text: str
    slots: list[Slot]
    uses_choices: bool
    class_name: str = ""
    arguments: list[tuple[str, Any]] = field(default_factory=list)


def emit(graph: ArchGraph, header: list[str], takes_choices: bool = False) -> str:
    """Source of a module whose class (last in the text, also `Network`) is the graph."""
    return _Emitter(graph, takes_choices).source(header)


def camel(text: str) -> str:
    name = "".join(part[:1].upper() + part[1:] for part in slug(text).split("_") if part) or "Part"
    return f"Part{name}" if name[0].isdigit() else name


class _Emitter:
    def __init__(self, graph: ArchGraph, takes_choices: bool):
        self.graph, self.takes_choices = graph, takes_choices
        self.nodes: dict[int, list[int]] = {}
        self.children: dict[int, list[int]] = {}
        self.inside: dict[int, set[int]] = {}
        for node in graph.nodes:
            if node.op != "input":
                self.nodes.setdefault(node.region, []).append(node.id)
            for region in graph.region_path(graph.regions[node.region]):
                self.inside.setdefault(region.id, set()).add(node.id)
        for region in graph.regions:  # turns of a rolled loop that came out empty keep their place
            if region.kind == "loop" and region.parent in self.inside and region.id not in self.inside:
                self.inside[region.id] = set()
        for id in sorted(self.inside):
            parent = graph.regions[id].parent
            if parent is not None:
                self.children.setdefault(parent, []).append(id)
        self.plans = self._plan_loops()
        self.units: dict[int, Unit] = {}
        self.classes: list[tuple[str, str]] = []
        self.taken: dict[str, int] = {}
        self.helpers: set[str] = set()

    def _plan_loops(self) -> dict[int, bool | None]:
        """For each turn: whether it takes choices, where its loop can stay a loop; None where it cannot."""
        groups: dict[tuple[int | None, str], list[Region]] = {}
        for id in sorted(self.inside):
            region = self.graph.regions[id]
            if region.kind == "loop":
                groups.setdefault((region.parent, region.name), []).append(region)
        plans: dict[int, bool | None] = {}
        for turns in groups.values():
            regular = self._stays_loop(turns)
            nodes = [self.graph.node(id) for turn in turns for id in self.inside[turn.id]]
            decides = any(
                any(node.guards) or any(isinstance(value, Searched) for value in node.attrs.values()) for node in nodes
            )
            plans.update((turn.id, decides if regular else None) for turn in turns)
        return plans

    def _stays_loop(self, turns: list[Region]) -> bool:
        names = [name for name, _, _ in turns[0].carried]
        if not names or any([name for name, _, _ in turn.carried] != names for turn in turns):
            return False
        for one, two in pairwise(turns):
            if [after for _, _, after in one.carried] != [before for _, before, _ in two.carried]:
                return False
        everywhere = set().union(*(self.inside[turn.id] for turn in turns))
        final = {after for _, _, after in turns[-1].carried}
        for turn in turns:
            inside, befores = self.inside[turn.id], {before for _, before, _ in turn.carried}
            for id in inside:
                if any(o not in inside and o not in befores for o in self.graph.node(id).operands):
                    return False
                outside = [user for user in self.graph.users(id) if user not in everywhere]
                if (outside or id in self.graph.outputs) and id not in final:
                    return False
                for user in outside:
                    node = self.graph.node(user)
                    if any(o == id and guard for o, guard in zip(node.operands, node.guards, strict=True)):
                        return False
        return True

    def source(self, header: list[str]) -> str:
        heights: dict[int, int] = {}
        for id in sorted(self.inside, reverse=True):
            heights[id] = 1 + max((heights[child] for child in self.children.get(id, [])), default=0)
        for height in sorted(set(heights.values())):
            level = sorted(id for id in self.inside if heights[id] == height)
            self._classify([_Writer(self, self.graph.regions[id]).unit() for id in level])
        body = "\n\n\n".join(text for _, text in self.classes)
        root = self.units[0].class_name
        lines = ['"""' + header[0], "", *header[1:], '"""', "", "from __future__ import annotations", ""]
        lines += ["import torch"] if "torch.sigmoid" in body or "torch.tanh" in body or "torch.cat" in body else []
        uses_f = "F." in body or bool(self.helpers & {"Shift"})
        lines += ["import torch.nn.functional as F"] if uses_f else []
        lines += ["from torch import Tensor, nn", ""]
        runtime = sorted(
            name for name in ("ElasticLinear", "Weights", "choose", "chosen", "once") if re.search(rf"\b{name}\b", body)
        )
        if runtime:
            names = ", ".join(sorted({*runtime, *self.helpers}, key=str.lower))
            lines += [f"from nasdsl.runtime import {names}", ""]
        elif self.helpers:
            from nasdsl.runtime import modules

            lines += [
                inspect.getsource(getattr(modules, name)).rstrip() + "\n\n" for name in HELPERS if name in self.helpers
            ]
        return "\n".join(lines) + f"\n\n{body}\n\n\nNetwork = {root}\n"

    def _classify(self, units: list[Unit]) -> None:
        groups: dict[tuple[str, str], list[Unit]] = {}
        for unit in units:
            groups.setdefault((unit.title, unit.text), []).append(unit)
            self.units[unit.region.id] = unit
        for (title, _), members in groups.items():
            name = self._class_name(title)
            self.classes.append((name, self._render(name, members)))

    def _class_name(self, title: str) -> str:
        name = camel(title)
        if keyword.iskeyword(name) or name in _TAKEN:
            name += "Part"
        count = self.taken[name] = self.taken.get(name, 0) + 1
        return name if count == 1 else self._class_name(f"{title}_{count}")

    def _render(self, name: str, members: list[Unit]) -> str:
        first = members[0]
        vectors = [tuple(unit.slots[i].value for unit in members) for i in range(len(first.slots))]
        parameters: dict[tuple[Any, ...], str] = {}
        used = {"self", "x"}
        for slot, vector in zip(first.slots, vectors, strict=True):
            if any(value != vector[0] for value in vector) and vector not in parameters:
                hint = slot.hint
                while hint in used:
                    hint = re.sub(r"_?(\d*)$", lambda m: f"_{int(m.group(1) or 1) + 1}", hint, count=1)
                used.add(hint)
                parameters[vector] = hint
        for number, unit in enumerate(members):
            unit.class_name = name
            unit.arguments = [(hint, vector[number]) for vector, hint in parameters.items()]
        kept: set[str] = set()

        def literal(match: re.Match[str]) -> str:
            vector = vectors[int(match.group(1))]
            return parameters.get(vector) or repr(vector[0])

        def optional(match: re.Match[str]) -> str:
            at = int(match.group(2))
            if vectors[at] not in parameters and vectors[at][0] == first.slots[at].default:
                return ""
            return match.group(1) + f"\x01{at}\x02"

        def forward(match: re.Match[str]) -> str:
            vector = vectors[int(match.group(1))]
            if vector not in parameters:
                return repr(vector[0])
            kept.add(parameters[vector])
            return f"self.{parameters[vector]}"

        text = _FORWARD.sub(forward, _SLOT.sub(literal, _OPTIONAL.sub(optional, first.text)))
        types = {parameters[v]: type(v[0]).__name__ for v in parameters}
        signature = ", ".join(["self", *(f"{hint}: {types[hint]}" for hint in parameters.values())])
        constructor, _, rest = text.partition("    def forward")
        head = f"class {name}(nn.Module):\n" + _docstring(first)
        if constructor.strip() or kept:
            head += f"    def __init__({signature}):\n        super().__init__()\n"
            head += "".join(f"        self.{hint} = {hint}\n" for hint in parameters.values() if hint in kept)
            head += constructor + "\n"
        return head + "    def forward" + rest.rstrip()


def _docstring(unit: Unit) -> str:
    kind = {"select": "decision", "alternative": "alternative", "loop": "one turn of the loop in"}.get(
        unit.region.kind, unit.region.kind
    )
    label = unit.region.label.rsplit("_", 1)[0] if unit.region.kind == "loop" else unit.region.label
    text = f"{kind} {label}".replace("\\", "\\\\").replace('"', "'")
    return f'    """{text}, {place(unit.region.span)}."""\n\n'


def place(span: Span) -> str:
    return f"{PurePath(span.source.name).name}:{span.line}"


class _Writer:
    """Writes one region."""

    def __init__(self, emitter: _Emitter, region: Region):
        self.emitter, self.graph, self.region = emitter, emitter.graph, region
        self.slots: list[Slot] = []
        self.constructor: list[str] = []
        self.forward: list[str] = []
        self.names: dict[int, str] = {}
        self.taken = {"self", "choices", "sum", "torch", "nn", "F", "choose", "chosen", "once", "turn"}
        self.uses_choices = False
        self.producer: dict[int, Node | Unit] = {}
        self.loops: dict[str, list[Unit]] = {}

    # structure

    def unit(self) -> Unit:
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
        lines = [*self.constructor, f"    def forward({', '.join(['self', *parameters])}) -> {annotation}:"]
        lines += [*self.forward, f"        return {returned}"]
        title = self.region.label
        if self.region.kind == "select" and not any(node.op == "select" for node in own) and len(children) == 1:
            title += "_" + children[0].region.name
        text = "\n".join(lines)
        return Unit(self.region, title, inputs, outputs, text, self.slots, self.uses_choices)

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
        parameters: list[str] = []
        for id, hint in zip(inputs, hints, strict=True):
            name = self._fresh(hint or ("x" if len(inputs) == 1 else f"x{len(parameters) + 1}"))
            self.names.setdefault(id, name)
            parameters.append(f"{name}: Tensor")
        return parameters

    # constructor

    def _construct(self, own: list[Node], children: list[Unit]) -> None:
        entries: list[tuple[int, str]] = []
        for node in own:
            if (template := self._template(node)) is not None:
                entries.append((node.id, f"        self.{node.name} = {template}"))
        for child in children:
            if child.region.kind != "loop":
                first = min(self.emitter.inside[child.region.id])
                entries.append((first, f"        self.{child.region.name} = {self._instance(child)}"))
        for name, turns in self.loops.items():
            first = min((min(self.emitter.inside[t.region.id], default=10**9) for t in turns), default=0)
            inner = "".join(f"            {self._instance(turn)},\n" for turn in turns)
            entries.append((first, f"        self.{name} = nn.ModuleList([\n{inner}        ])"))
        self.constructor = [text for _, text in sorted(entries, key=lambda entry: entry[0])]

    def _instance(self, child: Unit) -> str:
        arguments = ", ".join(self._slot(hint, value) for hint, value in child.arguments)
        return f"{child.class_name}({arguments})"

    def _slot(self, hint: str, value: Any, default: object = REQUIRED) -> str:
        self.slots.append(Slot(hint, value, default))
        return f"\x01{len(self.slots) - 1}\x02"

    def _template(self, node: Node) -> str | None:
        op, attrs = node.op, dict(node.attrs)
        if op == "bn" and attrs["axes"] == 1:
            op = "bn1"
        if op == "avg_pool":
            attrs["count_pad"] = False
        if any(isinstance(value, Searched) for value in attrs.values()):
            assert op == "linear"
            op = "elastic_linear"
            width, features = attrs["width"], attrs["in_features"]
            attrs["width"] = width.values if isinstance(width, Searched) else (width,)
            attrs["in_features"] = max(features.values) if isinstance(features, Searched) else features
        elif (
            any(isinstance(dim, Searched) for dim in node.type.dims)
            and not keeps_zeros(op)
            and op not in ("sum", "select", "mean")
        ):
            raise error("NAS701", f"`{op}` over a searched width does not keep zeros: no mixture is defined", node.span)
        template = MODULES.get(op)
        if template is None:
            return None
        if template.callee in HELPERS:
            self.emitter.helpers.add(template.callee)
        text = ""
        for name, attribute, default in template.arguments:
            slot = self._slot(attribute, attrs[attribute], default)
            if name is None:
                text += (", " if text else "") + slot
            else:
                text += f"\x03{', ' if text else ''}{name}={slot}\x04"
        return f"{template.callee}({text})"

    # forward

    def _schedule(self, own: list[Node], children: list[Unit], outputs: list[int]) -> None:
        """Statements for what is certain; the rest is written inside the lambdas that may need it."""
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
        steps: dict[int, Node | Unit] = {}
        for id, producer in self.producer.items():
            first = id if isinstance(producer, Node) else min(self.emitter.inside[producer.region.id] or {id})
            if id in certain or guarded.get(id, 0) > 1:
                steps.setdefault(first, producer)
        rolled: set[str] = set()
        for first in sorted(steps):
            producer = steps[first]
            if isinstance(producer, Unit) and producer.region.kind == "loop":
                if producer.region.name not in rolled:
                    rolled.add(producer.region.name)
                    self._loop(self.loops[producer.region.name])
                continue
            ids = [producer.id] if isinstance(producer, Node) else producer.outputs
            lazy = not any(id in certain for id in ids)
            expression = self._expression(producer)
            names = [self._fresh(self._hint(producer)) for _ in ids]
            comment = f"  # {place(producer.span if isinstance(producer, Node) else producer.region.span)}"
            if isinstance(producer, Node) and producer.op == "identity":
                self.names[ids[0]] = expression
                continue
            if lazy:
                expression = f"once(lambda: {expression})"
            self._line(f"{', '.join(names)} = {expression}", comment)
            for id, name in zip(ids, names, strict=True):
                self.names[id] = f"{name}()" if lazy else name

    def _operands(self, producer: Node | Unit, certain: bool) -> list[int]:
        if isinstance(producer, Unit):
            return list(producer.inputs)
        pairs = zip(producer.operands, producer.guards, strict=True)
        return [id for id, guard in pairs if not certain or guard is None]

    def _hint(self, producer: Node | Unit) -> str:
        return producer.name if isinstance(producer, Node) else producer.region.name

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
        return self._expression(self.producer[id])

    def _choice(self, key: str) -> str:
        self.uses_choices = True
        self.slots.append(Slot("key", key))
        return f"choices[\x05{len(self.slots) - 1}\x06]"

    def _expression(self, producer: Node | Unit) -> str:
        if isinstance(producer, Unit):
            name = producer.region.name
            if producer.region.kind == "loop":
                name += f"[{producer.region.index}]"
            arguments = [self._value(id) for id in producer.inputs]
            if producer.uses_choices:
                self.uses_choices = True
                arguments.append("choices")
            return f"self.{name}({', '.join(arguments)})"
        node = producer
        if node.op == "select":
            return f"choose({', '.join(self._candidates(node))})"
        if node.op in ("sum", "mean", "concat"):
            return self._join(node)
        operand = self._value(node.operands[0])
        if node.op in EXPRESSIONS:
            return EXPRESSIONS[node.op].format(operand)
        searched = [v.key for n, v in node.attrs.items() if isinstance(v, Searched) and n == "width"]
        extra = f", {self._choice(searched[0])}" if searched else ""
        return f"self.{node.name}({operand}{extra})"

    def _candidates(self, node: Node) -> list[str]:
        key = next(guard[0] for guard in node.guards if guard)
        decision = self.graph.decisions[key]
        parts = ["None"] * len(decision.labels)
        for operand, guard in zip(node.operands, node.guards, strict=True):
            if guard is not None and guard[0] == key:
                hidden = node.op == "select" and decision.phantom[guard[1]] and self._is_zero(operand)
                parts[guard[1]] = "None" if hidden else f"lambda: {self._value(operand)}"
        return [self._choice(key), *parts]

    def _is_zero(self, id: int) -> bool:
        return self.graph.node(id).op == "zero"

    def _join(self, node: Node) -> str:
        plain = [self._value(id) for id, guard in zip(node.operands, node.guards, strict=True) if guard is None]
        keys = list(dict.fromkeys(guard[0] for guard in node.guards if guard))
        if not keys:
            if node.op == "concat":
                return f"torch.cat([{', '.join(plain)}], dim=1)"
            total = " + ".join(plain)
            return (
                total
                if node.op == "sum" and len(plain) == 1
                else f"({total})" + (f" / {len(plain)}" if node.op == "mean" else "")
            )
        parts = list(plain)
        for key in keys:
            only = [(o, g) for o, g in zip(node.operands, node.guards, strict=True) if g and g[0] == key]
            part = Node(
                node.id, "sum", {}, tuple(o for o, _ in only), tuple(g for _, g in only), node.type, 0, "", node.span
            )
            parts.append(f"*chosen({', '.join(self._candidates(part))})")
        if not plain and len(keys) == 1:
            return f"sum({parts[0][1:]})"
        return f"sum([{', '.join(parts)}])"

    # loops

    def _loop(self, turns: list[Unit]) -> None:
        if self.emitter.plans[turns[0].region.id] is None:
            for turn in turns:
                if turn.outputs:
                    results = [self._fresh(f"{turn.region.name}_{turn.region.index}") for _ in turn.outputs]
                    self._line(f"{', '.join(results)} = {self._expression(turn)}", f"  # {place(turn.region.span)}")
                    self.names.update(zip(turn.outputs, results, strict=True))
            return
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
