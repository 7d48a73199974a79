"""Dependent values while a supernet runs: one value on a path, a spread of weighted values in a mixture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from nasdsl.runtime.choice import Weights

# Segments of a feature axis, each with the most that it may be and what it is now.
Layout = Sequence[tuple[int, Any]]


class Spread(NamedTuple):
    """Values with their weights, (len(values),), which add up to what the decisions' weights add up to."""

    values: tuple[Any, ...]
    weights: Tensor


def searched(choices: Weights, keys: Sequence[Any], table: Any) -> Any:
    """The entry of a nested table (a level a key) under these choices, or a `Spread` where some are mixtures.

    A key is that of a decision, or a pair `(key, i)`: whether a subset has its candidate i (0 or 1).  A decision
    that the others exclude may be missing.
    """
    found = _entries(choices, list(keys), table)
    if found[0][1] is None:
        return found[0][0]
    merged: dict[Any, Tensor] = {}
    for value, weight in found:
        merged[value] = merged[value] + weight if value in merged else weight
    return Spread(tuple(merged), torch.stack(list(merged.values())))


def _entries(choices: Weights, keys: list[Any], table: Any) -> list[tuple[Any, Any]]:
    if not keys:
        return [(table, None)]
    key, rest = keys[0], keys[1:]
    if isinstance(key, tuple):
        members = choices[key[0]]  # the subset is there wherever its members are asked for
        if isinstance(members, Tensor):
            weight: Any = torch.stack([1 - members[key[1]], members[key[1]]])
        else:
            weight = int(key[1] in members)
    else:
        weight = choices.get(key)
        if weight is None:
            found = [_entries(choices, rest, row) for row in table]
            if any(entries != found[0] for entries in found):
                raise KeyError(key)
            return found[0]
    if not isinstance(weight, Tensor):
        return _entries(choices, rest, table[weight])
    return [
        (value, weight[i] if inner is None else weight[i] * inner)
        for i, row in enumerate(table)
        for value, inner in _entries(choices, rest, row)
    ]


def mask(layout: Layout, like: Tensor) -> Tensor | None:
    """The weight with which each feature is there, (features,); None where nothing is a mixture."""
    if not any(isinstance(size, Spread) for _, size in layout):
        return None
    parts: list[Tensor] = []
    for most, size in layout:
        if isinstance(size, Spread):
            ranks = torch.arange(most, device=like.device)
            present = torch.stack([ranks < value for value in size.values]).to(like.dtype)
            parts.append(size.weights.to(like.dtype) @ present)
        else:
            parts.append(torch.ones(size, dtype=like.dtype, device=like.device))
    return torch.cat(parts)


def masked(x: Tensor, layout: Layout, axis: int = 1) -> Tensor:
    """`x` with the features that are not there set to zero again (in a mixture: weighted)."""
    weight = mask(layout, x)
    if weight is None:
        return x
    shape = [1] * x.dim()
    shape[axis] = -1
    return x * weight.view(shape)


def rows(layout: Layout, device: torch.device | None = None) -> slice | Tensor:
    """Return the positions of a tensor's features in weights of maximal size."""
    pieces: list[tuple[int, int]] = []
    start = 0
    for most, size in layout:
        length = most if isinstance(size, Spread) else size
        if pieces and pieces[-1][1] == start:
            pieces[-1] = pieces[-1][0], start + length
        elif length:
            pieces.append((start, start + length))
        start += most
    if len(pieces) == 1:
        return slice(*pieces[0])
    return torch.cat([torch.arange(low, high, device=device) for low, high in pieces])
