"""Layers whose sizes are searched: every size uses a slice of one weight.

Made with the most of every size.  `forward` takes the present ones: an int cuts the weights (a path), a
`Spread` weighs what each size would give (a mixture).  `layout` says how the feature axis of the input is
made up; without it the input's features are the first of the weight's.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nasdsl.runtime.lookup import Layout, Spread, masked, rows
from nasdsl.runtime.modules import relative_attention


def _present(layout: Layout | None, size: int, device: torch.device) -> slice | Tensor:
    return slice(0, size) if layout is None else rows(layout, device)


def _centre(weight: Tensor, kernel: int) -> Tensor:
    low = (weight.shape[-1] - kernel) // 2
    return weight[:, :, low : low + kernel, low : low + kernel]


def _blend(weight: Tensor, kernel: Spread) -> Tensor:
    """The weighted sum of the centred kernels of all sizes."""
    total = torch.zeros_like(weight[0, 0])
    for size, part in zip(kernel.values, kernel.weights, strict=True):
        low = (weight.shape[-1] - size) // 2
        window = torch.zeros_like(total)
        window[low : low + size, low : low + size] = 1
        total = total + part.to(weight.dtype) * window
    return weight * total


class ElasticConv2d(nn.Conv2d):
    """A convolution of searched kernel, channels, stride or dilation.  `groups` is given where each channel is one."""

    def forward(
        self,
        input: Tensor,
        *,
        kernel: Any = None,
        channels: Any = None,
        stride: Any = None,
        padding: Any = None,
        dilation: Any = None,
        groups: Any = None,
        layout: Layout | None = None,
    ) -> Tensor:
        weight, bias, count = self.weight, self.bias, self.groups
        if groups is not None:
            present = _present(layout, input.shape[1], input.device)
            weight, count = weight[present], input.shape[1]
            bias = None if bias is None else bias[present]
        else:
            if self.groups == 1:
                weight = weight[:, _present(layout, input.shape[1], input.device)]
            if isinstance(channels, int):
                weight, bias = weight[:channels], None if bias is None else bias[:channels]
        pad: Any = self.padding if padding is None or isinstance(padding, Spread) else padding
        if isinstance(kernel, Spread):
            weight, pad = _blend(weight, kernel), self.padding
        elif kernel is not None:
            weight = _centre(weight, kernel)
        result = F.conv2d(input, weight, bias, stride or self.stride, pad, dilation or self.dilation, count)
        if isinstance(channels, Spread):
            result = masked(result, layout if groups is not None and layout else [(self.out_channels, channels)])
        return result


class _ElasticBatchNorm(nn.modules.batchnorm._BatchNorm):
    def forward(self, input: Tensor, layout: Layout | None = None) -> Tensor:
        present = _present(layout, input.shape[1], input.device)
        if present == slice(0, self.num_features):
            result = super().forward(input)
        else:
            assert self.running_mean is not None
            assert self.running_var is not None
            mean, variance = self.running_mean[present], self.running_var[present]
            weight = None if self.weight is None else self.weight[present]
            bias = None if self.bias is None else self.bias[present]
            result = F.batch_norm(input, mean, variance, weight, bias, self.training, self.momentum or 0.1, self.eps)
            if self.training:
                assert self.num_batches_tracked is not None
                self.num_batches_tracked.add_(1)
                if not isinstance(present, slice):  # a slice is a view and has moved already
                    self.running_mean[present], self.running_var[present] = mean, variance
        return result if layout is None else masked(result, layout)


class ElasticBatchNorm2d(_ElasticBatchNorm, nn.BatchNorm2d):
    """Batch normalisation of the channels that are there; in a mixture the others are silenced again."""


class ElasticBatchNorm1d(_ElasticBatchNorm, nn.BatchNorm1d):
    """The same over a vector's features."""


class ElasticLinear(nn.Linear):
    """A linear layer of searched width over a searched number of features (the last axis)."""

    def forward(self, input: Tensor, *, width: Any = None, layout: Layout | None = None) -> Tensor:
        weight, bias = self.weight, self.bias
        weight = weight[:, _present(layout, input.shape[-1], input.device)]
        if isinstance(width, int):
            weight, bias = weight[:width], None if bias is None else bias[:width]
        result = F.linear(input, weight, bias)
        return masked(result, [(self.out_features, width)], -1) if isinstance(width, Spread) else result


class ElasticLayerNorm(nn.LayerNorm):
    """Layer normalisation over the features that are there; it has no mixture."""

    def forward(self, input: Tensor, layout: Layout | None = None) -> Tensor:
        present = _present(layout, input.shape[-1], input.device)
        return F.layer_norm(input, (input.shape[-1],), self.weight[present], self.bias[present], self.eps)


