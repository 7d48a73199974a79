"""`nasdsl arch`: convert architectures from and to the notations of other systems."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from nasdsl.cli.common import Json, Output, Settings, SpaceName, load_space, write
from nasdsl.cli.lazy import Command, Group
from nasdsl.diagnostics import Source, error
from nasdsl.terminal import say

app = typer.Typer(
    cls=Group, no_args_is_help=True, add_completion=False, rich_markup_mode=None,
    help="Convert architectures from and to other notations.",
)  # fmt: skip

Given = Annotated[
    str, typer.Argument(metavar="FILE_OR_TEXT", help="A file, the text of an architecture, or - for standard input.")
]
FILE_NAME = re.compile(r"[\w.+~/\\-]*[A-Za-z/\\][\w.+~/\\-]*")


@app.command(cls=Command)
def convert(
    space: SpaceName,
    given: Given,
    source: Annotated[str, typer.Option("--from", metavar="NOTATION", help="Input notation.")] = "nasdsl",
    target: Annotated[str, typer.Option("--to", metavar="NOTATION", help="Output notation.")] = "nasdsl",
    set_: Settings = None,
    output: Output = None,
) -> None:
    """Read an architecture in one notation and write it in another.

    `nasdsl arch notations SPACE` lists the notations; `--from` and `--to` default to nasdsl's own.
    """
    from nasdsl import notations

    reader, writer = notations.find(source), notations.find(target)
    loaded = load_space(space, set_)
    text = writer.write(reader.read(_source(given), loaded), loaded)
    write(text if text.endswith("\n") else text + "\n", output)


@app.command("notations", cls=Command)
def notations_(space: SpaceName, set_: Settings = None, as_json: Json = False) -> None:
    """List the notations that can express the architectures of a space."""
    from nasdsl import notations

    rows = {name: notation.summary for name, notation in notations.fitting(load_space(space, set_)).items()}
    if as_json:
        say(json.dumps(rows, indent=2))
    for name, summary in ({} if as_json else rows).items():
        say(f"{name:18} {summary}")


def _source(given: str) -> Source:
    """Return the text of standard input or a file, or else the argument itself.  Raises NAS106 and NAS209."""
    from nasdsl.semantics.scopes import read_source

    if given == "-":
        try:
            return Source("standard input", sys.stdin.buffer.read().decode("utf-8-sig"))
        except UnicodeDecodeError as failure:
            raise error("NAS106", f"standard input is not UTF-8 text (byte {failure.start})") from None
    if os.path.isfile(given):
        return read_source(Path(given))
    if FILE_NAME.fullmatch(given):
        raise error("NAS209", f"file `{given}` not found")
    return Source("text", given)
