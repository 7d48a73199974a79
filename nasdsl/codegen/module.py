"""Emit an architecture graph as PyTorch source: a class per definition, with parameters where its uses differ.

Each region of the graph is written as text with marks in place of constants.  Regions with equal text are
one class; a constant that is the same in all of them is a literal, any other a constructor parameter.
Inner regions come first, so that outer ones name their classes.
"""

from __future__ import annotations

import ast
import inspect
import keyword
import re
from itertools import pairwise
from typing import Any

from nasdsl.codegen.names import RuntimeNames
from nasdsl.codegen.node import FORWARD, OPTIONAL, SLOT
from nasdsl.codegen.region import RegionText, Writer, place
from nasdsl.graph.archgraph import ArchGraph
from nasdsl.ir.dependent import Dependent
from nasdsl.ir.program import Region
from nasdsl.ops.structure import Structure
from nasdsl.quoting import identifier, remark
from nasdsl.semantics.reserved import MODULE_NAMES


def emit(graph: ArchGraph, header: list[str], takes_choices: bool = False) -> str:
    """Return the source of a module whose class (last in the text, also `Network`) is the graph.

    Text of the space's file occurs in it as names, values and comments, each quoted, so that the source
    contains nothing but the graph.
    """
    return _Emitter(graph, takes_choices).source([remark(line) for line in header])


def camel(text: str) -> str:
    """Return a class name in camel case: `sep_conv` gives `SepConv`."""
    name = "".join(part[:1].upper() + part[1:] for part in identifier(text).split("_") if part) or "Part"
    return f"Part{name}" if name[0].isdigit() else name


