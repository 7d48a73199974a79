"""Modules that torch does not have.  Their source is copied into standalone networks that need them."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


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


class Bias(nn.Module):
    """A learned number added to each feature of (N, F) or (N, L, F); all start at zero."""

    def __init__(self, features: int):
        super().__init__()
        self.value = nn.Parameter(torch.zeros(features))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.value


class LockedDropout(nn.Module):
    """Dropout of the same features at every step of a sequence (N, L, F) (Gal, Ghahramani 2016)."""

    def __init__(self, rate: float):
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.rate:
            return x
        kept = torch.rand(x.shape[0], 1, x.shape[2], device=x.device, dtype=x.dtype) >= self.rate
        return x * kept / (1 - self.rate)


class Patches(nn.Module):
    """(N, C, H, W) to tokens (N, L, width): one square patch a token."""

    def __init__(self, channels: int, size: int, width: int):
        super().__init__()
        self.embed = nn.Conv2d(channels, width, size, size)

    def forward(self, x: Tensor) -> Tensor:
        return self.embed(x).flatten(2).mT


class ClassToken(nn.Module):
    """A learned token before the others of (N, L, F)."""

    def __init__(self, features: int):
        super().__init__()
        self.value = nn.Parameter(0.02 * torch.randn(1, 1, features))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.value.expand(x.shape[0], -1, -1), x], dim=1)


class Positions(nn.Module):
    """A learned vector added at each position of (N, L, F)."""

    def __init__(self, length: int, features: int):
        super().__init__()
        self.value = nn.Parameter(0.02 * torch.randn(1, length, features))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.value


def relative_attention(packed: Tensor, heads: int, near: list[Tensor], causal: bool) -> Tensor:
    """Attention over (N, L, 3 * heads * d) queries, keys and values; the result is (N, L, heads * d).

    `near` are tables of vectors by vertical and horizontal distance on a square grid behind one class token,
    for keys and then for values (Shaw et al. 2018, as AutoFormer uses them; arXiv 2107.00651).
    """
    q, k, v = packed.unflatten(2, (3, heads, -1)).permute(2, 0, 3, 1, 4)
    if not near:
        return F.scaled_dot_product_attention(q, k, v, is_causal=causal).transpose(1, 2).flatten(2)
    length = packed.shape[1]
    side, reach = int((length - 1) ** 0.5), (near[0].shape[0] - 2) // 2
    place = torch.arange(length - 1, device=packed.device)
    tables = []
    for position in (place // side, place % side):
        distance = (position[None, :] - position[:, None]).clamp(-reach, reach) + reach + 1
        tables.append(F.pad(distance, (1, 0, 1, 0)))
    keys, values = (near[i][tables[0]] + near[i + 1][tables[1]] for i in (0, 2))
    scale = q.shape[-1] ** -0.5
    weight = (q @ k.mT + torch.einsum("nhld,lmd->nhlm", q, keys)) * scale
    if causal:
        weight = weight + torch.full_like(weight[0, 0], float("-inf")).triu(1)
    weight = weight.softmax(-1)
    result = weight @ v + torch.einsum("nhlm,lmd->nhld", weight, values)
    return result.transpose(1, 2).flatten(2)


class Attention(nn.Module):
    """Self-attention over (N, L, F) to (N, L, heads * head_dim), without a last projection."""

    def __init__(self, features: int, heads: int, head_dim: int, relative: int = 0, causal: bool = False):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.qkv = nn.Linear(features, 3 * heads * head_dim)
        self.near = nn.ParameterList(
            [nn.Parameter(0.02 * torch.randn(2 * relative + 2, head_dim)) for _ in range(4)] if relative else []
        )

    def forward(self, x: Tensor) -> Tensor:
        return relative_attention(self.qkv(x), self.heads, list(self.near), self.causal)


def scan(step: Callable[[Tensor, Tensor], Tensor], sequence: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
    """`step(element, state)` along (N, L, F) from a state (N, H): all states (N, L, H), and the last one."""
    states = []
    for element in sequence.unbind(1):
        state = step(element, state)
        states.append(state)
    return torch.stack(states, 1), state
