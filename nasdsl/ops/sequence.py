"""Primitives over vectors, sequences and tokens."""

from __future__ import annotations

from nasdsl.ir.program import TensorType
from nasdsl.ops.record import ParameterSpec, Primitive, Ranges, Slices
from nasdsl.ops.shapes import ShapeError, described, first, fixed, image, sequence
from nasdsl.ops.template import (
    Attrs,
    ConstructorArgument,
    ElasticTemplate,
    Expression,
    ModuleTemplate,
    keyword,
    positional,
)


def _linear(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    if type.kind not in ("vector", "sequence"):
        hint = "`global_avg_pool` or `flatten` returns a vector" if type.kind == "image" else "apply `embedding` first"
        raise ShapeError("NAS401", f"`linear` needs a vector or a sequence, found {described(type)}", hint)
    times = type.dims[0] if type.kind == "sequence" else 1
    return {**attrs, "in_features": type.features, "times": times}, type.having(attrs["width"])


def _linear_weights(a: Attrs) -> int:
    return a["width"] * (a["in_features"] + bool(a["bias"]))


def _linear_slices(most: Attrs, a: Attrs, rows: Ranges) -> Slices:
    return {"weight": {0: first(a["width"]), 1: rows}, "bias": {0: first(a["width"])}}


def _layer_norm(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    if type.kind not in ("vector", "sequence"):
        raise ShapeError("NAS401", f"`layer_norm` needs a vector or a sequence, found {described(type)}", "`bn`")
    return {"features": type.features}, type


def _bias(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    if type.kind not in ("vector", "sequence"):
        raise ShapeError("NAS401", f"`bias` needs a vector or a sequence, found {described(type)}", "`bn`")
    return {"features": type.features}, type


def _attention(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    length, features = sequence("attention", type, "`patches` converts an image to a sequence")
    if attrs["relative"]:
        side = round((length - 1) ** 0.5)
        if side * side != length - 1:
            text = f"relative attention needs a class token followed by a square grid, found {length} tokens"
            raise ShapeError("NAS401", text)
    return {**attrs, "features": features, "length": length}, type.having(attrs["heads"] * attrs["head_dim"])


def _attention_weights(a: Attrs) -> int:
    tables = 4 * (2 * a["relative"] + 2) * a["head_dim"] if a["relative"] else 0
    return 3 * a["heads"] * a["head_dim"] * (a["features"] + 1) + tables


def _attention_macs(a: Attrs, out: TensorType) -> int:
    inner, length = a["heads"] * a["head_dim"], a["length"]
    return length * 3 * inner * (a["features"] + 1) + 2 * length * length * inner


def _attention_slices(most: Attrs, a: Attrs, rows: Ranges) -> Slices:
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
        raise ShapeError("NAS401", f"position {attrs['at']} is out of range for a sequence of length {length}")
    return attrs, TensorType("vector", (features,))


def _mean_pool(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    return attrs, TensorType("vector", (sequence("mean_pool", type)[1],))


def _max_over(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    return attrs, TensorType("vector", (sequence("max_over", type)[1],))


def _embedding(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    if type.kind != "tokens":
        raise ShapeError("NAS401", f"`embedding` needs tokens, found {described(type)}")
    return attrs, TensorType("sequence", (type.dims[0], attrs["width"]))


def _conv1d(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    length, features = sequence("conv1d", type)
    kernel, width = attrs["kernel"], attrs["width"] if attrs["width"] is not None else features
    if kernel % 2 == 0:
        raise ShapeError("NAS404", f"the even kernel {kernel} of `conv1d` cannot keep the length {length}")
    return {**attrs, "width": width, "in_features": features}, TensorType("sequence", (length, width))


def _conv1d_weights(a: Attrs) -> int:
    return a["width"] * (a["in_features"] * a["kernel"] + 1)


def _conv1d_macs(a: Attrs, out: TensorType) -> int:
    length, _ = fixed(out)
    return length * _conv1d_weights(a)


def _patches_macs(a: Attrs, out: TensorType) -> int:
    length, _ = fixed(out)
    return length * _patches_weights(a)


LINEAR = Primitive(
    "linear",
    (ParameterSpec("width", int, least=1), ParameterSpec("bias", bool, True)),
    _linear,
    ModuleTemplate(
        "nn.Linear",
        (*positional("in_features", "width"), keyword("bias", True)),
        ElasticTemplate("ElasticLinear", ("width",)),
    ),
    weights=_linear_weights,
    macs=lambda a, out: a["times"] * _linear_weights(a),
    searched=frozenset({"width"}),
    elastic=frozenset({"width", "in_features"}),
    slices=_linear_slices,
    mixes=frozenset({"width", "in_features"}),
    takes="in_features",
    gives="width",
    features="fresh",
    constants=frozenset({"bias"}),
)
LAYER_NORM = Primitive(
    "layer_norm",
    (),
    _layer_norm,
    ModuleTemplate("nn.LayerNorm", positional("features"), ElasticTemplate("ElasticLayerNorm", layout=True)),
    weights=lambda a: 2 * a["features"],
    elastic=frozenset({"features"}),
    slices=lambda most, a, rows: {"weight": {0: rows}, "bias": {0: rows}},
    takes="features",
    gives="features",
    divisible=False,
    keeps_zeros=False,
)
BIAS = Primitive(
    "bias",
    (),
    _bias,
    ModuleTemplate("Bias", positional("features"), ElasticTemplate("ElasticBias", layout=True), carries=("Bias",)),
    weights=lambda a: a["features"],
    elastic=frozenset({"features"}),
    slices=lambda most, a, rows: {"value": {0: rows}},
    takes="features",
    gives="features",
    divisible=False,
    keeps_zeros=False,
)
ATTENTION = Primitive(
    "attention",
    (
        ParameterSpec("heads", int, least=1),
        ParameterSpec("head_dim", int, least=1),
        ParameterSpec("relative", int, 0),
        ParameterSpec("causal", bool, False),
    ),
    _attention,
    ModuleTemplate(
        "Attention",
        (*positional("features", "heads", "head_dim"), keyword("relative", 0), keyword("causal", False)),
        ElasticTemplate("ElasticAttention", ("heads",)),
        carries=("relative_attention", "Attention"),
    ),
    weights=_attention_weights,
    macs=_attention_macs,
    searched=frozenset({"heads"}),
    elastic=frozenset({"heads", "features"}),
    slices=_attention_slices,
    takes="features",
    features="fresh",
    divisible=False,
    keeps_zeros=False,
)
PATCHES = Primitive(
    "patches",
    (ParameterSpec("size", int, least=1), ParameterSpec("width", int, least=1)),
    _patches,
    ModuleTemplate(
        "Patches",
        positional("channels", "size", "width"),
        ElasticTemplate("ElasticPatches", ("width",)),
        carries=("Patches",),
    ),
    weights=_patches_weights,
    macs=_patches_macs,
    macs_read_output=True,
    searched=frozenset({"width"}),
    elastic=frozenset({"width"}),
    slices=lambda most, a, rows: {"embed.weight": {0: first(a["width"])}, "embed.bias": {0: first(a["width"])}},
    takes="channels",
    gives="width",
    features="fresh",
    keeps_zeros=False,
)
POSITIONS = Primitive(
    "positions",
    (),
    _positions,
    ModuleTemplate(
        "Positions",
        positional("length", "features"),
        ElasticTemplate("ElasticPositions", layout=True),
        carries=("Positions",),
    ),
    weights=lambda a: a["length"] * a["features"],
    elastic=frozenset({"features"}),
    slices=lambda most, a, rows: {"value": {2: rows}},
    takes="features",
    gives="features",
    divisible=False,
    keeps_zeros=False,
)
CLASS_TOKEN = Primitive(
    "class_token",
    (),
    _class_token,
    ModuleTemplate(
        "ClassToken",
        positional("features"),
        ElasticTemplate("ElasticClassToken", layout=True),
        carries=("ClassToken",),
    ),
    weights=lambda a: a["features"],
    elastic=frozenset({"features"}),
    slices=lambda most, a, rows: {"value": {2: rows}},
    takes="features",
    gives="features",
    divisible=False,
    keeps_zeros=False,
)
TAKE = Primitive("take", (ParameterSpec("at", int),), _take, Expression("{0}[:, {at}]"))
MEAN_POOL = Primitive("mean_pool", (), _mean_pool, Expression("{0}.mean(1)"))
MAX_OVER = Primitive("max_over", (), _max_over, Expression("{0}.amax(1)"))
EMBEDDING = Primitive(
    "embedding",
    (ParameterSpec("vocabulary", int, least=1), ParameterSpec("width", int, least=1)),
    _embedding,
    ModuleTemplate("nn.Embedding", positional("vocabulary", "width"), ElasticTemplate("ElasticEmbedding", ("width",))),
    weights=lambda a: a["vocabulary"] * a["width"],
    searched=frozenset({"width"}),
    elastic=frozenset({"width"}),
    slices=lambda most, a, rows: {"weight": {1: first(a["width"])}},
    gives="width",
    features="fresh",
    keeps_zeros=False,
)
CONV1D = Primitive(
    "conv1d",
    (ParameterSpec("kernel", int, least=1), ParameterSpec("width", int, None, 1)),
    _conv1d,
    ModuleTemplate(
        "nn.Conv1d",
        (
            *positional("in_features", "width", "kernel"),
            ConstructorArgument("padding", default=0, value=lambda attrs: attrs["kernel"] // 2),
        ),
        call="{module}({0}.mT).mT",  # torch has the features before the length
    ),
    weights=_conv1d_weights,
    macs=_conv1d_macs,
    macs_read_output=True,
    takes="in_features",
    gives="width",
    features="fresh",
    keeps_zeros=False,
)
SEQUENCE_PRIMITIVES = (
    LINEAR,
    LAYER_NORM,
    BIAS,
    ATTENTION,
    PATCHES,
    POSITIONS,
    CLASS_TOKEN,
    TAKE,
    MEAN_POOL,
    MAX_OVER,
    EMBEDDING,
    CONV1D,
)
