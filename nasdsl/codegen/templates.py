"""How each primitive is written in PyTorch: a module in the constructor, or a plain expression."""

from __future__ import annotations

from typing import NamedTuple

REQUIRED = object()


class ModuleTemplate(NamedTuple):
    """`arguments` are (keyword or None, attribute, default)."""

    callee: str
    arguments: tuple[tuple[str | None, str, object], ...]


class ElasticTemplate(NamedTuple):
    """The runtime's class where sizes are searched.

    `keywords` are the attributes that a call passes where they are searched; `layout` says whether it passes
    how the input's features are made up: always, or only where they are several pieces.
    """

    callee: str
    keywords: tuple[str, ...] = ()
    layout: bool = False


def _a(attribute: str, keyword: str | None = None, default: object = REQUIRED) -> tuple[str | None, str, object]:
    return keyword, attribute, default


MODULES: dict[str, ModuleTemplate] = {
    "conv": ModuleTemplate(
        "nn.Conv2d",
        (
            _a("in_channels"),
            _a("channels"),
            _a("kernel"),
            _a("stride", "stride", 1),
            _a("padding", "padding", 0),
            _a("dilation", "dilation", 1),
            _a("groups", "groups", 1),
            _a("bias", "bias", True),
        ),
    ),
    "max_pool": ModuleTemplate("nn.MaxPool2d", (_a("kernel"), _a("stride", "stride"), _a("padding", "padding", 0))),
    "avg_pool": ModuleTemplate(
        "nn.AvgPool2d",
        (_a("kernel"), _a("stride", "stride"), _a("padding", "padding", 0), _a("count_pad", "count_include_pad", True)),
    ),
    "bn": ModuleTemplate("nn.BatchNorm2d", (_a("channels"), _a("affine", "affine", True))),
    "bn1": ModuleTemplate("nn.BatchNorm1d", (_a("channels"), _a("affine", "affine", True))),
    "linear": ModuleTemplate("nn.Linear", (_a("in_features"), _a("width"), _a("bias", "bias", True))),
    "layer_norm": ModuleTemplate("nn.LayerNorm", (_a("features"),)),
    "bias": ModuleTemplate("Bias", (_a("features"),)),
    "attention": ModuleTemplate(
        "Attention",
        (
            _a("features"),
            _a("heads"),
            _a("head_dim"),
            _a("relative", "relative", 0),
            _a("causal", "causal", False),
        ),
    ),
    "patches": ModuleTemplate("Patches", (_a("channels"), _a("size"), _a("width"))),
    "positions": ModuleTemplate("Positions", (_a("length"), _a("features"))),
    "class_token": ModuleTemplate("ClassToken", (_a("features"),)),
    "embedding": ModuleTemplate("nn.Embedding", (_a("vocabulary"), _a("width"))),
    "conv1d": ModuleTemplate("nn.Conv1d", (_a("in_features"), _a("width"), _a("kernel"), _a("padding", "padding", 0))),
    "shift": ModuleTemplate("Shift", (_a("by"),)),
    "zero": ModuleTemplate("Zero", (_a("stride", "stride", 1),)),
    "dropout": ModuleTemplate("nn.Dropout", (_a("rate"),)),
    "locked_dropout": ModuleTemplate("LockedDropout", (_a("rate"),)),
}

ELASTIC: dict[str, ElasticTemplate] = {
    "conv": ElasticTemplate("ElasticConv2d", ("kernel", "channels", "stride", "padding", "dilation", "groups")),
    "max_pool": ElasticTemplate("ElasticMaxPool2d", ("kernel", "stride", "padding")),
    "avg_pool": ElasticTemplate("ElasticAvgPool2d", ("kernel", "stride", "padding")),
    "bn": ElasticTemplate("ElasticBatchNorm2d", layout=True),
    "bn1": ElasticTemplate("ElasticBatchNorm1d", layout=True),
    "linear": ElasticTemplate("ElasticLinear", ("width",)),
    "layer_norm": ElasticTemplate("ElasticLayerNorm", layout=True),
    "bias": ElasticTemplate("ElasticBias", layout=True),
    "attention": ElasticTemplate("ElasticAttention", ("heads",)),
    "patches": ElasticTemplate("ElasticPatches", ("width",)),
    "positions": ElasticTemplate("ElasticPositions", layout=True),
    "class_token": ElasticTemplate("ElasticClassToken", layout=True),
    "embedding": ElasticTemplate("ElasticEmbedding", ("width",)),
}

# {0} is the operand, {name} an attribute.
EXPRESSIONS: dict[str, str] = {
    "relu": "F.relu({0})",
    "relu6": "F.relu6({0})",
    "gelu": "F.gelu({0})",
    "sigmoid": "torch.sigmoid({0})",
    "hardsigmoid": "F.hardsigmoid({0})",
    "tanh": "torch.tanh({0})",
    "hardswish": "F.hardswish({0})",
    "silu": "F.silu({0})",
    "mish": "F.mish({0})",
    "leaky_relu": "F.leaky_relu({0}, 0.2)",
    "identity": "{0}",
    "global_avg_pool": "{0}.mean((2, 3))",
    "flatten": "{0}.flatten(1)",
    "shuffle": "{0}.unflatten(1, ({groups}, -1)).transpose(1, 2).flatten(1, 2)",
    "upsample": "F.interpolate({0}, scale_factor={scale})",
    "take": "{0}[:, {at}]",
    "mean_pool": "{0}.mean(1)",
    "max_over": "{0}.amax(1)",
    "scale": "{factor} * {0}",
    "split": "{0}.chunk({parts}, {axis})",
    "part": "{0}[{at}]",
}

# Classes of `runtime/modules.py`, with the functions that they call: standalone networks carry their source.
HELPERS: dict[str, tuple[str, ...]] = {
    "Attention": ("relative_attention",),
    "Bias": (),
    "ClassToken": (),
    "LockedDropout": (),
    "Patches": (),
    "Positions": (),
    "Shift": (),
    "Zero": (),
    "scan": (),
}

# What only supernets need of `nasdsl.runtime`.
RUNTIME = frozenset(
    {"Weights", "average", "choose", "chosen", "masked", "once", "searched", "unused"}
    | {template.callee for template in ELASTIC.values()}
)
