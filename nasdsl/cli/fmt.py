"""`nasdsl fmt`: files in their canonical layout."""

from __future__ import annotations

import difflib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from nasdsl.diagnostics import Diagnostic, NasError, Source, display_name, error
from nasdsl.files import write_atomic
from nasdsl.semantics.scopes import read_source
from nasdsl.syntax.formatter import format_source
from nasdsl.terminal import hand_on, one_line, say

Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PATHS]...", help="Files, folders (searched for *.nas), or - for standard input."),
]
Check = Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if a file would change.")]
Diff = Annotated[bool, typer.Option("--diff", help="Write nothing; show what would change; exit 1 if something would.")]


def fmt(paths: Paths = None, check: Check = False, diff: Diff = False) -> None:
    """Format files in place, and print the names of those that changed.

    Without PATHS: every *.nas file below the current folder.  A file that does not parse is left as it is.
    """
    if paths and "-" in paths:
        if len(paths) > 1:
            raise error("NAS601", "`-` stands alone: standard input is one file")
        _standard_input(check, diff)
        return
    problems: list[Diagnostic] = []
    changed = False
    for path in _files(paths or ["."], problems):
        try:
            changed = _file(path, check, diff) or changed
        except NasError as failure:
            problems.extend(failure.diagnostics)
    if problems:
        raise NasError(problems)
    if changed and (check or diff):
        raise typer.Exit(1)


def _files(paths: list[str], problems: list[Diagnostic]) -> Iterator[Path]:
    seen: set[str] = set()
    for text in paths:
        path = Path(text)
        if not path.exists():
            problems.extend(error("NAS209", f"there is no file or folder `{text}`").diagnostics)
            continue
        for file in _below(path) if path.is_dir() else [path]:
            real = os.path.realpath(file)
            if real not in seen:
                seen.add(real)
                yield file


def _below(folder: Path) -> list[Path]:
    """Every .nas file in a folder, not looking into hidden ones."""
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(place, name) for name in sorted(names) if name.endswith(".nas")]
    return [path for path in found if path.is_file()]


def _file(path: Path, check: bool, diff: bool) -> bool:
    source = read_source(path)
    text = format_source(source)
    if text == source.text:
        return False
    if diff:
        _show(source, text)
        return True
    if not check:
        try:
            write_atomic(path, text.encode())
        except OSError as failure:
            raise error("NAS603", f"`{display_name(path)}` cannot be written: {failure.strerror}") from None
    say(one_line(display_name(path)))
    return True


def _standard_input(check: bool, diff: bool) -> None:
    name = "<stdin>"
    try:
        source = Source(name, sys.stdin.buffer.read().decode("utf-8-sig"))
    except UnicodeDecodeError as failure:
        raise error("NAS106", f"`{name}` is not UTF-8 text (byte {failure.start})") from None
    text = format_source(source)
    if diff:
        _show(source, text)
    elif check and text != source.text:
        say(name)
    elif not check:
        hand_on(text)
    if (check or diff) and text != source.text:
        raise typer.Exit(1)


def _show(source: Source, text: str) -> None:
    before, after = (io.StringIO(item, newline="\n").readlines() for item in (source.text, text))
    name = one_line(source.name)
    lines = difflib.unified_diff(before, after, name, f"{name} (formatted)")
    hand_on("".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines))
