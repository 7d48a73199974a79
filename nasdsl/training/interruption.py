"""Ctrl-C during training.  Needs no torch, so that the command line can name `Interrupted` at once."""

from __future__ import annotations

import signal
import threading
from types import FrameType


class Interrupted(Exception):
    """The user asked to stop; a checkpoint was written."""


class Interruption:
    """Within the block, ctrl-C sets `asked` and the training ends at its next step; a second one ends it at once.

    In a thread other than the main one signals cannot be caught, and nothing is ever asked.
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
