"""Parsing of `.nas` text to a syntax tree, with specific messages for common syntax errors."""

from __future__ import annotations

import re
import threading

from lark import Lark, Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.exceptions import VisitError

from nasdsl.diagnostics import Diagnostic, NasError, Source, Span, diagnostic, error
from nasdsl.syntax import ast, tables
from nasdsl.syntax.builder import Builder
from nasdsl.syntax.layout import Layout

MAX_NESTING = 60
_DEFINITION = re.compile(r"^(?:choice|block|cell|space|extern|use)\b", re.MULTILINE)


def parse(source: Source) -> ast.Module:
    """Parse a source.  Raises `NasError` with one diagnostic per broken definition."""
    _check_nesting(source)
    problems: list[Diagnostic] = []
    text = source.text
    for _ in range(20):
        try:
            module = _parse(source, text)
        except NasError as failure:
            problems.extend(failure.diagnostics)
            if failure.diagnostics[0].code == "NAS102":
                break
            rest = _without_definition(text, failure.diagnostics[0].labels[0].span.start)
            if rest is None:
                break
            text = rest
            continue
        if problems:
            break
        return module
    raise NasError(problems)


def _parse(source: Source, text: str) -> ast.Module:
    parser, layout = _parser()
    builder = Builder(source)
    try:
        tree = parser.parse(text)
        comments = tuple(builder.token_span(token) for token in layout.comments)
        return builder.module(tree, comments)
    except UnexpectedInput as failure:
        raise NasError([_explain(source, layout, failure)]) from None
    except VisitError as failure:
        if isinstance(failure.orig_exc, NasError):
            raise failure.orig_exc from None
        raise
    except RecursionError:
        raise error("NAS105", "the text is nested too deeply", Span(source, 0, 1)) from None


_of_thread = threading.local()


def _parser() -> tuple[Lark, Layout]:
    """Return the parser of this thread and its layout, which has state and so cannot be shared."""
    if not hasattr(_of_thread, "parser"):
        layout = Layout()
        _of_thread.parser = tables.load(layout), layout
    return _of_thread.parser


_BRACKETS = re.compile(r'"""(?s:.*?)"""|"(?:[^"\\\n]|\\.)*"|#[^\n]*|[\[({]|[\])}]')


def _closes(text: str, opener: int) -> bool:
    """Return True if the bracket at this offset is closed."""
    waiting: list[str] = []
    for match in _BRACKETS.finditer(text, opener):
        token = match.group()
        if token in "([{":
            waiting.append({"(": ")", "[": "]", "{": "}"}[token])
        elif token in ")]}":
            if waiting.pop() != token:
                return False
            if not waiting:
                return True
    return False


def _check_nesting(source: Source) -> None:
    depth = 0
    for match in _BRACKETS.finditer(source.text):
        token = match.group()
        if token in "([{":
            depth += 1
            if depth > MAX_NESTING:
                place = Span(source, match.start(), match.end())
                raise error("NAS105", f"brackets are nested more than {MAX_NESTING} levels deep", place)
        elif token in ")]}":
            depth -= 1


def _without_definition(text: str, offset: int) -> str | None:
    """Blank the definition around `offset`, to find errors in the others."""
    starts = [match.start() for match in _DEFINITION.finditer(text)]
    begin = max((start for start in starts if start <= offset), default=None)
    if begin is None:
        return None
    end = min((start for start in starts if start > max(offset, begin)), default=len(text))
    blank = "".join(char if char == "\n" else " " for char in text[begin:end])
    return text[:begin] + blank + text[end:]


# A form in backquotes, or a whole hint.
_FOREIGN = {
    "True": "`true`",
    "False": "`false`",
    "None": "there is no null value: omit the argument",
    "def": "`block name(parameters) on x { ... }`",
    "class": "`space name(parameters) on x { ... }`",
    "elif": "`else if`",
    "while": "`for i in 0 ..< n { ... }`, which has a fixed number of iterations",
    "import": '`use std.cnn` or `use "file.nas"`',
    "lambda": "`f = conv(3) -> bn`, since operations are values",
    "let": "`x = ...`, without a keyword",
    "var": "`x = ...`, without a keyword",
}
_READABLE = {
    "_NL": "the end of the line",
    "$END": "the end of the file",
    "_CALL": "`(`",
    "_INDEX": "`[`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "COMMA": "`,`",
    "COLON": "`:`",
    "NAME": "a name",
    "EQUAL": "`=`",
    "NUMBER": "a number",
    "STRING": "a string",
    "LONG_STRING": "a docstring",
}


