"""Optimizers and learning-rate schedules, functions of the options alone, so that a run can be resumed."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import nn

from nasdsl.options.training import TrainOptions


def optimiser(weights: Iterable[nn.Parameter], o: TrainOptions) -> torch.optim.Optimizer:
    """Create the optimizer of `o`; without `decay_vectors`, 1-D weights have no weight decay."""
    parameters = list(weights)
    groups: list[dict[str, list[nn.Parameter] | float]] = [{"params": parameters}]
    if not o.decay_vectors:
        vectors = [weight for weight in parameters if weight.ndim <= 1]
        groups = [
            {"params": [weight for weight in parameters if weight.ndim > 1]},
            {"params": vectors, "weight_decay": 0.0},
        ]
    if o.optimiser == "adam":
        return torch.optim.Adam(groups, o.lr, (o.beta1, o.beta2), o.eps, o.weight_decay)
    if o.optimiser == "rmsprop":
        return torch.optim.RMSprop(groups, o.lr, o.decay, o.eps, o.weight_decay, o.momentum)
    return torch.optim.SGD(groups, o.lr, o.momentum, 0.0, o.weight_decay, o.nesterov and o.momentum > 0)


def learning_rate(o: TrainOptions, epoch: int, epochs: int) -> float:
    """Return the learning rate of `epoch`, from 0; the warm-up comes first, and the schedule covers the rest."""
    if epoch < o.warmup:
        return o.lr * (epoch + 1) / (o.warmup + 1)
    at, whole = epoch - o.warmup, max(1, epochs - o.warmup)
    if o.schedule == "constant":
        return o.lr
    if o.schedule == "step":
        return o.lr * o.step_factor ** (at // o.step_epochs)
    if o.schedule == "linear":
        return o.lr + (o.lr_end - o.lr) * at / whole
    if o.schedule == "restarts":
        whole = o.restart
        while at >= whole:
            at, whole = at - whole, whole * o.restart_growth
    return o.lr_end + (o.lr - o.lr_end) * (1 + math.cos(math.pi * at / whole)) / 2
