"""The values of expressions, the frames that hold them, and how messages name them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeGuard, TypeVar

from nasdsl.diagnostics import Span
from nasdsl.ir.decision import Guard
from nasdsl.ir.dependent import Dependent
from nasdsl.ir.key import DecisionKey
from nasdsl.ir.program import TensorType
from nasdsl.ir.requirement import SYMBOLS, Count, Formula, Measure
from nasdsl.ops.record import Primitive
from nasdsl.semantics.scopes import Scope
from nasdsl.syntax import ast


@dataclass(frozen=True)
class Tensor:
    """The output of a node."""

    node: int
    type: TensorType


@dataclass(frozen=True)
class Items:
    """A list.  A guarded item is in it only where its decision includes it."""

    values: tuple[Value, ...]
    guards: tuple[Guard | None, ...]

    @staticmethod
    def of(values: Iterable[Value]) -> Items:
        """A list whose items are there in every architecture."""
        items = tuple(values)
        return Items(items, (None,) * len(items))

    @property
    def certain(self) -> bool:
        """True if no item is guarded."""
        return all(guard is None for guard in self.guards)


@dataclass(frozen=True, eq=False)
class Operation:
    """A function from tensors to tensors, made at `span`."""

    span: Span


@dataclass(frozen=True, eq=False)
class PrimitiveOperation(Operation):
    primitive: Primitive
    arguments: dict[str, Plain]


@dataclass(frozen=True, eq=False)
class Mention(Operation):
    """A block or cell with its arguments.  `prefix` names the decisions made by this mention."""

    definition: ast.Definition
    scope: Scope
    arguments: dict[str, Value]
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
    """`options[index]`, where the index depends on decisions; `options` has each value of the index."""

    index: Dependent
    options: Mapping[int, Operation]
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
    """A Python module from outside, with its declared types."""

    declaration: ast.Extern
    scope: Scope
    arguments: dict[str, Scalar]


Scalar = bool | int | float | str
Symbol = Count | Measure | Formula
Plain = Scalar | Dependent
Number = int | float | Dependent | Symbol
Condition = bool | Dependent | Formula
Value = Scalar | Dependent | Symbol | Tensor | Items | Operation
# An attribute of a node; an external module has one that lists its arguments.
Attributes = dict[str, Scalar | Dependent | tuple[tuple[str, Scalar], ...]]
# The result of an application: a tensor, or a list of tensors.
Outputs = Tensor | Items


class Hole(Enum):
    """The state of a variable without a value: its error was reported, or a branch does not assign it."""

    POISONED = "poisoned"
    MISSING = "missing"


Slot = Value | Hole
# By decision, the alternatives that are possible inside a branch.
Known = Mapping[str, tuple[int, ...]]


class Poisoned(Exception):
    """A value could not be made and this was reported already."""


@dataclass
class Frame:
    """One evaluation of a definition's body.

    `target` and `indices` name the decisions made here, `name_prefix` and `name_indices` the nodes.
    """

    scope: Scope
    variables: dict[str, Slot]
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

    def component(self, name: str) -> str:
        """The part of a decision's key that `name` stands for in this turn of the loops around it."""
        return name + (f"[{','.join(str(index) for index in self.indices)}]" if self.indices else "")

    @contextmanager
    def targeting(self, target: str) -> Iterator[None]:
        """Inside, decisions are named after `target`."""
        before, self.target = self.target, target
        try:
            yield
        finally:
            self.target = before


Kind = TypeVar("Kind")


def every(values: Sequence[Value], kind: type[Kind] | tuple[type[Kind], ...]) -> TypeGuard[Sequence[Kind]]:
    """True if all values are instances of `kind`."""
    return all(isinstance(value, kind) for value in values)


def tensors_of(outputs: Outputs) -> tuple[Tensor, ...]:
    """The tensors of one application, in order."""
    if isinstance(outputs, Tensor):
        return (outputs,)
    assert every(outputs.values, Tensor)
    return tuple(outputs.values)


def is_number(value: Value) -> TypeGuard[Number]:
    return type_name(value) == "number"


def is_boolean(value: Value) -> TypeGuard[Condition]:
    return type_name(value) == "boolean"


def describe(value: Value) -> str:
    """The value's type in the words of a message."""
    match value:
        case bool():
            return "a boolean"
        case int():
            return f"the number {value}" if abs(value) < 10**9 else "a number"
        case float():
            return f"the number {value}"
        case str():
            return "a string"
        case Dependent():
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


def type_name(value: Value) -> str:
    """The value's type in one word; a searched value has that of its alternatives."""
    if isinstance(value, Dependent):
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
