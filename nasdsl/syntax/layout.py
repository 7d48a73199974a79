"""Token filter between lexer and parser: comments, line ends that end statements, adjacent brackets."""

from __future__ import annotations

from collections.abc import Iterator

from lark import Token

# A line that begins with one of these goes on from the line before ...
_CONTINUES = frozenset(
    {
        *("PLUS", "MINUS", "STAR", "SLASH", "FLOOR", "PERCENT", "POWER", "VBAR", "LESSTHAN", "MORETHAN", "EQUAL"),
        *("ELSE", "AND", "OR", "AS", "OF", "IN", "RPAR", "RSQB", "COMMA", "COLON"),
    }
)
# ... and so does one after a line that ends with one of these.
_EXPECTS_MORE = _CONTINUES - {"RPAR", "RSQB"} | {"TILDE", "NOT", "AUGMENT"}
_TOUCHABLE = frozenset({"NAME", "RPAR", "RSQB"})
_OPEN = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
_SYMBOLS = frozenset({"->", "<", "<=", ">", ">=", "==", "!=", "..", "..<", "|", "="})


def _continues(token: Token) -> bool:
    return token.type in _CONTINUES or str(token) in _SYMBOLS


def _expects_more(token: Token) -> bool:
    return token.type in _EXPECTS_MORE or str(token) in _SYMBOLS


class Layout:
    """The `postlex` of the parser.  `comments` and `opened` (brackets not yet closed) are read afterwards."""

    always_accept = ("NEWLINE", "COMMENT")

    def __init__(self) -> None:
        self.comments: list[Token] = []
        self.opened: list[Token] = []

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        self.comments, self.opened = [], []
        before: Token | None = None
        newline: Token | None = None
        for token in stream:
            if token.type == "COMMENT":
                self.comments.append(token)
                continue
            if token.type == "NEWLINE":
                newline = newline or token
                continue
            if newline is not None:
                if self._ends_statement(before, token):
                    yield Token.new_borrow_pos("_NL", "\n", newline)
                    before = newline
                newline = None
            token = self._bracket(before, token)
            yield token
            before = token
        if before is not None and before.type != "NEWLINE":
            last = newline or before
            yield Token("_NL", "\n", last.end_pos, last.line, last.column, last.end_line, last.end_column, last.end_pos)

    def _ends_statement(self, before: Token | None, after: Token) -> bool:
        if before is None or (self.opened and self.opened[-1].type != "LBRACE"):
            return False
        return not (before.type == "LBRACE" or after.type == "RBRACE" or _expects_more(before) or _continues(after))

    def _bracket(self, before: Token | None, token: Token) -> Token:
        if token.type in _OPEN:
            self.opened.append(token)
            touches = before is not None and before.end_pos == token.start_pos and before.type in _TOUCHABLE
            if touches and token.type != "LBRACE":
                return Token.new_borrow_pos("_CALL" if token.type == "LPAR" else "_INDEX", str(token), token)
        elif token.type in _OPEN.values() and self.opened and _OPEN[self.opened[-1].type] == token.type:
            self.opened.pop()
        return token
