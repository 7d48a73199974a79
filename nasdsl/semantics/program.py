"""The typed program: what the checker proves about a space, before any graph library is involved.

A `Program` is one space with its parameters bound, evaluated over *all* its architectures: every node has
its shape, every decision its alternatives.  `graph.elaborate` turns it into an `ArchGraph`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from nasdsl.diagnostics import Diagnostic, Span
from nasdsl.semantics.searched import Searched, combine


@dataclass(frozen=True)
class Decision:
    """A point where architectures differ.

    `kind` is "one" (exactly one candidate) or "subset" (`least` to `most` of them).  A phantom candidate
    (`~none`) may be used by a relaxation only.  `values` holds the numbers of a searched value.
    """

    key: str
    kind: Literal["one", "subset"]
    labels: tuple[str, ...]
    phantom: tuple[bool, ...]
    least: int
    most: int
    span: Span = field(compare=False)
    values: tuple[int | float, ...] | None = None

    @property
    def searched_value(self) -> bool:
        return self.values is not None

    @property
    def real(self) -> tuple[int, ...]:
        """The candidates that an architecture may have."""
        return tuple(i for i, phantom in enumerate(self.phantom) if not phantom)


Dim = int | Searched


@dataclass(frozen=True)
class TensorType:
    """A tensor without its batch axis.

    `image` is (channels, height, width), `vector` is (features,), `sequence` is (length, features).
    """

    kind: str
    dims: tuple[Dim, ...]

    def __str__(self) -> str:
        return "x".join(f"({dim})" if isinstance(dim, Searched) else str(dim) for dim in self.dims)


    @property
    def features(self) -> Dim:
        """The size of the axis on which layers work: channels, or the width of a vector or sequence."""
        return self.dims[FEATURE_AXIS[self.kind]]

    def same(self, other: TensorType) -> Any:
        """Whether two types are equal; depends on decisions where they are in some architectures only."""
        if self.kind != other.kind or len(self.dims) != len(other.dims):
            return False
        return combine(lambda *dims: dims[: len(self.dims)] == dims[len(self.dims) :], *self.dims, *other.dims)


KINDS = {"image": 3, "vector": 1, "sequence": 2}
FEATURE_AXIS = {"image": 0, "vector": 0, "sequence": 1}
Guard = tuple[str, int]


@dataclass(frozen=True)
class Region:
    """One use of a definition, one alternative of a decision, or one turn of a rolled loop.

    `name` is its part of the dotted name of its weights.  For a turn of a rolled loop, `index` counts the
    turns and `carried` holds, for each tensor variable that the loop hands on, its name and the nodes that
    it stands for before and after the turn.
    """

    id: int
    parent: int | None
    kind: Literal["space", "block", "cell", "select", "alternative", "loop"]
    name: str
    label: str
    span: Span = field(compare=False)
    index: int | None = None
    carried: tuple[tuple[str, int, int], ...] = ()


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
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    warnings: list[Diagnostic]
    bindings: dict[str, list[str]]
    reads_searching: bool
