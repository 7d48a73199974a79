"""The order in which an epoch goes through the data."""

from __future__ import annotations

import torch


def order(size: int, seed: int, epoch: int, part: int) -> torch.Tensor:
    """The order of a part's images in an epoch: a function of the seed alone, so that a run can be resumed."""
    generator = torch.Generator().manual_seed((seed * 1_000_003 + epoch) * 7 + part)
    return torch.randperm(size, generator=generator)
