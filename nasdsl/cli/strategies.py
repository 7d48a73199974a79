"""`nasdsl strategies`: list the search strategies, or show one."""

from __future__ import annotations

import inspect
import json
from typing import Annotated, Any

import typer

from nasdsl import registry
from nasdsl.cli.common import Json, print_options
from nasdsl.diagnostics import NasError, render
from nasdsl.options.settings import describe_options
from nasdsl.terminal import say

GROUP = "nasdsl.strategies"


def describe(name: str) -> dict[str, Any]:
    """Return a strategy as JSON data.  Raises NAS805 or NAS812."""
    kind = registry.find(GROUP, name)
    row: dict[str, Any] = {
        "about": (kind.__doc__ or "").strip().splitlines()[0] if kind.__doc__ else "",
        "paper": kind.paper,
        "kind": kind.relaxation,
    }
    if kind.published is not None:
        row["published"] = {name: value for name, value in vars(kind.published).items() if value is not None}
    table = kind.Options
    made = (table.__doc__ or "").startswith(f"{table.__name__}(")  # what dataclasses write where nothing is said
    row["note"] = "" if made else inspect.cleandoc(table.__doc__ or "")
    row["options"] = describe_options(table)
    return row


def strategies(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Show the options of this strategy.")] = None,
    as_json: Json = False,
) -> None:
    """List the search strategies with their papers, or show one with its options."""
    rows: dict[str, dict[str, Any]] = {}
    for item in [name] if name else sorted(registry.names(GROUP)):
        try:
            rows[item] = describe(item)
        except NasError as failure:
            if name:
                raise
            # one that cannot be loaded does not hide the others
            say(render(failure.diagnostics[0]), error=True)
    if as_json:
        say(json.dumps(rows, indent=2))
        return
    for item, row in rows.items():
        say(f"{item:10} {row['kind']:10} {row['paper']:16} {row['about']}")
        if name:
            _show_options(row)
    if not name:
        say("\nRun `nasdsl strategies NAME` for the options of a strategy.")


def _show_options(row: dict[str, Any]) -> None:
    if "published" in row:
        say("\npublished with " + ", ".join(f"{key}={value}" for key, value in row["published"].items()))
    if row["note"]:
        say(f"\n{row['note']}")
    print_options(row["options"], {})
