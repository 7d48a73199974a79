"""The architecture gradient through one step of the weights (DARTS eq. 6 to 8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

Parameters = dict[str, Tensor]
Loss = Callable[[Parameters], Tensor]
RADIUS = 0.01


def virtual_step(
    weights: Parameters, gradients: Parameters, velocity: Mapping[str, Tensor], lr: float, momentum: float, decay: float
) -> Parameters:
    """The weights after one step of SGD: w - lr (momentum * velocity + gradient + decay * w)."""
    return {
        name: value - lr * (gradients[name] + decay * value + momentum * velocity.get(name, torch.zeros_like(value)))
        for name, value in weights.items()
    }


def unrolled_gradient(
    train_loss: Loss,
    valid_loss: Loss,
    weights: Parameters,
    alphas: Parameters,
    velocity: Mapping[str, Tensor],
    lr: float,
    momentum: float,
    decay: float,
) -> tuple[Parameters, Tensor]:
    """Gradient of the validation loss at the virtual weights in the alphas, and that loss.

    The losses are functions of the weights that also depend on `alphas`.  The Hessian-vector product is taken
    by central differences in the weights with eps = RADIUS / |gradient of the validation loss in the weights|.
    """
    gradients = _gradient(train_loss(weights), weights)
    ahead = {
        name: value.detach().requires_grad_()
        for name, value in virtual_step(weights, gradients, velocity, lr, momentum, decay).items()
    }
    loss = valid_loss(ahead)
    both = _gradient(loss, {**{f"alpha {key}": alpha for key, alpha in alphas.items()}, **ahead})
    vector = {name: both[name] for name in ahead}
    norm = torch.sqrt(torch.stack([value.square().sum() for value in vector.values()]).sum())
    eps = RADIUS / norm.clamp_min(1e-12)
    plus, minus = (
        _gradient(train_loss({name: value + sign * eps * vector[name] for name, value in weights.items()}), alphas)
        for sign in (1, -1)
    )
    result = {key: both[f"alpha {key}"] - lr * (plus[key] - minus[key]) / (2 * eps) for key in alphas}
    return result, loss.detach()


def _gradient(loss: Tensor, inputs: Parameters) -> Parameters:
    found = torch.autograd.grad(loss, list(inputs.values()), allow_unused=True)
    return {
        name: torch.zeros_like(value) if gradient is None else gradient
        for (name, value), gradient in zip(inputs.items(), found, strict=True)
    }
