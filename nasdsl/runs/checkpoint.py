"""`checkpoint.pt`: the full state of a run between two steps."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from nasdsl.diagnostics import error
from nasdsl.runs.result import Metrics

CHECKPOINT = "checkpoint.pt"
FORMAT = "nasdsl-checkpoint"


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run, `step` steps into epoch `epoch` (both from 0).

    `sums` are metrics summed over these steps, `rows` the metrics of earlier epochs, `rng` is the state of
    torch's generator, and `state` is that of the search or training, with the weights as `net`.
    """

    fingerprint: str
    epoch: int
    step: int
    sums: Metrics
    rows: list[Metrics]
    rng: Tensor
    state: dict[str, Any]

    @property
    def net(self) -> dict[str, Tensor]:
        """Return the weights by name, empty if the state has none."""
        found = self.state.get("net")
        return found if isinstance(found, dict) else {}

    def to_bytes(self) -> bytes:
        """Serialize the checkpoint for `read`."""
        whole = io.BytesIO()  # torch's own writer hides why a file cannot be written
        torch.save({"format": FORMAT, **vars(self)}, whole)
        return whole.getvalue()

    @classmethod
    def read(cls, path: Path, fingerprint: str | None = None) -> Checkpoint:
        """Read a checkpoint without executing code; check that it belongs to the space with `fingerprint`, if given.

        Raises NAS808 if the file is damaged, not a checkpoint, or of another space.
        """
        try:
            data = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as failure:  # the reader fails in many ways on a damaged file
            reason = str(failure).splitlines()[0] if str(failure) else type(failure).__name__
            raise error("NAS808", f"`{path}` is damaged or not a nasdsl checkpoint: {reason[:200]}") from None
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise error("NAS808", f"`{path}` is not a nasdsl checkpoint")
        if fingerprint is not None and data.get("fingerprint") != fingerprint:
            raise error("NAS808", f"the checkpoint `{path}` belongs to another space")
        return cls._checked(path, data)

    @classmethod
    def _checked(cls, path: Path, data: Mapping[str, Any]) -> Checkpoint:
        for name, kind in _KINDS.items():
            if not isinstance(data.get(name), kind):
                raise error("NAS808", f"the checkpoint `{path}` is damaged: `{name}` is missing or malformed")
        return cls(**{name: data[name] for name in _KINDS})


_KINDS = {"fingerprint": str, "epoch": int, "step": int, "sums": dict, "rows": list, "rng": Tensor, "state": dict}


def inherited(folder: Path, fingerprint: str | None = None) -> Checkpoint:
    """Read the checkpoint of a search from which another run starts.  Raises NAS808."""
    path = folder / CHECKPOINT
    if not path.is_file():
        raise error("NAS808", f"`{folder}` has no checkpoint to inherit from")
    return Checkpoint.read(path, fingerprint)
