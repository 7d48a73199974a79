"""Branches on decisions: what is known inside, and the value after them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from test_bad import speak
from test_scalars import BOOLEANS, KEYS, NUMBERS, SIZES, SPAN, Names, code_of, frame_of

from nasdsl import NasError
from nasdsl.diagnostics import Reporter
from nasdsl.ir.dependent import Dependent, at, outcomes
from nasdsl.ir.program import TensorType
from nasdsl.semantics.conditional import Conditionals, restore, states
from nasdsl.semantics.ir_builder import IrBuilder
from nasdsl.semantics.values import Hole, Items, Tensor, Value

WIDTH = Dependent((KEYS[1],), (3,), (8, 16, 32))
TAKEN = Dependent((KEYS[0],), (2,), (0, 1))
LATE = """space s on x: image[3, 8, 8] {{
  w = 4 | 8
  y = x -> conv(3, w)
  require {}
  return y -> global_avg_pool -> linear(3)
}}"""


def conditionals() -> Conditionals:
    builder = IrBuilder(Reporter())
    builder.region(None, "space", "", "s", SPAN)
    return Conditionals(builder, Names())


def where(condition: bool | Dependent) -> list[dict]:
    return [choices for choices in outcomes(SIZES) if at(condition, choices)]


@settings(max_examples=150, deadline=None)
@given(BOOLEANS, BOOLEANS, NUMBERS)
def test_inside_a_branch_a_value_is_right_wherever_the_branch_is_taken(
    outer: bool | Dependent, inner: bool | Dependent, value: Value
) -> None:
    parts = conditionals()
    with parts.knowing(outer):
        first = parts.narrowed(value)
        with parts.knowing(inner, False):
            second = parts.narrowed(value)
        assert parts.narrowed(value) == first
    assert parts.narrowed(value) == value
    for choices in where(outer):
        assert at(first, choices) == at(value, choices)
        if not at(inner, choices):
            assert at(second, choices) == at(value, choices)


def test_a_branch_narrows_to_what_is_possible() -> None:
    parts = conditionals()
    tensor = Tensor(0, TensorType("vector", (WIDTH,)))
    wide = Dependent(WIDTH.keys, WIDTH.sizes, tuple(width > 8 for width in WIDTH.values))
    with parts.knowing(wide, False):
        assert parts.narrowed(WIDTH) == 8
        assert parts.narrowed(tensor) == Tensor(0, TensorType("vector", (8,)))
        assert parts.narrowed(Items.of([WIDTH, "a"])) == Items.of([8, "a"])
    with parts.knowing(wide):
        narrowed = parts.narrowed(WIDTH)
        assert isinstance(narrowed, Dependent)
        assert set(narrowed.values) == {16, 32}


@settings(max_examples=80, deadline=None)
@given(NUMBERS, NUMBERS)
def test_the_value_after_branches_is_that_of_the_one_taken(no: Value, yes: Value) -> None:
    result = conditionals().switch(TAKEN, {0: no, 1: yes}, frame_of(), SPAN)
    for choices in outcomes(SIZES):
        assert at(result, choices) == at((no, yes)[at(TAKEN, choices)], choices)


def test_variables_that_one_branch_lacks_have_no_value() -> None:
    parts, frame = conditionals(), frame_of(both=0, one=0, bad=0)
    after = [
        {"both": 1, "one": 5, "bad": Hole.MISSING},
        {"both": 2, "one": Hole.MISSING, "bad": Hole.POISONED},
    ]
    parts.merge(TAKEN, after, frame, SPAN)
    assert frame.variables == {"both": Dependent(TAKEN.keys, (2,), (1, 2)), "bad": Hole.POISONED}


def test_states_are_restored() -> None:
    variables = frame_of(a=1, b=2).variables
    before = states(variables, ["a", "c"])
    variables |= {"a": 3, "b": 4, "c": 5}
    restore(variables, before)
    assert variables == {"a": 1, "b": 4}


def test_tensors_are_selected_once_for_each_decision() -> None:
    parts, frame = conditionals(), frame_of()
    builder = parts.builder
    tensors = [
        builder.node("input", {"name": str(n)}, (), (), TensorType("vector", (4 * n,)), frame, SPAN) for n in (1, 2, 3)
    ]
    index = Dependent((KEYS[0], KEYS[1]), (2, 3), (0, 0, 0, 1, 2, 2))
    result = parts.switch(index, dict(enumerate(tensors)), frame, SPAN)
    assert isinstance(result, Tensor)
    assert [node.op for node in builder.nodes] == ["input"] * 3 + ["select"] * 2
    assert result.type.dims == (Dependent(index.keys, index.sizes, (4, 4, 4, 8, 12, 12)),)


@pytest.mark.parametrize(
    ("options", "code"),
    [((1, "a"), "NAS303"), ((Items.of([1]), Items.of([1, 2])), "NAS310")],
)
def test_values_that_no_decision_can_choose_between(options: tuple[Value, ...], code: str) -> None:
    with pytest.raises(NasError) as failure:
        conditionals().switch(TAKEN, dict(enumerate(options)), frame_of(), SPAN)
    assert code_of(failure) == code


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("(params if w == 4 else macs) < 1000", "NAS310"),
        ("(params | macs) < 1000", "NAS310"),
        ("(1 if params < 9 else 2) < 3", "NAS310"),
        ("min(params, macs) < 1000", "NAS301"),
    ],
)
def test_no_decision_chooses_between_what_the_finished_architecture_has(condition: str, code: str) -> None:
    assert f"[{code}]" in speak(LATE.format(condition), Path("s.nas"))
