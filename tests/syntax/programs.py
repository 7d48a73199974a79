"""Random programs of the grammar with comments, odd spaces and line ends wherever they may stand."""

from __future__ import annotations

from hypothesis import strategies as st

TOUCH = "\0"  # the tokens around it touch
BREAK = "\n"  # a statement ends
SOFT = "\1"  # a line may end, and a comment stand, inside braces
_CONTINUES = {*"+-*/%|<>=),]:", "->", "//", "**", "<=", ">=", "==", "!=", "..", "..<", "else", "and", "or", "as", "of"}
_CONTINUES |= {"in"}
_EXPECTS_MORE = _CONTINUES - {")", "]"} | {"~", "not", "+=", "-=", "*=", "//="}
_NAMES = st.sampled_from(["x", "y", "conv", "relu", "a_rather_long_name", "an_even_longer_name_for_an_operation"])
_CONSTANTS = ("true", "false", "searching")
_NUMBERS = st.sampled_from(["0", "3", "0.5", "1e-3", "5M", "007"])


class Writer:
    """Draws the tokens of a program."""

    def __init__(self, draw: st.DrawFn):
        self.draw = draw

    def pick(self, *options: str) -> str:
        return self.draw(st.sampled_from(options))

    def some(self, write: object, least: int, most: int, between: list[str]) -> list[str]:
        tokens: list[str] = []
        for i in range(self.draw(st.integers(least, most))):
            tokens += [*(between if i else []), *write()]  # type: ignore[operator]
        return tokens

    # expressions, loosest first

    def expr(self, depth: int) -> list[str]:
        if depth > 0 and self.draw(st.integers(0, 5)) == 0:
            return [*self.bar(depth - 1), "if", *self.bar(depth - 1), "else", *self.expr(depth - 1)]
        return self.bar(depth)

    def bar(self, depth: int) -> list[str]:
        return self.some(lambda: self.alternative(depth), 1, 3 if depth > 0 else 1, ["|"])

    def alternative(self, depth: int) -> list[str]:
        tokens = ["~"] if self.draw(st.integers(0, 5)) == 0 else []
        tokens += self.some(lambda: self.operand(depth), 1, 4 if depth > 0 else 1, ["->"])
        return [*tokens, "as", "label"] if self.draw(st.integers(0, 5)) == 0 else tokens

    def operand(self, depth: int) -> list[str]:
        if depth <= 0:
            return self.atom(0)
        form = self.draw(st.integers(0, 9))
        if form == 0:
            return self.some(lambda: self.power(depth - 1), 2, 4, [self.pick("and", "or")])
        if form == 1:
            return ["not", *self.power(depth - 1)]
        if form == 2:
            comparison = self.pick("<", "<=", "==", "!=", "in", "not in").split()
            return self.some(lambda: self.power(depth - 1), 2, 3, comparison)
        if form == 3:
            return [*self.power(depth - 1), self.pick("..", "..<"), *self.power(depth - 1)]
        if form == 4:
            return self.some(lambda: self.power(depth - 1), 2, 5, [self.pick("+", "-", "*", "/", "//", "%")])
        return self.power(depth)

    def power(self, depth: int) -> list[str]:
        form = self.draw(st.integers(0, 8))
        if form == 0:
            return ["-", *self.postfix(depth)]
        if form == 1:
            return [*self.postfix(depth), "**", *self.postfix(depth - 1)]
        if form == 2:
            return [*self.postfix(depth), "of", *self.postfix(depth - 1)]
        return self.postfix(depth)

    def postfix(self, depth: int) -> list[str]:
        tokens = self.atom(depth)
        applies = tokens[-1] in (")", "]") or (tokens[-1].isidentifier() and tokens[-1] not in _CONSTANTS)
        for _ in range(self.draw(st.integers(0, 2)) if depth > 0 and applies else 0):
            form = self.draw(st.integers(0, 3))
            if form == 0:
                tokens += [TOUCH, "[", *self.expr(depth - 1), "]"]
            elif form == 1:
                lower = self.expr(depth - 1) if self.draw(st.booleans()) else []
                upper = self.expr(depth - 1) if self.draw(st.booleans()) else []
                tokens += [TOUCH, "[", *lower, ":", *upper, "]"]
            else:
                tokens += [TOUCH, *self.several("(", lambda: self.argument(depth - 1), ")")]
        return tokens

    def argument(self, depth: int) -> list[str]:
        return ["name", "=", *self.expr(depth)] if self.draw(st.integers(0, 3)) == 0 else self.expr(depth)

    def several(self, opener: str, write: object, closer: str, least: int = 0) -> list[str]:
        tokens = self.some(write, least, 4, [","])
        return [opener, *tokens, *([","] if tokens and self.draw(st.booleans()) else []), closer]

    def atom(self, depth: int) -> list[str]:
        form = self.draw(st.integers(0, 7 if depth > 0 else 3))
        if form <= 1:
            return [self.draw(_NAMES)]
        if form == 2:
            return [self.draw(_NUMBERS)]
        if form == 3:
            return [self.pick('"a # string"', '"\\""', *_CONSTANTS)]
        if form <= 5:
            return ["(", *self.expr(depth - 1), ")"]
        if form == 6:
            return self.several("[", lambda: self.expr(depth - 1), "]")
        clauses = self.some(lambda: self.clause(depth - 1), 1, 2, [])
        return ["[", *self.expr(depth - 1), *clauses, "]"]

    def clause(self, depth: int) -> list[str]:
        condition = ["if", *self.bar(depth)] if self.draw(st.booleans()) else []
        return ["for", "t", "in", *self.bar(depth), *condition]

    # statements and definitions

    def statement(self, depth: int) -> list[str]:
        form = self.draw(st.integers(0, 9 if depth > 0 else 5))
        if form == 0:
            return ["a", ",", "b", "=", *self.some(lambda: self.expr(2), 1, 3, [","])]
        if form == 1:
            return ["x", self.pick("+=", "-=", "*=", "//="), *self.expr(2)]
        if form == 2:
            return ["require", *self.expr(2)] if self.draw(st.booleans()) else self.results()
        if form == 3:
            return ["share", "f", "=", *self.expr(2)]
        if form <= 5:
            return ["x", "=", *self.expr(3)]
        if form <= 7:
            return ["for", "i", "in", *self.expr(1), *self.block(depth - 1)]
        return self.branch(depth)

    def results(self) -> list[str]:
        return ["return", *self.some(self.result, 1, 3, [","])]

    def result(self) -> list[str]:
        form = self.draw(st.integers(0, 2))
        if form == 0:
            return self.expr(2)
        return ["name", "=", *(self.expr(2) if form == 1 else [*self.bar(2), "if", *self.bar(1)])]

    def branch(self, depth: int) -> list[str]:
        tokens = ["if", *self.expr(1), *self.block(depth - 1)]
        if self.draw(st.booleans()):
            again = depth > 0 and self.draw(st.booleans())
            tokens += ["else", *(self.branch(depth - 1) if again else self.block(depth - 1))]
        return tokens

    def block(self, depth: int) -> list[str]:
        doc = self.draw(st.integers(0, 6)) == 0
        tokens = ['"""A docstring."""'] if doc else []
        body = self.some(lambda: self.statement(depth), 0, 3, [BREAK])
        return ["{", SOFT, *tokens, *([BREAK] if tokens and body else []), *body, SOFT, "}"]

    def definition(self) -> list[str]:
        kind = self.pick("choice", "block", "cell", "space", "use", "extern")
        if kind == "use":
            return ["use", *self.pick("std . darts", '"other.nas"').split()]
        tokens = [kind, "name"]
        if self.draw(st.booleans()):
            tokens += [TOUCH, *self.several("(", self.parameter, ")")]
        if kind == "extern":
            types = self.some(lambda: self.type(), 1, 2, [","])
            return [*tokens, *self.inputs(), "->", *types, "=", '"package:name"']
        if kind != "choice" and self.draw(st.booleans()):
            tokens += self.inputs()
        if kind == "choice" or self.draw(st.booleans()):
            return [*tokens, "=", *self.expr(3)]
        return [*tokens, *self.block(2)]

    def parameter(self) -> list[str]:
        return [self.draw(_NAMES), *(["=", *self.expr(1)] if self.draw(st.booleans()) else [])]

    def inputs(self) -> list[str]:
        return [
            "on",
            *self.some(lambda: ["x", *([":", *self.type()] if self.draw(st.booleans()) else [])], 1, 2, [","]),
        ]

    def type(self) -> list[str]:
        return ["image", TOUCH, "[", *self.some(lambda: self.expr(0), 1, 3, [","]), "]"]

    def program(self) -> list[str]:
        tokens = ['"""About\n  it."""', BREAK] if self.draw(st.booleans()) else []
        return [*tokens, *self.some(self.definition, 1, 3, [BREAK])]

    # between tokens

    def write(self, tokens: list[str]) -> str:
        text = self.gap(False) if tokens else ""
        opened: list[str] = []
        for before, token in zip(["", *tokens], tokens, strict=False):
            if token in (TOUCH, BREAK, SOFT):
                if token != TOUCH:
                    text += self.gap(token == BREAK)
                continue
            if before not in ("", TOUCH, BREAK, SOFT):
                inside = bool(opened) and opened[-1] != "{"
                free = inside or before in _EXPECTS_MORE or token in _CONTINUES
                text += self.gap(False) if free and self.draw(st.integers(0, 4)) == 0 else " "
            if token in ("(", "[", "{"):
                opened.append(token)
            elif token in (")", "]", "}"):
                opened.pop()
            text += token
        return text + self.gap(False)

    def gap(self, ends: bool) -> str:
        comments = ["# one", "#two  ", '# a third, "quoted" (and bracketed']
        parts = [" "]
        for _ in range(self.draw(st.integers(0, 2))):
            parts.append(self.pick("", "\n", "\n\n", "\n\n\n") + " " + self.pick(*comments) + "\n")
        parts.append(self.pick("\n", "\n\n", "\n \n\n") if ends else self.pick("", "\n", "\n\n"))
        return "".join(parts) + " "


@st.composite
def programs(draw: st.DrawFn) -> str:
    """The text of a program that parses."""
    writer = Writer(draw)
    return writer.write(writer.program())
