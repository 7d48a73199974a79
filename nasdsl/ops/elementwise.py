"""Elementwise primitives, which keep the type of their input."""

from __future__ import annotations

from nasdsl.ir.program import TensorType
from nasdsl.ops.record import ParameterSpec, Primitive
from nasdsl.ops.shapes import ShapeError, same, sequence
from nasdsl.ops.template import Attrs, Expression, ModuleTemplate, positional


def _same_type(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    if type.kind == "tokens":
        raise ShapeError("NAS401", "only `embedding` accepts tokens")
    return attrs, type


def _locked(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    sequence("locked_dropout", type)
    return attrs, type


def _elementwise(name: str, text: str, keeps_zeros: bool = True) -> Primitive:
    return Primitive(name, (), _same_type, Expression(text), keeps_zeros=keeps_zeros)


IDENTITY = Primitive("identity", (), same, Expression("{0}"), is_identity=True)
DROPOUT = Primitive(
    "dropout",
    (ParameterSpec("rate", float),),
    _same_type,
    ModuleTemplate("nn.Dropout", positional("rate")),
    effect="random",
)
LOCKED_DROPOUT = Primitive(
    "locked_dropout",
    (ParameterSpec("rate", float),),
    _locked,
    ModuleTemplate("LockedDropout", positional("rate"), carries=("LockedDropout",)),
    effect="random",
)
SCALE = Primitive(
    "scale", (ParameterSpec("factor", float, least=float("-inf")),), _same_type, Expression("{factor} * {0}")
)
ACTIVATIONS = (
    _elementwise("relu", "F.relu({0})"),
    _elementwise("relu6", "F.relu6({0})"),
    _elementwise("gelu", "F.gelu({0})"),
    _elementwise("tanh", "torch.tanh({0})"),
    _elementwise("hardswish", "F.hardswish({0})"),
    _elementwise("silu", "F.silu({0})"),
    _elementwise("mish", "F.mish({0})"),
    _elementwise("leaky_relu", "F.leaky_relu({0}, 0.2)"),
    _elementwise("sigmoid", "torch.sigmoid({0})", keeps_zeros=False),
    _elementwise("hardsigmoid", "F.hardsigmoid({0})", keeps_zeros=False),
)

ELEMENTWISE_PRIMITIVES = (IDENTITY, DROPOUT, LOCKED_DROPOUT, SCALE, *ACTIVATIONS)
