"""The parser: precedence, where statements end, brackets that touch, spans, errors, and every form there is."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import pytest

from nasdsl import NasError
from nasdsl.diagnostics import Diagnostic, Source
from nasdsl.syntax import ast
from nasdsl.syntax.builder import Builder
from nasdsl.syntax.parser import _parser, parse


def tree(text: str) -> ast.Module:
    return parse(Source("case.nas", text))


def expression(text: str) -> ast.Expr:
    [definition] = tree(f"choice c = {text}").definitions
    assert not isinstance(definition.body, ast.Block)
    return definition.body


def statements(text: str) -> tuple[ast.Statement, ...]:
    """The statements of a block with this text inside its braces."""
    [definition] = tree(f"block b on x {{\n{text}\n}}").definitions
    assert isinstance(definition.body, ast.Block)
    return definition.body.statements


def errors(text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(NasError) as caught:
        tree(text)
    return caught.value.diagnostics


def shape(node: ast.Node | None) -> str:
    """An expression with a pair of parentheses for each node, and none for the parentheses of the text."""
    match node:
        case ast.Name():
            return node.id
        case ast.Number() | ast.String() | ast.Bool():
            return repr(node.value)
        case ast.Group():
            return shape(node.inner)
        case ast.Binary():
            return f"({shape(node.left)} {node.operator} {shape(node.right)})"
        case ast.Unary():
            return f"({node.operator} {shape(node.operand)})"
        case ast.Logic():
            return f"({f' {node.operator} '.join(map(shape, node.operands))})"
        case ast.Compare():
            return f"({shape(node.first)}{''.join(f' {op} {shape(item)}' for op, item in node.rest)})"
        case ast.Range():
            return f"({shape(node.lower)} {'..' if node.closed else '..<'} {shape(node.upper)})"
        case ast.Pick():
            return f"({shape(node.how)} of {shape(node.list)})"
        case ast.Arrow():
            return f"({' -> '.join(map(shape, node.parts))})"
        case ast.Bar():
            return f"({' | '.join(map(shape, node.alternatives))})"
        case ast.Alternative():
            return "~" * node.phantom + shape(node.value) + (f" as {node.label.id}" if node.label else "")
        case ast.Ternary():
            return f"({shape(node.then)} if {shape(node.condition)} else {shape(node.otherwise)})"
        case ast.Call():
            given = [(f"{arg.name.id} = " if arg.name else "") + shape(arg.value) for arg in node.arguments]
            return f"{shape(node.function)}({', '.join(given)})"
        case ast.Index():
            return f"{shape(node.object)}[{shape(node.position)}]"
        case ast.Slice():
            lower, upper = (shape(end) if end else "" for end in (node.lower, node.upper))
            return f"{shape(node.object)}[{lower}:{upper}]"
        case ast.ListOf():
            return f"[{', '.join(map(shape, node.items))}]"
        case ast.Comprehension():
            return f"[{shape(node.element)} {' '.join(map(shape, node.clauses))}]"
        case ast.Clause():
            return f"for {node.variable.id} in {shape(node.iterable)}" + (
                f" if {shape(node.condition)}" if node.condition else ""
            )
        case ast.Searching():
            return "searching"
    raise AssertionError(node)


# precedence, loosest first

LEVELS = (
    ("|",),
    ("->",),
    ("or",),
    ("and",),
    ("<", "<=", ">", ">=", "==", "!=", "in", "not in"),
    ("..", "..<"),
    ("+", "-"),
    ("*", "/", "//", "%"),
    ("**",),
    ("of",),
)
PAIRS = [(loose, tight) for one, other in itertools.combinations(LEVELS, 2) for loose in one for tight in other]


@pytest.mark.parametrize(("loose", "tight"), PAIRS, ids=[f"{loose} {tight}" for loose, tight in PAIRS])
def test_the_tighter_operator_binds_first(loose: str, tight: str) -> None:
    assert shape(expression(f"a {loose} b {tight} c")) == f"(a {loose} (b {tight} c))"
    if (loose, tight) != ("**", "of"):  # what is behind `of` reaches as far as behind a sign
        assert shape(expression(f"a {tight} b {loose} c")) == f"((a {tight} b) {loose} c)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a - b + c - d", "(((a - b) + c) - d)"),
        ("a / b * c // d % e", "((((a / b) * c) // d) % e)"),
        ("a ** b ** c", "(a ** (b ** c))"),
        ("one of 2 of a", "(one of (2 of a))"),
        ("a | b | c", "(a | b | c)"),
        ("a -> b -> c", "(a -> b -> c)"),
        ("a or b or c", "(a or b or c)"),
        ("a and b and c", "(a and b and c)"),
        ("a < b <= c != d not in e", "(a < b <= c != d not in e)"),
        ("(a | b) | c", "((a | b) | c)"),
        ("a - (b - c)", "(a - (b - c))"),
        ("(a ** b) ** c", "((a ** b) ** c)"),
        ("(a -> b) -> c", "((a -> b) -> c)"),
        # signs and `not`
        ("-a ** b", "(- (a ** b))"),
        ("a ** -b ** c", "(a ** (- (b ** c)))"),
        ("-2 of a", "(- (2 of a))"),
        ("a of -b", "(a of (- b))"),
        ("a of b ** c", "(a of (b ** c))"),
        ("-a * b", "((- a) * b)"),
        ("a * -b", "(a * (- b))"),
        ("a - -b", "(a - (- b))"),
        ("--a", "(- (- a))"),
        ("-a(b)[c]", "(- a(b)[c])"),
        ("not a == b", "(not (a == b))"),
        ("not a and b", "((not a) and b)"),
        ("a or not b and c", "(a or ((not b) and c))"),
        ("not not a", "(not (not a))"),
        ("not a -> b", "((not a) -> b)"),
        # phantoms and names of alternatives
        ("~a -> b", "(~(a -> b))"),
        ("a -> b as n", "((a -> b) as n)"),
        ("~a as n | b | ~c", "(~a as n | b | ~c)"),
        ("a | b or c as n", "(a | (b or c) as n)"),
        # conditions
        ("a if b else c if d else e", "(a if b else (c if d else e))"),
        ("a | b if c | d else e | f", "((a | b) if (c | d) else (e | f))"),
        ("a -> b if c or d else e", "((a -> b) if (c or d) else e)"),
        ("(a if b else c) if d else e", "((a if b else c) if d else e)"),
        # what touches
        ("a(b)(c)", "a(b)(c)"),
        ("a[b](c)[d:]", "a[b](c)[d:]"),
        ("a[:b + c]", "a[:(b + c)]"),
        ("a[:]", "a[:]"),
        ("a[b:c]", "a[b:c]"),
        ("(a -> b)(c)", "(a -> b)(c)"),
        ("a(b | c, d = e if f else g, h,)", "a((b | c), d = (e if f else g), h)"),
        ("a()", "a()"),
        ("[]", "[]"),
        ("[a, b | c,]", "[a, (b | c)]"),
        ("[a -> b for a in c | d if e | f for g in h]", "[(a -> b) for a in (c | d) if (e | f) for g in h]"),
        ("searching and true != false", "(searching and (True != False))"),
    ],
)
def test_shapes(text: str, expected: str) -> None:
    assert shape(expression(text)) == expected


@pytest.mark.parametrize("text", ["a .. b .. c", "a ..< b .. c", "a | ~", "a as b as c", "a of", "a not b", "a if b"])
def test_what_is_no_expression(text: str) -> None:
    assert [item.code for item in errors(f"choice c = {text}")] == ["NAS101"]


# where a statement ends

OPERATORS = [operator for level in LEVELS for operator in level]


@pytest.mark.parametrize("operator", [*OPERATORS, "as"])
@pytest.mark.parametrize("gap", ["\n", "\r\n", "\n\n  \n", "  # why\n", "\n# one\n  # two\n\n"])
def test_a_line_goes_on_around_an_operator(operator: str, gap: str) -> None:
    whole = shape(expression(f"a {operator} b"))
    found = statements(f"y = a {operator}{gap}b\nz = c")
    assert [shape(item.values[0]) for item in found if isinstance(item, ast.Assign)] == [whole, "c"]
    if operator != "not in":  # `not` may begin a statement's expression, so it does not continue a line
        found = statements(f"y = a{gap}{operator} b\nz = c")
        assert [shape(item.values[0]) for item in found if isinstance(item, ast.Assign)] == [whole, "c"]


@pytest.mark.parametrize(
    "text",
    [
        "y = a",
        "y\n= a",
        "y =\na",
        "y +=\na",
        "y,\nz = a, b",
        "y\n, z = a\n, b",
        "y = f(\na\n,\nb\n)",
        "y = [\na\n\n]",
        "y = x[\n0\n]",
        "y = (\na\n)",
        "y = not\na",
        "y = a if b\nelse c",
        "y = a if b else\nc",
        "if a { y = b }\nelse { y = c }",
        "if a {\ny = b\n}\n\n# no\nelse if b { y = c } else {\n}",
        "for i\nin a { y = b }",
        "for i in a {\n\n}",
        "return a,\nb",
        "require a\n<= b",
    ],
)
def test_one_statement(text: str) -> None:
    assert len(statements(text)) == 1
    assert len(statements(f"{text}\nlast = a")) == 2
    assert len(statements(f"\n\n{text}\n\n\n# note\nlast = a\n\n")) == 2


@pytest.mark.parametrize(
    "text",
    [
        "y = a z = b",
        "y = a; z = b",
        "y = a\nif b else c",
        "y = a\nb",
        "y = f\n(a)",
        "y = f\n[a]",
        "y = a\n~b",
        "y = a\nnot in b",
        "y = a\n} z = b {",
        "if a\n{ y = b }",
        "for i in a\n{ y = b }",
        "if a { y = b } z = c",
        "return\na",
    ],
)
def test_lines_that_do_not_go_on(text: str) -> None:
    with pytest.raises(NasError):
        statements(text)


def test_definitions_end_with_their_lines() -> None:
    assert [item.name.id for item in tree("choice c = a\n\nchoice d =\n  b\n| e\nblock f on x = g").definitions] == [
        "c",
        "d",
        "f",
    ]
    for text in ("choice c = a choice d = b", "use std.a use std.b", "choice c\n(a) = b", "space s on x\n{ return x }"):
        assert errors(text)


@pytest.mark.parametrize("text", ["f (a)", "f(a) (b)", "x [0]", "x[0] [1]", "(f) (a)", "f # note\n(a)"])
def test_brackets_touch_what_they_apply_to(text: str) -> None:
    [item] = errors(f"choice c = [{text}]")
    assert item.code == "NAS101"
    assert item.span is not None
    assert item.span.text in ("(", "[")


def test_brackets_after_operators_are_groups_and_lists() -> None:
    assert shape(expression("a -> (b)")) == shape(expression("a->(b)")) == "(a -> b)"
    assert shape(expression("one of [a]")) == "(one of [a])"
    assert shape(expression("a+(b)")) == "(a + b)"


# leaves


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("007", 7),
        ("0.5", 0.5),
        ("1e-3", 0.001),
        ("2E+2", 200.0),
        ("5K", 5000),
        ("5M", 5_000_000),
        ("2G", 2_000_000_000),
        ("1.5K", 1500),
        ("0.0005K", 0.5),
        ("9" * 30, int("9" * 30)),
        ('"a b"', "a b"),
        (r'"\n\t\"\\\q"', '\n\t"\\\\q'),
        ('""', ""),
        ('"# no comment"', "# no comment"),
        ("true", True),
        ("false", False),
    ],
)
def test_leaves(text: str, value: str | float) -> None:
    found = expression(text)
    assert isinstance(found, ast.Number | ast.String | ast.Bool)
    assert type(found.value) is type(value)
    assert found.value == value
    assert found.span.text == text


@pytest.mark.parametrize("text", ["3x", "1_000", "5KM", "1e400", "9" * 31, "2e"])
def test_what_is_no_number(text: str) -> None:
    [item] = errors(f"choice c = {text}")
    assert item.code == "NAS107"
    assert item.span is not None
    assert item.span.text == text


def test_names_that_begin_like_words() -> None:
    names = ("format", "iffy", "origin", "notes", "order", "asp", "office", "true_", "spaces", "searching2", "_")
    for name in names:
        assert shape(expression(f"{name} or a")) == f"({name} or a)"


def test_docstrings() -> None:
    module = tree(
        '"""\nOf the file: "quoted", # no comment.\n"""\n\nspace s on x { """ Of the space. """\n  return x\n}'
    )
    assert module.doc == 'Of the file: "quoted", # no comment.'
    assert module.definitions[0].doc == "Of the space."
    assert module.comments == ()
    assert tree('block b on x { """Only this.""" }').definitions[0].doc == "Only this."
    assert tree("block b on x { return x }").definitions[0].doc is None
    assert tree("choice c = a").doc is None
    assert errors('choice c = a\n"""late"""')
    assert errors('block b on x {\n  return x\n  """late"""\n}')
    for text in ('"""open\nchoice c = a', 'block b on x {\n  """open\n  return x\n}', 'choice c = a\n"""open'):
        [item] = errors(text)
        assert (item.code, item.message) == ("NAS102", "unclosed docstring")
        assert item.span is not None
        assert item.span.start == text.index('"')


