"""A run's folder: configuration, checkpoints and results, each written whole or not at all."""

from __future__ import annotations

import io
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from nasdsl.diagnostics import NasError, error
from nasdsl.files import write_atomic
from nasdsl.runs.index import hold
from nasdsl.space import Space
from nasdsl.version import __version__

OWN = (
    "config.json", "space.nas", "checkpoint.pt", "metrics.jsonl", "architecture.json", "weights.safetensors",
    "network.py", "result.json", "failure.json", "architectures", "events",
)  # fmt: skip


class RunFolder:
    """Of several processes only the first is the `writer`: the others read checkpoints and write nothing."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        config: dict[str, Any],
        space: Space,
        resume: bool,
        force: bool,
        writer: bool = True,
    ):
        self.path = Path(path)
        self.config = config
        self.space = space
        self.writer = writer
        if not writer:
            return
        try:
            self._open(resume, force)
            self._held = hold(self.path / "config.json")
        except NasError:
            raise
        except OSError as failure:
            raise self._unwritable(failure) from None

    def _open(self, resume: bool, force: bool) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise error("NAS807", f"`{self.path}` is a file, not a folder for a run")
        occupied = self.path.is_dir() and any(self.path.iterdir())
        if resume and force:
            raise error("NAS601", "--resume goes on with a run, --force replaces it: one of them")
        if resume:
            self._check_resume()
            self._sweep()
            (self.path / "failure.json").unlink(missing_ok=True)
            tempfile.TemporaryFile(dir=self.path).close()  # a folder that cannot be written is said before an epoch
            return
        if occupied and not force:
            hint = "continue it with --resume, start anew with --force, or choose another folder with -o"
            raise error("NAS806", f"`{self.path}` already holds a run or other files", help=hint)
        if occupied:
            self._clear()
        self.path.mkdir(parents=True, exist_ok=True)
        self.json("config.json", self.config)
        self.write("space.nas", self.space.text.encode())

    def _clear(self) -> None:
        """Removes what a run wrote itself, and nothing where no run is."""
        try:
            before = self._before()
        except (NasError, OSError):
            before = {}
        found = [name for name in OWN if (self.path / name).exists()]
        if found and before.get("format") != "nasdsl-run":
            text = ", ".join(f"`{name}`" for name in found)
            raise error("NAS806", f"`{self.path}` holds no run, but {text}, which a run would replace")
        for name in found:
            target = self.path / name
            shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
        self._sweep()

    def _sweep(self) -> None:
        """Removes the unfinished files of a run that was killed."""
        for name in OWN:
            for part in self.path.glob(f".{name}.????????"):
                part.unlink(missing_ok=True)

    def _before(self) -> dict[str, Any]:
        try:
            before = json.loads((self.path / "config.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise error("NAS809", f"there is no run in `{self.path}` to resume") from None
        except ValueError:
            raise error("NAS808", f"`{self.path / 'config.json'}` is damaged") from None
        if not isinstance(before, dict):
            raise error("NAS808", f"`{self.path / 'config.json'}` is damaged")
        return before

    def _check_resume(self) -> None:
        before = self._before()
        if before.get("kind") != self.config["kind"]:
            raise error("NAS809", f"the run in `{self.path}` is no {self.config['kind']}: {before.get('kind')!r}")
        if before.get("space", {}).get("fingerprint") != self.config["space"]["fingerprint"]:
            raise error("NAS809", f"the run in `{self.path}` is of another space or other parameters")
        old, new = _flat(before.get("settings", {})), _flat(self.config["settings"])
        free = ("checkpoint_seconds", "device", "data_dir")
        differ = [name for name in {**new, **old} if name not in free and old.get(name) != new.get(name)]
        if differ:
            text = ", ".join(f"{name} (was {old.get(name)!r}, now {new.get(name)!r})" for name in differ)
            raise error("NAS809", f"the run was started with other options: {text}")
        if before.get("inherit") != self.config.get("inherit"):
            raise error("NAS809", "the run was started with other weights to inherit")
        if before.get("architecture", {}).get("decisions") != self.config.get("architecture", {}).get("decisions"):
            raise error("NAS809", f"the run in `{self.path}` trains another architecture")

    def _unwritable(self, failure: OSError) -> NasError:
        return error("NAS807", f"the run folder `{self.path}` cannot be written: {failure.strerror or failure}")

    def write(self, name: str, data: bytes) -> None:
        def action() -> None:
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            write_atomic(self.path / name, data)

        self.guard(action)

    def json(self, name: str, data: Any) -> None:
        self.write(name, (json.dumps(data, indent=2) + "\n").encode())

    def append(self, rows: list[dict[str, Any]]) -> None:
        """The metrics of all epochs so far; rewritten whole, so that a resumed run has no row twice."""
        self.write("metrics.jsonl", "".join(json.dumps(row) + "\n" for row in rows).encode())

    def guard(self, action: Callable[[], None]) -> None:
        """`action`, which writes into the folder.  Raises NAS807 where it cannot."""
        if not self.writer:
            return
        try:
            action()
        except OSError as failure:
            raise self._unwritable(failure) from None

    def failed(self, failure: NasError) -> None:
        """Leaves word of why the run ended, as far as the folder can still be written."""
        with suppress(NasError):
            self.json("failure.json", [{"code": item.code, "message": item.message} for item in failure.diagnostics])

    def save_checkpoint(self, state: dict[str, Any]) -> None:
        whole = io.BytesIO()  # torch's own writer hides why a file cannot be written
        torch.save(state, whole)
        self.write("checkpoint.pt", whole.getvalue())

    def load_checkpoint(self) -> dict[str, Any] | None:
        path = self.path / "checkpoint.pt"
        if not path.exists():
            return None
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as failure:  # the reader fails in many ways on a damaged file
            reason = str(failure).splitlines()[0] if str(failure) else type(failure).__name__
            raise error("NAS808", f"the checkpoint `{path}` is damaged or not ours: {reason[:200]}") from None
        if not isinstance(state, dict) or state.get("format") != "nasdsl-checkpoint":
            raise error("NAS808", f"`{path}` is not a checkpoint of nasdsl")
        if state.get("fingerprint") != self.config["space"]["fingerprint"]:
            raise error("NAS808", f"the checkpoint `{path}` belongs to another space")
        return state


def _flat(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings with the options of the strategy among them, as `options.NAME`."""
    options = settings.get("options") or {}
    rest = {name: value for name, value in settings.items() if name != "options"}
    return {**rest, **{f"options.{name}": value for name, value in options.items()}}


def configuration(kind: str, space: Space, settings: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    return {
        "format": "nasdsl-run",
        "version": 1,
        "kind": kind,
        "space": {
            "name": space.name,
            "parameters": space.parameters,
            "fingerprint": space.fingerprint,
            "schema": space.schema_fingerprint,
        },
        "settings": settings,
        "versions": {"nasdsl": __version__, "python": platform.python_version(), "torch": torch.__version__},
        **extra,
    }
