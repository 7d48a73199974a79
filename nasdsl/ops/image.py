"""Primitives over images: windows, normalisation, and what leads from images to vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nasdsl.ir.dependent import Dependent
from nasdsl.ir.program import TensorType
from nasdsl.ops.record import ParameterSpec, Primitive, Ranges, Slices
from nasdsl.ops.shapes import ShapeError, centre, described, first, fixed, image
from nasdsl.ops.template import (
    Attrs,
    ByAttribute,
    ConstructorArgument,
    ElasticTemplate,
    Expression,
    ModuleTemplate,
    keyword,
    positional,
)


def _window(name: str, size: int, attrs: Attrs) -> int:
    """Return the output length of a sliding window along one axis."""
    kernel, stride, dilation = attrs["kernel"], attrs["stride"], attrs.get("dilation", 1)
    reach = dilation * (kernel - 1)
    if attrs["padding"] is None:
        out = (size + 2 * (reach // 2) - reach - 1) // stride + 1
        if reach % 2 and out != -(-size // stride):
            text = f"the even kernel {kernel} of `{name}` cannot keep the size {size} at stride {stride}"
            raise ShapeError("NAS404", text, f"use {kernel - 1} or {kernel + 1}, or set `padding = ...`")
        return out
    out = (size + 2 * attrs["padding"] - reach - 1) // stride + 1
    if out < 1:
        raise ShapeError("NAS405", f"the kernel {kernel} of `{name}` is larger than its padded input of {size}")
    return out


def _padded(attrs: Attrs) -> Attrs:
    if attrs["padding"] is None:
        attrs = {**attrs, "padding": attrs.get("dilation", 1) * (attrs["kernel"] - 1) // 2}
    return attrs


def _conv(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    channels, height, width = image("conv", type)
    kernel = attrs["kernel"]
    out = attrs["channels"] if attrs["channels"] is not None else channels
    if kernel > max(height, width) and kernel > 7:
        swapped = f"; the kernel comes first: `conv({out}, {kernel})`" if out < kernel else ""
        raise ShapeError("NAS405", f"kernel {kernel} exceeds the {height}x{width} input{swapped}")
    groups = attrs["groups"]
    if channels % groups or out % groups:
        raise ShapeError("NAS401", f"{groups} groups do not divide {channels} input and {out} output channels")
    attrs = {**attrs, "in_channels": channels, "channels": out}
    if attrs["across"] is not None:
        if attrs["padding"] is not None:
            raise ShapeError("NAS401", "a kernel with `across` uses same padding", "omit `padding`")
        sides = [{**attrs, "kernel": size} for size in (kernel, attrs["across"])]
        size = _window("conv", height, sides[0]), _window("conv", width, sides[1])
        padding = tuple(_padded(side)["padding"] for side in sides)
        return {**attrs, "padding": padding}, TensorType("image", (out, *size))
    size = _window("conv", height, attrs), _window("conv", width, attrs)
    return _padded(attrs), TensorType("image", (out, *size))


def _conv_weights(a: Attrs) -> int:
    window = a["kernel"] * (a["across"] or a["kernel"])
    return a["channels"] * (a["in_channels"] // a["groups"]) * window + (a["channels"] if a["bias"] else 0)


def _conv_macs(a: Attrs, out: TensorType) -> int:
    _, height, width = fixed(out)
    return _conv_weights(a) * height * width


def _conv_kernel(a: Attrs) -> Any:
    """One number for a square kernel, (height, width) for another."""
    return a["kernel"] if a["across"] is None else (a["kernel"], a["across"])


def _conv_law(attrs: Attrs) -> bool:
    """Groups keep their number, or there is one for each channel: what a group holds is never split."""
    groups = attrs["groups"]
    if attrs["across"] is not None and isinstance(attrs["kernel"], Dependent):
        return False
    if not isinstance(groups, Dependent):
        return groups == 1 or (
            not isinstance(attrs["channels"], Dependent) and not isinstance(attrs["in_channels"], Dependent)
        )
    return groups == attrs["channels"] == attrs["in_channels"]


def _conv_slices(most: Attrs, a: Attrs, rows: Ranges) -> Slices:
    depthwise = most["groups"] == most["channels"] == most["in_channels"] != 1
    out = rows if depthwise else first(a["channels"])
    weight = {0: out} if depthwise else {0: out, 1: rows} if a["groups"] == 1 else {0: out}
    if a["kernel"] != most["kernel"]:
        weight |= {axis: centre(most["kernel"], a["kernel"]) for axis in (2, 3)}
    return {"weight": weight, "bias": {0: out}}


def _pool(name: str) -> Callable[[Attrs, TensorType], tuple[Attrs, TensorType]]:
    def infer(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
        channels, height, width = image(name, type)
        size = _window(name, height, attrs), _window(name, width, attrs)
        attrs = _padded(attrs)
        if 2 * attrs["padding"] > attrs["kernel"]:
            raise ShapeError("NAS401", f"padding {attrs['padding']} is more than half of the kernel {attrs['kernel']}")
        return attrs, TensorType("image", (channels, *size))

    return infer


def _bn(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    if type.kind not in ("image", "vector"):
        raise ShapeError("NAS401", f"`bn` needs an image or a vector, found {described(type)}", "`layer_norm`")
    return {**attrs, "channels": type.dims[0], "axes": len(type.dims)}, type


def _bn_slices(most: Attrs, a: Attrs, rows: Ranges) -> Slices:
    return {name: {0: rows} for name in ("weight", "bias", "running_mean", "running_var")}


def _global_avg_pool(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    return attrs, TensorType("vector", (image("global_avg_pool", type)[0],))


def _flatten(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    channels, height, width = image("flatten", type)
    return attrs, TensorType("vector", (channels * height * width,))


def _zero(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    if attrs["stride"] == 1:
        return attrs, type
    channels, height, width = image("zero", type)
    return attrs, TensorType("image", (channels, -(-height // attrs["stride"]), -(-width // attrs["stride"])))


def _shift(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    _, height, width = image("shift", type)
    if attrs["by"] >= min(height, width):
        raise ShapeError("NAS401", f"`shift({attrs['by']})` is too large for an image of {height}x{width}")
    return attrs, type


def _shuffle(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    channels = image("shuffle", type)[0]
    if channels % attrs["groups"]:
        raise ShapeError("NAS401", f"{attrs['groups']} groups do not divide {channels} channels")
    return {**attrs, "channels": channels}, type


def _upsample(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    channels, height, width = image("upsample", type)
    return attrs, TensorType("image", (channels, height * attrs["scale"], width * attrs["scale"]))


_POOL_SIZES = frozenset({"kernel", "stride", "padding"})
_POOL_PARAMETERS = (
    ParameterSpec("kernel", int, least=1),
    ParameterSpec("stride", int, 1, 1),
    ParameterSpec("padding", int, None),
)
_POOL_ARGUMENTS = (*positional("kernel"), keyword("stride"), keyword("padding", 0))

CONV = Primitive(
    "conv",
    (
        ParameterSpec("kernel", int, least=1),
        ParameterSpec("channels", int, None, 1),
        ParameterSpec("stride", int, 1, 1),
        ParameterSpec("dilation", int, 1, 1),
        ParameterSpec("groups", int, 1, 1),
        ParameterSpec("padding", int, None),
        ParameterSpec("bias", bool, False),
        ParameterSpec("across", int, None, 1),
    ),
    _conv,
    ModuleTemplate(
        "nn.Conv2d",
        (
            *positional("in_channels", "channels"),
            ConstructorArgument("kernel", positional=True, value=_conv_kernel),
            keyword("stride", 1),
            keyword("padding", 0),
            keyword("dilation", 1),
            keyword("groups", 1),
            keyword("bias", True),
        ),
        ElasticTemplate("ElasticConv2d", ("kernel", "channels", "stride", "padding", "dilation", "groups")),
    ),
    weights=_conv_weights,
    macs=_conv_macs,
    macs_read_output=True,
    searched=frozenset({"kernel", "channels", "stride", "dilation", "groups", "padding"}),
    elastic=frozenset({"kernel", "channels", "in_channels", "stride", "dilation", "groups", "padding"}),
    law=_conv_law,
    slices=_conv_slices,
    mixes=frozenset({"kernel", "channels", "in_channels", "groups", "padding"}),
    takes="in_channels",
    gives="channels",
    features="fresh",
    constants=frozenset({"bias"}),
)
MAX_POOL = Primitive(
    "max_pool",
    _POOL_PARAMETERS,
    _pool("max_pool"),
    ModuleTemplate(
        "nn.MaxPool2d", _POOL_ARGUMENTS, ElasticTemplate("ElasticMaxPool2d", ("kernel", "stride", "padding"))
    ),
    searched=_POOL_SIZES,
    elastic=_POOL_SIZES,
    mixes=_POOL_SIZES - {"stride"},
)
AVG_POOL = Primitive(
    "avg_pool",
    _POOL_PARAMETERS,
    _pool("avg_pool"),
    ModuleTemplate(
        "nn.AvgPool2d",
        (
            *_POOL_ARGUMENTS,
            ConstructorArgument("count_include_pad", default=True, value=lambda attrs: False, elastic=False),
        ),
        ElasticTemplate("ElasticAvgPool2d", ("kernel", "stride", "padding")),
    ),
    searched=_POOL_SIZES,
    elastic=_POOL_SIZES,
    mixes=_POOL_SIZES - {"stride"},
)
_BN_ARGUMENTS = (*positional("channels"), keyword("affine", True))
BN = Primitive(
    "bn",
    (ParameterSpec("affine", bool, True),),
    _bn,
    ByAttribute(
        "axes",
        {
            1: ModuleTemplate("nn.BatchNorm1d", _BN_ARGUMENTS, ElasticTemplate("ElasticBatchNorm1d", layout=True)),
            3: ModuleTemplate("nn.BatchNorm2d", _BN_ARGUMENTS, ElasticTemplate("ElasticBatchNorm2d", layout=True)),
        },
    ),
    weights=lambda a: 2 * a["channels"] if a["affine"] else 0,
    elastic=frozenset({"channels"}),
    slices=_bn_slices,
    mixes=frozenset({"channels"}),
    takes="channels",
    gives="channels",
    constants=frozenset({"affine"}),
    effect="statistics",
)
GLOBAL_AVG_POOL = Primitive("global_avg_pool", (), _global_avg_pool, Expression("{0}.mean((2, 3))"))
FLATTEN = Primitive("flatten", (), _flatten, Expression("{0}.flatten(1)"), features="expand")
ZERO = Primitive(
    "zero",
    (ParameterSpec("stride", int, 1, 1),),
    _zero,
    ModuleTemplate("Zero", (keyword("stride", 1),), carries=("Zero",)),
    is_zero=True,
)
SHIFT = Primitive(
    "shift",
    (ParameterSpec("by", int, least=1),),
    _shift,
    ModuleTemplate("Shift", positional("by"), carries=("Shift",)),
)
SHUFFLE = Primitive(
    "shuffle",
    (ParameterSpec("groups", int, least=1),),
    _shuffle,
    Expression("{0}.unflatten(1, ({groups}, -1)).transpose(1, 2).flatten(1, 2)"),
    takes="channels",
    gives="channels",
)
UPSAMPLE = Primitive(
    "upsample",
    (ParameterSpec("scale", int, least=1),),
    _upsample,
    Expression("F.interpolate({0}, scale_factor={scale})"),
)

IMAGE_PRIMITIVES = (
    CONV,
    MAX_POOL,
    AVG_POOL,
    BN,
    GLOBAL_AVG_POOL,
    FLATTEN,
    ZERO,
    SHIFT,
    SHUFFLE,
    UPSAMPLE,
)
