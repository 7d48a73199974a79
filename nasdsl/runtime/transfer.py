"""Weights from a supernet to a derived network: same names, slices where a size was searched."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

Runs = tuple[tuple[int, int], ...]


def part(tensor: Tensor, axes: Mapping[int, Runs]) -> Tensor:
    """The stretches (first, behind the last) of the axes that are named; the others whole."""
    for axis, runs in axes.items():
        pieces = [tensor.narrow(axis, low, high - low) for low, high in runs]
        tensor = pieces[0] if len(pieces) == 1 else torch.cat(pieces, axis)
    return tensor


def transfer(supernet: nn.Module, network: nn.Module, slices: Mapping[str, Mapping[int, Runs]]) -> list[str]:
    """Copies every tensor that both have, in place; returns the names that only the network has.

    `slices` is `Space.slices(architecture)`.  Raises `RuntimeError` where sizes differ.
    """
    given = supernet.state_dict()
    missing: list[str] = []
    state = network.state_dict()
    for name in state:
        if name not in given:
            missing.append(name)
            continue
        state[name] = part(given[name], slices.get(name, {}))
    network.load_state_dict(state)
    return missing
