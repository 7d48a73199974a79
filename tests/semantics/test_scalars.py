"""Arithmetic and comparisons of values that depend on decisions, against every architecture one by one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasdsl import NasError
from nasdsl.diagnostics import Source, Span
from nasdsl.ir.dependent import MAX_TABLE, Dependent, at, combine, decisions_of, outcomes
from nasdsl.ir.key import DecisionKey
from nasdsl.ir.requirement import MEASURES, Formula
from nasdsl.semantics.scalars import Scalars, both, holds, lift, operate
from nasdsl.semantics.scopes import Scope
from nasdsl.semantics.values import Frame, Items, Operation, Outputs, Tensor, Value
from nasdsl.syntax import ast
from nasdsl.syntax.parser import parse

SPAN = Span(Source("test.nas", "w"), 0, 1)
KEYS = [DecisionKey(key) for key in ("s.a", "s.b", "s.c")]
SIZES = dict(zip(KEYS, (2, 3, 2), strict=True))


class Names:
    """An interpreter for names and numbers alone."""

    def value(self, node: ast.Expr, frame: Frame) -> Value:
        if isinstance(node, ast.Name):
            found = frame.variables[node.id]
            assert isinstance(found, bool | int | float | str | Dependent)
            return found
        assert isinstance(node, ast.Number)
        return node.value

    def apply(self, operation: Operation, inputs: list[Tensor], frame: Frame, span: Span) -> Outputs:
        raise NotImplementedError

    def run(self, definition: ast.Definition, frame: Frame) -> Value:
        raise NotImplementedError


def parsed(text: str) -> ast.Expr:
    body = parse(Source("test.nas", f"choice c = {text}\n")).definitions[0].body
    assert not isinstance(body, ast.Block)
    return body


def frame_of(**variables: Value) -> Frame:
    module = parse(Source("test.nas", "choice c = 1\n"))
    return Frame(Scope(module, {}), dict(variables), "s", 0)


def code_of(failure: pytest.ExceptionInfo[NasError]) -> str:
    return failure.value.diagnostics[0].code


@st.composite
def dependent(draw: st.DrawFn, elements: st.SearchStrategy[int | bool]) -> int | bool | Dependent:
    """A value over some of the decisions, in normal form."""
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=2))
    tables = [Dependent((key,), (SIZES[key],), tuple(range(SIZES[key]))) for key in keys]
    rows = {}

    def row(*indices: int) -> int | bool:
        return rows.setdefault(indices, draw(elements))

    return combine(row, *tables)


NUMBERS = dependent(st.integers(-4, 9))
BOOLEANS = dependent(st.booleans())
PLAIN = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_an_operator_is_that_of_every_architecture(data: st.DataObject) -> None:
    operator = data.draw(st.sampled_from(sorted(PLAIN)))
    operands = BOOLEANS if operator in ("and", "or") else NUMBERS
    left, right = data.draw(operands), data.draw(operands)
    function = both if operator in ("and", "or") else operate if operator in "+-*" else holds
    result = function(operator, left, right, SPAN)
    for choices in outcomes(SIZES):
        expected = PLAIN[operator](at(left, choices), at(right, choices))
        assert at(result, choices) == expected
        assert type(at(result, choices)) is type(expected)
    assert not isinstance(result, Dependent) or all(
        any(at(result, {**choices, key: i}) != at(result, choices) for choices in outcomes(SIZES) for i in range(size))
        for key, size in decisions_of(result).items()
    ), "a decision that does not matter is in the table"


@settings(max_examples=80, deadline=None)
@given(NUMBERS, NUMBERS, st.sampled_from(["1 < v < w", "v == w != 2", "w >= v >= 0 >= v"]))
def test_a_chain_of_comparisons_is_all_of_them(v: Value, w: Value, text: str) -> None:
    node = parsed(text)
    assert isinstance(node, ast.Compare)
    result = Scalars(Names()).compare(node, frame_of(v=v, w=w))
    for choices in outcomes(SIZES):
        assert at(result, choices) is eval(text, {"v": at(v, choices), "w": at(w, choices)})


def test_lists_are_compared_item_by_item() -> None:
    w = Dependent((KEYS[0],), (2,), (3, 4))
    assert holds("==", Items.of([1, w]), Items.of([1, 3]), SPAN) == Dependent((KEYS[0],), (2,), (True, False))
    assert holds("!=", Items.of([1]), Items.of([1, 3]), SPAN) is True
    assert holds("in", w, Items.of([4, 5]), SPAN) == Dependent((KEYS[0],), (2,), (False, True))


def test_what_the_finished_architecture_has_stays_a_formula() -> None:
    params = MEASURES["params"]
    assert operate("*", 2, params, SPAN) == Formula("*", (2, params))
    below = holds("<", params, 10, SPAN)
    assert below == Formula("<", (params, 10))
    assert both("and", True, below, SPAN) is below
    assert both("or", below, False, SPAN) is below


@pytest.mark.parametrize(
    ("left", "operator", "right", "code"),
    [(1, "+", True, "NAS301"), (1, "//", 0, "NAS307"), (2, "**", 65, "NAS307"), (2**40, "*", 2**40, "NAS307")],
)
def test_an_operator_refuses(left: Value, operator: str, right: Value, code: str) -> None:
    with pytest.raises(NasError) as failure:
        operate(operator, left, right, SPAN)
    assert code_of(failure) == code


def test_a_value_of_too_many_decisions_is_refused() -> None:
    wide = [Dependent((DecisionKey(f"s.x[{i}]"),), (2,), (0, 2**i)) for i in range(MAX_TABLE.bit_length())]
    with pytest.raises(NasError) as failure:
        lift(lambda *values: sum(values), SPAN, *wide)
    assert code_of(failure) == "NAS407"


@pytest.mark.parametrize(
    ("value", "code"),
    [(Dependent((KEYS[0],), (2,), (3, 4)), "NAS310"), (True, "NAS301"), (1.5, "NAS301"), (0, "NAS304")],
)
def test_a_fixed_whole_number_is_demanded(value: Value, code: str) -> None:
    with pytest.raises(NasError) as failure:
        Scalars(Names()).integer(parsed("v"), frame_of(v=value), least=1)
    assert code_of(failure) == code


def test_a_condition_is_a_boolean() -> None:
    scalars = Scalars(Names())
    decided = Dependent((KEYS[0],), (2,), (False, True))
    assert scalars.condition(parsed("v"), frame_of(v=decided)) is decided
    for method, value, code in ((scalars.condition, 1, "NAS301"), (scalars.truth, decided, "NAS310")):
        with pytest.raises(NasError) as failure:
            method(parsed("v"), frame_of(v=value))
        assert code_of(failure) == code
