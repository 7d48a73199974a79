"""The architecture gradient through one step of the weights (DARTS eq. 6 to 8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor

Parameters = dict[str, Tensor]
# The losses of the parts of a batch, of which the mean counts; each is asked for once the last one is done with.
Losses = Callable[[Parameters], Iterable[Tensor]]
AverageGradients = Callable[[Iterable[Tensor]], None]
RADIUS = 0.01


def virtual_step(
    weights: Parameters, gradients: Parameters, velocity: Mapping[str, Tensor], lr: float, momentum: float, decay: float
) -> Parameters:
    """Return the weights after one step of SGD: w - lr (momentum * velocity + gradient + decay * w)."""
    return {
        name: value - lr * (gradients[name] + decay * value + momentum * velocity.get(name, torch.zeros_like(value)))
        for name, value in weights.items()
    }


def unrolled_gradient(
    train_loss: Losses,
    valid_loss: Losses,
    weights: Parameters,
    alphas: Parameters,
    velocity: Mapping[str, Tensor],
    lr: float,
    momentum: float,
    decay: float,
    average: AverageGradients = lambda _: None,
    clip: float = 0.0,
) -> tuple[Parameters, float]:
    """Return the gradient of the validation loss at the virtual weights with respect to the alphas, and that loss.

    The losses are functions of the weights that also depend on `alphas`.  The Hessian-vector product is computed
    by central differences of the weights with eps = RADIUS / |gradient of the validation loss by the weights|.
    `average` averages gradients over processes that each have a share of the batch, in place.
    With `clip` the virtual step is clipped to that norm; the scale counts as a constant.
    """
    gradients, _ = _gradient(train_loss(weights), weights, average)
    scale = torch.tensor(1.0)
    if clip > 0:
        scale = (clip / (_norm(gradients) + 1e-6)).clamp_max(1.0)
        gradients = {name: scale * value for name, value in gradients.items()}
    ahead = {
        name: value.detach().requires_grad_()
        for name, value in virtual_step(weights, gradients, velocity, lr, momentum, decay).items()
    }
    named = {f"alpha {key}": alpha for key, alpha in alphas.items()}
    both, loss = _gradient(valid_loss(ahead), {**named, **ahead}, average)
    vector = {name: both[name] for name in ahead}
    eps = RADIUS / _norm(vector).clamp_min(1e-12)
    plus, minus = (
        _gradient(
            train_loss({name: value + sign * eps * vector[name] for name, value in weights.items()}), alphas, average
        )[0]
        for sign in (1, -1)
    )
    result = {key: both[f"alpha {key}"] - lr * scale * (plus[key] - minus[key]) / (2 * eps) for key in alphas}
    return result, loss


def _norm(values: Parameters) -> Tensor:
    return torch.sqrt(torch.stack([value.square().sum() for value in values.values()]).sum())


def _gradient(losses: Iterable[Tensor], inputs: Parameters, average: AverageGradients) -> tuple[Parameters, float]:
    """Return the gradient of the mean of the losses, and that mean."""
    sums = {name: torch.zeros_like(value) for name, value in inputs.items()}
    values: list[float] = []
    for loss in losses:
        found = torch.autograd.grad(loss, list(inputs.values()), allow_unused=True)
        for name, gradient in zip(inputs, found, strict=True):
            if gradient is not None:
                sums[name] += gradient
        values.append(float(loss.detach()))
    gradients = {name: value / len(values) for name, value in sums.items()}
    average(gradients.values())
    return gradients, sum(values) / len(values)
