"""A strategy on a small supernet without a run: what the tests of equations start from."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import torch

import nasdsl
from nasdsl import registry
from nasdsl.oneshot.base import Context
from nasdsl.space import Space
from nasdsl.tasks.base import Batch

CPU = torch.device("cpu")


def batch(space: Space, seed: int, size: int = 8, dtype: torch.dtype = torch.float32) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(size, *space.input_shape, generator=generator, dtype=torch.float64)
    return Batch(images.to(dtype), torch.arange(size) % 10)


def started(strategy: str, space: Space, *, epochs: int = 1, double: bool = False, **options: Any) -> Any:
    """A strategy that was set up; its batches are random images."""
    made = registry.find("nasdsl.strategies", strategy)(**options)
    torch.manual_seed(0)
    net = made.supernet(space)
    dtype = torch.float64 if double else torch.float32
    if double:
        net = net.double()

    def validation() -> Iterator[Batch]:
        yield from (batch(space, seed, dtype=dtype) for seed in (100, 101))

    def draw(half: str, rng: random.Random) -> Batch:
        return batch(space, rng.randrange(1000), dtype=dtype)

    made.setup(Context(space, net, CPU, epochs, 0, validation, nullcontext, draw))
    return made


def in_double(strategy: Any) -> None:
    """Its architecture parameters in double precision too."""
    strategy.alphas = {key: alpha.detach().double().requires_grad_() for key, alpha in strategy.alphas.items()}
    strategy.masks = {key: mask.double() for key, mask in strategy.masks.items()}


def tiny() -> Space:
    return nasdsl.load("tiny", channels=4)
