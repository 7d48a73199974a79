"""Whether two generated modules are the same program, up to constants and a one-to-one renaming."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager


class Different(Exception):
    """Where two programs differ in more than names and constants."""


class _Names:
    """A one-to-one table of names, with a table of an outer scope behind it."""

    def __init__(self, outer: _Names | None = None):
        self.outer = outer
        self.there: dict[str, str] = {}
        self.back: dict[str, str] = {}

    def bind(self, one: str, two: str) -> None:
        if self.there.setdefault(one, two) != two or self.back.setdefault(two, one) != one:
            raise Different(f"`{one}` is `{two}` here, `{self.there[one]}` elsewhere")

    def read(self, one: str, two: str) -> None:
        if one in self.there or two in self.back:
            if self.there.get(one) != two:
                raise Different(f"`{one}` and `{two}` are not the same variable")
        elif self.outer is not None:
            self.outer.read(one, two)
        elif one != two:
            raise Different(f"`{one}` and `{two}` are names from outside")


class _Comparison:
    """Walks two trees side by side.  Attributes of `self` are names of the class; others are Python's or torch's."""

    def __init__(self) -> None:
        self.names = _Names()
        self.attributes = _Names()

    @contextmanager
    def scope(self) -> Iterator[None]:
        self.names = _Names(self.names)
        yield
        assert self.names.outer is not None
        self.names = self.names.outer

    def compare(self, one: object, two: object) -> None:
        if type(one) is not type(two):
            raise Different(f"{_shown(one)} is no {_shown(two)}")
        if isinstance(one, list):
            assert isinstance(two, list)
            if len(one) != len(two):
                raise Different(f"{len(one)} parts, not {len(two)}: {_shown(one)} and {_shown(two)}")
            for a, b in zip(one, two, strict=True):
                self.compare(a, b)
        elif isinstance(one, ast.AST):
            visit = getattr(self, f"on_{type(one).__name__}", self.fields)
            visit(one, two)
        elif one != two:
            raise Different(f"{one!r} is not {two!r}")

    def fields(self, one: ast.AST, two: ast.AST, *without: str) -> None:
        for name in one._fields:
            if name not in without:
                self.compare(getattr(one, name, None), getattr(two, name, None))

    def on_Constant(self, one: ast.Constant, two: ast.Constant) -> None:
        if type(one.value) is not type(two.value):
            raise Different(f"{one.value!r} is a constant of another kind than {two.value!r}")

    def on_Name(self, one: ast.Name, two: ast.Name) -> None:
        if isinstance(one.ctx, ast.Store):
            self.names.bind(one.id, two.id)
        else:
            self.names.read(one.id, two.id)

    def on_Attribute(self, one: ast.Attribute, two: ast.Attribute) -> None:
        self.compare(one.value, two.value)
        if isinstance(one.value, ast.Name) and one.value.id == "self":
            self.attributes.bind(one.attr, two.attr)
        elif one.attr != two.attr:
            raise Different(f"attributes `{one.attr}` and `{two.attr}` of something else")

    def on_arg(self, one: ast.arg, two: ast.arg) -> None:
        self.names.bind(one.arg, two.arg)

    def on_keyword(self, one: ast.keyword, two: ast.keyword) -> None:
        if one.arg != two.arg and not self.extern:  # an `extern` names its arguments itself
            raise Different(f"arguments `{one.arg}` and `{two.arg}`")
        self.compare(one.value, two.value)

    extern = False

    def on_Call(self, one: ast.Call, two: ast.Call) -> None:
        before, self.extern = self.extern, isinstance(one.func, ast.Name) and one.func.id.startswith("Extern")
        self.fields(one, two)
        self.extern = before

    def on_ClassDef(self, one: ast.ClassDef, two: ast.ClassDef) -> None:
        self.names.bind(one.name, two.name)
        self.attributes = _Names()
        self.fields(one, two, "name")

    def on_FunctionDef(self, one: ast.FunctionDef, two: ast.FunctionDef) -> None:
        if one.name != two.name:
            raise Different(f"functions `{one.name}` and `{two.name}`")
        for a, b in zip(one.args.args, two.args.args, strict=False):  # outside of what the function binds
            self.compare(a.annotation, b.annotation)
        self.compare(one.returns, two.returns)
        with self.scope():
            self.fields(one, two, "returns")

    def on_Lambda(self, one: ast.Lambda, two: ast.Lambda) -> None:
        with self.scope():
            self.fields(one, two)

    def on_alias(self, one: ast.alias, two: ast.alias) -> None:
        if one.name != two.name:
            raise Different(f"imports of `{one.name}` and `{two.name}`")
        if one.asname is not None and two.asname is not None:
            self.names.bind(one.asname, two.asname)
        self.compare(one.asname is None, two.asname is None)


def _shown(value: object) -> str:
    return ast.unparse(value)[:80] if isinstance(value, ast.AST) else repr(value)[:80]


def assert_alike(one: str, two: str) -> None:
    """Raises `Different`, or `SyntaxError` where one of the texts is no Python."""
    _Comparison().compare(ast.parse(one), ast.parse(two))