def test_comments_are_kept_aside() -> None:
    text = '# first\nchoice c = [ # in a list\n  a,  # é\n  "# string"\n]\n# last'
    module = tree(text)
    assert [span.text for span in module.comments] == ["# first", "# in a list", "# é", "# last"]
    assert tree("choice c = a").comments == ()  # those of the text before are gone
    assert tree("").definitions == tree("# only this").definitions == tree("\n\n").definitions == ()


def test_line_ends_of_windows() -> None:
    text = '"""doc"""\nspace s(a = 1) on x {\n  # note\n  y = [\n    x\n  ]\n  return y[0]\n    -> relu\n}\n\n'
    windows = text.replace("\n", "\r\n")
    assert ast.dump(tree(windows)) == ast.dump(tree(text))
    texts = [re.sub("\r\n", "\n", node.span.text) for node in walk(tree(windows))]
    assert texts == [node.span.text for node in walk(tree(text))]


def test_a_byte_order_mark_is_for_who_reads_the_file() -> None:
    [item] = errors("\ufeffchoice c = a")
    assert item.code == "NAS103"
    assert "U+FEFF" in item.message
    assert tree(b"\xef\xbb\xbfchoice c = a".decode("utf-8-sig")).definitions


# spans


def walk(node: ast.Node) -> Iterator[ast.Node]:
    """A node and all below it, in the order of their fields."""
    yield node
    for name in node.fields:
        yield from inside(getattr(node, name))


