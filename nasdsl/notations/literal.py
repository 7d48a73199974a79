"""Values as Python or JSON writes them, with the place of each; a stranger's text is read here and never run.

What is read: numbers, strings, `None`, `true`, lists, tuples, dicts, and calls with literal arguments
(`Genotype(normal=[...])`, `range(2, 6)`), which stay data.  `name =` may stand in front, as in a log, and comments
anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nasdsl.diagnostics import Source, Span, error, suggest
from nasdsl.notations.base import expected, listed, shown

MAX_DEPTH = 8
MAX_DIGITS = 15
MAX_RANGE = 1_000
_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|(?P<number>[+-]?\d[\d.]*(?:[eE][+-]?\d+)?)|(?P<string>'[^'\\\n]*'|"[^"\\\n]*")"""
    r"""|(?P<name>[A-Za-z_][\w.]*)|(?P<sign>[\[\](){},:=])""",
    re.ASCII,
)
_CLOSING = {"[": "]", "(": ")", "{": "}"}
_CONSTANTS = {"None": None, "null": None, "True": True, "true": True, "False": False, "false": False}


@dataclass(frozen=True)
class LiteralCall:
    """`name(arguments, keyword=value)`, as it is written: nothing of this name is looked up."""

    name: str
    arguments: tuple[LiteralItem, ...]
    keywords: dict[str, LiteralItem]


@dataclass(frozen=True)
class LiteralItem:
    """A value with its place: a number, string, boolean or None, a tuple or dict of items, or a `LiteralCall`."""

    value: Any
    span: Span


@dataclass(frozen=True)
class _Token:
    kind: str
    span: Span


def parse(source: Source) -> LiteralItem:
    """The one value of a text.  Raises `NasError` (NAS531)."""
    return _Parser(list(_tokens(source))).whole()


def _tokens(source: Source) -> Iterator[_Token]:
    text, position = source.text, 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            place = Span(source, position, position + 1)
            raise error("NAS531", f"unexpected {shown(place.text)}", place)
        position = match.end()
        if match.lastgroup is not None:
            kind = match.group() if match.lastgroup == "sign" else match.lastgroup
            yield _Token(kind, Span(source, match.start(), position))
    yield _Token("end", Span(source, len(text), len(text)))


