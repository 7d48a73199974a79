"""Losses and figures of logits that tasks, strategies and trainings share."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def single(logits: Tensor) -> Tensor:
    """In single precision where autocast made them half; double stays double."""
    return logits if logits.dtype == torch.float64 else logits.float()


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    return nn.functional.cross_entropy(single(logits), labels)


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """The part of the rows whose largest logit is that of the label."""
    return float((logits.detach().argmax(1) == labels).float().mean())