def inside(value: object) -> Iterator[ast.Node]:
    if isinstance(value, ast.Node):
        yield from walk(value)
    elif isinstance(value, tuple):
        for item in value:
            yield from inside(item)


def spans(node: ast.Node) -> list[tuple[str, str]]:
    return [(type(item).__name__, item.span.text) for item in walk(node)]


def test_spans_of_an_expression() -> None:
    assert spans(expression("  sum([a, -b ** 2])  ->  ( d | ~ e  as f )  # note")) == [
        ("Arrow", "sum([a, -b ** 2])  ->  ( d | ~ e  as f )"),
        ("Call", "sum([a, -b ** 2])"),
        ("Name", "sum"),
        ("Argument", "[a, -b ** 2]"),
        ("ListOf", "[a, -b ** 2]"),
        ("Name", "a"),
        ("Unary", "-b ** 2"),
        ("Binary", "b ** 2"),
        ("Name", "b"),
        ("Number", "2"),
        ("Group", "( d | ~ e  as f )"),
        ("Bar", "d | ~ e  as f"),
        ("Alternative", "d"),
        ("Name", "d"),
        ("Alternative", "~ e  as f"),
        ("Name", "e"),
        ("Name", "f"),
    ]
    assert spans(expression("[x[1:] for x in a ..< b if not c]")) == [
        ("Comprehension", "[x[1:] for x in a ..< b if not c]"),
        ("Slice", "x[1:]"),
        ("Name", "x"),
        ("Number", "1"),
        ("Clause", "for x in a ..< b if not c"),
        ("Name", "x"),
        ("Range", "a ..< b"),
        ("Name", "a"),
        ("Name", "b"),
        ("Unary", "not c"),
        ("Name", "c"),
    ]