class _Parser:
    def __init__(self, tokens: list[_Token]):
        self.tokens, self.at, self.depth = tokens, 0, 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def _take(self, kind: str, what: str) -> Span:
        span = self.token.span
        if self.token.kind != kind:
            raise expected(what, span)
        self.at += kind != "end"
        return span

    def _named(self, sign: str) -> Span | None:
        """The name in front of a sign, both taken, if that is what comes next."""
        if self.token.kind == "name" and self.tokens[self.at + 1].kind == sign:
            self.at += 2
            return self.tokens[self.at - 2].span
        return None

    def whole(self) -> LiteralItem:
        self._named("=")
        value = self._value()
        self._take("end", "the end of the text")
        return value

    def _value(self) -> LiteralItem:
        kind, span = self.token.kind, self.token.span
        if kind in _CLOSING:
            return self._brackets(kind)
        if name := self._named("("):
            return self._call(name)
        if kind not in ("number", "string", "name") or (kind == "name" and span.text not in _CONSTANTS):
            raise expected("a value", span)
        self.at += 1
        if kind == "number":
            return LiteralItem(_number(span), span)
        return LiteralItem(span.text[1:-1] if kind == "string" else _CONSTANTS[span.text], span)

    def _brackets(self, opening: str) -> LiteralItem:
        start, closing = self._take(opening, f"`{opening}`"), _CLOSING[opening]
        entries: list[LiteralItem] = []
        table: dict[str, LiteralItem] = {}
        for _ in self._separated(closing):
            if opening == "{":
                key = self._take("string", "a name in quotes")
                self._take(":", "`:`")
                self._set(table, key.text[1:-1], key)
            else:
                entries.append(self._value())
        last = self.tokens[self.at - 1]
        if opening == "(" and len(entries) == 1 and self.tokens[self.at - 2].kind != ",":
            return entries[0]
        return LiteralItem(table if opening == "{" else tuple(entries), start.to(last.span))

    def _call(self, name: Span) -> LiteralItem:
        arguments: list[LiteralItem] = []
        keywords: dict[str, LiteralItem] = {}
        for _ in self._separated(")"):
            if keyword := self._named("="):
                self._set(keywords, keyword.text, keyword)
            else:
                arguments.append(self._value())
        return LiteralItem(LiteralCall(name.text, tuple(arguments), keywords), name.to(self.tokens[self.at - 1].span))

    def _set(self, table: dict[str, LiteralItem], name: str, place: Span) -> None:
        if name in table:
            raise error("NAS531", f"{shown(name)} is a duplicate", (place, "again"), (table[name].span, "before"))
        table[name] = self._value()

    def _separated(self, closing: str) -> Iterator[None]:
        """Once for each entry up to the bracket that closes; a comma may stand after the last."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise error("NAS531", f"brackets are nested more than {MAX_DEPTH} deep", self.token.span)
        while self.token.kind != closing:
            yield
            if self.token.kind != closing:
                self._take(",", f"`,` or `{closing}`")
        self._take(closing, f"`{closing}`")
        self.depth -= 1


def _number(span: Span) -> int | float:
    try:
        if len(span.text) > MAX_DIGITS:
            raise ValueError
        return int(span.text) if span.text.lstrip("+-").isdigit() else float(span.text)
    except ValueError:
        raise error("NAS531", f"expected a number of at most {MAX_DIGITS} digits", span) from None


# what a notation asks of an item


def entries(item: LiteralItem, what: str) -> tuple[LiteralItem, ...]:
    """The items of a list or tuple.  Raises NAS531, as all of these."""
    if not isinstance(item.value, tuple):
        raise expected(what, item.span)
    return item.value


def integer(item: LiteralItem, what: str) -> int:
    if isinstance(item.value, bool) or not isinstance(item.value, int):
        raise expected(what, item.span)
    return item.value


def string(item: LiteralItem, what: str) -> str:
    if not isinstance(item.value, str):
        raise expected(what, item.span)
    return item.value


def integers(item: LiteralItem, what: str) -> list[int]:
    """A list of whole numbers, or a `range` that stands for one."""
    if isinstance(item.value, LiteralCall) and item.value.name == "range" and not item.value.keywords:
        bounds = [integer(bound, "an integer") for bound in item.value.arguments]
        if len(bounds) in (1, 2):
            span = range(*bounds)
            if len(span) > MAX_RANGE:
                raise error("NAS531", f"a range of more than {MAX_RANGE:,} numbers", item.span)
            return list(span)
    return [integer(entry, "an integer") for entry in entries(item, what)]


def fields(
    item: LiteralItem, call: str, names: Sequence[str], aliases: dict[str, str] | None = None
) -> dict[str, LiteralItem]:
    """The values by name of `call(name=value, ...)` or of a dict.  Unknown names are errors, missing ones are not."""
    if isinstance(item.value, LiteralCall):
        if item.value.name.split(".")[-1] != call:
            raise error("NAS531", f"expected `{call}(...)`, found {shown(item.value.name)}", item.span)
        if len(item.value.arguments) > len(names):
            raise error("NAS531", f"`{call}` has only {listed(names)}", item.value.arguments[len(names)].span)
        given = dict(zip(names, item.value.arguments, strict=False))
        for name, value in item.value.keywords.items():
            if name in given:
                raise error(
                    "NAS531", f"{shown(name)} is a duplicate", (value.span, "again"), (given[name].span, "before")
                )
            given[name] = value
    elif isinstance(item.value, dict):
        given = item.value
    else:
        raise expected(f"`{call}(...)`", item.span)
    renamed: dict[str, LiteralItem] = {}
    for name, value in given.items():
        name = (aliases or {}).get(name, name)
        if name in renamed:
            raise error(
                "NAS531", f"{shown(name)} is a duplicate", (value.span, "again"), (renamed[name].span, "before")
            )
        renamed[name] = value
        if name not in names:
            hint = suggest(name, names) or f"it has {listed(names)}"
            raise error("NAS531", f"`{call}` has no {shown(name)}", value.span, help=hint)
    return renamed


def required(values: dict[str, LiteralItem], name: str, item: LiteralItem) -> LiteralItem:
    if name not in values:
        raise error("NAS531", f"`{name}` is missing", item.span)
    return values[name]
