"""Each primitive in plain torch: sizes of its parameters, multiply-accumulates by hand, and what it computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

State = Mapping[str, Tensor]
IMAGE, VECTOR, SEQUENCE, TOKENS = "image[4, 6, 6]", "vector[6]", "sequence[5, 6]", "tokens[5]"


@dataclass(frozen=True)
class Case:
    """`computes(x, state)` is the operation in evaluation, `state` holding its tensors by name."""

    op: str
    input: str
    computes: Callable[[Tensor, State], Tensor]
    arguments: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, tuple[int, ...]] = field(default_factory=dict)
    macs: int = 0

    @property
    def space(self) -> str:
        return f"space s on x: {self.input} = x -> {self.text}\n"

    @property
    def text(self) -> str:
        written = [f"{name} = {str(value).lower()}" for name, value in self.arguments.items()]
        return f"{self.op}({', '.join(written)})" if written else self.op

    @property
    def sample(self) -> Tensor:
        """A batch of two inputs."""
        generator = torch.Generator().manual_seed(0)
        sizes = [int(size) for size in self.input.split("[")[1].rstrip("]").split(",")]
        if self.input == TOKENS:
            return torch.randint(7, (2, *sizes), generator=generator)
        return torch.randn(2, *sizes, generator=generator)


def normalised(x: Tensor, state: State) -> Tensor:
    weight, bias = state.get("weight"), state.get("bias")
    return F.batch_norm(x, state["running_mean"], state["running_var"], weight, bias, training=False)


def attention(x: Tensor, state: State, heads: int, causal: bool = False, relative: bool = False) -> Tensor:
    """One query after another, by the definition: (N, L, F) to (N, L, heads * d)."""
    packed = x @ state["qkv.weight"].T + state["qkv.bias"]
    batch, length, width = packed.shape
    q, k, v = packed.view(batch, length, 3, heads, width // 3 // heads).unbind(2)
    side = round((length - 1) ** 0.5)
    result = torch.zeros_like(q)
    for i in range(length):
        near_keys, near_values = [
            torch.stack([_near(state, first, i, j, side) for j in range(length)]) if relative else torch.zeros(())
            for first in (0, 2)
        ]
        scores = (q[:, i, None] * (k + near_keys[..., None, :] if relative else k)).sum(-1)
        scores = scores / q.shape[-1] ** 0.5
        if causal:
            scores[:, i + 1 :] = -torch.inf
        values = v + near_values[..., None, :] if relative else v
        result[:, i] = (scores.softmax(1)[..., None] * values).sum(1)
    return result.flatten(2)


def _near(state: State, first: int, i: int, j: int, side: int) -> Tensor:
    """The vectors for the vertical and the horizontal distance from token i to j; row 0 is for the class token."""
    reach = (len(state["near.0"]) - 2) // 2
    rows = [0, 0]
    if i and j:
        (up, left), (down, right) = divmod(i - 1, side), divmod(j - 1, side)
        rows = [max(-reach, min(reach, distance)) + reach + 1 for distance in (down - up, right - left)]
    return state[f"near.{first}"][rows[0]] + state[f"near.{first + 1}"][rows[1]]


def shifted(x: Tensor, by: int) -> Tensor:
    result = torch.zeros_like(x)
    result[:, :, :-by, :-by] = x[:, :, by:, by:]
    return result


def shuffled(x: Tensor, groups: int) -> Tensor:
    size = x.shape[1] // groups
    return x[:, [group * size + i for i in range(size) for group in range(groups)]]


CASES = (
    # 36 places, each a weight of every kernel
    Case(
        "conv",
        IMAGE,
        lambda x, s: F.conv2d(x, s["weight"], padding=1),
        {"kernel": 3, "channels": 8},
        {"weight": (8, 4, 3, 3)},
        36 * 288,
    ),
    Case(
        "conv",
        IMAGE,
        lambda x, s: F.conv2d(x, s["weight"], s["bias"], stride=2, padding=0, dilation=2, groups=2),
        {"kernel": 2, "channels": 6, "stride": 2, "dilation": 2, "groups": 2, "padding": 0, "bias": True},
        {"weight": (6, 2, 2, 2), "bias": (6,)},
        4 * (48 + 6),
    ),
    Case(
        "conv",
        IMAGE,
        lambda x, s: F.conv2d(x, s["weight"], padding=(0, 1)),
        {"kernel": 1, "across": 3},
        {"weight": (4, 4, 1, 3)},
        36 * 48,
    ),
    Case("max_pool", IMAGE, lambda x, s: F.max_pool2d(x, 3, 1, 1), {"kernel": 3}),
    Case("max_pool", IMAGE, lambda x, s: F.max_pool2d(x, 2, 2), {"kernel": 2, "stride": 2, "padding": 0}),
    Case("avg_pool", IMAGE, lambda x, s: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False), {"kernel": 3, "stride": 2}),
    Case("avg_pool", IMAGE, lambda x, s: F.avg_pool2d(x, 2), {"kernel": 2, "stride": 2, "padding": 0}),
    Case("bn", IMAGE, normalised, {}, {"weight": (4,), "bias": (4,)}),
    Case("bn", VECTOR, normalised, {}, {"weight": (6,), "bias": (6,)}),
    Case("bn", IMAGE, normalised, {"affine": False}),
    Case("global_avg_pool", IMAGE, lambda x, s: x.flatten(2).mean(2)),
    Case("flatten", IMAGE, lambda x, s: x.reshape(2, 144)),
    Case("zero", IMAGE, lambda x, s: torch.zeros_like(x)),
    Case("zero", IMAGE, lambda x, s: torch.zeros(2, 4, 3, 3), {"stride": 2}),
    Case("shift", IMAGE, lambda x, s: shifted(x, 2), {"by": 2}),
    Case("shuffle", IMAGE, lambda x, s: shuffled(x, 2), {"groups": 2}),
    Case("upsample", IMAGE, lambda x, s: x.repeat_interleave(2, 2).repeat_interleave(2, 3), {"scale": 2}),
    Case("identity", IMAGE, lambda x, s: x),
    Case(
        "linear",
        VECTOR,
        lambda x, s: x @ s["weight"].T + s["bias"],
        {"width": 3},
        {"weight": (3, 6), "bias": (3,)},
        18 + 3,
    ),
    Case(
        "linear",
        SEQUENCE,
        lambda x, s: x @ s["weight"].T,
        {"width": 3, "bias": False},
        {"weight": (3, 6)},
        5 * 18,
    ),
    Case(
        "layer_norm",
        SEQUENCE,
        lambda x, s: (x - x.mean(-1, True)) / (x.var(-1, False, keepdim=True) + 1e-5).sqrt() * s["weight"] + s["bias"],
        {},
        {"weight": (6,), "bias": (6,)},
    ),
    Case("bias", VECTOR, lambda x, s: x + s["value"], {}, {"value": (6,)}),
    # projections of 5 tokens with their bias, then scores and their sum: two products of 5 x 5 with 4 numbers
    Case(
        "attention",
        SEQUENCE,
        lambda x, s: attention(x, s, heads=2),
        {"heads": 2, "head_dim": 2},
        {"qkv.weight": (12, 6), "qkv.bias": (12,)},
        5 * 12 * 7 + 2 * 25 * 4,
    ),
    Case(
        "attention",
        SEQUENCE,
        lambda x, s: attention(x, s, heads=2, causal=True, relative=True),
        {"heads": 2, "head_dim": 2, "relative": 1, "causal": True},
        {"qkv.weight": (12, 6), "qkv.bias": (12,), **{f"near.{i}": (4, 2) for i in range(4)}},
        5 * 12 * 7 + 2 * 25 * 4,
    ),
    # 9 patches, each with a weight for 4 channels of 2 x 2 and a bias
    Case(
        "patches",
        IMAGE,
        lambda x, s: F.conv2d(x, s["embed.weight"], s["embed.bias"], stride=2).flatten(2).transpose(1, 2),
        {"size": 2, "width": 5},
        {"embed.weight": (5, 4, 2, 2), "embed.bias": (5,)},
        9 * (80 + 5),
    ),
    Case("positions", SEQUENCE, lambda x, s: x + s["value"], {}, {"value": (1, 5, 6)}),
    Case(
        "class_token",
        SEQUENCE,
        lambda x, s: torch.cat([s["value"].repeat(2, 1, 1), x], 1),
        {},
        {"value": (1, 1, 6)},
    ),
    Case("take", SEQUENCE, lambda x, s: x[:, 3], {"at": 3}),
    Case("mean_pool", SEQUENCE, lambda x, s: x.sum(1) / 5),
    Case("max_over", SEQUENCE, lambda x, s: x.max(1).values),
    Case(
        "embedding",
        TOKENS,
        lambda x, s: s["weight"][x],
        {"vocabulary": 7, "width": 3},
        {"weight": (7, 3)},
    ),
    Case(
        "conv1d",
        SEQUENCE,
        lambda x, s: F.conv1d(x.transpose(1, 2), s["weight"], s["bias"], padding=1).transpose(1, 2),
        {"kernel": 3, "width": 4},
        {"weight": (4, 6, 3), "bias": (4,)},
        5 * (72 + 4),
    ),
    Case("dropout", SEQUENCE, lambda x, s: x, {"rate": 0.5}),
    Case("locked_dropout", SEQUENCE, lambda x, s: x, {"rate": 0.5}),
    Case("scale", VECTOR, lambda x, s: 0.5 * x, {"factor": 0.5}),
    Case("relu", VECTOR, lambda x, s: x.clamp(min=0)),
    Case("relu6", VECTOR, lambda x, s: x.clamp(0, 6)),
    Case("gelu", VECTOR, lambda x, s: x * torch.special.ndtr(x)),
    Case("tanh", VECTOR, lambda x, s: (x.exp() - (-x).exp()) / (x.exp() + (-x).exp())),
    Case("hardswish", VECTOR, lambda x, s: x * (x + 3).clamp(0, 6) / 6),
    Case("silu", VECTOR, lambda x, s: x / (1 + (-x).exp())),
    Case("mish", VECTOR, lambda x, s: x * (1 + x.exp()).log().tanh()),
    Case("leaky_relu", VECTOR, lambda x, s: torch.where(x > 0, x, 0.2 * x)),
    Case("sigmoid", VECTOR, lambda x, s: 1 / (1 + (-x).exp())),
    Case("hardsigmoid", VECTOR, lambda x, s: (x + 3).clamp(0, 6) / 6),
)

# Spaces in which sizes are searched, one for every way in which a primitive has them: of its own, of its input.
SEARCHED = {
    "conv": "x: image[4, 6, 6] = x -> conv(1 | 3, 4 | 8, 1 | 2, bias = true) -> conv(3, 5)",
    "conv of each channel": "x: image[4, 6, 6] {\n  c = 4 | 8\n  return x -> conv(1, c) -> conv(3, groups = c)\n}",
    "conv of another dilation": "x: image[4, 6, 6] = x -> conv(3, dilation = 1 | 2)",
    "max_pool": "x: image[4, 6, 6] = x -> max_pool(3 | 5, 1 | 2)",
    "avg_pool": "x: image[4, 6, 6] = x -> avg_pool(3 | 5, 1 | 2)",
    "bn": "x: image[4, 6, 6] = x -> conv(1, 4 | 8) -> bn",
    "bn of a vector": "x: vector[6] = x -> linear(3 | 5) -> bn",
    "linear": "x: vector[6] = x -> linear(3 | 5) -> linear(2 | 4)",
    "layer_norm": "x: sequence[5, 6] = x -> linear(3 | 5) -> layer_norm",
    "bias": "x: vector[6] = x -> linear(3 | 5) -> bias",
    "attention": "x: sequence[5, 6] = x -> linear(4 | 6) -> attention(1 | 2, 2)",
    "patches": "x: image[4, 6, 6] = x -> patches(2, 3 | 5)",
    "positions": "x: sequence[5, 6] = x -> linear(3 | 5) -> positions",
    "class_token": "x: sequence[5, 6] = x -> linear(3 | 5) -> class_token",
    "embedding": "x: tokens[5] = x -> embedding(7, 3 | 5)",
}
