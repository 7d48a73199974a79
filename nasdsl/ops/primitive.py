"""What a primitive declares, and the terms in which its rules speak."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from nasdsl.ir.program import TensorType

Attrs = dict[str, Any]
# Stretches of an axis, each (first, behind the last); the rows of a weight that a smaller one keeps.
Runs = tuple[tuple[int, int], ...]
# For each tensor of a module, by name: which stretches of which axes.
Slices = dict[str, dict[int, Runs]]


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
    """One operation on one tensor.

    `infer` maps arguments and the input's type to attributes and the output's type; it sees the values of one
    architecture.  `weights` and `macs` count.  `searched` are the arguments that a bar may stand in,
    `elastic` the attributes that may differ from architecture to architecture while weights are shared by
    slicing; `law` says which combinations may, `slices(most, present, rows)` which part of each weight an
    architecture keeps, where `rows` are the input's features; `mixes` are the elastic attributes over which a
    mixture is defined.  `features` says what becomes of the input's feature axis.

    The algebra: `meaning` says that the operation gives its input back, or zeros whatever it is given;
    `constants` are the attributes under which it adds a learned constant.
    """

    name: str
    parameters: tuple[Parameter, ...]
    infer: Callable[[Attrs, TensorType], tuple[Attrs, TensorType]]
    weights: Callable[[Attrs], int] = lambda attrs: 0
    macs: Callable[[Attrs, TensorType], int] = lambda attrs, out: 0
    searched: frozenset[str] = frozenset()
    elastic: frozenset[str] = frozenset()
    law: Callable[[Attrs], bool] | None = None
    slices: Callable[[Attrs, Attrs, Runs], Slices] | None = None
    mixes: frozenset[str] = frozenset()
    features: Literal["keep", "fresh", "flatten"] = "keep"
    keeps_zeros: bool = True
    meaning: Literal["", "identity", "zero"] = ""
    constants: frozenset[str] = frozenset()

    def of_zeros(self, attrs: Mapping[str, Any]) -> bool:
        """Whether zeros give zeros, exactly."""
        return self.keeps_zeros and not any(attrs.get(name) for name in self.constants)

    @property
    def has_weights(self) -> bool:
        return self.slices is not None or self.name == "conv1d"


def described(type: TensorType) -> str:
    if type.kind == "tokens":
        return f"tokens of {type}"
    return f"{'an' if type.kind == 'image' else 'a'} {type.kind} of {type}"


def image(name: str, type: TensorType) -> tuple[int, int, int]:
    if type.kind != "image":
        raise ShapeError("NAS401", f"`{name}` takes an image, found {described(type)}")
    channels, height, width = type.dims
    assert isinstance(channels, int)  # a shape rule sees the values of one architecture
    assert isinstance(height, int)
    assert isinstance(width, int)
    return channels, height, width


def sequence(name: str, type: TensorType, help: str = "") -> tuple[int, int]:
    if type.kind != "sequence":
        raise ShapeError("NAS401", f"`{name}` takes a sequence, found {described(type)}", help)
    length, features = type.dims
    assert isinstance(length, int)
    assert isinstance(features, int)
    return length, features


def same(attrs: Attrs, type: TensorType) -> tuple[Attrs, TensorType]:
    return attrs, type


def first(size: int) -> Runs:
    return ((0, size),)


def centre(most: int, size: int) -> Runs:
    low = (most - size) // 2
    return ((low, low + size),)
