"""The syntax tree.  Plain frozen data: every node has the span of its text; nothing is resolved here."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, NoReturn, dataclass_transform

from nasdsl.diagnostics import Span


@dataclass_transform(eq_default=False, frozen_default=True)
class _Record:
    """What frozen dataclasses without `==` are, for type checkers and in use.

    A dataclass has code of its own compiled when it is made; for forty of them that takes longer than parsing.
    """

    fields: ClassVar[tuple[str, ...]] = ()
    defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        own = tuple(cls.__annotations__) if "__annotations__" in vars(cls) else ()
        cls.fields = cls.__match_args__ = (*cls.fields, *own)
        cls.defaults = cls.defaults | {name: vars(cls)[name] for name in own if name in vars(cls)}

    def __init__(self, *values: Any, **named: Any) -> None:
        given = {**self.defaults, **dict(zip(self.fields, values, strict=False)), **named}
        if given.keys() != set(self.fields) or len(values) > len(self.fields):
            raise TypeError(f"{type(self).__name__} takes {', '.join(self.fields)}")
        self.__dict__.update(given)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"the syntax tree is fixed; `{name}` cannot be set")


class Node(_Record):
    span: Span


# expressions


class Number(Node):
    value: int | float


class String(Node):
    value: str


class Bool(Node):
    value: bool


class Searching(Node):
    """The constant that is true in a supernet and false in a derived network."""


class Name(Node):
    id: str


class ListOf(Node):
    items: tuple[Expr, ...]


class Clause(Node):
    variable: Name
    iterable: Expr
    condition: Expr | None


class Comprehension(Node):
    element: Expr
    clauses: tuple[Clause, ...]


class Argument(Node):
    name: Name | None
    value: Expr


class Call(Node):
    function: Expr
    arguments: tuple[Argument, ...]


class Index(Node):
    object: Expr
    position: Expr


class Slice(Node):
    object: Expr
    lower: Expr | None
    upper: Expr | None


class Unary(Node):
    operator: Literal["-", "not"]
    operand: Expr


class Binary(Node):
    operator: str
    left: Expr
    right: Expr


class Logic(Node):
    operator: Literal["and", "or"]
    operands: tuple[Expr, ...]


class Compare(Node):
    """A chain: `first op operand op operand ...`."""

    first: Expr
    rest: tuple[tuple[str, Expr], ...]


class Range(Node):
    lower: Expr
    upper: Expr
    closed: bool


class Pick(Node):
    """`one of xs`, `any of xs`, `some of xs`, `2 of xs`: `how` is the expression before `of`."""

    how: Expr
    list: Expr


class Arrow(Node):
    """`a -> b -> c`: application where the left is a tensor, composition where it is an operation."""

    parts: tuple[Expr, ...]


class Alternative(Node):
    value: Expr
    phantom: bool = False
    label: Name | None = None


class Bar(Node):
    """`a | b | ~c`: a decision.  One alternative alone is an `~x` or `x as name` outside a bar."""

    alternatives: tuple[Alternative, ...]


class Ternary(Node):
    condition: Expr
    then: Expr
    otherwise: Expr


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


class Assign(Node):
    targets: tuple[Name, ...]
    values: tuple[Expr, ...]


class Augment(Node):
    target: Name
    operator: str
    value: Expr


class Share(Node):
    target: Name
    value: Expr


class For(Node):
    variable: Name
    iterable: Expr
    body: Block


class If(Node):
    condition: Expr
    then: Block
    otherwise: Block | None


class Result(Node):
    """One result; a named one may depend on a condition: `return logits, aux = x -> head if auxiliary`."""

    name: Name | None
    value: Expr
    condition: Expr | None = None


class Return(Node):
    results: tuple[Result, ...]


class Require(Node):
    condition: Expr


Statement = Assign | Augment | Share | For | If | Return | Require


class Block(Node):
    statements: tuple[Statement, ...]
    doc: str | None = None


# definitions


class TypeOf(Node):
    kind: Name
    dims: tuple[Expr, ...]


class Parameter(Node):
    name: Name
    default: Expr | None


class Input(Node):
    name: Name
    type: TypeOf | None


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


class Extern(Node):
    name: Name
    parameters: tuple[Parameter, ...]
    inputs: tuple[Input, ...]
    outputs: tuple[TypeOf, ...]
    target: String


class Use(Node):
    """`use std.darts` (a library, as its dotted name) or `use "other.nas"` (a file beside this one)."""

    path: str
    is_file: bool


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
        for name in node.fields:
            value = getattr(node, name)
            if name in ("span", "comments"):
                continue
            if isinstance(value, Name):
                leaves.append(f"{name}={value.id}")
            elif isinstance(value, Node | tuple) and value:
                branches.append(f"{pad}  {name}:\n{dump(value, indent + 2)}")
            elif value is not None and value != ():
                leaves.append(f"{name}={value!r}")
        return "\n".join([" ".join([head, *leaves]), *branches])
    if isinstance(node, tuple):
        return "\n".join(dump(item, indent) for item in node)
    return f"{pad}{node!r}"
