"""Documents that know where they may break, and their layout within a width.

The algebra is that of Wadler ("A prettier printer", 2003), with the comments of the source on top: a comment at
the end of a line waits until the line ends, and one on a line of its own stands before its token where that
begins a line.  So no layout can lose a comment or put code behind one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

_WORTH_A_LINE = 8  # columns


@dataclass
class Token:
    """A token of the source with its comments: those on lines of their own before it, and those right after it."""

    text: str
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    commented: bool = False  # a comment stands between the token before this one and this one ...
    newline: bool = False  # ... or a line ends there


@dataclass
class Line:
    """The end of a line where the group around it is broken, else `flat`."""

    flat: str = " "


@dataclass
class Hard:
    """Always the end of a line; `blank` leaves an empty one."""

    blank: bool = False


@dataclass
class Indent:
    by: int
    doc: Doc


@dataclass
class IfBroken:
    text: str


@dataclass
class Group:
    """On one line if that fits, else broken at each of its own lines.

    With a `tail` (the last part of `doc` once more, without its indentation) lines may end inside the tail while the
    rest stays on one line: where the tail has to break anyway and, if `hug`, where that saves width.
    """

    doc: Sequence[Doc]
    broken: bool = False
    tail: Doc | None = None
    hug: bool = False
    tail_breaks: bool = False


@dataclass
class Assigned:
    """Lay out the right side of `=`: on the same line if it fits, else on the next if that helps, else broken."""

    doc: Doc
    multiline: bool = False


Doc = str | Token | Line | Hard | Indent | IfBroken | Group | Assigned | Sequence["Doc"]


def measure(doc: Doc) -> tuple[Token | None, bool]:
    """Marks the groups that have to break: for a comment, a forced line or a text of several lines in them.

    Returns the first token, and whether lines end inside `doc` in every layout.
    """
    match doc:
        case Token():
            return doc, "\n" in doc.text
        case Hard():
            return None, True
        case list():
            return _measure_all(doc)
        case Indent():
            return measure(doc.doc)
        case Assigned():
            first, doc.multiline = measure(doc.doc)
            return first, doc.multiline
        case Group(tail=None):
            first, multiline = _measure_all(doc.doc)
            doc.broken = doc.broken or multiline
            return first, doc.broken
        case Group():
            first, multiline = _measure_all(doc.doc[:-1])
            inner, doc.tail_breaks = measure(doc.doc[-1])
            doc.broken = doc.broken or multiline or _apart(first, inner)
            return first or inner, doc.broken or doc.tail_breaks
        case _:
            return None, False


def _measure_all(docs: Iterable[Doc]) -> tuple[Token | None, bool]:
    first: Token | None = None
    multiline = False
    for doc in docs:
        inner, ends = measure(doc)
        multiline = multiline or ends or _apart(first, inner)
        first = first or inner
    return first, multiline


def _apart(first: Token | None, second: Token | None) -> bool:
    """Return True if a comment keeps two neighbors on different lines."""
    return first is not None and second is not None and second.commented


# a document still to be laid out: its indentation, whether its own lines end here, and itself
_Pending = tuple[int, bool, Doc]


class _Layout:
    def __init__(self, width: int):
        self.width = width
        self.lines: list[str] = []
        self.line = ""
        self.comments: list[str] = []  # they wait for the end of the line
        self.pending: list[_Pending] = []

    def run(self, doc: Doc) -> list[str]:
        self.pending = [(0, True, doc)]
        while self.pending:
            self.step(*self.pending.pop())
        self.end_line(0)
        return self.lines

    def step(self, indent: int, broken: bool, doc: Doc) -> None:
        match doc:
            case str():
                self.write(doc)
            case Token():
                self.token(doc, indent)
            case list():
                self.push(indent, broken, *doc)
            case Line():
                if broken:
                    self.end_line(indent)
                else:
                    self.write(doc.flat)
            case Hard():
                self.end_line(indent)
                if doc.blank:
                    self.lines.append("")
            case Indent():
                self.push(indent + doc.by, broken, doc.doc)
            case IfBroken():
                self.write(doc.text if broken else "")
            case Group():
                self.group(indent, broken, doc)
            case Assigned():
                self.assigned(indent, broken, doc)

    def push(self, indent: int, broken: bool, *docs: Doc) -> None:
        self.pending.extend((indent, broken, doc) for doc in reversed(docs))

    def write(self, text: str) -> None:
        self.line += text

    def token(self, token: Token, indent: int) -> None:
        if self.line.strip():
            self.comments.extend(token.before)
        else:
            for comment in token.before:
                self.write(comment)
                self.end_line(indent)
        *whole, last = token.text.split("\n")
        for text in whole:  # of a docstring: its lines stay as they are
            self.lines.append(self.line + text)
            self.line = ""
        self.write(last)
        self.comments.extend(token.after)

    def end_line(self, indent: int) -> None:
        if self.comments:
            self.line = f"{self.line}  {self.comments[0]}" if self.line.strip() else self.line + self.comments[0]
        self.lines.append(self.line.rstrip())
        self.lines.extend(" " * indent + comment for comment in self.comments[1:])
        self.comments = []
        self.line = " " * indent

    def group(self, indent: int, broken: bool, group: Group) -> None:
        if group.broken:
            self.push(indent, True, group.doc)
        elif not group.tail_breaks and (not broken or self.fits([(False, group.doc)])):
            self.push(indent, False, group.doc)
        elif group.tail is not None and self.hugs(group):
            self.push(indent, True, group.tail)
            self.push(indent, False, group.doc[:-1])
        else:
            self.push(indent, True, group.doc)

    def hugs(self, group: Group) -> bool:
        """Return True if the lines of the group end only in its tail."""
        wanted = group.hug or group.tail_breaks
        return wanted and group.tail is not None and self.fits([(False, group.doc[:-1]), (True, group.tail)])

    def assigned(self, indent: int, broken: bool, doc: Assigned) -> None:
        if not broken or doc.multiline or self.fits([(False, [" ", doc.doc])]):
            self.push(indent, broken and doc.multiline, " ", doc.doc)
            return
        start, self.line = self.line, " " * (indent + 4)
        gains = len(start) - len(self.line) >= _WORTH_A_LINE and self.fits([(False, doc.doc)])
        self.line = start
        if gains:
            self.end_line(indent + 4)
            self.push(indent + 4, False, doc.doc)
        else:
            self.push(indent, True, " ", doc.doc)

    def fits(self, items: list[tuple[bool, Doc]]) -> bool:
        """Return True if the items (each broken or flat) fit on the line up to the next possible break."""
        left = self.width - len(self.line)
        stack = items[::-1]
        after = len(self.pending)
        while left >= 0:
            if not stack:
                if after == 0:
                    return True
                after -= 1
                _, broken, doc = self.pending[after]
            else:
                broken, doc = stack.pop()
            match doc:
                case str():
                    left -= len(doc)
                case Token():
                    text, ends, _ = doc.text.partition("\n")
                    left -= len(text)
                    if ends:
                        return left >= 0
                case list():
                    stack.extend((broken, item) for item in reversed(doc))
                case Line():
                    if broken:
                        return True
                    left -= len(doc.flat)
                case Hard():
                    return True
                case Indent():
                    stack.append((broken, doc.doc))
                case IfBroken():
                    left -= len(doc.text) if broken else 0
                case Group():
                    stack.append((broken or doc.broken, doc.doc))
                case Assigned():
                    if broken and not doc.multiline:
                        return True
                    stack.append((broken, [" ", doc.doc]))
        return False


def lay_out(doc: Doc, width: int) -> str:
    """The text of a document, without an end of line.  No line exceeds `width` that can be broken."""
    measure(doc)
    return "\n".join(_Layout(width).run(doc))
