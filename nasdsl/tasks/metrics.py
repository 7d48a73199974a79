"""Losses and metrics of logits, shared by tasks, strategies and training."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def single(logits: Tensor) -> Tensor:
    """Convert half-precision logits (from autocast) to float32; float64 stays."""
    return logits if logits.dtype == torch.float64 else logits.float()


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean cross-entropy of (N, classes) logits, computed in single precision or more."""
    return nn.functional.cross_entropy(single(logits), labels)


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Return the fraction of rows whose largest logit is that of the label."""
    return float((logits.detach().argmax(1) == labels).float().mean())
