"""The loop of search and retraining: epochs, checkpoints, interruption, progress."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from nasdsl.diagnostics import NasError, error
from nasdsl.parallel.group import ALONE, ProcessGroup
from nasdsl.runs.checkpoint import Checkpoint
from nasdsl.runs.folder import EVENTS, RunFolder
from nasdsl.runs.result import Metrics
from nasdsl.runs.tensorboard import Events
from nasdsl.terminal import say
from nasdsl.training.divergence import Diverged, unsound
from nasdsl.training.interruption import Interrupted, Interruption

# The epoch, the part of it that is done, and the figures of the last step.
Show = Callable[[int, float, Metrics], None]


class Loop:
    """Run `step(epoch, step)` for all steps of all epochs.

    `steps` is their number in every epoch, or a function of the epoch; every `seconds` a checkpoint is written.
    """

    def __init__(
        self,
        run: RunFolder,
        epochs: int,
        steps: int | Callable[[int], int],
        seconds: float,
        title: str,
        quiet: bool,
        group: ProcessGroup = ALONE,
    ):
        self.run, self.epochs, self.seconds = run, epochs, seconds
        self.steps: Callable[[int], int] = (lambda _: steps) if isinstance(steps, int) else steps
        self.title, self.quiet, self.group = title, quiet or not group.first, group
        self.interruption = Interruption()
        # Where it stands: `done` steps of `epoch`, their figures added up, and those of the epochs before.
        self.epoch, self.done = 0, 0
        self.sums: Metrics = {}
        self.rows: list[Metrics] = []

    def __call__(
        self,
        step: Callable[[int, int], Metrics],
        epoch_end: Callable[[int, Events, Metrics], Metrics],
        state: Callable[[], dict[str, Any]],
        restore: Callable[[dict[str, Any]], None],
        resume: bool,
    ) -> list[Metrics]:
        """Run all remaining epochs and return their metrics; `epoch_end` gets the means over an epoch and adds to them.

        `state` and `restore` save and load the state of a checkpoint, with weights as `net`.  Raises `Interrupted`,
        NAS807, NAS808 if the run cannot be resumed, NAS811 if a value diverges, NAS817.
        """
        if resume and (saved := self.run.read_checkpoint()) is not None:
            self._go_on(saved, restore)
        self.group.same(self.epoch, "the epoch to resume at")
        self.group.same(self.done, "the step to resume at")
        events = Events(self.run.path / EVENTS, self.epoch)
        try:
            with self.interruption, self.group.norms(), self._progress() as show:
                while self.epoch < self.epochs:
                    self._run_epoch(step, state, show)
                    self._end_epoch(epoch_end, state, events)
        except Diverged as failure:
            stopped = self._diverged(str(failure))
            self.run.write_failure(stopped)
            raise stopped from None
        except NasError as failure:
            self.run.write_failure(failure)
            raise
        return self.rows

    def _go_on(self, saved: Checkpoint, restore: Callable[[dict[str, Any]], None]) -> None:
        try:
            restore(saved.state)
            torch.set_rng_state(saved.rng)
        except (KeyError, RuntimeError, ValueError, TypeError) as failure:
            raise error("NAS808", f"the checkpoint in `{self.run.path}` cannot be restored: {failure}") from None
        self.epoch, self.done, self.sums, self.rows = saved.epoch, saved.step, saved.sums, saved.rows

    def _run_epoch(self, step: Callable[[int, int], Metrics], state: Callable[[], dict[str, Any]], show: Show) -> None:
        """Run the remaining steps of an epoch."""
        last, steps = time.monotonic(), self.steps(self.epoch)
        for number in range(self.done, steps):
            metrics, stop, due = self.group.agree(
                step(self.epoch, number), self.interruption.asked, time.monotonic() - last >= self.seconds
            )
            if not math.isfinite(metrics["loss"]):
                raise self._diverged("the loss")
            for name, value in metrics.items():
                self.sums[name] = self.sums.get(name, 0.0) + value
            self.done = number + 1
            show(self.epoch, self.done / steps, metrics)
            if stop or due:
                last = time.monotonic()
                self._checkpoint(state)
                if stop:
                    raise Interrupted

    def _end_epoch(
        self,
        epoch_end: Callable[[int, Events, Metrics], Metrics],
        state: Callable[[], dict[str, Any]],
        events: Events,
    ) -> None:
        self._check_weights(state())
        steps = self.steps(self.epoch)
        means = {name: value / steps for name, value in self.sums.items()}
        row: Metrics = {"epoch": self.epoch + 1, **means, **epoch_end(self.epoch, events, means)}
        for name, value in row.items():
            if name != "epoch":
                events.add_scalar(name, value, self.epoch)
        self.rows.append(row)
        self.epoch, self.done, self.sums = self.epoch + 1, 0, {}
        self.run.write_metrics(self.rows)
        self.run.guard(events.flush)
        self._checkpoint(state, check=False)
        self._line(row)
        if self.group.any(self.interruption.asked):
            raise Interrupted

    def _checkpoint(self, state: Callable[[], dict[str, Any]], check: bool = True) -> None:
        kept = state()
        if check:
            self._check_weights(kept)
        fingerprint = self.run.config.space.fingerprint
        self.run.write_checkpoint(
            Checkpoint(fingerprint, self.epoch, self.done, self.sums, self.rows, torch.get_rng_state(), kept)
        )

    def _check_weights(self, state: dict[str, Any]) -> None:
        """Check the weights, since no loss shows the last update: diverged weights never reach a checkpoint."""
        if unsound(state["net"]) is not None:
            raise self._diverged("a weight")

    def _diverged(self, what: str) -> NasError:
        hint = f"the last good checkpoint is kept in `{self.run.path}`; try a smaller learning rate"
        return error("NAS811", f"{what} became infinite or NaN in epoch {self.epoch + 1}", help=hint)

    def _line(self, row: Metrics) -> None:
        if not self.quiet and not sys.stderr.isatty():
            text = "  ".join(f"{name} {value:.4f}" for name, value in row.items() if name != "epoch")
            say(f"{self.title} epoch {row['epoch']}/{self.epochs}  {text}", error=True)

    def _progress(self) -> AbstractContextManager[Show]:
        if self.quiet or not sys.stderr.isatty():
            return nullcontext(lambda *_: None)
        return _Bar(self.title, self.epochs)


class _Bar(AbstractContextManager[Show]):
    def __init__(self, title: str, epochs: int):
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[text]}", markup=False),
            TimeRemainingColumn(),
        )
        self.progress = Progress(*columns, console=Console(stderr=True))
        self.title, self.epochs = title, epochs

    def __enter__(self) -> Show:
        self.progress.start()
        task = self.progress.add_task(self.title, total=self.epochs, text="")

        def show(epoch: int, part: float, metrics: Metrics) -> None:
            text = f"epoch {epoch + 1}/{self.epochs}  loss {metrics['loss']:.3f}  accuracy {metrics['accuracy']:.3f}"
            self.progress.update(task, completed=epoch + part, text=text)

        return show

    def __exit__(self, *_: object) -> None:
        self.progress.stop()
