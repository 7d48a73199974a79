"""The primitives: for each its parameters, shape rule, parameter count and MACs.

A multiply-accumulate is counted for convolutions and linear layers with their bias additions, as the
NAS-Bench-201 authors count; everything else is free.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nasdsl.semantics.program import Dim, TensorType
from nasdsl.semantics.searched import Searched

Attrs = dict[str, Any]


class ShapeError(Exception):
    """Raised by a shape rule; the evaluator turns it into a diagnostic at the operation's place."""

    def __init__(self, code: str, message: str, help: str = ""):
        super().__init__(message)
        self.code, self.message, self.help = code, message, help


@dataclass(frozen=True)
class Parameter:
    name: str
    type: type
    default: Any = ...
    least: float = 0


@dataclass(frozen=True)
class Primitive:
    """`infer` maps arguments and the input's type to attributes and the output's type.

    `searched` are the arguments that a bar may stand in; `elastic` the attributes that may differ from
    architecture to architecture while the weights are shared by slicing; `law` says which combinations may.
    """

    name: str
    parameters: tuple[Parameter, ...]
    infer: Callable[[Attrs, TensorType], tuple[Attrs, TensorType]]
    weights: Callable[[Attrs], int] = lambda attrs: 0
    macs: Callable[[Attrs, TensorType], int] = lambda attrs, out: 0
    searched: frozenset[str] = frozenset()
    elastic: frozenset[str] = frozenset()
    law: Callable[[Attrs], bool] | None = None


def _image(name: str, type: TensorType) -> tuple[int, int, int]:
    if type.kind != "image":
        raise ShapeError("NAS401", f"`{name}` takes an image, found a {type.kind} of {type}")
    channels, height, width = type.dims
    assert isinstance(channels, int)  # a shape rule sees the values of one architecture
    assert isinstance(height, int)
    assert isinstance(width, int)
    return channels, height, width


