"""Strategies with small options, for runs that are killed and go on."""

from __future__ import annotations

from typing import Any

import torch
from pairs import QUICK

# Depth is what P-DARTS adds to: little of it is enough here.
ADDED = {"nasbench201": {"depth": "cells", "add": (0, 1, 2)}}


def options(strategy: str, space: str) -> dict[str, Any]:
    return {**QUICK.get(strategy, {}), **(ADDED.get(space, {}) if strategy == "pdarts" else {})}


def resumable(strategy: str) -> tuple[str, dict[str, Any]]:
    """A space on which the strategy uses all of its state, and options for a short search."""
    name = "nasbench201" if strategy in ("fairnas", "pdarts") else "tiny"
    more: dict[str, dict[str, Any]] = {
        "pdarts": {"skip_dropout": (0.5, 0.5, 0.5), "warmup": 0.0},
        "drnas": {"keep": 2},
    }
    return name, {**options(strategy, name), **more.get(strategy, {})}


class Killed(BaseException):
    pass


def equal(one: Any, two: Any) -> bool:
    """Equal to the bit, tensors in nested tables and lists too."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, two)
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(equal(one[key], two[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(two) and all(equal(a, b) for a, b in zip(one, two, strict=True))
    return bool(one == two)