def _explain(source: Source, layout: Layout, failure: UnexpectedInput) -> Diagnostic:
    if isinstance(failure, UnexpectedCharacters):
        return _character(source, failure.pos_in_stream or 0)
    assert isinstance(failure, UnexpectedToken)
    token: Token = failure.token
    start = min(token.start_pos or 0, max(0, len(source.text) - 1)) if token.type != "$END" else len(source.text)
    end = token.end_pos if token.end_pos is not None else start + 1
    if token.type == "STRING" and source.text.startswith('"""', start):  # read as an empty string, `""`
        return _character(source, start)
    place = Span(source, start, max(end, start + 1))
    if layout.opened and not _closes(source.text, layout.opened[-1].start_pos or 0):
        opener = layout.opened[-1]
        opened = Span(source, opener.start_pos or 0, opener.end_pos or 1)
        end = len(source.text.rstrip()) if not source.text[start:].strip() else start
        place = Span(source, max(0, end - 1), end) if end == len(source.text.rstrip()) else place
        return diagnostic("NAS102", f"unclosed `{opener}`", (opened, "opened here"), (place, "not closed here"))
    word = str(token)
    found = _READABLE.get(token.type, f"`{word.strip()}`") if token.type != "NAME" else f"`{word}`"
    line = source.line(place.line)
    before = line[: source.position(start)[1] - 1]
    if token.type == "NAME" and word in _FOREIGN:
        return diagnostic("NAS104", f"`{word}` is not part of the language", place, help=_hint(word))
    first = re.match(r"\s*(\w+)", line)
    if first and first.group(1) in _FOREIGN:
        keyword = first.group(1)
        return diagnostic("NAS104", f"`{keyword}` is not part of the language", place, help=_hint(keyword))
    if word == "|" and source.text[start - 1 : start] == "|":
        place = Span(source, start - 1, end)
        return diagnostic("NAS104", "`||` is not an operator of the language", place, help="write `or`")
    if word == "//" and not before.strip():
        return diagnostic("NAS104", "`//` is integer division, not a comment", place, help="write `# ...`")
    if word == "->" and re.match(r"\s*[A-Za-z_]\w*\s*$", before):
        hint = f"name the result: `result = {before.strip()} -> ...`, or `return {before.strip()} -> ...`"
        return diagnostic("NAS101", "unexpected `->`: the result is not used", place, help=hint)
    if token.type == "COLON" and re.match(r"\s*(if|for|else|block|choice|cell|space)\b", line):
        return diagnostic("NAS104", "statements go in braces", place, help="write `{ ... }` instead of `:`")
    if token.type == "EQUAL" and re.match(r"\s*(if|require)\b", line):
        return diagnostic("NAS104", "`=` is assignment; equality is `==`", place, help="write `==`")
    if token.type in ("LPAR", "LSQB") and re.search(r"[\w)\]]\s+$", before):
        hint = f"remove the space before `{word}`"
        return diagnostic("NAS101", f"unexpected `{word}`", place, help=hint)
    expected = sorted({_READABLE[name] for name in failure.accepts or failure.expected if name in _READABLE})
    hint = ""
    if layout.opened and layout.opened[-1].type in ("LPAR", "LSQB") and token.type in ("NAME", "NUMBER", "STRING"):
        closer = ")" if layout.opened[-1].type == "LPAR" else "]"
        hint = f"a `,` or `{closer}` may be missing before this"
    elif 0 < len(expected) <= 4:
        hint = "expected " + " or ".join(expected)
    return diagnostic("NAS101", f"unexpected {found.removeprefix('a ').removeprefix('the ')}", place, help=hint)


def _hint(word: str) -> str:
    hint = _FOREIGN[word]
    return f"write {hint}" if hint.startswith("`") else hint


def _character(source: Source, offset: int) -> Diagnostic:
    char = source.text[offset]
    place = Span(source, offset, offset + 1)
    if char == '"':
        kind = "docstring" if source.text.startswith('"""', offset) else "string"
        return diagnostic("NAS102", f"unclosed {kind}", (place, "opened here"))
    if char == "'":
        return diagnostic("NAS104", "strings use double quotes", place, help='write `"..."`')
    if char.isdigit():
        text = re.match(r"[\w.]+", source.text[offset:])
        end = offset + (text.end() if text else 1)
        return diagnostic("NAS107", f"`{source.text[offset:end]}` is not a number", Span(source, offset, end))
    shown = f"`{char}`" if char.isprintable() else f"U+{ord(char):04X}"
    hints = {
        "!": "write `not` or `!=`",
        "&": "write `and`",
        ";": "write one statement per line",
        "@": "",
        "^": "write `**`",
    }
    return diagnostic("NAS103", f"invalid character {shown}", place, help=hints.get(char, ""))
