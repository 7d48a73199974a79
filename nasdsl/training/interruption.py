"""Ctrl-C during training.  Does not need torch, so that the command line can import `Interrupted` quickly."""

from __future__ import annotations

import signal
import threading
from types import FrameType


class Interrupted(Exception):
    """Raised if the user interrupts a run, after writing a checkpoint."""


class Interruption:
    """Within the block, Ctrl-C sets `asked` and training ends at its next step; a second one ends it at once.

    Signals can only be caught in the main thread; in others `asked` stays False.
    """

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> Interruption:
        self._main = threading.current_thread() is threading.main_thread()
        if self._main:
            self._previous = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        if self._main and self._previous is not None:  # None: a handler that was not set from Python
            signal.signal(signal.SIGINT, self._previous)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
