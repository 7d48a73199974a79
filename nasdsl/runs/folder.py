"""The run folder: configuration, checkpoints and results, each written atomically."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from nasdsl.diagnostics import NasError, error
from nasdsl.files import write_atomic
from nasdsl.runs.checkpoint import CHECKPOINT, Checkpoint
from nasdsl.runs.config import CONFIG, RunConfig
from nasdsl.runs.lock import locked
from nasdsl.runs.result import FAILURE, METRICS, RESULT, Metrics, RunFailure, RunResult
from nasdsl.space import Space

SPACE, EVENTS = "space.nas", "events"
# What a run writes, and what one that replaces it removes.
WRITTEN = (
    CONFIG, SPACE, CHECKPOINT, METRICS, "architecture.json", "weights.safetensors", "network.py", RESULT, FAILURE,
    "architectures", EVENTS,
)  # fmt: skip


class RunFolder:
    """The folder of an active run: `with RunFolder.open(...) as run:`.

    In a distributed run only the first process is the `writer`; the others only read checkpoints.
    """

    def __init__(self, path: Path, config: RunConfig, writer: bool):
        self.path, self.config, self.writer = path, config, writer

    @classmethod
    @contextmanager
    def open(
        cls,
        path: str | os.PathLike[str],
        config: RunConfig,
        space: Space,
        *,
        resume: bool = False,
        force: bool = False,
        writer: bool = True,
    ) -> Iterator[RunFolder]:
        """Start a run in an empty folder, resume the one there (`resume`), or overwrite it (`force`).

        Within the block the run is locked: no other process can resume or overwrite it.  Raises NAS601 for
        both at once, NAS806 for a folder in use, NAS807, and NAS808 or NAS809 if the run cannot be resumed.
        """
        run = cls(Path(path), config, writer)
        with ExitStack() as locks:
            if writer:
                with run._writing():
                    run._prepare(space, resume, force, locks)
            yield run

    def _prepare(self, space: Space, resume: bool, force: bool, locks: ExitStack) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise error("NAS807", f"`{self.path}` is a file; expected a run folder")
        if resume and force:
            raise error("NAS601", "--resume and --force are mutually exclusive")
        config = self.path / CONFIG
        if resume:
            before = RunConfig.read(config)
            if before is None:
                raise error("NAS809", f"`{self.path}` has no run to resume")
            self.config.check_goes_on(before, self.path)
            locks.enter_context(locked(config))
            self._sweep()
            (self.path / FAILURE).unlink(missing_ok=True)
            tempfile.TemporaryFile(dir=self.path).close()  # a folder that cannot be written is said before an epoch
            return
        if self.path.is_dir() and any(self.path.iterdir()):
            if not force:
                hint = "resume it with --resume, overwrite it with --force, or choose another folder with -o"
                raise error("NAS806", f"`{self.path}` already holds a run or other files", help=hint)
            if config.is_file():
                locks.enter_context(locked(config))
            self._clear()
        self.path.mkdir(parents=True, exist_ok=True)
        self._write_json(CONFIG, self.config.to_json())
        locks.enter_context(locked(config))
        self.write(SPACE, space.text.encode())

    def _clear(self) -> None:
        """Remove the files of a run; a folder without a run stays untouched."""
        try:
            before = RunConfig.read(self.path / CONFIG)
        except (NasError, OSError):
            before = None
        found = [name for name in WRITTEN if (self.path / name).exists()]
        if found and before is None:
            text = ", ".join(f"`{name}`" for name in found)
            raise error("NAS806", f"`{self.path}` is not a run folder and contains {text}, which a run would overwrite")
        for name in found:
            target = self.path / name
            shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
        self._sweep()

    def _sweep(self) -> None:
        """Remove the unfinished files of a killed run."""
        for name in WRITTEN:
            for part in self.path.glob(f".{name}.????????"):
                part.unlink(missing_ok=True)

    # writing

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as failure:
            text = f"the run folder `{self.path}` cannot be written: {failure.strerror or failure}"
            raise error("NAS807", text) from None

    def guard(self, action: Callable[[], None]) -> None:
        """Run `action`, which writes to the folder.  Raises NAS807 if that fails."""
        if self.writer:
            with self._writing():
                action()

    def write(self, name: str, data: bytes) -> None:
        """Write a file in the folder.  Raises NAS807, like everything that writes."""

        def action() -> None:
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            write_atomic(self.path / name, data)

        self.guard(action)

    def _write_json(self, name: str, data: Any) -> None:
        self.write(name, (json.dumps(data, indent=2) + "\n").encode())

    def write_metrics(self, rows: list[Metrics]) -> None:
        """Write the metrics of all epochs so far, rewriting the file so that a resumed run has no row twice."""
        self.write(METRICS, "".join(json.dumps(row) + "\n" for row in rows).encode())

    def write_result(self, result: RunResult) -> None:
        self._write_json(RESULT, result.to_json())

    def write_failure(self, failure: NasError) -> None:
        """Record why the run failed, if the folder can still be written."""
        with suppress(NasError):
            self._write_json(FAILURE, RunFailure.of(failure.diagnostics).to_json())

    def write_checkpoint(self, checkpoint: Checkpoint) -> None:
        self.write(CHECKPOINT, checkpoint.to_bytes())

    # reading

    def read_checkpoint(self) -> Checkpoint | None:
        """Return the checkpoint to resume from, or None before the first.  Raises NAS808."""
        path = self.path / CHECKPOINT
        return Checkpoint.read(path, self.config.space.fingerprint) if path.exists() else None
