"""The parse tables of the grammar as data: `tables.json`, made by `make golden` and read at every start.

Building them from the grammar takes lark a fifth of a second.  Its own cache is no way out: a pickle in a folder of the
user runs the code of whoever can write there.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any

import lark
from lark import Lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

from nasdsl import resources
from nasdsl.syntax.layout import Layout

SHIPPED = Path(__file__).with_name("tables.json")
_UNBOUNDED = 2**32 - 1  # the width of `x*`, which newer versions of Python put at 2**64


def load(layout: Layout) -> Lark:
    """Load the parser from the shipped tables, or from the grammar if they are outdated or unreadable."""
    grammar = resources.grammar().read_text(encoding="utf-8")
    with suppress(Exception):  # whatever is wrong with the tables, the grammar says the same
        tables = json.loads(SHIPPED.read_bytes())
        if tables["made_from"] == _origin(grammar):
            return _restore(tables, layout)
    return build(grammar, layout)


def build(grammar: str, layout: Layout) -> Lark:
    """Build a parser from the grammar."""
    return Lark(
        grammar, parser="lalr", lexer="basic", postlex=layout, propagate_positions=True, maybe_placeholders=True
    )


def dump(grammar: str) -> str:
    """Return the tables of a grammar as JSON, reproducible byte for byte."""
    data, memo = build(grammar, Layout()).memo_serialize([TerminalDef, Rule])
    del data["options"]["postlex"]  # each parser gets one of its own
    data["parser"]["parser"] = _pack(data["parser"]["parser"])
    for entry in memo.values():
        pattern = entry.get("pattern", {})
        if "_width" in pattern:
            pattern["_width"] = [min(width, _UNBOUNDED) for width in pattern["_width"]]
    tables = {"made_from": _origin(grammar), "data": data, "memo": memo}
    return json.dumps(tables, sort_keys=True, separators=(",", ":")) + "\n"


def _origin(grammar: str) -> dict[str, str]:
    """Return the fingerprint of everything the parse tables depend on, including lark's minor version."""
    version = ".".join(lark.__version__.split(".")[:2])
    return {"grammar": hashlib.sha256(grammar.encode()).hexdigest(), "lark": version}


def _restore(tables: dict[str, Any], layout: Layout) -> Lark:
    data = tables["data"]
    data["parser"]["parser"] = _unpack(data["parser"]["parser"])
    memo = {int(key): entry for key, entry in tables["memo"].items()}
    for rule in data["rules"]:
        options = memo[rule["@"]]["options"]
        options["empty_indices"] = tuple(options["empty_indices"])
    return Lark._load_from_dict(data, memo, postlex=layout)  # as the parsers do that `lark.tools.standalone` writes


def _pack(table: dict[str, Any]) -> dict[str, Any]:
    """lark's parse table with states numbered as they are reached; lark numbers them in the order of a set.

    An action is the state to go to, or minus the rule to apply (the memo has rules after terminals, so none is 0).
    """
    names = table["tokens"]
    rows = {
        state: sorted((names[token], -what["@"] if reduces else what) for token, (reduces, what) in row.items())
        for state, row in table["states"].items()
    }
    numbers = {state: number for number, state in enumerate(table["start_states"].values())}
    waiting = deque(numbers)
    while waiting:
        for _, action in rows[waiting.popleft()]:
            if action >= 0 and action not in numbers:
                numbers[action] = len(numbers)
                waiting.append(action)
    tokens = sorted(names.values())
    places = {name: place for place, name in enumerate(tokens)}
    return {
        "tokens": tokens,
        "states": [
            {places[name]: action if action < 0 else numbers[action] for name, action in rows[state]}
            for state in numbers
        ],
        "start_states": {name: numbers[state] for name, state in table["start_states"].items()},
        "end_states": {name: numbers[state] for name, state in table["end_states"].items()},
    }


def _unpack(table: dict[str, Any]) -> dict[str, Any]:
    """The parse table as lark wrote it."""
    states = {
        state: {int(token): (1, {"@": -action}) if action < 0 else (0, action) for token, action in row.items()}
        for state, row in enumerate(table["states"])
    }
    return {**table, "tokens": dict(enumerate(table["tokens"])), "states": states}