class _ElasticPool(nn.Module):
    def __init__(self, kernel: int, stride: int = 1, padding: int = 0):
        super().__init__()
        self.kernel, self.stride, self.padding = kernel, stride, padding

    def pool(self, input: Tensor, kernel: int, stride: int, padding: int) -> Tensor:
        raise NotImplementedError

    def forward(self, input: Tensor, *, kernel: Any = None, stride: Any = None, padding: Any = None) -> Tensor:
        step = stride or self.stride
        if not isinstance(kernel, Spread):
            return self.pool(input, kernel or self.kernel, step, self.padding if padding is None else padding)
        paddings = [size // 2 for size in kernel.values] if isinstance(padding, Spread) else None
        parts = [
            weight * self.pool(input, size, step, self.padding if paddings is None else paddings[i])
            for i, (size, weight) in enumerate(zip(kernel.values, kernel.weights, strict=True))
        ]
        return torch.stack(parts).sum(0)


class ElasticMaxPool2d(_ElasticPool):
    """Max pooling of searched kernel or stride."""

    def pool(self, input: Tensor, kernel: int, stride: int, padding: int) -> Tensor:
        return F.max_pool2d(input, kernel, stride, padding)


class ElasticAvgPool2d(_ElasticPool):
    """Average pooling of searched kernel or stride; padding is not averaged."""

    def pool(self, input: Tensor, kernel: int, stride: int, padding: int) -> Tensor:
        return F.avg_pool2d(input, kernel, stride, padding, count_include_pad=False)


class ElasticAttention(nn.Module):
    """Self-attention of searched width or number of heads: queries, keys and values are each cut by themselves."""

    def __init__(self, features: int, heads: int, head_dim: int, relative: int = 0, causal: bool = False):
        super().__init__()
        self.heads, self.head_dim, self.causal = heads, head_dim, causal
        self.qkv = nn.Linear(features, 3 * heads * head_dim)
        self.near = nn.ParameterList(
            [nn.Parameter(0.02 * torch.randn(2 * relative + 2, head_dim)) for _ in range(4)] if relative else []
        )

    def forward(self, input: Tensor, *, heads: Any = None, layout: Layout | None = None) -> Tensor:
        heads = self.heads if heads is None else heads
        columns = _present(layout, input.shape[-1], input.device)
        weight, bias = self.qkv.weight.unflatten(0, (3, -1)), self.qkv.bias.unflatten(0, (3, -1))
        weight, bias = weight[:, : heads * self.head_dim, columns], bias[:, : heads * self.head_dim]
        packed = F.linear(input, weight.flatten(0, 1), bias.flatten())
        return relative_attention(packed, heads, list(self.near), self.causal)


class ElasticParameter(nn.Module):
    """A learned tensor whose last axis follows the input's features."""

    def __init__(self, *shape: int):
        super().__init__()
        self.value = nn.Parameter(0.02 * torch.randn(*shape))

    def take(self, layout: Layout) -> Tensor:
        return self.value[..., rows(layout, self.value.device)]


class ElasticClassToken(ElasticParameter):
    """A learned token before the others."""

    def __init__(self, features: int):
        super().__init__(1, 1, features)

    def forward(self, input: Tensor, *, layout: Layout) -> Tensor:
        return torch.cat([self.take(layout).expand(input.shape[0], -1, -1), input], dim=1)


class ElasticPositions(ElasticParameter):
    """A learned vector added at each position."""

    def __init__(self, length: int, features: int):
        super().__init__(1, length, features)

    def forward(self, input: Tensor, *, layout: Layout) -> Tensor:
        return input + self.take(layout)


class ElasticBias(ElasticParameter):
    """A learned number added to each feature."""

    def __init__(self, features: int):
        super().__init__(features)
        nn.init.zeros_(self.value)

    def forward(self, input: Tensor, *, layout: Layout) -> Tensor:
        return input + self.take(layout)


class ElasticPatches(nn.Module):
    """Square patches as tokens of searched width."""

    def __init__(self, channels: int, size: int, width: int):
        super().__init__()
        self.embed = nn.Conv2d(channels, width, size, size)

    def forward(self, input: Tensor, *, width: int) -> Tensor:
        bias = None if self.embed.bias is None else self.embed.bias[:width]
        return F.conv2d(input, self.embed.weight[:width], bias, self.embed.stride).flatten(2).mT


class ElasticEmbedding(nn.Embedding):
    """Token vectors of searched width."""

    def forward(self, input: Tensor, width: int | None = None) -> Tensor:
        return F.embedding(input, self.weight[:, :width])
