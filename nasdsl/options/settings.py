"""Settings and options, shared by the Python API, the command line and `config.json`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from nasdsl.diagnostics import error, suggest

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")
Options = TypeVar("Options", bound="DataclassInstance")

# auto: bfloat16 on a GPU that has it, float32 elsewhere.
PRECISIONS = ("auto", "float32", "bfloat16")
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "str": ((str,), "a string"),
    "int": ((int,), "an integer"),
    "float": ((int, float), "a number"),
    "dict[str, Any]": ((dict,), "a table"),
}


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, _KINDS[kind][0]) and not isinstance(value, bool)


@dataclass(frozen=True)
class DataSettings:
    data: str = "digits"
    data_dir: str | None = None
    limit: int | None = None
    batch_size: int = 64
    seed: int = 0
    device: str = "auto"
    epochs: int | None = None
    checkpoint_seconds: float = 60.0
    precision: str = "auto"
    accumulate: int = 1

    def __post_init__(self) -> None:
        for item in fields(self):
            kind, _, optional = str(item.type).partition(" | ")
            value = getattr(self, item.name)
            if not (value is None and optional) and not _is(value, kind):
                raise error("NAS601", f"`{item.name}` must be {_KINDS[kind][1]}, found {value!r}")
        for name in ("batch_size", "epochs", "limit", "accumulate"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise error("NAS601", f"`{name}` must be a positive integer, found {value!r}")
        if self.precision not in PRECISIONS:
            hint = suggest(self.precision, PRECISIONS) or "one of " + ", ".join(PRECISIONS)
            raise error("NAS601", f"unknown precision `{self.precision}`", help=hint)
        if not 0 <= self.seed < 2**32:
            raise error("NAS601", f"`seed` must be an integer from 0 to 4294967295, found {self.seed!r}")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class SearchSettings(DataSettings):
    strategy: str = "darts"
    split: float = 0.5
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.split < 1:
            raise error("NAS804", f"`split` must be between 0 and 1, found {self.split}")


@dataclass(frozen=True)
class RetrainSettings(DataSettings):
    recipe: str | None = None
    options: dict[str, Any] = field(default_factory=dict)


def checked(table: type[DataclassInstance], given: dict[str, Any]) -> dict[str, Any]:
    """Return settings given by name.  Raises NAS601 for names that the table does not have."""
    known = [item.name for item in fields(table)]
    for name in given:
        if name not in known:
            raise error("NAS601", f"unknown option `{name}`", help=suggest(name, known))
    return given


def option(
    default: T, help: str, *, choices: tuple[T, ...] = (), least: float | None = None, most: float | None = None
) -> T:
    """Declare an option: its default, help text, and allowed values."""
    return field(default=default, metadata={"help": help, "choices": choices, "least": least, "most": most})


def describe_options(table: type[DataclassInstance]) -> dict[str, dict[str, Any]]:
    """Map each option's name to its type, default, help, and allowed values, if restricted."""
    rows: dict[str, dict[str, Any]] = {}
    for item in fields(table):
        row: dict[str, Any] = {"type": type(item.default).__name__, "default": item.default}
        row["help"] = item.metadata.get("help", "")
        if item.metadata.get("choices"):
            row["choices"] = list(item.metadata["choices"])
        rows[item.name] = row
    return rows


def parse_options(table: type[Options], given: Mapping[str, Any], owner: str) -> Options:
    """Parse options given as text or values; `owner` names their owner in messages.  Raises NAS601."""
    known = {item.name: item for item in fields(table)}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            hint = suggest(name, known) or "it has " + ", ".join(known)
            raise error("NAS601", f"unknown option `{name}` for {owner}", help=hint)
        default, rules = known[name].default, known[name].metadata
        assert default is not MISSING
        try:
            values[name] = read = _as(default, value)
        except (TypeError, ValueError):
            raise error("NAS601", f"option `{name}` must be {_kind(default)}, found {value!r}") from None
        if read == "" != default:
            raise error("NAS601", f"option `{name}` is empty")
        if rules.get("choices") and read not in rules["choices"]:
            hint = "one of " + ", ".join(str(choice) for choice in rules["choices"])
            raise error("NAS601", f"option `{name}` cannot be {value!r}", help=hint)
        for item in read if isinstance(read, tuple) else (read,):
            if rules.get("least") is not None and item < rules["least"]:
                raise error("NAS601", f"option `{name}` must be at least {rules['least']}, found {value!r}")
            if rules.get("most") is not None and item > rules["most"]:
                raise error("NAS601", f"option `{name}` must be at most {rules['most']}, found {value!r}")
    return table(**values)


def _kind(default: Any) -> str:
    if isinstance(default, tuple):
        return f"a list of {len(default)} {'integers' if isinstance(default[0], int) else 'numbers'}"
    return {bool: "true or false", int: "an integer", float: "a number"}.get(type(default), "a string")


def _as(default: Any, value: Any) -> Any:
    """Convert `value` to the type of `default`.  Raises TypeError or ValueError."""
    if isinstance(default, tuple):
        items = value.split(",") if isinstance(value, str) else value
        if not isinstance(items, list | tuple) or len(items) != len(default):
            raise ValueError
        return tuple(
            _as(old, new.strip() if isinstance(new, str) else new) for old, new in zip(default, items, strict=True)
        )
    if isinstance(default, bool):
        if value in ("true", "false"):
            return value == "true"
        if not isinstance(value, bool):
            raise TypeError
        return value
    if isinstance(value, bool):
        raise TypeError
    if isinstance(default, int):
        number = float(value)
        if not number.is_integer():
            raise ValueError
        return int(number)
    if isinstance(default, float):
        number = float(value)
        if not math.isfinite(number):
            raise ValueError
        return number
    return str(value)
