"""Primitives over vectors, sequences and tokens."""

from __future__ import annotations

from nasdsl.ir.program import TensorType
from nasdsl.ops.primitive import (
    Attrs,
    Parameter,
    Primitive,
    Runs,
    ShapeError,
    Slices,
    described,
    first,
    image,
    sequence,
)


def _linear(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    if type.kind not in ("vector", "sequence"):
        hint = "`global_avg_pool` or `flatten` makes one" if type.kind == "image" else "`embedding` comes first"
        raise ShapeError("NAS401", f"`linear` takes a vector or a sequence, found {described(type)}", hint)
    times = type.dims[0] if type.kind == "sequence" else 1
    return {**attrs, "in_features": type.features, "times": times}, type.having(attrs["width"])


def _linear_weights(a: Attrs) -> int:
    return a["width"] * (a["in_features"] + bool(a["bias"]))


def _linear_slices(most: Attrs, a: Attrs, rows: Runs) -> Slices:
    return {"weight": {0: first(a["width"]), 1: rows}, "bias": {0: first(a["width"])}}


def _layer_norm(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    if type.kind not in ("vector", "sequence"):
        raise ShapeError("NAS401", f"`layer_norm` takes a vector or a sequence, found {described(type)}", "`bn`")
    return {"features": type.features}, type


def _bias(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    if type.kind not in ("vector", "sequence"):
        raise ShapeError("NAS401", f"`bias` takes a vector or a sequence, found {described(type)}", "`bn`")
    return {"features": type.features}, type


def _attention(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    length, features = sequence("attention", type, "`patches` makes one of an image")
    if attrs["relative"]:
        side = round((length - 1) ** 0.5)
        if side * side != length - 1:
            text = f"relative attention needs a square grid behind one class token, found {length} tokens"
            raise ShapeError("NAS401", text)
    return {**attrs, "features": features, "length": length}, type.having(attrs["heads"] * attrs["head_dim"])


def _attention_weights(a: Attrs) -> int:
    tables = 4 * (2 * a["relative"] + 2) * a["head_dim"] if a["relative"] else 0
    return 3 * a["heads"] * a["head_dim"] * (a["features"] + 1) + tables


def _attention_macs(a: Attrs, out: TensorType) -> int:
    inner, length = a["heads"] * a["head_dim"], a["length"]
    return length * 3 * inner * (a["features"] + 1) + 2 * length * length * inner


def _attention_slices(most: Attrs, a: Attrs, rows: Runs) -> Slices:
    whole, kept = most["heads"] * most["head_dim"], a["heads"] * a["head_dim"]
    inside = tuple((part * whole, part * whole + kept) for part in range(3))
    return {"qkv.weight": {0: inside, 1: rows}, "qkv.bias": {0: inside}}


def _patches(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    channels, height, width = image("patches", type)
    size = attrs["size"]
    if height % size or width % size:
        raise ShapeError("NAS401", f"patches of {size} do not divide an image of {height}x{width}")
    return {**attrs, "channels": channels}, TensorType("sequence", (height // size * (width // size), attrs["width"]))


def _patches_weights(a: Attrs) -> int:
    return a["width"] * (a["channels"] * a["size"] ** 2 + 1)


def _positions(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    length, features = sequence("positions", type)
    return {"length": length, "features": features}, type


def _class_token(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    length, features = sequence("class_token", type)
    return {"features": features}, TensorType("sequence", (length + 1, features))


def _take(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    length, features = sequence("take", type)
    if attrs["at"] >= length:
        raise ShapeError("NAS401", f"position {attrs['at']} of a sequence of {length}")
    return attrs, TensorType("vector", (features,))


def _mean_pool(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    return attrs, TensorType("vector", (sequence("mean_pool", type)[1],))


def _max_over(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    return attrs, TensorType("vector", (sequence("max_over", type)[1],))


def _embedding(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    if type.kind != "tokens":
        raise ShapeError("NAS401", f"`embedding` takes tokens, found {described(type)}")
    return attrs, TensorType("sequence", (type.dims[0], attrs["width"]))


def _conv1d(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    length, features = sequence("conv1d", type)
    kernel, width = attrs["kernel"], attrs["width"] if attrs["width"] is not None else features
    if kernel % 2 == 0:
        raise ShapeError("NAS404", f"the even kernel {kernel} of `conv1d` cannot keep the length {length}")
    return {**attrs, "width": width, "in_features": features}, TensorType("sequence", (length, width))


def _conv1d_weights(a: Attrs) -> int:
    return a["width"] * (a["in_features"] * a["kernel"] + 1)


def _same_type(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    if type.kind == "tokens":
        raise ShapeError("NAS401", "tokens are whole numbers: only `embedding` takes them")
    return attrs, type


def _locked(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    sequence("locked_dropout", type)
    return attrs, type


ZERO_KEEPING = ("relu", "relu6", "gelu", "tanh", "hardswish", "silu", "mish", "leaky_relu")
ELEMENTWISE = (*ZERO_KEEPING, "sigmoid", "hardsigmoid")

SEQUENCE_PRIMITIVES = (
    Primitive(
        "linear",
        (Parameter("width", int, least=1), Parameter("bias", bool, True)),
        _linear,
        weights=_linear_weights,
        macs=lambda a, out: a["times"] * _linear_weights(a),
        searched=frozenset({"width"}),
        elastic=frozenset({"width", "in_features"}),
        slices=_linear_slices,
        mixes=frozenset({"width", "in_features"}),
        features="fresh",
        constants=frozenset({"bias"}),
    ),
    Primitive(
        "layer_norm",
        (),
        _layer_norm,
        weights=lambda a: 2 * a["features"],
        elastic=frozenset({"features"}),
        slices=lambda most, a, rows: {"weight": {0: rows}, "bias": {0: rows}},
        keeps_zeros=False,
    ),
    Primitive(
        "bias",
        (),
        _bias,
        weights=lambda a: a["features"],
        elastic=frozenset({"features"}),
        slices=lambda most, a, rows: {"value": {0: rows}},
        keeps_zeros=False,
    ),
    Primitive(
        "attention",
        (
            Parameter("heads", int, least=1),
            Parameter("head_dim", int, least=1),
            Parameter("relative", int, 0),
            Parameter("causal", bool, False),
        ),
        _attention,
        weights=_attention_weights,
        macs=_attention_macs,
        searched=frozenset({"heads"}),
        elastic=frozenset({"heads", "features"}),
        slices=_attention_slices,
        features="fresh",
        keeps_zeros=False,
    ),
    Primitive(
        "patches",
        (Parameter("size", int, least=1), Parameter("width", int, least=1)),
        _patches,
        weights=_patches_weights,
        macs=lambda a, out: out.dims[0] * _patches_weights(a),  # type: ignore[operator]
        searched=frozenset({"width"}),
        elastic=frozenset({"width"}),
        slices=lambda most, a, rows: {"embed.weight": {0: first(a["width"])}, "embed.bias": {0: first(a["width"])}},
        features="fresh",
        keeps_zeros=False,
    ),
    Primitive(
        "positions",
        (),
        _positions,
        weights=lambda a: a["length"] * a["features"],
        elastic=frozenset({"features"}),
        slices=lambda most, a, rows: {"value": {2: rows}},
        keeps_zeros=False,
    ),
    Primitive(
        "class_token",
        (),
        _class_token,
        weights=lambda a: a["features"],
        elastic=frozenset({"features"}),
        slices=lambda most, a, rows: {"value": {2: rows}},
        keeps_zeros=False,
    ),
    Primitive("take", (Parameter("at", int),), _take),
    Primitive("mean_pool", (), _mean_pool),
    Primitive("max_over", (), _max_over),
    Primitive(
        "embedding",
        (Parameter("vocabulary", int, least=1), Parameter("width", int, least=1)),
        _embedding,
        weights=lambda a: a["vocabulary"] * a["width"],
        searched=frozenset({"width"}),
        elastic=frozenset({"width"}),
        slices=lambda most, a, rows: {"weight": {1: first(a["width"])}},
        features="fresh",
        keeps_zeros=False,
    ),
    Primitive(
        "conv1d",
        (Parameter("kernel", int, least=1), Parameter("width", int, None, 1)),
        _conv1d,
        weights=_conv1d_weights,
        macs=lambda a, out: out.dims[0] * _conv1d_weights(a),  # type: ignore[operator]
        features="fresh",
        keeps_zeros=False,
    ),
    Primitive("dropout", (Parameter("rate", float),), _same_type),
    Primitive("locked_dropout", (Parameter("rate", float),), _locked),
    Primitive("scale", (Parameter("factor", float, least=float("-inf")),), _same_type),
    *(Primitive(name, (), _same_type, keeps_zeros=name in ZERO_KEEPING) for name in ELEMENTWISE),
)
