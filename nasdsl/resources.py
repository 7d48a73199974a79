"""Where the grammar and the shipped spaces lie: inside an installed wheel, or in the checkout itself."""

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
    """Name to path of every shipped space."""
    return {path.stem: path for path in sorted(spaces().glob("*.nas"))}


def library(dotted: str) -> Path:
    """The file of `use std.darts`; it need not exist."""
    return spaces().joinpath(*dotted.split(".")).with_suffix(".nas")
