"""Modules that torch does not have.  Their source is copied into standalone networks that need them."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from nasdsl.runtime.choice import width_mask


class Shift(nn.Module):
    """(N, C, H, W) moved up and left by some pixels; zeros follow."""

    def __init__(self, by: int):
        super().__init__()
        self.by = by

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, (0, self.by, 0, self.by))[:, :, self.by :, self.by :]


class Zero(nn.Module):
    """Zeros of the input's shape, or of every `stride`-th pixel of it."""

    def __init__(self, stride: int = 1):
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return (x if self.stride == 1 else x[:, :, :: self.stride, :: self.stride]) * 0.0


class ElasticLinear(nn.Linear):
    """A linear layer whose output width is searched: every width uses the first rows of one weight.

    An input narrower than the weight uses its first columns.
    """

    def __init__(self, in_features: int, widths: tuple[int, ...], bias: bool = True):
        super().__init__(in_features, max(widths), bias)
        self.widths = widths

    def forward(self, input: Tensor, choice: Any = 0) -> Tensor:
        """`choice` is a 1-D tensor of weights over the widths (the output is masked) or an index (it is cut)."""
        weight = self.weight[:, : input.shape[-1]]
        if isinstance(choice, Tensor):
            return F.linear(input, weight, self.bias) * width_mask(choice, self.widths, self.out_features)
        width = self.widths[choice]
        return F.linear(input, weight[:width], None if self.bias is None else self.bias[:width])
