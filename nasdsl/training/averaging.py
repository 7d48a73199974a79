"""Averages of weights over training steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn


class WeightAverage:
    """An exponential moving average of the weights, or, if `decay` is None, the mean over all updates so far.

    The mean is averaged SGD (Polyak, Juditsky 1992).  Buffers
    that are not floating point are copied.
    """

    def __init__(self, decay: float | None):
        self.decay, self.count = decay, 0
        self.values: dict[str, Tensor] = {}

    @torch.no_grad()
    def update(self, net: nn.Module) -> None:
        """Add the current weights of a network to the average."""
        self.count += 1
        part = 1 - self.decay if self.decay is not None else 1 / self.count
        for name, value in net.state_dict().items():
            if name not in self.values or not value.is_floating_point():
                self.values[name] = value.clone()
            else:
                self.values[name].lerp_(value, part)

    @contextmanager
    def shown(self, net: nn.Module) -> Iterator[None]:
        """Within the block, give the network the averages, if there are any yet."""
        kept = {name: value.clone() for name, value in net.state_dict().items()}
        if self.values:
            net.load_state_dict(self.values)
        try:
            yield
        finally:
            net.load_state_dict(kept)

    def state_dict(self) -> dict[str, Any]:
        return {"count": self.count, "values": {name: value.clone() for name, value in self.values.items()}}

    def load_state_dict(self, state: dict[str, Any], device: torch.device) -> None:
        self.count = state["count"]
        self.values = {name: value.to(device) for name, value in state["values"].items()}


class Patience:
    """Start averaging in the first epoch whose validation loss is larger than the least of all but
    the last `epochs` before it (the non-monotonic trigger; Merity et al. 2018; arXiv 1708.02182, section 4)."""

    def __init__(self, epochs: int):
        self.epochs = epochs
        self.losses: list[float] = []
        self.over = False

    def watch(self, loss: float) -> bool:
        """Record the loss of an epoch; return True in the one epoch in which averaging starts."""
        found = not self.over and len(self.losses) > self.epochs and loss > min(self.losses[: -self.epochs])
        self.over = self.over or found
        self.losses.append(loss)
        return found
