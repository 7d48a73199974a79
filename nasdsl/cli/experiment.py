"""An experiment in one TOML file: space, parameters, search, options of the strategy, data, retraining.

    space = "darts"
    out = "runs/darts-2"
    [parameters]
    channels = 16
    [search]
    strategy = "darts"
    epochs = 50
    [options]
    order = 2
    [data]
    name = "cifar10"
    [retrain]
    recipe = "darts-cifar"
    epochs = 600

`[retrain]` holds both the settings and the options of a training.
Paths of spaces, recipes and data folders are relative to the file.  The command line overrides the file, and paths
on it are relative to the current folder.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from nasdsl.diagnostics import display_name, error, suggest
from nasdsl.options.settings import RetrainSettings, SearchSettings
from nasdsl.options.toml import read_toml
from nasdsl.options.training import TrainOptions

_DATA = {"name": "data", "dir": "data_dir", "limit": "limit"}
_SEARCH = tuple(item.name for item in fields(SearchSettings) if item.name not in (*_DATA.values(), "options"))
_TRAINING = tuple(item.name for item in fields(TrainOptions))
_RETRAIN = tuple(item.name for item in fields(RetrainSettings) if item.name not in (*_DATA.values(), "options"))
_RETRAIN += _TRAINING
# None: any key, which the space or the strategy judges.
_TABLES: dict[str, tuple[str, ...] | None] = {
    "parameters": None, "search": _SEARCH, "options": None, "data": tuple(_DATA), "retrain": _RETRAIN,
}  # fmt: skip


@dataclass
class Experiment:
    """`search` and `retrain` are settings by the names that the Python calls have."""

    space: str | None = None
    out: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    search: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    retrain: dict[str, Any] | None = None


def read_experiment(path: Path) -> Experiment:
    """Read an experiment.  Raises NAS601 for invalid TOML, unknown keys, and values of the wrong type."""
    name = display_name(path)
    data = read_toml(path)
    for key, value in data.items():
        if key in _TABLES:
            _check_table(name, key, value)
        elif key in ("space", "out"):
            if not isinstance(value, str):
                raise error("NAS601", f"`{name}`: `{key}` must be a string, found {value!r}")
        else:
            raise error("NAS601", f"`{name}` has an unknown key `{key}`", help=_help(key))
    found = Experiment(data.get("space"), data.get("out"), data.get("parameters", {}), dict(data.get("search", {})))
    found.options = data.get("options", {})
    if "retrain" in data:
        found.retrain = {key: value for key, value in data["retrain"].items() if key not in _TRAINING}
        found.retrain["options"] = {key: value for key, value in data["retrain"].items() if key in _TRAINING}
        if str(found.retrain.get("recipe", "")).endswith(".toml"):
            found.retrain["recipe"] = str(path.parent / found.retrain["recipe"])
    found.search |= {_DATA[key]: value for key, value in data.get("data", {}).items()}
    if found.space and found.space.endswith(".nas"):
        found.space = str(path.parent / found.space)
    if isinstance(found.search.get("data_dir"), str):
        found.search["data_dir"] = str(path.parent / found.search["data_dir"])
    return found


def _check_table(name: str, key: str, value: Any) -> None:
    if not isinstance(value, dict):
        raise error("NAS601", f"`{name}`: `{key}` must be a table, `[{key}]`, found {value!r}")
    known = _TABLES[key]
    for inner in value:
        if known is not None and inner not in known:
            hint = _home(inner) or suggest(inner, known) or "known: " + ", ".join(known)
            raise error("NAS601", f"`{name}`: `[{key}]` has an unknown key `{inner}`", help=hint)


def _home(key: str) -> str:
    """Return a help line with the tables that accept a misplaced key, or an empty string."""
    homes = [f"`[{table}]`" for table, known in _TABLES.items() if known and key in known]
    return f"`{key}` belongs to " + " or ".join(homes) if homes else ""


def _help(key: str) -> str:
    names = ["space", "out", *_TABLES]
    return _home(key) or suggest(key, names) or "known: " + ", ".join(names)
