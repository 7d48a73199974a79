"""What several commands share: arguments, parameters of a space, where output goes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from nasdsl.diagnostics import Diagnostic, error, render
from nasdsl.terminal import one_line, say

SpaceName = Annotated[str, typer.Argument(metavar="SPACE", help="A .nas file, or the name of a shipped space.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Set a parameter of the space.")
]
AllowExtern = Annotated[
    bool, typer.Option("--allow-extern", help="Let the space import the Python modules that its file names.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Seed = Annotated[int, typer.Option("--seed", help="What everything drawn at random follows from.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="Write to this file.")]


def parse_settings(texts: list[str] | None) -> dict[str, Any]:
    """`name=value` texts as parameters.  Raises NAS601."""
    values: dict[str, Any] = {}
    for text in texts or []:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise error("NAS601", f"`{text}` should be NAME=VALUE")
        values[name.strip()] = _value(value.strip())
    return values


def _value(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def load_space(
    name: str, settings: list[str] | None, more: dict[str, Any] | None = None, allow_extern: bool = False
) -> Any:
    """The space with `settings`; where they are silent, with `more`."""
    from nasdsl.space import open_space

    return open_space(name, {**(more or {}), **parse_settings(settings)}, allow_extern)


def print_options(rows: Mapping[str, Mapping[str, Any]], chosen: Mapping[str, Any]) -> None:
    """A table from `describe_options`, each value as it is given; what was `chosen` over the default has a star."""
    say("\noptions (--option NAME=VALUE)")
    for name, row in rows.items():
        said = name in chosen
        value = chosen[name] if said else row["default"]
        allowed = f" ({', '.join(map(str, row['choices']))})" if "choices" in row else ""
        say(one_line(f"{'*' if said else ' '} {name + '=' + _shown(value):28} {row['help']}{allowed}"))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(_shown, value)) if isinstance(value, tuple | list) else str(value)


def write(text: str, output: Path | None) -> None:
    """A document: exact in a file; on standard output nothing in it that a terminal would obey."""
    if output is None:
        say(text, end="")
        return
    from nasdsl.files import write_atomic

    try:
        write_atomic(output, text.encode())
    except OSError as failure:
        raise error("NAS603", f"`{output}` cannot be written: {failure.strerror}") from None


def complain(items: Iterable[Diagnostic]) -> None:
    """Print diagnostics to standard error."""
    items = tuple(items)
    terminal = sys.stderr.isatty()
    process = process_number()
    for item in items:
        text = render(item, colour=terminal)
        say(f"process {process}: {text}" if process else text, error=True, painted=True)
    if items and terminal and "--json" not in sys.argv:
        say(f"nasdsl explain {items[0].code} tells more", error=True)


def process_number() -> int:
    """Which of several processes this is; 0 where there is one."""
    rank, size = (os.environ.get(name, "") for name in ("RANK", "WORLD_SIZE"))
    return int(rank) if rank.isdecimal() and size.isdecimal() and int(size) > 1 else 0
