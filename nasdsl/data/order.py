"""The order of the data in an epoch."""

from __future__ import annotations

import torch


def order(size: int, seed: int, epoch: int, part: int) -> torch.Tensor:
    """Return the order of a part's images in an epoch, a function of the seed alone, so that a run can be resumed."""
    generator = torch.Generator().manual_seed((seed * 1_000_003 + epoch) * 7 + part)
    return torch.randperm(size, generator=generator)
