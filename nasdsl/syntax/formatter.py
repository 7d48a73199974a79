"""The canonical layout of a `.nas` file.

The formatter keeps single blank lines, breaks after `=`, before `|` and before `->`, and blocks of one statement
on one line.  The tree (`forms.py`) and the width (`pretty.py`) determine everything else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nasdsl.diagnostics import NasError, Source, Span, error
from nasdsl.syntax import ast
from nasdsl.syntax.cursor import Comment
from nasdsl.syntax.forms import Forms
from nasdsl.syntax.parser import parse
from nasdsl.syntax.pretty import Doc, lay_out

WIDTH = 120
_MOST_ROUNDS = 6


def format_source(source: Source, width: int = WIDTH) -> str:
    """Format a source; formatting the result again changes nothing.

    Raises `NasError` if the source does not parse, and NAS901 rather than return a text of different meaning.
    """
    text = source.text.replace("\r\n", "\n")
    try:
        module = parse(Source(source.name, text))
        meaning = ast.dump(module)
        comments = sorted(_comments(module))
        for _ in range(_MOST_ROUNDS):  # a comment in an odd place may move twice before it stays
            formatted = _File(module, width).run()
            if formatted == text:
                return text
            text = formatted
            try:
                module = parse(Source(source.name, text))
            except NasError:
                break
            if ast.dump(module) != meaning or sorted(_comments(module)) != comments:
                break
    except RecursionError:
        raise error("NAS105", "the text is nested too deeply", Span(source, 0, 1)) from None
    raise error("NAS901", f"`{source.name}` cannot be formatted safely and is unchanged")


def _comments(module: ast.Module) -> list[str]:
    return [span.text.rstrip() for span in module.comments]


@dataclass
class _Item:
    """A docstring, `use` or definition at the top level, with the comments above it."""

    comments: list[Comment]
    blank: bool
    doc: Doc
    is_docstring: bool = False


class _File:
    """Lay out the items of a file one below another."""

    def __init__(self, module: ast.Module, width: int):
        self.module = module
        self.width = width
        self.forms = Forms(module.span.source)
        self.cursor = self.forms.cursor

    def run(self) -> str:
        items: list[_Item] = []
        if self.module.doc is not None:
            items.append(self.item(self.cursor.literal, is_docstring=True))
        nodes = [*self.module.uses, *self.module.definitions, *self.module.externs]
        for node in sorted(nodes, key=lambda node: node.span.start):
            items.append(self.item(lambda node=node: self.forms.node(node)))
        last = self.cursor.own_lines()
        if not self.cursor.at_end():
            self.cursor.token("the end of the file")
        return self.stack(items, last)

    def item(self, build: Callable[[], Doc], is_docstring: bool = False) -> _Item:
        comments = self.cursor.own_lines()
        return _Item(comments, self.cursor.after_blank(), build(), is_docstring)

    def stack(self, items: list[_Item], last: list[Comment]) -> str:
        """The items under one another: one empty line between them, or none where two are of one line each."""
        texts = [lay_out(item.doc, self.width) for item in items]
        lines: list[str] = []
        for i, (item, text) in enumerate(zip(items, texts, strict=True)):
            blanks = [*(comment.blank for comment in item.comments), item.blank]
            if i and not items[i - 1].is_docstring and ("\n" in text or "\n" in texts[i - 1]) and not any(blanks):
                blanks[0] = True
            for blank, part in zip(blanks, [*(comment.text for comment in item.comments), text], strict=True):
                lines += ["", part] if blank and lines else [part]
        for comment in last:
            lines += ["", comment.text] if comment.blank and lines else [comment.text]
        return "".join(line + "\n" for line in lines)
