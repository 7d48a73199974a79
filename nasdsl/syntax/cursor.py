"""A cursor over the tokens of a source that visits every comment between them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nasdsl.diagnostics import NasError, Source, Span, error
from nasdsl.syntax.pretty import Token

_SPACE = re.compile(r"[ \t\f\r\n]*")
_LITERAL = re.compile(r'"""(?s:.*?)"""|"(?:[^"\\\n]|\\.)*"')


@dataclass
class Comment:
    """A comment on its own line; `blank` if an empty line precedes it."""

    text: str
    blank: bool


class Cursor:
    """Takes tokens one by one; what is taken has to be what the source has there, so nothing is ever left out."""

    def __init__(self, source: Source):
        self.source = source
        self.tokens: list[Token] = []
        self._at = 0
        self._comments: list[Comment] = []
        self._commented = self._newline = self._blank = False

    def token(self, text: str) -> Token:
        """Take the next token, which must be `text`.  Raises NAS901 otherwise."""
        self._skip()
        if not self.source.text.startswith(text, self._at):
            raise self._lost(f"`{text}`")
        self._at += len(text)
        token = Token(text, commented=self._commented, newline=self._newline)
        if text != ",":  # a comment on its own line before a comma belongs to what comes after
            token.before = [comment.text for comment in self._comments]
            self._comments = []
        self._commented = self._newline = self._blank = False
        self.tokens.append(token)
        return token

    def literal(self) -> Token:
        """Take the next token, a string or docstring, verbatim."""
        self._skip()
        match = _LITERAL.match(self.source.text, self._at)
        if match is None:
            raise self._lost("a string")
        return self.token(match.group())

    def sees(self, text: str) -> bool:
        self._skip()
        return self.source.text.startswith(text, self._at)

    def drop_comma(self) -> None:
        """Skip a comma that the canonical form may omit; comments around it stay."""
        if self.sees(","):
            self._at += 1

    def own_lines(self) -> list[Comment]:
        """The comments before the next token that stand on lines of their own; they are no longer part of it."""
        self._skip()
        taken, self._comments = self._comments, []
        return taken

    def after_blank(self) -> bool:
        """Return True if an empty line precedes the next token."""
        self._skip()
        return self._blank

    def at_end(self) -> bool:
        self._skip()
        return self._at == len(self.source.text)

    def _skip(self) -> None:
        text = self.source.text
        ends = 0
        while True:
            match = _SPACE.match(text, self._at)
            assert match is not None
            ends += match.group().count("\n")
            self._at = match.end()
            self._newline = self._newline or ends > 0
            self._blank = self._blank or ends > 1
            if not text.startswith("#", self._at):
                return
            end = text.find("\n", self._at)
            end = len(text) if end < 0 else end
            comment = text[self._at : end].rstrip()
            if self._newline or not self.tokens:
                self._comments.append(Comment(comment, self._blank))
            else:
                self.tokens[-1].after.append(comment)
            self._commented, self._blank = True, False
            self._at, ends = end, 0

    def _lost(self, wanted: str) -> NasError:
        place = Span(self.source, self._at, min(self._at + 1, len(self.source.text)))
        return error("NAS901", f"the formatter expected {wanted} here; the file is unchanged", place)
