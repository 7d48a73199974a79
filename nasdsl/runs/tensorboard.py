"""TensorBoard events, written without a thread, so that a full disk raises at once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

# The generated modules declare nothing that a type checker could see.
events: Any = event_pb2
summaries: Any = summary_pb2


class Events:
    """Scalars of a run in one file under `folder`; `first` is the epoch from which older files are superseded.

    Only `flush` writes; it raises OSError.
    """

    def __init__(self, folder: Path, first: int):
        self.path = folder / f"events.out.tfevents.{time.time():.6f}"
        start = events.SessionLog(status=events.SessionLog.SessionStatus.START)
        self.pending = [
            events.Event(wall_time=time.time(), file_version="brain.Event:2"),
            events.Event(wall_time=time.time(), step=first, session_log=start),
        ]

    def add_scalar(self, name: str, value: float, epoch: int) -> None:
        """Buffer a scalar of an epoch until `flush`."""
        summary = summaries.Summary(value=[summaries.Summary.Value(tag=name, simple_value=value)])
        self.pending.append(events.Event(wall_time=time.time(), step=epoch, summary=summary))

    def flush(self) -> None:
        """Write the buffered scalars.  Raises OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "ab") as file:
            writer = RecordWriter(file)
            for event in self.pending:
                writer.write(event.SerializeToString())
        self.pending = []
