"""Building blocks of shape rules and slicing laws."""

from __future__ import annotations

from nasdsl.ir.program import TensorType
from nasdsl.ops.record import Ranges
from nasdsl.ops.template import Attrs


class ShapeError(Exception):
    """Raised by a shape rule; the evaluator converts it to a diagnostic at the operation."""

    def __init__(self, code: str, message: str, help: str = ""):
        super().__init__(message)
        self.code, self.message, self.help = code, message, help


def described(type: TensorType) -> str:
    if type.kind == "tokens":
        return f"tokens of {type}"
    return f"{'an' if type.kind == 'image' else 'a'} {type.kind} of {type}"


def fixed(type: TensorType) -> tuple[int, ...]:
    """The sizes of a tensor in one architecture, as passed to shape rules."""
    sizes: list[int] = []
    for size in type.dims:
        assert isinstance(size, int)
        sizes.append(size)
    return tuple(sizes)


def image(name: str, type: TensorType) -> tuple[int, int, int]:
    """Return the sizes of an image.  Raises `ShapeError` for other kinds."""
    if type.kind != "image":
        raise ShapeError("NAS401", f"`{name}` needs an image, found {described(type)}")
    channels, height, width = fixed(type)
    return channels, height, width


def sequence(name: str, type: TensorType, help: str = "") -> tuple[int, int]:
    """Return the sizes of a sequence.  Raises `ShapeError` for other kinds."""
    if type.kind != "sequence":
        raise ShapeError("NAS401", f"`{name}` needs a sequence, found {described(type)}", help)
    length, features = fixed(type)
    return length, features


def same(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    """The shape rule of an operation that takes any tensor and keeps its type."""
    return attrs, type


def first(size: int) -> Ranges:
    """The first `size` of an axis."""
    return ((0, size),)


def centre(most: int, size: int) -> Ranges:
    """The middle `size` of an axis of `most`."""
    low = (most - size) // 2
    return ((low, low + size),)
