"""`nasdsl runs`: list runs, or compare two of them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from nasdsl.cli.common import Json
from nasdsl.runs import index as files
from nasdsl.runs.index import Run
from nasdsl.terminal import one_line, say

_HEAD = ("run", "kind", "space", "strategy", "data", "epochs", "state", "valid", "test", "parameters", "when")
# Shown in one column each, whichever there is: a part of 1, or a perplexity.
_FIGURES = ("accuracy", "perplexity", "loss")


def runs(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="Folder to search for runs.")] = Path("runs"),
    other: Annotated[
        Path | None, typer.Argument(metavar="[RUN]", help="Second run, to compare the first one with.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the runs in a folder with their state and results, or compare two runs."""
    if other is not None:
        _compare(files.read(folder), files.read(other), as_json)
        return
    found = files.find(folder)
    if as_json:
        say(json.dumps([run.to_json() for run in found], indent=2))
        return
    if not found:
        say(one_line(f"no runs in {folder}"), error=True)
        return
    _table([_HEAD, *(_row(run) for run in found)])
    for run in found:
        if run.failure:
            say(one_line(f"{run.path} failed: {run.failure}"))


def _row(run: Run) -> tuple[str, ...]:
    done, of = run.epochs
    params = run.results.get("params")
    return (
        str(run.path),
        run.kind,
        run.space,
        _text(run.settings.get("strategy")),
        _text(run.settings.get("data")),
        f"{done}/{of}" if of else "",
        run.state,
        _figure(run, "valid"),
        _figure(run, "test"),
        f"{params:,}" if params is not None else "",
        datetime.fromtimestamp(run.changed).strftime("%Y-%m-%d %H:%M") if run.changed else "",
    )


def _figure(run: Run, part: str) -> str:
    for name in _FIGURES:
        if (value := run.results.get(f"{part}_{name}")) is not None:
            return _text(value) if name == "accuracy" else f"{name} {_text(value)}"
    return ""


def _compare(one: Run, two: Run, as_json: bool) -> None:
    found = files.differences(one, two)
    if as_json:
        say(json.dumps({"runs": [one.to_json(), two.to_json()], "differences": found}, indent=2))
        return
    rows: list[tuple[str, ...]] = [("", str(one.path), str(two.path))]
    rows.append(("state", one.state, two.state))
    for title, table in found.items():
        rows.append((f"{title}:" + ("" if table else " the same"), "", ""))
        rows += [(f"  {name}", _text(pair[0]), _text(pair[1])) for name, pair in table.items()]
    _table(rows)


def _table(rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        say(one_line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4f}" if 0.001 <= abs(value) < 1000 or value == 0 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
