"""`config.json`: the configuration of a run.  Does not need torch."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nasdsl.diagnostics import error
from nasdsl.runs.fields import count, table, text, texts
from nasdsl.version import __version__

if TYPE_CHECKING:
    from nasdsl.space import Space

CONFIG = "config.json"
FORMAT, VERSION = "nasdsl-run", 1
Kind = Literal["search", "retrain"]
# Settings that may be others when a run goes on.
_FREE = ("checkpoint_seconds", "device", "data_dir")


@dataclass(frozen=True)
class SpaceRecord:
    """The space of a run; `fingerprint` is that of its supernet, `schema` that of its decisions."""

    name: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: str = ""
    schema: str = ""

    @classmethod
    def of(cls, space: Space) -> SpaceRecord:
        """Return the record of a space."""
        return cls(space.name, space.parameters, space.fingerprint, space.schema_fingerprint)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SpaceRecord:
        """Return the record in the content of a `config.json`."""
        names = ("name", "fingerprint", "schema")
        return cls(parameters=table(data.get("parameters")), **{name: text(data.get(name)) for name in names})


@dataclass(frozen=True)
class RunConfig:
    """The settings of a run, and values derived from them and the data.

    `parts` are the sizes of the parts of the data, `architecture` is the file of the retrained architecture,
    `inherit` names the source of the initial weights.  `kind` is empty if the file has none.
    """

    kind: Kind | Literal[""]
    space: SpaceRecord
    settings: Mapping[str, Any]
    epochs: int = 0
    parts: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    architecture: Mapping[str, Any] | None = None
    inherit: str | None = None
    processes: int = 1
    versions: Mapping[str, str] = field(default_factory=lambda: _versions())

    def to_json(self) -> dict[str, Any]:
        """Return the content of `config.json`, with the keys in their established order."""
        data: dict[str, Any] = {"format": FORMAT, "version": VERSION, "kind": self.kind, "space": asdict(self.space)}
        data |= {"settings": self.settings, "versions": self.versions}
        data |= {"epochs": self.epochs, "parts": self.parts, "notes": list(self.notes)}
        if self.architecture is None:
            return data | {"processes": self.processes, "inherit": self.inherit}
        return data | {"architecture": self.architecture, "inherit": self.inherit, "processes": self.processes}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RunConfig | None:
        """Return the configuration, or None if `data` is not one; fields of the wrong type count as missing."""
        if data.get("format") != FORMAT:
            return None
        kind, architecture = data.get("kind"), data.get("architecture")
        return cls(
            kind=kind if kind == "search" or kind == "retrain" else "",
            space=SpaceRecord.from_json(table(data.get("space"))),
            settings=table(data.get("settings")),
            epochs=count(data.get("epochs")),
            parts={name: count(value) for name, value in table(data.get("parts")).items()},
            notes=tuple(texts(data.get("notes"))),
            architecture=architecture if isinstance(architecture, dict) else None,
            inherit=text(data.get("inherit")) or None,
            processes=count(data.get("processes")) or 1,
            versions={name: text(value) for name, value in table(data.get("versions")).items()},
        )

    @classmethod
    def read(cls, path: Path) -> RunConfig | None:
        """Read a configuration, or None if the file is missing.  Raises NAS808 if it is damaged, and OSError."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            raise error("NAS808", f"`{path}` is damaged")
        return cls.from_json(data)

    def check_goes_on(self, before: RunConfig, folder: Path) -> None:
        """Check that a run with this configuration can resume the one in `folder`.  Raises NAS809."""
        if before.kind != self.kind:
            raise error("NAS809", f"the run in `{folder}` is not a {self.kind}: {before.kind!r}")
        if before.space.fingerprint != self.space.fingerprint:
            raise error("NAS809", f"the run in `{folder}` has a different space or different parameters")
        old, new = flat(before.settings), flat(self.settings)
        differ = [name for name in {**new, **old} if name not in _FREE and old.get(name) != new.get(name)]
        if differ:
            found = ", ".join(f"{name} (was {old.get(name)!r}, now {new.get(name)!r})" for name in differ)
            raise error("NAS809", f"the run was started with different options: {found}")
        if before.inherit != self.inherit:
            raise error("NAS809", "the run started from different weights")
        if table(before.architecture).get("decisions") != table(self.architecture).get("decisions"):
            raise error("NAS809", f"the run in `{folder}` trains a different architecture")


def _versions() -> dict[str, str]:
    import torch

    return {"nasdsl": __version__, "python": platform.python_version(), "torch": torch.__version__}


def flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten settings: entries of inner tables become `TABLE.NAME`."""
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, dict):
            found.update({f"{name}.{inner}": item for inner, item in value.items()})
        else:
            found[name] = value
    return found