class _Emitter:
    def __init__(self, graph: ArchGraph, takes_choices: bool):
        self.graph, self.takes_choices = graph, takes_choices
        self.runtime = RuntimeNames()
        self.nodes: dict[int, list[int]] = {}
        self.children: dict[int, list[int]] = {}
        self.inside: dict[int, set[int]] = {}
        for node in graph.nodes:
            if node.op != Structure.INPUT:
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
        self.units: dict[int, RegionText] = {}
        self.classes: list[tuple[str, str]] = []
        self.taken: dict[str, int] = {}
        self.externs: dict[str, str] = {}

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
                any(node.guards) or any(isinstance(v, Dependent) for v in (*node.attrs.values(), *node.type.dims))
                for node in nodes
            )
            plans.update((turn.id, decides if regular else None) for turn in turns)
        return plans

    def _stays_loop(self, turns: list[Region]) -> bool:
        names = [name for name, _, _ in turns[0].carried]
        if not names or any([name for name, _, _ in turn.carried] != names for turn in turns):
            return False
        handed = {id for turn in turns for _, before, after in turn.carried for id in (before, after)}
        if any(id not in self.graph.graph for id in handed):
            return False  # in this architecture nothing needs one of the variables
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
            self._classify([Writer(self, self.graph.regions[id]).unit() for id in level])
        body = "\n\n\n".join(text for _, text in self.classes)
        root = self.units[0].class_name
        lines = ['"""' + header[0], "", *header[1:], '"""', "", "from __future__ import annotations", ""]
        carried, imported = self.runtime.carried, self.runtime.imported
        read = _names(body)
        names = read & {*imported, *carried}
        parts = dict.fromkeys(part for name in sorted(names) for part in carried.get(name, ()))
        own = "" if names & imported else _sources(list(parts))
        used = read | _names(own)
        imports = ["from collections.abc import Callable", ""] if "Callable" in used else []
        imports += ["import torch"] if "torch" in used else []
        imports += ["import torch.nn.functional as F"] if "F" in used else []
        lines += [*imports, "from torch import Tensor, nn", ""]
        if names & imported:
            lines += _import_of("nasdsl.runtime", names)
        for target, alias in self.externs.items():
            module, _, name = target.partition(":")
            lines += [f"from {module} import {name} as {alias}"]
        if self.externs:
            lines += [""]
        return "\n".join(lines) + f"\n\n{own}{body}\n\n\nNetwork = {root}\n"

    def extern(self, target: str) -> str:
        """Return the alias of an external class in the source."""
        if target not in self.externs:
            self.externs[target] = self._class_name(f"extern_{target.partition(':')[2]}")
        return self.externs[target]

    def _classify(self, units: list[RegionText]) -> None:
        groups: dict[tuple[str, str, str], list[RegionText]] = {}
        for unit in units:
            groups.setdefault((unit.title, unit.constructor, unit.forward), []).append(unit)
            self.units[unit.region.id] = unit
        for (title, _, _), members in groups.items():
            name = self._class_name(title)
            self.classes.append((name, self._render(name, members)))

    def _class_name(self, title: str) -> str:
        name = camel(title)
        if keyword.iskeyword(name) or name in self.runtime.reserved:
            name += "Part"
        count = self.taken[name] = self.taken.get(name, 0) + 1
        return name if count == 1 else self._class_name(f"{title}_{count}")

    def _render(self, name: str, members: list[RegionText]) -> str:
        first = members[0]
        vectors = [tuple(unit.slots[i].value for unit in members) for i in range(len(first.slots))]
        written = [tuple(map(repr, vector)) for vector in vectors]  # `1`, `1.0` and `True` are three constants
        parameters: dict[tuple[str, ...], str] = {}
        used = {"x", *self.runtime.reserved, *MODULE_NAMES, *self.taken, *first.attributes}
        values: dict[str, tuple[Any, ...]] = {}
        for slot, vector, texts in zip(first.slots, vectors, written, strict=True):
            if any(text != texts[0] for text in texts) and texts not in parameters:
                hint = slot.hint
                while hint in used:
                    hint = re.sub(r"_?(\d*)$", lambda m: f"_{int(m.group(1) or 1) + 1}", hint, count=1)
                used.add(hint)
                parameters[texts], values[hint] = hint, vector
        for number, unit in enumerate(members):
            unit.class_name = name
            unit.arguments = [(hint, vector[number]) for hint, vector in values.items()]
        kept: set[str] = set()

        def literal(match: re.Match[str]) -> str:
            texts = written[int(match.group(1))]
            return parameters.get(texts) or texts[0]

        def optional(match: re.Match[str]) -> str:
            at = int(match.group(2))
            if written[at] not in parameters and vectors[at][0] == first.slots[at].default:
                return ""
            return match.group(1) + f"\x01{at}\x02"

        def forward(match: re.Match[str]) -> str:
            texts = written[int(match.group(1))]
            if texts not in parameters:
                return texts[0]
            kept.add(parameters[texts])
            return f"self.{parameters[texts]}"

        constructor = SLOT.sub(literal, OPTIONAL.sub(optional, first.constructor))
        body = FORWARD.sub(forward, first.forward)
        signature = ", ".join(["self", *(f"{hint}: {type(value[0]).__name__}" for hint, value in values.items())])
        head = f"class {name}(nn.Module):\n" + _docstring(first)
        if constructor or kept:
            head += f"    def __init__({signature}):\n        super().__init__()\n"
            head += "".join(f"        self.{hint} = {hint}\n" for hint in values if hint in kept)
            head += constructor + "\n\n" if constructor else "\n"
        return head + body


def _names(text: str) -> set[str]:
    """Return the names that a piece of source reads, ignoring comments and strings."""
    return {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}


def _docstring(unit: RegionText) -> str:
    kind = {"select": "decision", "alternative": "alternative", "loop": "one turn of the loop in"}.get(
        unit.region.kind, unit.region.kind
    )
    label = unit.region.label.rsplit("_", 1)[0] if unit.region.kind == "loop" else unit.region.label
    return f'    """{kind} {remark(label)}, {place(unit.region.span)}."""\n\n'


def _import_of(module: str, names: set[str]) -> list[str]:
    line = f"from {module} import {', '.join(sorted(names, key=str.lower))}"
    if len(line) <= 120:
        return [line, ""]
    return [f"from {module} import (", *(f"    {name}," for name in sorted(names, key=str.lower)), ")", ""]


def _sources(names: list[str]) -> str:
    """Return the source of functions and classes of the runtime, for networks that only need torch."""
    if not names:
        return ""
    from nasdsl.runtime import modules

    return "".join(inspect.getsource(getattr(modules, name)).rstrip() + "\n\n\n" for name in names)
