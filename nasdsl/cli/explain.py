"""`nasdsl explain`: the explanation of a diagnostic code."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from nasdsl.diagnostics import error, explanations, suggest
from nasdsl.diagnostics.codes import CODES
from nasdsl.terminal import say

Name = Annotated[
    str | None,
    typer.Argument(
        metavar="[CODE]", help="Error code (NAS402) or its name (shape-mismatch). Lists all codes if omitted."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print machine-readable JSON.")]


def explain(code: Name = None, as_json: AsJson = False) -> None:
    """Explain an error code, with an example and a fix."""
    if code is None:
        if as_json:
            say(json.dumps([{"code": name, **item._asdict()} for name, item in CODES.items()], indent=2))
        for name, item in () if as_json else CODES.items():
            say(f"{name} {item.slug:22} {item.summary}")
        return
    page = explanations.find(code)
    if page is None:
        known = [*CODES, *(item.slug for item in CODES.values())]
        hint = suggest(code.upper(), known) or suggest(code.lower(), known) or "`nasdsl explain` lists all codes"
        raise error("NAS601", f"unknown code `{code}`", help=hint)
    say(json.dumps(asdict(page), indent=2) if as_json else page, end="\n" if as_json else "")
