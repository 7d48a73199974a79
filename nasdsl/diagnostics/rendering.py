"""Rendering of diagnostics as text: source lines, with carets below every related place."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from nasdsl.diagnostics.model import Diagnostic, Label
from nasdsl.terminal import one_line, printable

CONTEXT = 60  # characters shown on each side of a place in a long line
_COLOURS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "note": "\x1b[1;36m"}


def render(item: Diagnostic, colour: bool = False) -> str:
    """Render a diagnostic as text, with source lines and carets for every related place.

    Each part is made one printable line before coloring, so that none can imitate another diagnostic.
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
    """Return the visible part of a long line and its offset; carets would not align with wrapped lines."""
    start, end = min(columns) - 1 - CONTEXT, max(columns) - 1 + CONTEXT
    if len(text) <= 2 * CONTEXT:
        return text, 0
    left = "" if start <= 0 else "... "
    right = "" if end >= len(text) else " ..."
    start = max(start, 0)
    return left + text[start:end] + right, start - len(left)
