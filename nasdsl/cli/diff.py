"""`nasdsl diff`."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from nasdsl.cli.common import Json, load_space
from nasdsl.terminal import one_line, say

One = Annotated[str, typer.Argument(metavar="A", help="Path of a .nas file, or name of a shipped space.")]
Two = Annotated[str, typer.Argument(metavar="B", help="Space to compare A with.")]
SetOne = Annotated[list[str] | None, typer.Option("--set-a", metavar="NAME=VALUE", help="Set a parameter of A.")]
SetTwo = Annotated[list[str] | None, typer.Option("--set-b", metavar="NAME=VALUE", help="Set a parameter of B.")]


def diff(a: One, b: Two, set_a: SetOne = None, set_b: SetTwo = None, as_json: Json = False) -> None:
    """Compare two spaces: decisions, sizes, and which one contains the other.

    Decisions are compared by name, candidates by label.  Exits with 0 if the spaces are equal, with 1 if they differ.
    """
    first, second = load_space(a, set_a), load_space(b, set_b)
    found = first.difference(second)
    data: dict[str, Any] = {
        "relation": found.relation,
        "count": [space.counted.to_json() for space in (first, second)],
        "parameters": _changed(first.parameters, second.parameters),
        "inputs": None if first.input_types == second.input_types else [_inputs(first), _inputs(second)],
        "added": {key: list(item.labels) for key, item in found.added.items()},
        "removed": {key: list(item.labels) for key, item in found.removed.items()},
        "changed": {change.key: change.to_json() for change in found.changes},
    }
    say(json.dumps(data, indent=2) if as_json else "\n".join(map(one_line, _lines(a, b, data))))
    if not found.same or data["parameters"] or data["inputs"]:
        raise typer.Exit(1)


def _changed(one: dict[str, Any], two: dict[str, Any]) -> dict[str, Any]:
    names = dict.fromkeys([*one, *two])
    return {name: [one.get(name), two.get(name)] for name in names if one.get(name) != two.get(name)}


def _inputs(space: Any) -> list[str]:
    return [f"{kind}[{', '.join(map(str, shape))}]" for kind, shape in space.input_types]


def _lines(a: str, b: str, data: dict[str, Any]) -> list[str]:
    """Return one line per difference: `+` only in B, `-` only in A, `~` in both but different."""
    one, two = (f"{row['count']:,}" + (" (estimate)" if "count_kind" in row else "") for row in data["count"])
    lines = [f"{a}: {one} architectures", f"{b}: {two} architectures"]
    words = {"first contains second": f"{a} contains {b}", "second contains first": f"{b} contains {a}"}
    lines.append(f"by the names of decisions and candidates: {words.get(data['relation'], data['relation'])}")
    lines += [f"~ parameter {name}: {before} -> {after}" for name, (before, after) in data["parameters"].items()]
    if data["inputs"]:
        lines.append(f"~ inputs: {', '.join(data['inputs'][0])} -> {', '.join(data['inputs'][1])}")
    lines += [f"- {key}: {' | '.join(labels)}" for key, labels in data["removed"].items()]
    lines += [f"+ {key}: {' | '.join(labels)}" for key, labels in data["added"].items()]
    for key, change in data["changed"].items():
        parts = [f"-{label}" for label in change["lost"]] + [f"+{label}" for label in change["gained"]]
        if "takes" in change:
            parts.append(f"takes {change['takes'][0]} -> {change['takes'][1]}")
        lines.append(f"~ {key} {change['kind']}: {' '.join(parts)}")
    return lines