def test_spans_of_definitions_and_statements() -> None:
    text = (
        "use std.cnn\n\nspace s(n = 2) on x: image[3, n, n] {\n  y, z = x, f(k = 1)\n  return out = y if n == 2\n}  \n"
    )
    module = tree(text)
    assert module.span.text == text
    assert [use.span.text for use in module.uses] == ["use std.cnn"]
    [space] = module.definitions
    assert space.span.text == text[text.index("space") :].rstrip()
    assert [(type(item).__name__, item.span.text) for item in walk(space)][1:] == [
        ("Name", "s"),
        ("Parameter", "n = 2"),
        ("Name", "n"),
        ("Number", "2"),
        ("Input", "x: image[3, n, n]"),
        ("Name", "x"),
        ("TypeOf", "image[3, n, n]"),
        ("Name", "image"),
        ("Number", "3"),
        ("Name", "n"),
        ("Name", "n"),
        ("Block", text[text.index("{") :].rstrip()),
        ("Assign", "y, z = x, f(k = 1)"),
        ("Name", "y"),
        ("Name", "z"),
        ("Name", "x"),
        ("Call", "f(k = 1)"),
        ("Name", "f"),
        ("Argument", "k = 1"),
        ("Name", "k"),
        ("Number", "1"),
        ("Return", "return out = y if n == 2"),
        ("Result", "out = y if n == 2"),
        ("Name", "out"),
        ("Name", "y"),
        ("Compare", "n == 2"),
        ("Name", "n"),
        ("Number", "2"),
    ]
    assert (space.span.line, str(space.body.span)) == (3, "case.nas:3:37")


