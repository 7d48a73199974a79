"""Raise one diagnostic, or all that a `Reporter` has collected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from nasdsl.diagnostics.model import Diagnostic, Label, Span, diagnostic
from nasdsl.diagnostics.rendering import render


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


@dataclass
class Reporter:
    """Collects diagnostics, dropping duplicates (same place and message)."""

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
