"""Locate the grammar and the shipped spaces, in an installed wheel or a checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def root() -> Path:
    packaged = Path(__file__).parent / "_data"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent


def grammar() -> Path:
    return root() / "grammars" / "nas.lark"


def spaces() -> Path:
    return root() / "spaces"


def shipped_spaces() -> dict[str, Path]:
    """Map the name of every shipped space to its path."""
    return {path.stem: path for path in sorted(spaces().glob("*.nas"))}


def std_file(dotted: str) -> Path:
    """Return the path of the file for `use std.darts`; it need not exist."""
    return spaces().joinpath(*dotted.split(".")).with_suffix(".nas")
