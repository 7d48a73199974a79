"""The syntax tree.  Plain frozen data: every node has the span of its text; nothing is resolved here."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from nasdsl.diagnostics import Span


@dataclass(frozen=True, eq=False, repr=False)
class Node:
    span: Span


# expressions


@dataclass(frozen=True, eq=False, repr=False)
class Number(Node):
    value: int | float


@dataclass(frozen=True, eq=False, repr=False)
class String(Node):
    value: str


@dataclass(frozen=True, eq=False, repr=False)
class Bool(Node):
    value: bool


@dataclass(frozen=True, eq=False, repr=False)
class Searching(Node):
    """The constant that is true in a supernet and false in a derived network."""


@dataclass(frozen=True, eq=False, repr=False)
class Name(Node):
    id: str


@dataclass(frozen=True, eq=False, repr=False)
class ListOf(Node):
    items: tuple[Expr, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Clause(Node):
    variable: Name
    iterable: Expr
    condition: Expr | None


@dataclass(frozen=True, eq=False, repr=False)
class Comprehension(Node):
    element: Expr
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Argument(Node):
    name: Name | None
    value: Expr


@dataclass(frozen=True, eq=False, repr=False)
class Call(Node):
    function: Expr
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Index(Node):
    object: Expr
    position: Expr


@dataclass(frozen=True, eq=False, repr=False)
class Slice(Node):
    object: Expr
    lower: Expr | None
    upper: Expr | None


@dataclass(frozen=True, eq=False, repr=False)
class Unary(Node):
    operator: Literal["-", "not"]
    operand: Expr


@dataclass(frozen=True, eq=False, repr=False)
class Binary(Node):
    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, eq=False, repr=False)
class Logic(Node):
    operator: Literal["and", "or"]
    operands: tuple[Expr, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Compare(Node):
    """A chain: `first op operand op operand ...`."""

    first: Expr
    rest: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True, eq=False, repr=False)
class Range(Node):
    lower: Expr
    upper: Expr
    closed: bool


@dataclass(frozen=True, eq=False, repr=False)
class Pick(Node):
    """`one of xs`, `any of xs`, `some of xs`, `2 of xs`: `how` is the expression before `of`."""

    how: Expr
    list: Expr


@dataclass(frozen=True, eq=False, repr=False)
class Arrow(Node):
    """`a -> b -> c`: application where the left is a tensor, composition where it is an operation."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Alternative(Node):
    value: Expr
    phantom: bool = False
    label: Name | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Bar(Node):
    """`a | b | ~c`: a decision.  One alternative alone is an `~x` or `x as name` outside a bar."""

    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Ternary(Node):
    condition: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, eq=False, repr=False)
class Group(Node):
    """Parentheses: they decide nothing, but the formatter and some messages need to know of them."""

    inner: Expr


Expr = (
    Number
    | String
    | Bool
    | Searching
    | Name
    | ListOf
    | Comprehension
    | Call
    | Index
    | Slice
    | Unary
    | Binary
    | Logic
    | Compare
    | Range
    | Pick
    | Arrow
    | Bar
    | Ternary
    | Group
)

# statements


@dataclass(frozen=True, eq=False, repr=False)
class Assign(Node):
    targets: tuple[Name, ...]
    values: tuple[Expr, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Augment(Node):
    target: Name
    operator: str
    value: Expr


@dataclass(frozen=True, eq=False, repr=False)
class Share(Node):
    target: Name
    value: Expr


@dataclass(frozen=True, eq=False, repr=False)
class For(Node):
    variable: Name
    iterable: Expr
    body: Block


@dataclass(frozen=True, eq=False, repr=False)
class If(Node):
    condition: Expr
    then: Block
    otherwise: Block | None


@dataclass(frozen=True, eq=False, repr=False)
class Result(Node):
    """One result; a named one may depend on a condition: `return logits, aux = x -> head if auxiliary`."""

    name: Name | None
    value: Expr
    condition: Expr | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Return(Node):
    results: tuple[Result, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Require(Node):
    condition: Expr


Statement = Assign | Augment | Share | For | If | Return | Require


@dataclass(frozen=True, eq=False, repr=False)
class Block(Node):
    statements: tuple[Statement, ...]
    doc: str | None = None


# definitions


@dataclass(frozen=True, eq=False, repr=False)
class TypeOf(Node):
    kind: Name
    dims: tuple[Expr, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Parameter(Node):
    name: Name
    default: Expr | None


@dataclass(frozen=True, eq=False, repr=False)
class Input(Node):
    name: Name
    type: TypeOf | None


@dataclass(frozen=True, eq=False, repr=False)
class Definition(Node):
    """`choice`, `block`, `cell` or `space`.  The body is an expression or a block of statements."""

    kind: Literal["choice", "block", "cell", "space"]
    name: Name
    parameters: tuple[Parameter, ...]
    inputs: tuple[Input, ...]
    body: Expr | Block

    @property
    def doc(self) -> str | None:
        return self.body.doc if isinstance(self.body, Block) else None


@dataclass(frozen=True, eq=False, repr=False)
class Extern(Node):
    name: Name
    parameters: tuple[Parameter, ...]
    inputs: tuple[Input, ...]
    outputs: tuple[TypeOf, ...]
    target: String


@dataclass(frozen=True, eq=False, repr=False)
class Use(Node):
    """`use std.darts` (a library, as its dotted name) or `use "other.nas"` (a file beside this one)."""

    path: str
    is_file: bool


@dataclass(frozen=True, eq=False, repr=False)
class Module(Node):
    doc: str | None
    uses: tuple[Use, ...]
    definitions: tuple[Definition, ...]
    externs: tuple[Extern, ...]
    comments: tuple[Span, ...]


def dump(node: object, indent: int = 0) -> str:
    """The tree as indented text, for `compile --emit ast` and for golden tests."""
    pad = "  " * indent
    if isinstance(node, Node):
        head = f"{pad}{type(node).__name__}"
        leaves: list[str] = []
        branches: list[str] = []
        for item in fields(node):
            value = getattr(node, item.name)
            if item.name in ("span", "comments"):
                continue
            if isinstance(value, Name):
                leaves.append(f"{item.name}={value.id}")
            elif isinstance(value, Node | tuple) and value:
                branches.append(f"{pad}  {item.name}:\n{dump(value, indent + 2)}")
            elif value is not None and value != ():
                leaves.append(f"{item.name}={value!r}")
        return "\n".join([" ".join([head, *leaves]), *branches])
    if isinstance(node, tuple):
        return "\n".join(dump(item, indent) for item in node)
    return f"{pad}{node!r}"
