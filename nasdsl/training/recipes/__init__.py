"""Recipes: published training settings, one TOML file each.

about = "..."                  # one line
paper = "..."
data = "cifar10"               # optional, like these:
epochs = 600
batch_size = 96
[parameters]                   # of the space, unless the user sets them
layers = 20
[options]                      # as in `options.TrainOptions`
cutout = 16
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nasdsl.diagnostics import display_name, error, suggest
from nasdsl.options.toml import read_toml

_FOLDER = Path(__file__).parent
_TEXTS, _NUMBERS, _TABLES = ("about", "paper", "data"), ("epochs", "batch_size"), ("parameters", "options")


@dataclass(frozen=True)
class Recipe:
    name: str
    about: str = ""
    paper: str = ""
    data: str | None = None
    epochs: int | None = None
    batch_size: int | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, Any]:
        """Return the settings of a run that the recipe sets."""
        found = {"data": self.data, "epochs": self.epochs, "batch_size": self.batch_size}
        return {name: value for name, value in found.items() if value is not None}


def names() -> list[str]:
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def find(name: str) -> Recipe:
    """Load a recipe by name or from a TOML file by path.  Raises NAS805, or NAS601 for an invalid file."""
    path = _FOLDER / f"{name}.toml"
    if name.endswith(".toml"):
        path = Path(name)
    elif name not in names():
        hint = suggest(name, names()) or "known: " + ", ".join(names())
        raise error("NAS805", f"unknown recipe `{name}`", help=hint)
    data = read_toml(path)
    shown = display_name(path)
    for key, value in data.items():
        kind = str if key in _TEXTS else int if key in _NUMBERS else dict if key in _TABLES else None
        if kind is None:
            known = (*_TEXTS, *_NUMBERS, *_TABLES)
            hint = suggest(key, known) or "known: " + ", ".join(known)
            raise error("NAS601", f"`{shown}` has an unknown key `{key}`", help=hint)
        if not isinstance(value, kind) or isinstance(value, bool):
            wanted = {str: "a string", int: "an integer", dict: f"a table, `[{key}]`"}[kind]
            raise error("NAS601", f"`{shown}`: `{key}` must be {wanted}, found {value!r}")
    return Recipe(path.stem, **data)
