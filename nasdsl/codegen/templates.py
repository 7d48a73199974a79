"""How each primitive is written in PyTorch: a module in the constructor, or a plain expression."""

from __future__ import annotations

from typing import NamedTuple

REQUIRED = object()


class ModuleTemplate(NamedTuple):
    """`arguments` are (keyword or None, attribute, default)."""

    callee: str
    arguments: tuple[tuple[str | None, str, object], ...]


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
    "elastic_linear": ModuleTemplate("ElasticLinear", (_a("in_features"), _a("width"), _a("bias", "bias", True))),
    "shift": ModuleTemplate("Shift", (_a("by"),)),
    "zero": ModuleTemplate("Zero", (_a("stride", "stride", 1),)),
    "dropout": ModuleTemplate("nn.Dropout", (_a("rate"),)),
}

EXPRESSIONS: dict[str, str] = {
    "relu": "F.relu({0})",
    "relu6": "F.relu6({0})",
    "gelu": "F.gelu({0})",
    "sigmoid": "torch.sigmoid({0})",
    "tanh": "torch.tanh({0})",
    "hardswish": "F.hardswish({0})",
    "silu": "F.silu({0})",
    "identity": "{0}",
    "global_avg_pool": "{0}.mean((2, 3))",
    "flatten": "{0}.flatten(1)",
}

HELPERS = ("Shift", "Zero")
