"""Weights from a supernet to a derived network: same names, first rows and columns where a width was searched."""

from __future__ import annotations

from torch import nn


def transfer(supernet: nn.Module, network: nn.Module) -> list[str]:
    """Copies every tensor that both have, in place; returns the names that only the network has."""
    given = supernet.state_dict()
    missing: list[str] = []
    state = network.state_dict()
    for name, tensor in state.items():
        if name not in given:
            missing.append(name)
            continue
        source = given[name]
        state[name] = source[tuple(slice(0, size) for size in tensor.shape)] if tensor.dim() else source
    network.load_state_dict(state)
    return missing
