"""Architectures as data: canonical, versioned, and strictly validated."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasdsl.diagnostics import display_name, error, suggest
from nasdsl.files import write_atomic
from nasdsl.graph.archgraph import ArchGraph
from nasdsl.graph.live import Live, live
from nasdsl.ir.decision import Choice, Decision

FORMAT, VERSION = "nasdsl-architecture", 1
MAX_BYTES = 20_000_000
_FIELDS = {
    **dict.fromkeys(("format", "space", "fingerprint", "schema"), str),
    **{"version": int, "parameters": dict, "decisions": dict},
}


@dataclass(frozen=True)
class Architecture:
    """`choices` maps each live decision to the index of its candidate, or to the indices of a subset."""

    space: str
    fingerprint: str
    schema: str
    parameters: dict[str, Any]
    choices: dict[str, Choice]
    decisions: dict[str, str | list[int]]

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "version": VERSION,
            "space": self.space,
            "fingerprint": self.fingerprint,
            "schema": self.schema,
            "parameters": self.parameters,
            "decisions": {key: self.decisions[key] for key in sorted(self.decisions)},
        }

    def text(self) -> str:
        return json.dumps(self.to_json(), indent=2) + "\n"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the architecture file atomically."""
        write_atomic(Path(path), self.text().encode())

    def __hash__(self) -> int:
        return hash((self.space, tuple(sorted(self.choices.items()))))


def complete(graph: ArchGraph, choices: Mapping[str, Choice]) -> Live:
    """Return the live choices and their needs.  Raises NAS523 if a live decision is missing or invalid."""

    def choose(key: str) -> Choice:
        if key not in choices:
            raise error("NAS523", f"decision `{key}` is missing", help=f"one of {_options(graph.decisions[key])}")
        return _possible(graph.decisions[key], choices[key])

    return live(graph, choose)


def _possible(decision: Decision, value: Any) -> Choice:
    if decision.kind == "one":
        if isinstance(value, bool) or not isinstance(value, int) or value not in decision.real:
            raise error("NAS523", f"decision `{decision.key}` cannot be {value!r}", help=f"one of {_options(decision)}")
        return value
    given = tuple(value) if isinstance(value, tuple | list | set | frozenset) else (None,)
    if any(isinstance(i, bool) or not isinstance(i, int) for i in given):
        raise error("NAS523", f"decision `{decision.key}` must be {_options(decision)}, found {value!r}")
    chosen = tuple(sorted(i for i in given if i is not None))
    valid = len(set(chosen)) == len(chosen) and all(i in decision.real for i in chosen)
    if not valid or not decision.least <= len(chosen) <= decision.most:
        raise error("NAS523", f"decision `{decision.key}` must be {_options(decision)}, found {list(chosen)}")
    return chosen


def _options(decision: Decision) -> str:
    if decision.kind == "subset":
        return f"{decision.least} to {decision.most} positions below {len(decision.labels)}"
    return ", ".join(f"`{decision.labels[i]}`" for i in decision.real)


def labelled(decisions: Mapping[str, Decision], choices: Mapping[str, Choice]) -> dict[str, str | list[int]]:
    """Return choices with labels in place of indices, sorted by key; subsets stay lists of positions."""
    return {
        key: decisions[key].labels[value] if isinstance(value, int) else list(value)
        for key, value in sorted(choices.items())
    }


def read(path: str | os.PathLike[str], space: str, schema: str, decisions: Mapping[str, Decision]) -> dict[str, Choice]:
    """Read the choices of an architecture file for these decisions.  Raises `NasError` (NAS52x)."""
    name = display_name(path)
    try:
        if os.path.getsize(path) > MAX_BYTES:
            raise error("NAS521", f"`{name}` is too large for an architecture file")
        text = Path(path).read_text(encoding="utf-8")
    except OSError as failure:
        raise error("NAS521", f"`{name}` cannot be read: {failure.strerror}") from None
    except ValueError as failure:
        raise error("NAS521", f"`{name}` is not valid JSON: {failure}") from None
    return parse(text, name, space, schema, decisions)


def parse(text: str, name: str, space: str, schema: str, decisions: Mapping[str, Decision]) -> dict[str, Choice]:
    """Like `read`, from text; `name` is its name in messages."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as failure:
        raise error("NAS521", f"`{name}` is not valid JSON: {failure}") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise error("NAS521", f"`{name}` is not an architecture file", help=f'it must contain `"format": "{FORMAT}"`')
    if data.get("version") != VERSION or type(data["version"]) is not int:
        raise error("NAS521", f"version {data.get('version')!r} of `{name}` is not supported; expected {VERSION}")
    if data.get("space") != space:
        raise error("NAS522", f"`{name}` belongs to the space `{data.get('space')}`, not to `{space}`")
    table = data.get("decisions")
    if not isinstance(table, dict):
        raise error("NAS521", f"`{name}` has no decisions")
    for key in data:
        if key not in _FIELDS:
            raise error("NAS521", f"`{name}` has an unknown field `{key}`", help=suggest(key, _FIELDS))
    if not all(isinstance(data.get(key), kind) for key, kind in _FIELDS.items()):
        wrong = next(key for key, kind in _FIELDS.items() if not isinstance(data.get(key), kind))
        raise error("NAS521", f"the field `{wrong}` of `{name}` is missing or malformed")
    choices = {key: _choice(name, key, value, decisions) for key, value in table.items()}
    if data.get("schema") != schema:
        hint = "the parameters may differ and change the decisions"
        raise error("NAS522", f"`{name}` does not match the decisions of `{space}`", help=hint)
    return choices


def _choice(name: str, key: str, value: Any, decisions: Mapping[str, Decision]) -> Choice:
    if key not in decisions:
        raise error("NAS523", f"`{name}`: the space has no decision `{key}`", help=suggest(key, decisions))
    decision = decisions[key]
    if decision.kind == "one":
        if value not in decision.labels:
            hint = (suggest(value, decision.labels) if isinstance(value, str) else "") or f"one of {_options(decision)}"
            raise error("NAS523", f"`{name}`: decision `{key}` has no alternative {value!r}", help=hint)
        return decision.labels.index(value)
    if not isinstance(value, list) or any(isinstance(i, bool) or not isinstance(i, int) for i in value):
        raise error("NAS523", f"`{name}`: decision `{key}` must be a list of positions, found {value!r}")
    if value != sorted(set(value)):
        raise error("NAS523", f"`{name}`: the positions of `{key}` must be strictly increasing, found {value}")
    return tuple(value)
