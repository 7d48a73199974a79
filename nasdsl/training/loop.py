"""The loop that searching and retraining share: epochs, checkpoints, interruption, progress."""

from __future__ import annotations

import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from nasdsl.diagnostics import NasError, error
from nasdsl.parallel.group import ALONE, Group
from nasdsl.runs.folder import RunFolder
from nasdsl.runs.tensorboard import Events
from nasdsl.terminal import say

Metrics = dict[str, float]


class Interrupted(Exception):
    """The user asked to stop; a checkpoint was written."""


class Diverged(Exception):
    """What a step has trained is no number any more; the text says what it is."""


def unsound(tensors: Mapping[str, Tensor]) -> str | None:
    """The name of one that holds what is no number, or None.  The device is asked once, whatever their number."""
    sound = torch.stack([tensor.detach().isfinite().all() for tensor in tensors.values()]) if tensors else None
    if sound is None or bool(sound.all()):
        return None
    return list(tensors)[int(sound.to(torch.uint8).argmin())]


def pick_device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type == "meta":  # `meta` tensors hold no numbers
        raise error("NAS813", f"there is no device `{name}`", help="auto, cpu, cuda, or cuda:1 for the second GPU")
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as failure:
        reason = str(failure).splitlines()[0].partition(". ")[0]
        raise error("NAS813", f"the device `{name}` is not available: {reason}") from None
    return device


def autocast(device: torch.device, precision: str = "auto") -> Callable[[], AbstractContextManager[Any]]:
    """What a forward pass runs in; weights and their updates stay in float32.  Raises NAS813."""
    able = torch.amp.is_autocast_available(device.type)
    if device.type == "cuda":
        able = torch.cuda.is_bf16_supported(including_emulation=False)
    if precision == "bfloat16" and not able:
        raise error("NAS813", f"the device `{device}` does not compute in bfloat16", help="--precision float32")
    if precision == "float32" or not able or (precision == "auto" and device.type != "cuda"):
        return nullcontext
    return lambda: torch.autocast(device.type, dtype=torch.bfloat16)