# errors


def places(text: str) -> list[tuple[str, int, str]]:
    """Code, line and text of each error."""
    return [(item.code, item.span.line, item.span.text) for item in errors(text) if item.span]


def test_each_broken_definition_is_told() -> None:
    text = "choice a = = 1\nchoice b = relu\nblock c on x {\n  y = x ->\n}\nspace d on x = x )\nchoice e = tanh\n"
    assert places(text) == [("NAS101", 1, "="), ("NAS101", 5, "}"), ("NAS101", 6, ")")]
    assert places("choice a = 'x'\nchoice b = 3y\nchoice c = a & b\nuse 4\n") == [
        ("NAS104", 1, "'"),
        ("NAS107", 2, "3y"),
        ("NAS103", 3, "&"),
        ("NAS101", 4, "4"),
    ]


def test_one_broken_definition_is_told_once() -> None:
    assert places("choice a = = 1 ) ] ;\nchoice b = relu\n") == [("NAS101", 1, "=")]
    assert places("a = 1\nchoice b = = 2") == [("NAS101", 1, "a")]  # before the first definition


def test_errors_have_a_limit() -> None:
    assert len(errors("choice a = = 1\n" * 30)) == 20


def test_what_is_never_closed_ends_the_search() -> None:
    [item] = errors("choice a = f(b, [c]\nchoice d = = 1\n")
    assert item.code == "NAS102"
    assert item.span is not None
    assert (item.span.start, item.span.text) == (12, "(")
    [item] = errors('choice a = "b\nchoice c = = 1\n')
    assert (item.code, item.span.text if item.span else "") == ("NAS102", '"')


@pytest.mark.parametrize("brackets", ["()", "[]"])
def test_deep_nesting(brackets: str) -> None:
    opener, closer = brackets
    assert expression(opener * 60 + "a" + closer * 60)
    [item] = errors("choice c = " + opener * 61 + "a" + closer * 61)
    assert item.code == "NAS105"
    assert item.span is not None
    assert item.span.start == len("choice c = ") + 60
    assert expression("[" + f"{opener}a{closer}, " * 100 + "a]")  # beside one another
    assert expression(f'"{opener * 99}"')
    assert tree(f"choice c = a  # {opener * 99}")


