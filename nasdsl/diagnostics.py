"""Source text, spans and diagnostics: what every stage uses to speak to the user.

A diagnostic is data (a code, a message, labelled spans, help); `render` is one of its renderers and
`to_json` another.  Stages collect diagnostics in a `Reporter` and the driver raises `NasError` once.
"""

from __future__ import annotations

import bisect
import difflib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any, Literal

from nasdsl.codes import CODES
from nasdsl.terminal import one_line, printable

CONTEXT = 60  # characters shown on each side of a place in a long line

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, eq=False)
class Source:
    """One text with the name under which it is shown to the user (a path, usually)."""

    name: str
    text: str

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        starts.extend(i + 1 for i, char in enumerate(self.text) if char == "\n")
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1."""
        line = bisect.bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        start = self._starts[number - 1]
        end = self._starts[number] - 1 if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r")


@dataclass(frozen=True)
class Span:
    """A half-open range of characters of one source."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    def __str__(self) -> str:
        line, column = self.source.position(self.start)
        return f"{self.source.name}:{line}:{column}"

    def __repr__(self) -> str:
        return f"Span({self})"

    def to(self, other: Span) -> Span:
        return Span(self.source, self.start, max(self.end, other.end))


@dataclass(frozen=True)
class Label:
    span: Span
    text: str = ""


@dataclass(frozen=True)
class Diagnostic:
    """One thing to tell the user.  The first label is where it happened; others are involved places."""

    code: str
    message: str
    labels: tuple[Label, ...] = ()
    help: tuple[str, ...] = ()
    severity: Severity = "error"

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise KeyError(f"diagnostic code {self.code} is not declared in nasdsl/codes.py")

    @property
    def slug(self) -> str:
        return CODES[self.code].slug

    @property
    def span(self) -> Span | None:
        return self.labels[0].span if self.labels else None

    def to_json(self) -> dict[str, Any]:
        def place(label: Label) -> dict[str, Any]:
            line, column = label.span.source.position(label.span.start)
            end_line, end_column = label.span.source.position(label.span.end)
            return {
                "file": label.span.source.name,
                "line": line,
                "column": column,
                "end_line": end_line,
                "end_column": end_column,
                "text": label.text,
            }

        return {
            "code": self.code,
            "slug": self.slug,
            "severity": self.severity,
            "message": self.message,
            "labels": [place(label) for label in self.labels],
            "help": list(self.help),
        }


class NasError(Exception):
    """Raised with all diagnostics of a stage; the command line prints them, Python callers read them."""

    def __init__(self, diagnostics: Iterable[Diagnostic]):
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(render(item) for item in self.diagnostics))


def error(
    code: str, message: str, *labels: Label | Span | tuple[Span | None, str] | None, help: str | Iterable[str] = ()
) -> NasError:
    """A `NasError` of one diagnostic, ready to raise."""
    return NasError([diagnostic(code, message, *labels, help=help)])


def diagnostic(
    code: str,
    message: str,
    *labels: Label | Span | tuple[Span | None, str] | None,
    help: str | Iterable[str] = (),
    severity: Severity = "error",
) -> Diagnostic:
    places: list[Label] = []
    for item in labels:
        if isinstance(item, Label):
            places.append(item)
        elif isinstance(item, Span):
            places.append(Label(item))
        elif item is not None and item[0] is not None:
            places.append(Label(item[0], item[1]))
    hints = (help,) if isinstance(help, str) else tuple(help)
    return Diagnostic(code, message, tuple(places), tuple(hint for hint in hints if hint), severity)


@dataclass
class Reporter:
    """Collects diagnostics; the same one reported twice (one place, one message) is kept once."""

    diagnostics: list[Diagnostic] = field(default_factory=list)
    _seen: set[Any] = field(default_factory=set)

    def add(self, item: Diagnostic) -> None:
        place = item.span
        key = (item.code, item.message, place and (place.source.name, place.start, place.end))
        if key not in self._seen:
            self._seen.add(key)
            self.diagnostics.append(item)

    def extend(self, items: Iterable[Diagnostic]) -> None:
        for item in items:
            self.add(item)

    @property
    def errors(self) -> list[Diagnostic]:
        return [item for item in self.diagnostics if item.severity == "error"]

    def raise_errors(self) -> None:
        if self.errors:
            raise NasError(self.errors)


def suggest(name: str, known: Iterable[str], limit: int = 3) -> str:
    """A help line with the nearest known names, or an empty string."""
    near = difflib.get_close_matches(name, sorted(set(known)), n=limit, cutoff=0.6)
    if not near:
        return ""
    quoted = [f"`{item}`" for item in near]
    return "did you mean " + (quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]) + "?"


def display_name(path: str | os.PathLike[str]) -> str:
    """A path as the user would write it: relative to the current folder where that is shorter."""
    text = os.fspath(path)
    relative = os.path.relpath(text) if os.path.isabs(text) else text
    return relative if len(relative) < len(text) else text


_COLOURS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "note": "\x1b[1;36m"}


def render(item: Diagnostic, colour: bool = False) -> str:
    """The diagnostic as text with the source lines and carets for every place involved.

    Each part is one line and printable before it gets its colour: none can pass for another diagnostic.
    """

    def paint(text: str, style: str) -> str:
        return f"{style}{text}\x1b[0m" if colour else text

    lines = [f"{paint(f'{item.severity}[{item.code}]', _COLOURS[item.severity])} {item.slug}: {one_line(item.message)}"]
    width = max((len(str(label.span.line)) for label in item.labels), default=1)
    if item.labels:
        lines.append(f"{' ' * width} --> {one_line(str(item.labels[0].span))}")
        lines.append(f"{' ' * width} |")
        lines.extend(_excerpts(item, width, lambda text: paint(text, _COLOURS[item.severity])))
    for hint in item.help:
        lines.append(f"{paint('help', chr(27) + '[1;32m')}: {one_line(hint)}")
    return "\n".join(lines)


def _excerpts(item: Diagnostic, width: int, paint: Any) -> Iterator[str]:
    main = item.labels[0].span.source
    by_source: dict[str, list[Label]] = {}
    for label in item.labels:
        by_source.setdefault(label.span.source.name, []).append(label)
    for name in sorted(by_source, key=lambda key: key != main.name):
        if name != main.name:
            yield f"{' ' * width} ::: {one_line(str(by_source[name][0].span))}"
        labels = sorted(by_source[name], key=lambda label: (label.span.start, label.span.end))
        for line, group in groupby(labels, key=lambda label: label.span.line):
            inside = list(group)
            text, cut = _window(inside[0].span.source.line(line), [_column(label) for label in inside])
            yield f"{line:>{width}} | {printable(text)}".rstrip()
            for label in inside:
                column = _column(label) - cut
                length = max(1, min(label.span.end - label.span.start, len(text) - column + 1))
                pad = "".join("\t" if char == "\t" else " " for char in text[: column - 1])
                yield f"{' ' * width} | {pad}{paint('^' * length)} {one_line(label.text)}".rstrip()


def _column(label: Label) -> int:
    return label.span.source.position(label.span.start)[1]


def _window(text: str, columns: list[int]) -> tuple[str, int]:
    """The part of a long line that is shown, and how far it is moved to the left: a wrapped line has no place."""
    start, end = min(columns) - 1 - CONTEXT, max(columns) - 1 + CONTEXT
    if len(text) <= 2 * CONTEXT:
        return text, 0
    left = "" if start <= 0 else "... "
    right = "" if end >= len(text) else " ..."
    start = max(start, 0)
    return left + text[start:end] + right, start - len(left)
