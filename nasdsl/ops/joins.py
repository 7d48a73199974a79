"""Joins: operations on several tensors, with their types and their algebra."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from nasdsl.ir.dependent import Dependent, combine
from nasdsl.ir.program import FEATURE_AXIS, Dim, Segment, TensorType
from nasdsl.ops.shapes import ShapeError


@dataclass(frozen=True)
class Picked:
    """Operands of which a decision takes some, as text: its choice, and a function for each candidate."""

    choice: str
    candidates: tuple[str, ...]

    def __str__(self) -> str:
        return f"*chosen({', '.join([self.choice, *self.candidates])})"


Operands = list[str | Picked]


@dataclass(frozen=True)
class Join:
    """An operation on a list of tensors; of one operand every join is that operand.

    `write(operands, axis)` and, where decisions take a part of the operands, `write_picked` give its text; `axis` is
    that of the features.  Without `write_picked` no part can be taken.  A join that `adds` has its operands as terms,
    any of which may be left out; one that `grows` has as many features as its operands together.

    The algebra: `commutes` and `associates` as usual; `zero` says what an operand of zeros does: nothing, make all
    zeros, or count like any other.
    """

    name: str
    write: Callable[[list[str], int], str]
    write_picked: Callable[[Operands, int], str] | None
    commutes: bool
    associates: bool
    zero: Literal["nothing", "all", "counts"]
    adds: bool = False
    grows: bool = False
    gate: str = ""  # what makes a vector a weight for each channel of an image, where the join allows it


def _sum_of_picked(operands: Operands, axis: int) -> str:
    terms = list(map(str, operands))
    return f"sum({terms[0][1:]})" if len(terms) == 1 else f"sum([{', '.join(terms)}])"


def _mean_of_picked(operands: Operands, axis: int) -> str:
    certain = [item for item in operands if isinstance(item, str)]
    picked = [item for item in operands if isinstance(item, Picked)]
    pairs = [f"({item.choice}, ({', '.join(item.candidates)},))" for item in picked]
    return f"average([{', '.join(certain)}], {', '.join(pairs)})"


SUM = Join(
    "sum",
    write=lambda operands, axis: f"({' + '.join(operands)})",
    write_picked=_sum_of_picked,
    commutes=True,
    associates=True,
    zero="nothing",
    adds=True,
)
MEAN = Join(
    "mean",
    write=lambda operands, axis: f"({' + '.join(operands)}) / {len(operands)}",
    write_picked=_mean_of_picked,
    commutes=True,
    associates=False,
    zero="counts",
    adds=True,
)
PRODUCT = Join(
    "product",
    write=lambda operands, axis: f"({' * '.join(operands)})",
    write_picked=None,
    commutes=True,
    associates=True,
    zero="all",
    gate="[:, :, None, None]",
)
CONCAT = Join(
    "concat",
    write=lambda operands, axis: f"torch.cat([{', '.join(operands)}], dim={axis})",
    write_picked=lambda operands, axis: f"torch.cat([{', '.join(map(str, operands))}], dim={axis})",
    commutes=False,
    associates=True,
    zero="counts",
    grows=True,
)

JOINS: dict[str, Join] = {join.name: join for join in (SUM, MEAN, PRODUCT, CONCAT)}


def joined(op: str, types: list[TensorType], present: list[Dim] | None = None) -> TensorType:
    """The type of a join, or of a choice, whose operands must agree like those of a sum.

    `present` says for each operand whether it is there (0 or 1, or searched).  Raises `ShapeError`.
    """
    first = types[0]
    join = JOINS.get(op, SUM)
    if join.grows:
        return _concatenated(types, present or [1] * len(types))
    for other in types[1:]:
        gate = join.gate and first.kind == "image" and other.kind == "vector"
        if gate and combine(lambda a, b: a == b, first.features, other.features) is True:
            continue  # a weight for each channel
        if other.same(first) is not True:
            if other.dims == first.dims and other.segments != first.segments:
                text = f"this {op} has tensors whose searched features have different pieces"
                raise ShapeError(
                    "NAS402", text, "apply `conv(1)` or `linear` to the concatenated tensor to make it one piece"
                )
            hint = ""
            if str(other) == str(first):
                hint = "these decisions are separate; bind the value once and use it twice, `w = 16 | 32`"
            raise ShapeError("NAS402", f"this {op} has tensors of different shapes: {first} and {other}", hint)
    return first


def _concatenated(types: list[TensorType], present: list[Dim]) -> TensorType:
    first = types[0]
    axis = FEATURE_AXIS[first.kind]
    segments: list[Segment] = []
    for item, here in zip(types, present, strict=True):
        others = [dim for number, dim in enumerate(item.dims) if number != axis]
        if item.kind != first.kind or others != [dim for number, dim in enumerate(first.dims) if number != axis]:
            text = f"`concat` needs tensors that differ only in their features: {first} and {item}"
            raise ShapeError("NAS402", text)
        segments += [(most, combine(lambda a, b: a * b, size, here)) for most, size in item.layout]
    total: Dim = combine(lambda *sizes: sum(sizes), *(size for _, size in segments))
    fixed = not any(isinstance(size, Dependent) for _, size in segments)
    return first.having(total, () if fixed else tuple(segments))
