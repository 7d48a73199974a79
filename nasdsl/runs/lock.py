"""The lock on a run's `config.json`, held by the process that works on the run.  Does not need torch."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from nasdsl.diagnostics import error

try:
    import fcntl
except ImportError:  # not on this system: runs are not locked, and one under way is shown as interrupted
    fcntl = None

# A listing of runs holds the lock for a moment: so often, and so many seconds apart, it is asked for.
_TRIES, _PAUSE = 10, 0.05


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of the run whose `config.json` is `path`; has no effect on file systems without locks.

    Raises NAS806 if another process holds it, OSError if the file cannot be read.
    """
    if fcntl is None:
        yield
        return
    with path.open("rb") as file:
        if not _take(file, path):
            hint = "wait until it ends, or choose another folder with -o"
            raise error("NAS806", f"another process is using the run in `{path.parent}`", help=hint)
        yield


def _take(file: BinaryIO, path: Path) -> bool:
    """Return False if another process has the lock, or has replaced the file since it was opened."""
    assert fcntl is not None
    for number in range(_TRIES):
        if number:
            time.sleep(_PAUSE)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        except OSError:  # a file system without locks
            return True
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    return False


def is_locked(path: Path) -> bool:
    """Return True if a process works on the run whose `config.json` is `path`, False also if that is unknown."""
    if fcntl is None:
        return False
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
