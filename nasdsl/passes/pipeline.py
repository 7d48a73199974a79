"""Pipelines of named passes, with the verifier after each.

`nasdsl compile SPACE --emit graph --passes 'restrict(tiny.width=64), partial_channels(fraction=2)'` shows the graph
after a sequence of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from nasdsl.diagnostics import error, suggest
from nasdsl.graph.archgraph import ArchGraph
from nasdsl.passes.partial_channels import PartialChannels
from nasdsl.passes.protocol import Pass
from nasdsl.passes.restrict import Restrict

# In the order in which one would run them: fewer candidates first.
RULES: tuple[type[Pass], ...] = (Restrict, PartialChannels)

_CALL = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:\((.*)\))?\s*", re.DOTALL)


def run(graph: ArchGraph, passes: Iterable[Pass]) -> ArchGraph:
    """Run all passes, verifying the graph after each.  Raises NAS901 if a pass breaks an invariant."""
    for each in passes:
        graph = each(graph)
        graph.verify()
    return graph


def parse_passes(text: str, graph: ArchGraph) -> tuple[Pass, ...]:
    """Parse passes from text such as `restrict(tiny.width=32|64), partial_channels`.

    Raises NAS601 for unknown names and options and invalid values, NAS523 for unknown decisions and candidates.
    """
    return tuple(_pass(part, graph) for part in _split(text))


def _pass(text: str, graph: ArchGraph) -> Pass:
    found = _CALL.fullmatch(text)
    if found is None:
        raise error("NAS601", f"`{text.strip()}` must be NAME or NAME(OPTION=VALUE, ...)")
    rules = {rule.name: rule for rule in RULES}
    name = found.group(1)
    if name not in rules:
        hint = suggest(name, rules) or "passes: " + ", ".join(rules)
        raise error("NAS601", f"unknown pass `{name}`", help=hint)
    options: dict[str, str] = {}
    for part in _split(found.group(2) or ""):
        option, sign, value = part.rpartition("=")
        if not sign or not option.strip() or not value.strip():
            raise error("NAS601", f"`{part.strip()}` must be OPTION=VALUE", help=_usage(rules))
        options[option.strip()] = value.strip()
    return rules[name].parse(options, graph)


def _usage(rules: Mapping[str, type[Pass]]) -> str:
    return " or ".join(f"`{rule.usage}`" for rule in rules.values())


def _split(text: str) -> list[str]:
    """The parts between commas that stand in no bracket."""
    parts, depth, start = [], 0, 0
    for at, char in enumerate(text):
        depth += (char in "([") - (char in ")]")
        if char == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    parts.append(text[start:])
    return [part for part in parts if part.strip()]