def _window(name: str, size: int, attrs: Attrs) -> int:
    """Output length of a sliding window along one axis."""
    kernel, stride, dilation = attrs["kernel"], attrs["stride"], attrs.get("dilation", 1)
    reach = dilation * (kernel - 1)
    if attrs["padding"] is None:
        out = (size + 2 * (reach // 2) - reach - 1) // stride + 1
        if reach % 2 and out != -(-size // stride):
            text = f"the even kernel {kernel} of `{name}` cannot keep the size {size} at stride {stride}"
            raise ShapeError("NAS404", text, f"use {kernel - 1} or {kernel + 1}, or give `padding = ...`")
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
    channels, height, width = _image("conv", type)
    kernel = attrs["kernel"]
    out = attrs["channels"] if attrs["channels"] is not None else channels
    if kernel > max(height, width) and kernel > 7:
        swapped = f"; the kernel comes first: `conv({out}, {kernel})`" if out < kernel else ""
        raise ShapeError("NAS405", f"kernel {kernel} exceeds the {height}x{width} input{swapped}")
    groups = attrs["groups"]
    if channels % groups or out % groups:
        raise ShapeError("NAS401", f"{groups} groups do not divide {channels} input and {out} output channels")
    size = _window("conv", height, attrs), _window("conv", width, attrs)
    attrs = {**_padded(attrs), "in_channels": channels, "channels": out}
    return attrs, TensorType("image", (out, *size))


def _conv_weights(a: Attrs) -> int:
    return a["channels"] * (a["in_channels"] // a["groups"]) * a["kernel"] ** 2 + (a["channels"] if a["bias"] else 0)


def _conv_macs(a: Attrs, out: TensorType) -> int:
    _, height, width = out.dims
    return _conv_weights(a) * height * width  # type: ignore[operator]


def _pool(name: str) -> Callable[[Attrs, TensorType], tuple[Attrs, TensorType]]:
    def infer(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
        channels, height, width = _image(name, type)
        size = _window(name, height, attrs), _window(name, width, attrs)
        attrs = _padded(attrs)
        if 2 * attrs["padding"] > attrs["kernel"]:
            raise ShapeError("NAS401", f"padding {attrs['padding']} is more than half of the kernel {attrs['kernel']}")
        return attrs, TensorType("image", (channels, *size))

    return infer


def _same(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    return attrs, type


def _bn(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    return {**attrs, "channels": type.dims[0], "axes": len(type.dims)}, type


def _linear(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    if type.kind != "vector":
        raise ShapeError("NAS401", f"`linear` takes a vector, found {type}", "`global_avg_pool` or `flatten` makes one")
    return {**attrs, "in_features": type.dims[0]}, TensorType("vector", (attrs["width"],))


def _global_avg_pool(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    return attrs, TensorType("vector", (_image("global_avg_pool", type)[0],))


def _flatten(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    channels, height, width = _image("flatten", type)
    return attrs, TensorType("vector", (channels * height * width,))


def _strided(name: str) -> Callable[[Attrs, TensorType], tuple[Attrs, TensorType]]:
    def infer(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
        if attrs["stride"] == 1:
            return attrs, type
        channels, height, width = _image(name, type)
        return attrs, TensorType("image", (channels, -(-height // attrs["stride"]), -(-width // attrs["stride"])))

    return infer


def _shift(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    _, height, width = _image("shift", type)
    if attrs["by"] >= min(height, width):
        raise ShapeError("NAS401", f"`shift({attrs['by']})` leaves nothing of a {height}x{width} image")
    return attrs, type


def _conv_law(attrs: Attrs) -> bool:
    """Groups keep their number, or there is one for each channel: what a group holds is never split."""
    groups = attrs["groups"]
    if not isinstance(groups, Searched):
        return groups == 1 or not isinstance(attrs["channels"], Searched) and not isinstance(attrs["in_channels"], Searched)
    return groups == attrs["channels"] == attrs["in_channels"]


_SIZES = frozenset({"kernel", "stride", "padding"})
_WINDOW = (Parameter("kernel", int, least=1), Parameter("stride", int, 1, 1), Parameter("padding", int, None))
_CONV = (
    Parameter("kernel", int, least=1),
    Parameter("channels", int, None, 1),
    Parameter("stride", int, 1, 1),
    Parameter("dilation", int, 1, 1),
    Parameter("groups", int, 1, 1),
    Parameter("padding", int, None),
    Parameter("bias", bool, False),
)
ELEMENTWISE = ("relu", "relu6", "gelu", "sigmoid", "tanh", "hardswish", "silu", "identity")

PRIMITIVES: dict[str, Primitive] = {
    item.name: item
    for item in (
        Primitive(
            "conv",
            _CONV,
            _conv,
            _conv_weights,
            _conv_macs,
            searched=frozenset({"kernel", "channels", "stride", "dilation", "groups", "padding"}),
            elastic=frozenset({"kernel", "channels", "in_channels", "stride", "dilation", "groups", "padding"}),
            law=_conv_law,
        ),
        Primitive("max_pool", _WINDOW, _pool("max_pool"), searched=_SIZES, elastic=_SIZES),
        Primitive("avg_pool", _WINDOW, _pool("avg_pool"), searched=_SIZES, elastic=_SIZES),
        Primitive(
            "bn",
            (Parameter("affine", bool, True),),
            _bn,
            weights=lambda a: 2 * a["channels"] if a["affine"] else 0,
            elastic=frozenset({"channels"}),
        ),
        Primitive(
            "linear",
            (Parameter("width", int, least=1), Parameter("bias", bool, True)),
            _linear,
            weights=lambda a: a["width"] * (a["in_features"] + bool(a["bias"])),
            macs=lambda a, out: a["width"] * (a["in_features"] + bool(a["bias"])),
            searched=frozenset({"width"}),
            elastic=frozenset({"width", "in_features"}),
        ),
        Primitive("global_avg_pool", (), _global_avg_pool),
        Primitive("flatten", (), _flatten),
        Primitive("zero", (Parameter("stride", int, 1, 1),), _strided("zero")),
        Primitive("shift", (Parameter("by", int, least=1),), _shift),
        Primitive("dropout", (Parameter("rate", float),), _same),
        *(Primitive(name, (), _same) for name in ELEMENTWISE),
    )
}


def joined(op: str, types: list[TensorType]) -> TensorType:
    """The type of `sum`, `mean` or `concat`.  Raises `ShapeError`."""
    first = types[0]
    if op != "concat":
        for other in types[1:]:
            if other.same(first) is not True:
                raise ShapeError("NAS402", f"the tensors that meet in this {op} differ: {first} and {other}")
        return first
    total: Dim = 0
    for item in types:
        if item.kind != first.kind or item.dims[1:] != first.dims[1:]:
            raise ShapeError("NAS402", f"`concat` joins along the first axis; the others differ: {first} and {item}")
        if isinstance(item.dims[0], Searched):
            raise ShapeError("NAS190", "`concat` of a searched width is not supported by this version")
        total += item.dims[0]
    return TensorType(first.kind, (total, *first.dims[1:]))


def costs(op: str) -> bool:
    """Whether the cost of such a node depends on the size of its output."""
    return op in ("conv", "linear")


def node_cost(op: str, attrs: Mapping[str, Any], out: TensorType) -> tuple[int, int]:
    """Parameters and MACs of one node whose attributes are all fixed."""
    primitive = PRIMITIVES.get(op)
    if primitive is None:
        return 0, 0
    return primitive.weights(dict(attrs)), primitive.macs(dict(attrs), out)