class Loop:
    """Runs `step(epoch, step)` for all steps of all epochs; `state`/`restore` are what a checkpoint holds.

    `steps` is their number in every epoch, or a function of the epoch.  `epoch_end` has the means over the steps,
    and adds to them.
    """

    def __init__(
        self,
        run: RunFolder,
        epochs: int,
        steps: int | Callable[[int], int],
        seconds: float,
        title: str,
        quiet: bool,
        group: Group = ALONE,
    ):
        self.run, self.epochs, self.seconds = run, epochs, seconds
        self.steps: Callable[[int], int] = (lambda _: steps) if isinstance(steps, int) else steps
        self.title, self.quiet, self.group = title, quiet or not group.first, group
        self.rows: list[dict[str, Any]] = []
        self.stop = False

    def __call__(
        self,
        step: Callable[[int, int], Metrics],
        epoch_end: Callable[[int, Events, Metrics], Metrics],
        state: Callable[[], dict[str, Any]],
        restore: Callable[[dict[str, Any]], None],
        resume: bool,
    ) -> list[dict[str, Any]]:
        epoch, first, sums = 0, 0, {}
        if resume and (saved := self.run.load_checkpoint()) is not None:
            try:
                restore(saved["state"])
                epoch, first, sums, self.rows = saved["epoch"], saved["step"], saved["sums"], saved["rows"]
                torch.set_rng_state(saved["rng"])
            except (KeyError, RuntimeError, ValueError, TypeError) as failure:
                raise error("NAS808", f"the checkpoint in `{self.run.path}` does not fit: {failure}") from None
        self.group.same(epoch, "the epoch at which to go on")
        self.group.same(first, "the step at which to go on")

        def checkpoint(at: int, done: int) -> None:
            self.run.save_checkpoint(
                {
                    "format": "nasdsl-checkpoint",
                    "fingerprint": self.run.config["space"]["fingerprint"],
                    "epoch": at,
                    "step": done,
                    "sums": sums,
                    "rows": self.rows,
                    "rng": torch.get_rng_state(),
                    "state": state(),
                }
            )

        events = Events(self.run.path / "events", epoch)
        previous = self._catch_interrupt()
        try:
            with self.group.norms(), self._progress() as show:
                while epoch < self.epochs:
                    last, steps = time.monotonic(), self.steps(epoch)
                    for number in range(first, steps):
                        metrics, stop, due = self.group.agree(
                            step(epoch, number), self.stop, time.monotonic() - last >= self.seconds
                        )
                        if not math.isfinite(metrics["loss"]):
                            raise self._diverged("the loss", epoch)
                        for name, value in metrics.items():
                            sums[name] = sums.get(name, 0.0) + value
                        show(epoch, (number + 1) / steps, metrics)
                        if stop or due:
                            self._check_weights(state(), epoch)
                            last = time.monotonic()
                            checkpoint(epoch, number + 1)
                            if stop:
                                raise Interrupted
                    self._check_weights(state(), epoch)
                    means = {name: value / steps for name, value in sums.items()}
                    row: dict[str, Any] = {"epoch": epoch + 1, **means, **epoch_end(epoch, events, means)}
                    for name, value in row.items():
                        if name != "epoch":
                            events.add_scalar(name, value, epoch)
                    self.rows.append(row)
                    epoch, first = epoch + 1, 0
                    sums = {}
                    self.run.append(self.rows)
                    self.run.guard(events.flush)
                    checkpoint(epoch, 0)
                    self._line(row)
                    if self.group.any(self.stop):
                        raise Interrupted
        except Diverged as failure:
            # not by a name here: the error would hold this frame, and that the error, and so the run its lock
            raise self._noted(self._diverged(str(failure), epoch)) from None
        except NasError as failure:
            self.run.failed(failure)
            raise
        finally:
            if previous is not None:
                signal.signal(signal.SIGINT, previous)
        return self.rows

    def _catch_interrupt(self) -> Any:
        if threading.current_thread() is not threading.main_thread():
            return None

        def ask(*_: Any) -> None:
            if self.stop:  # asked twice: at once
                raise KeyboardInterrupt
            self.stop = True

        return signal.signal(signal.SIGINT, ask)

    def _check_weights(self, state: dict[str, Any], epoch: int) -> None:
        """The last update of all shows in no loss: a checkpoint of weights that are no numbers is never written."""
        if unsound(state["net"]) is not None:
            raise self._diverged("a weight", epoch)

    def _noted(self, failure: NasError) -> NasError:
        self.run.failed(failure)
        return failure

    def _diverged(self, what: str, epoch: int) -> NasError:
        hint = f"the last good checkpoint is kept in `{self.run.path}`; try a smaller learning rate"
        return error("NAS811", f"{what} became infinite or not a number in epoch {epoch + 1}", help=hint)

    def _line(self, row: dict[str, Any]) -> None:
        if not self.quiet and not sys.stderr.isatty():
            text = "  ".join(f"{name} {value:.4f}" for name, value in row.items() if name != "epoch")
            say(f"{self.title} epoch {row['epoch']}/{self.epochs}  {text}", error=True)

    def _progress(self) -> Any:
        if self.quiet or not sys.stderr.isatty():
            return nullcontext(lambda *_: None)
        return _Bar(self.title, self.epochs)


class _Bar:
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

    def __enter__(self) -> Callable[[int, float, Metrics], None]:
        self.progress.start()
        task = self.progress.add_task(self.title, total=self.epochs, text="")

        def show(epoch: int, part: float, metrics: Metrics) -> None:
            text = f"epoch {epoch + 1}/{self.epochs}  loss {metrics['loss']:.3f}  accuracy {metrics['accuracy']:.3f}"
            self.progress.update(task, completed=epoch + part, text=text)

        return show

    def __exit__(self, *_: Any) -> None:
        self.progress.stop()
