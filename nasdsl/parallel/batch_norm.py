"""Batch normalization with statistics over the shares of all processes."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.overrides import TorchFunctionMode

from nasdsl.parallel.exchange import mean_


class _Mean(torch.autograd.Function):
    """Differentiable mean over the processes; the loss is the mean of the processes' losses."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor, size: int) -> Tensor:
        ctx.size = size
        result = tensor.clone()
        mean_(result, size)
        return result

    @staticmethod
    @once_differentiable  # the decorator hides the names of the parameters
    def backward(ctx: Any, *grad_outputs: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        result = grad_outputs[0].clone(memory_format=torch.contiguous_format)
        mean_(result, ctx.size)
        return result, None


class SynchronisedBatchNorm(TorchFunctionMode):
    """Replaces `batch_norm` during training, for every module and on any device."""

    def __init__(self, size: int):
        super().__init__()
        self.size = size

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is F.batch_norm:
            return self._normalised(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))

    def _normalised(
        self,
        input: Tensor,
        running_mean: Tensor | None,
        running_var: Tensor | None,
        weight: Tensor | None = None,
        bias: Tensor | None = None,
        training: bool = False,
        momentum: float = 0.1,
        eps: float = 1e-5,
    ) -> Tensor:
        if not training:
            return F.batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
        x = input.float() if input.dtype in (torch.float16, torch.bfloat16) else input
        axes = [0, *range(2, x.dim())]
        shape = [1, -1, *[1] * (x.dim() - 2)]
        mean = _mean_of(x.mean(axes), self.size)
        centred = x - mean.view(shape)
        variance = _mean_of(centred.square().mean(axes), self.size)
        if running_mean is not None and running_var is not None:
            count = self.size * x.numel() // x.shape[1]
            running_mean.lerp_(mean.detach().to(running_mean), momentum)
            running_var.lerp_(variance.detach().to(running_var) * (count / max(1, count - 1)), momentum)
        result = centred * (variance + eps).rsqrt().view(shape)
        if weight is not None:
            result = result * weight.view(shape)
        if bias is not None:
            result = result + bias.view(shape)
        return result.to(input.dtype)


def _mean_of(tensor: Tensor, size: int) -> Tensor:
    result = _Mean.apply(tensor, size)
    assert isinstance(result, Tensor)
    return result
