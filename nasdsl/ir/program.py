"""The typed program: what the checker proves about a space, before any graph library is involved.

A `Program` is one space with its parameters bound, evaluated over *all* its architectures: every node has
its shape, every decision its alternatives.  `graph.elaborate` turns it into an `ArchGraph`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from nasdsl.diagnostics import Diagnostic, Span
from nasdsl.ir.decision import Decision, Determined, Guard
from nasdsl.ir.dependent import Dependent, combine
from nasdsl.ir.requirement import Requirement

Dim = int | Dependent
Segment = tuple[int, Dim]


@dataclass(frozen=True)
class TensorType:
    """A tensor without its batch axis.

    `image` is (channels, height, width), `vector` is (features,), `sequence` is (length, features), `tokens`
    is (length,) whole numbers.  `segments` say how a searched feature axis is made up where it is more than
    one piece: for each piece the most that it may be and what it is.
    """

    kind: str
    dims: tuple[Dim, ...]
    segments: tuple[Segment, ...] = ()

    def __str__(self) -> str:
        return "x".join(f"({dim})" if isinstance(dim, Dependent) else str(dim) for dim in self.dims)

    @property
    def features(self) -> Dim:
        """The size of the axis on which layers work: channels, or the width of a vector or sequence."""
        return self.dims[FEATURE_AXIS[self.kind]]

    @property
    def layout(self) -> tuple[Segment, ...]:
        """The pieces of the feature axis; one where it is not made of several."""
        features = self.features
        return self.segments or ((features.largest if isinstance(features, Dependent) else features, features),)

    def having(self, features: Dim, segments: tuple[Segment, ...] = ()) -> TensorType:
        axis = FEATURE_AXIS[self.kind]
        return TensorType(self.kind, (*self.dims[:axis], features, *self.dims[axis + 1 :]), segments)

    def same(self, other: TensorType) -> Any:
        """Compare two types; the result depends on decisions if they are equal only in some architectures."""
        if self.kind != other.kind or len(self.dims) != len(other.dims) or self.segments != other.segments:
            return False
        return combine(lambda *dims: dims[: len(self.dims)] == dims[len(self.dims) :], *self.dims, *other.dims)

    def mapped(self, change: Callable[[Any], Any]) -> TensorType:
        """The type with every size changed alike; segments that came out fixed are none."""
        dims = tuple(change(dim) for dim in self.dims)
        segments = tuple((most, change(size)) for most, size in self.segments)
        fixed = not any(isinstance(size, Dependent) for _, size in segments)
        return TensorType(self.kind, dims, () if fixed else segments)


KINDS = {"image": 3, "vector": 1, "sequence": 2, "tokens": 1}
FEATURE_AXIS = {"image": 0, "vector": 0, "sequence": 1, "tokens": 0}


@dataclass(frozen=True)
class Region:
    """One use of a definition, one alternative of a decision, or one turn of a rolled loop.

    `name` is its part of the dotted name of its weights.  For a turn of a rolled loop, `index` counts the
    turns and `carried` holds, for each tensor variable that the loop hands on, its name and the nodes that
    it stands for before and after the turn.  A `scan` region is run `repeat` times.
    """

    id: int
    parent: int | None
    kind: Literal["space", "block", "cell", "select", "alternative", "loop", "scan"]
    name: str
    label: str
    span: Span = field(compare=False)
    index: int | None = None
    carried: tuple[tuple[str, int, int], ...] = ()
    repeat: int = 1


@dataclass(frozen=True)
class Node:
    """One primitive applied once.  A guarded operand counts only where its decision includes it."""

    id: int
    op: str
    attrs: dict[str, Any]
    operands: tuple[int, ...]
    guards: tuple[Guard | None, ...]
    type: TensorType
    region: int
    name: str
    span: Span = field(compare=False)


@dataclass
class Program:
    space: str
    source_name: str
    text: str
    doc: str | None
    parameters: dict[str, Any]
    declared: tuple[str, ...]
    searching: bool
    nodes: list[Node]
    regions: list[Region]
    decisions: dict[str, Decision]
    determined: dict[str, Determined]
    requirements: tuple[Requirement, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    output_names: tuple[str, ...]
    warnings: list[Diagnostic]
    bindings: dict[str, list[str]]
    reads_searching: bool

    @property
    def externs(self) -> tuple[str, ...]:
        """Return the Python classes that networks of the space import, `package.module:Class` each."""
        return tuple(sorted({node.attrs["target"] for node in self.nodes if node.op == "extern"}))
