"""Detection of infinite and NaN values in training."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor


class Diverged(Exception):
    """Raised if a step makes a loss, weight or parameter infinite or NaN; the message names it."""


def unsound(tensors: Mapping[str, Tensor]) -> str | None:
    """Return the name of a tensor with infinite or NaN entries, or None.  Synchronizes with the device once."""
    sound = torch.stack([tensor.detach().isfinite().all() for tensor in tensors.values()]) if tensors else None
    if sound is None or bool(sound.all()):
        return None
    return list(tensors)[int(sound.to(torch.uint8).argmin())]
