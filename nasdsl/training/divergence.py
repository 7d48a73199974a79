"""Training that has left the real numbers."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor


class Diverged(Exception):
    """A step has trained something that is no number any more; the text says what it is."""


def unsound(tensors: Mapping[str, Tensor]) -> str | None:
    """The name of one that holds what is no number, or None.  The device is asked once, whatever their number."""
    sound = torch.stack([tensor.detach().isfinite().all() for tensor in tensors.values()]) if tensors else None
    if sound is None or bool(sound.all()):
        return None
    return list(tensors)[int(sound.to(torch.uint8).argmin())]
