"""What an expression may evaluate to, and how a value is named to the user."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from nasdsl.diagnostics import Span
from nasdsl.ir.decision import Guard
from nasdsl.ir.dependent import Searched
from nasdsl.ir.key import DecisionKey
from nasdsl.ir.program import TensorType
from nasdsl.ir.requirement import SYMBOLS, Formula
from nasdsl.ops.record import Primitive
from nasdsl.semantics.scopes import Scope
from nasdsl.syntax import ast


@dataclass(frozen=True)
class Tensor:
    node: int
    type: TensorType


@dataclass(frozen=True)
class Items:
    """A list.  A guarded item is in it only where its decision includes it."""

    values: tuple[Any, ...]
    guards: tuple[Guard | None, ...]

    @staticmethod
    def of(values: Iterable[Any]) -> Items:
        items = tuple(values)
        return Items(items, (None,) * len(items))

    @property
    def certain(self) -> bool:
        return all(guard is None for guard in self.guards)


@dataclass(frozen=True, eq=False)
class Operation:
    span: Span


@dataclass(frozen=True, eq=False)
class PrimitiveOperation(Operation):
    primitive: Primitive
    arguments: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Mention(Operation):
    """A block or cell with its arguments.  `prefix` names the decisions made by this mention."""

    definition: ast.Definition
    scope: Scope
    arguments: dict[str, Any]
    prefix: str
    name: str
    tail: bool = False


@dataclass(frozen=True, eq=False)
class Decided(Operation):
    """Operations under one decision."""

    key: DecisionKey
    alternatives: tuple[tuple[str, bool, Operation], ...]
    name: str
    label: str


@dataclass(frozen=True, eq=False)
class Composed(Operation):
    parts: tuple[Operation, ...]


@dataclass(frozen=True, eq=False)
class Switched(Operation):
    """`options[index]`, where the index depends on decisions."""

    index: Searched
    options: tuple[Operation, ...]
    name: str


@dataclass(frozen=True, eq=False)
class Shared(Operation):
    """An operation whose weights are made once, in the region where `share` stands."""

    inner: Operation
    region: int
    name: str
    weights: dict[int, Tensor] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Transposed(Operation):
    """A shared embedding used backwards: features to a score for each token."""

    embedding: Shared


@dataclass(frozen=True, eq=False)
class Scan(Operation):
    """An operation on (an element, a state) that runs along a sequence."""

    inner: Operation


@dataclass(frozen=True, eq=False)
class External(Operation):
    """Somebody's Python module, with its declared types."""

    declaration: ast.Extern
    scope: Scope
    arguments: dict[str, Any]


@dataclass
class Frame:
    """One evaluation of a definition's body."""

    scope: Scope
    variables: dict[str, Any]
    prefix: str
    region: int
    target: str = "out"
    indices: tuple[int | str, ...] = ()
    name_prefix: str = ""
    name_indices: tuple[int | str, ...] = ()
    used: dict[str, int] = field(default_factory=dict)
    start: int = 0  # the first node that this evaluation can have made

    def inside(self, region: int) -> Frame:
        """The same frame in a region of its own, where names begin anew."""
        return Frame(
            self.scope, self.variables, self.prefix, region, self.target, self.indices, used=self.used, start=self.start
        )


class Poisoned(Exception):
    """A value could not be made and this was reported already."""


POISON = object()
MISSING = object()


def describe(value: Any) -> str:
    """The value's type in the user's words."""
    match value:
        case bool():
            return "a boolean"
        case int():
            return f"the number {value}" if abs(value) < 10**9 else "a number"
        case float():
            return f"the number {value}"
        case str():
            return "a string"
        case Searched():
            return f"a searched {type_name(value)} ({value})"
        case Tensor(type=type):
            return f"a tensor of {type}"
        case Items(values=values):
            return f"a list of {len(values)}"
        case Operation():
            return "an operation"
        case _ if isinstance(value, SYMBOLS):
            return f"a {type_name(value)} that the finished architecture has"
    return "a value"


def type_name(value: Any) -> str:
    if isinstance(value, Searched):
        value = value.values[0]
    if isinstance(value, SYMBOLS):
        return "boolean" if isinstance(value, Formula) and value.boolean else "number"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    for kind, name in ((str, "string"), (Tensor, "tensor"), (Items, "list"), (Operation, "operation")):
        if isinstance(value, kind):
            return name
    return "value"