@pytest.mark.parametrize("sign", ["-", "not "])
def test_deep_signs_end_in_a_diagnostic(sign: str) -> None:
    assert [item.code for item in errors("choice c = " + sign * 3000 + "a")] == ["NAS105"]


# every form

EVERYTHING = '''"""Every form of the language once."""
use std.darts
use "other.nas"
choice op(k, c = 2,) = ~conv(k) as hidden | ~skip | relu as r | -k ** 2
extern module(size) on x: image[3, size, size] -> vector[size], tokens = "package:Class"
block empty { }
block only { """A docstring.""" }
cell mixed on a, b = [a, b] -> sum
space s on x {
  """Another."""
  y, z = x, searching
  y += 1 - 2 * 3 / 4 // 5 % 6
  share f = linear(3, bias = false)
  for i in 0 ..< 3 { y = [t[i] for t in 1 .. 2 if true for u in z] }
  if not a and b or c == "text" { y = x[1:] } else if c < 1 <= 2 not in d { y = (y) } else { y = one of [y, z] }
  require count(y) != 2
  return y, out = y if a else z, aux = z if a
}
'''


def test_every_form() -> None:
    kinds = {
        kind
        for kind in vars(ast).values()
        if isinstance(kind, type) and issubclass(kind, ast.Node) and kind is not ast.Node
    }
    assert {type(node) for node in walk(tree(EVERYTHING))} == kinds
    parser, _ = _parser()
    rules = {str(part.data) for part in parser.parse(EVERYTHING).iter_subtrees()}
    built = {name.removeprefix("on_") for name in vars(Builder) if name.startswith("on_")}
    # `name` is built from its token, `string` too where it is the file of a `use` or the target of an extern
    assert built <= rules
    assert rules - built == {"start", "dotted", "types", "compare_op"}


def test_what_every_form_says() -> None:
    module = tree(EVERYTHING)
    assert module.doc == "Every form of the language once."
    assert [(use.path, use.is_file) for use in module.uses] == [("std.darts", False), ("other.nas", True)]
    assert [(item.kind, item.name.id) for item in module.definitions] == [
        ("choice", "op"),
        ("block", "empty"),
        ("block", "only"),
        ("cell", "mixed"),
        ("space", "s"),
    ]
    op, empty, only, mixed, space = module.definitions
    assert [(item.name.id, shape(item.default) if item.default else "") for item in op.parameters] == [
        ("k", ""),
        ("c", "2"),
    ]
    assert shape(op.body) == "(~conv(k) as hidden | ~skip | relu as r | (- (k ** 2)))"
    assert (empty.doc, only.doc, space.doc) == (None, "A docstring.", "Another.")
    assert [item.name.id for item in mixed.inputs] == ["a", "b"]
    [extern] = module.externs
    assert extern.target.value == "package:Class"
    assert [(kind.kind.id, len(kind.dims)) for kind in extern.outputs] == [("vector", 1), ("tokens", 0)]
    assert isinstance(space.body, ast.Block)
    kinds = [type(item).__name__ for item in space.body.statements]
    assert kinds == ["Assign", "Augment", "Share", "For", "If", "Require", "Return"]
    _, augment, _, _, decided, _, result = space.body.statements
    assert isinstance(augment, ast.Augment)
    assert augment.operator == "+"
    assert isinstance(decided, ast.If)
    assert decided.otherwise is not None
    [inner] = decided.otherwise.statements
    assert isinstance(inner, ast.If)
    assert inner.otherwise is not None
    assert isinstance(result, ast.Return)
    assert [(item.name.id if item.name else "", shape(item.value)) for item in result.results] == [
        ("", "y"),
        ("out", "(y if a else z)"),
        ("aux", "z"),
    ]
    assert [item.condition is not None for item in result.results] == [False, False, True]


@pytest.mark.parametrize("operator", ["+", "-", "*", "//"])
def test_augmented_assignments(operator: str) -> None:
    [item] = statements(f"y {operator}= a | b")
    assert isinstance(item, ast.Augment)
    assert (item.target.id, item.operator, shape(item.value)) == ("y", operator, "(a | b)")
