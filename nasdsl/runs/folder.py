"""A run's folder: configuration, checkpoints and results, each written whole or not at all."""

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
    """The folder of a run under way: `with RunFolder.open(...) as run:`.

    Of several processes only the first is the `writer`: the others read checkpoints and write nothing.
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
        """Begins a run in an empty folder, goes on with the one there (`resume`), or replaces it (`force`).

        Within the block the run is locked: no other process can go on with it or replace it.  Raises NAS601 for
        both at once, NAS806 for a folder in use, NAS807, and NAS808 or NAS809 where the run cannot go on.
        """
        run = cls(Path(path), config, writer)
        with ExitStack() as locks:
            if writer:
                with run._writing():
                    run._prepare(space, resume, force, locks)
            yield run

    def _prepare(self, space: Space, resume: bool, force: bool, locks: ExitStack) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise error("NAS807", f"`{self.path}` is a file, not a folder for a run")
        if resume and force:
            raise error("NAS601", "--resume goes on with a run, --force replaces it: one of them")
        config = self.path / CONFIG
        if resume:
            before = RunConfig.read(config)
            if before is None:
                raise error("NAS809", f"there is no run in `{self.path}` to resume")
            self.config.check_goes_on(before, self.path)
            locks.enter_context(locked(config))
            self._sweep()
            (self.path / FAILURE).unlink(missing_ok=True)
            tempfile.TemporaryFile(dir=self.path).close()  # a folder that cannot be written is said before an epoch
            return
        if self.path.is_dir() and any(self.path.iterdir()):
            if not force:
                hint = "continue it with --resume, start anew with --force, or choose another folder with -o"
                raise error("NAS806", f"`{self.path}` already holds a run or other files", help=hint)
            if config.is_file():
                locks.enter_context(locked(config))
            self._clear()
        self.path.mkdir(parents=True, exist_ok=True)
        self._write_json(CONFIG, self.config.to_json())
        locks.enter_context(locked(config))
        self.write(SPACE, space.text.encode())

    def _clear(self) -> None:
        """Removes what a run wrote itself, and nothing where no run is."""
        try:
            before = RunConfig.read(self.path / CONFIG)
        except (NasError, OSError):
            before = None
        found = [name for name in WRITTEN if (self.path / name).exists()]
        if found and before is None:
            text = ", ".join(f"`{name}`" for name in found)
            raise error("NAS806", f"`{self.path}` holds no run, but {text}, which a run would replace")
        for name in found:
            target = self.path / name
            shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
        self._sweep()

    def _sweep(self) -> None:
        """Removes the unfinished files of a run that was killed."""
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
        """`action`, which writes into the folder.  Raises NAS807 where it cannot."""
        if self.writer:
            with self._writing():
                action()

    def write(self, name: str, data: bytes) -> None:
        """A file in the folder.  Raises NAS807, as all that writes."""

        def action() -> None:
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            write_atomic(self.path / name, data)

        self.guard(action)

    def _write_json(self, name: str, data: Any) -> None:
        self.write(name, (json.dumps(data, indent=2) + "\n").encode())

    def write_metrics(self, rows: list[Metrics]) -> None:
        """The figures of all epochs so far; rewritten whole, so that a resumed run has no row twice."""
        self.write(METRICS, "".join(json.dumps(row) + "\n" for row in rows).encode())

    def write_result(self, result: RunResult) -> None:
        self._write_json(RESULT, result.to_json())

    def write_failure(self, failure: NasError) -> None:
        """Leaves word of why the run ended, as far as the folder can still be written."""
        with suppress(NasError):
            self._write_json(FAILURE, RunFailure.of(failure.diagnostics).to_json())

    def write_checkpoint(self, checkpoint: Checkpoint) -> None:
        self.write(CHECKPOINT, checkpoint.to_bytes())

    # reading

    def read_checkpoint(self) -> Checkpoint | None:
        """The checkpoint that the run goes on from; None before the first.  Raises NAS808."""
        path = self.path / CHECKPOINT
        return Checkpoint.read(path, self.config.space.fingerprint) if path.exists() else None
