"""All primitives by name, the rules of joins, and costs.

A multiply-accumulate is counted for convolutions, linear layers and attention with their bias additions, as
the NAS-Bench-201 authors count; everything else is free.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from nasdsl.ir.dependent import Searched, combine
from nasdsl.ir.program import FEATURE_AXIS, Dim, Segment, TensorType
from nasdsl.ops.image import IMAGE_PRIMITIVES
from nasdsl.ops.primitive import Parameter, Primitive, ShapeError
from nasdsl.ops.sequence import SEQUENCE_PRIMITIVES

PRIMITIVES: dict[str, Primitive] = {item.name: item for item in (*IMAGE_PRIMITIVES, *SEQUENCE_PRIMITIVES)}


@dataclass(frozen=True)
class JoinLaw:
    """The algebra of a join: whether the order of its operands matters, whether an operand that is such a join may be
    written out in its place, and what an operand of zeros does: nothing, all, or what any other does.

    Of one operand every join is that operand."""

    commutes: bool
    associates: bool
    zero: Literal["nothing", "all", "counts"]


JOIN_LAWS: dict[str, JoinLaw] = {
    "sum": JoinLaw(True, True, "nothing"),
    "mean": JoinLaw(True, False, "counts"),
    "product": JoinLaw(True, True, "all"),
    "concat": JoinLaw(False, True, "counts"),
}
JOINS = tuple(JOIN_LAWS)


def joined(op: str, types: list[TensorType], present: list[Dim] | None = None) -> TensorType:
    """The type of a join.  `present` says for each operand whether it is there (0 or 1, or searched).

    Raises `ShapeError`.
    """
    first = types[0]
    if op == "concat":
        return _concatenated(types, present or [1] * len(types))
    for other in types[1:]:
        gate = op == "product" and first.kind == "image" and other.kind == "vector"
        if gate and combine(lambda a, b: a == b, first.features, other.features) is True:
            continue  # a weight for each channel
        if other.same(first) is not True:
            if other.dims == first.dims and other.segments != first.segments:
                text = f"the tensors that meet in this {op} have their searched features in different pieces"
                raise ShapeError("NAS402", text, "a `conv(1)` or `linear` on the concatenated one makes it one piece")
            hint = ""
            if str(other) == str(first):
                hint = "separate decisions with equal values: bind the value once and use it twice, `w = 16 | 32`"
            raise ShapeError("NAS402", f"the tensors that meet in this {op} differ: {first} and {other}", hint)
    return first


def _concatenated(types: list[TensorType], present: list[Dim]) -> TensorType:
    first = types[0]
    axis = FEATURE_AXIS[first.kind]
    segments: list[Segment] = []
    for item, here in zip(types, present, strict=True):
        others = [dim for number, dim in enumerate(item.dims) if number != axis]
        if item.kind != first.kind or others != [dim for number, dim in enumerate(first.dims) if number != axis]:
            text = f"`concat` joins along the features; the rest differs: {first} and {item}"
            raise ShapeError("NAS402", text)
        segments += [(most, combine(lambda a, b: a * b, size, here)) for most, size in item.layout]
    total: Dim = combine(lambda *sizes: sum(sizes), *(size for _, size in segments))
    fixed = not any(isinstance(size, Searched) for _, size in segments)
    return first.having(total, () if fixed else tuple(segments))


def node_cost(op: str, attrs: Mapping[str, Any], out: TensorType) -> tuple[int, int]:
    """Parameters and MACs of one node whose attributes are all fixed.

    Shared weights count where they are made, the work where they are used.
    """
    given = dict(attrs)
    if op == "module":
        return PRIMITIVES[given["of"]].weights(given), 0
    if op == "transposed":
        return 0, given["times"] * given["vocabulary"] * given["width"]
    primitive = PRIMITIVES.get(op)
    if primitive is None:
        return 0, 0
    return 0 if given.get("shared") else primitive.weights(given), primitive.macs(given, out)


def costs(op: str) -> bool:
    """Whether the cost of such a node depends on the size of its output."""
    return op in ("conv", "conv1d", "patches")


__all__ = [
    "JOINS",
    "JOIN_LAWS",
    "PRIMITIVES",
    "JoinLaw",
    "Parameter",
    "Primitive",
    "ShapeError",
    "costs",
    "joined",
    "node_cost",
]
