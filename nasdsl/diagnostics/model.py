"""Source text, spans, and diagnostics as data: a code, a message, labelled places, help."""

from __future__ import annotations

import bisect
import difflib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from nasdsl.diagnostics.codes import CODES

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, eq=False)
class Source:
    """A text with its display name (usually a path)."""

    name: str
    text: str

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        starts.extend(i + 1 for i, char in enumerate(self.text) if char == "\n")
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset, both from 1."""
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
    """A message to the user.  The first label is its place; the others are related places."""

    code: str
    message: str
    labels: tuple[Label, ...] = ()
    help: tuple[str, ...] = ()
    severity: Severity = "error"

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise KeyError(f"diagnostic code {self.code} is not declared in nasdsl/diagnostics/codes.py")

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


def suggest(name: str, known: Iterable[str], limit: int = 3) -> str:
    """Return a help line with the nearest known names, or an empty string."""
    near = difflib.get_close_matches(name, sorted(set(known)), n=limit, cutoff=0.6)
    if not near:
        return ""
    quoted = [f"`{item}`" for item in near]
    return "did you mean " + (quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]) + "?"


def display_name(path: str | os.PathLike[str]) -> str:
    """Return a path for display: relative to the current folder if that is shorter."""
    text = os.fspath(path)
    relative = os.path.relpath(text) if os.path.isabs(text) else text
    return relative if len(relative) < len(text) else text
