"""One table of options for the Python call, the command line and `config.json`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from nasdsl.diagnostics import error, suggest


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

    def __post_init__(self) -> None:
        for name in ("batch_size", "epochs", "limit"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise error("NAS601", f"`{name}` must be a whole number of at least 1, found {value!r}")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or not 0 <= self.seed < 2**32:
            raise error("NAS601", f"`seed` must be a whole number from 0 to 4294967295, found {self.seed!r}")

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
            raise error(
                "NAS804", f"`split` is the part of the images that trains weights, between 0 and 1; found {self.split}"
            )


@dataclass(frozen=True)
class RetrainSettings(DataSettings):
    lr: float = 0.05
    weight_decay: float = 3e-4
    label_smoothing: float = 0.0


def parse_options(table: type, given: dict[str, Any], owner: str) -> Any:
    """`given` (texts or values) as the options dataclass of a strategy.  Raises NAS601."""
    known = {item.name: item for item in fields(table)}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            hint = suggest(name, known) or "it has " + ", ".join(known)
            raise error("NAS601", f"the strategy `{owner}` has no option `{name}`", help=hint)
        default = known[name].default
        try:
            values[name] = type(default)(value)
        except (TypeError, ValueError):
            raise error("NAS601", f"option `{name}` is a {type(default).__name__}, found {value!r}") from None
    return table(**values)
