"""Weights from a supernet to a derived network: same names, slices where a size was searched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn


def part(tensor: Tensor, axes: Mapping[int, Sequence[tuple[int, int]]]) -> Tensor:
    """The ranges (first, behind the last) of the axes that are named; the others whole."""
    for axis, ranges in axes.items():
        pieces = [tensor.narrow(axis, low, high - low) for low, high in ranges]
        tensor = pieces[0] if len(pieces) == 1 else torch.cat(pieces, axis)
    return tensor


def widened(tensor: Tensor, shape: torch.Size) -> Tensor:
    """`tensor` repeated from its start along each axis on which `shape` is longer (Net2Net; arXiv 1511.05641)."""
    for axis, (old, new) in enumerate(zip(tensor.shape, shape, strict=True)):
        if new > old:
            tensor = tensor.index_select(axis, torch.arange(new, device=tensor.device) % old)
    return tensor


def transfer(
    supernet: nn.Module,
    network: nn.Module,
    slices: Mapping[str, Mapping[int, Sequence[tuple[int, int]]]],
    widen: bool = False,
) -> list[str]:
    """Copies every tensor that both have, in place; returns the names that only the network has.

    `slices` is `Space.slices(architecture)`.  With `widen` the network may be wider than what it is given.
    Raises `RuntimeError` where sizes differ otherwise.
    """
    given = supernet.state_dict()
    missing: list[str] = []
    state = network.state_dict()
    for name in state:
        if name not in given:
            missing.append(name)
            continue
        found = part(given[name], slices.get(name, {}))
        state[name] = widened(found, state[name].shape) if widen else found
    network.load_state_dict(state)
    return missing
