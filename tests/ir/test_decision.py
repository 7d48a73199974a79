"""Guards, the neighbours of a choice, and determined subsets, against their definitions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasdsl.diagnostics import Source, Span
from nasdsl.ir.decision import Choice, Decision, Determined, Guard
from nasdsl.ir.key import DecisionKey

A, B, C = (DecisionKey(f"s.{name}") for name in "abc")
SPAN = Span(Source("s.nas", ""), 0, 0)


def one(phantom: tuple[bool, ...]) -> Decision:
    return Decision(A, "one", tuple(map(str, range(len(phantom)))), phantom, 1, 1, SPAN)


def subset(size: int, least: int, most: int) -> Decision:
    return Decision(A, "subset", tuple(map(str, range(size))), (False,) * size, least, most, SPAN)


@pytest.mark.parametrize(
    ("choice", "candidate", "admitted"),
    [
        (2, 2, True),
        (2, 1, False),
        (0, 0, True),
        ((), 0, False),
        ((0, 2), 0, True),
        ((0, 2), 2, True),
        ((0, 2), 1, False),
    ],
)
def test_what_a_guard_admits(choice: Choice, candidate: int, admitted: bool) -> None:
    assert Guard(A, candidate).admits(choice) is admitted
    assert Guard(A, candidate).holds({A: choice, B: 7}) is admitted
    assert Guard(A, candidate).holds({B: choice}) is False


@given(st.lists(st.booleans(), min_size=1, max_size=6), st.data())
def test_neighbours_of_one_candidate(phantom: list[bool], data: st.DataObject) -> None:
    decision = one(tuple(phantom))
    real = {i for i, hidden in enumerate(phantom) if not hidden}
    assert set(decision.real) == real
    choice = data.draw(st.sampled_from(range(len(phantom))))
    found = list(decision.neighbours(choice))
    assert len(found) == len(set(found))
    assert set(found) == real - {choice}


def subsets(size: int, least: int, most: int) -> Iterator[tuple[int, ...]]:
    for number in range(least, most + 1):
        yield from itertools.combinations(range(size), number)


@given(st.integers(1, 5).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size), st.integers(0, size))))
def test_neighbours_of_a_subset(case: tuple[int, int, int]) -> None:
    size, least, most = case[0], min(case[1:]), max(case[1:])
    decision = subset(size, least, most)
    every = list(subsets(size, least, most))
    for choice in every:
        near = [
            other
            for other in every
            if len(set(choice) ^ set(other)) == 1 or (len(choice) == len(other) and len(set(choice) ^ set(other)) == 2)
        ]
        assert sorted(map(str, decision.neighbours(choice))) == sorted(map(str, near))


@pytest.mark.parametrize("values", [None, (3, 5)])
def test_numbers_are_searched_values(values: tuple[int, ...] | None) -> None:
    decision = Decision(A, "one", ("3", "5"), (False, False), 1, 1, SPAN, values)
    assert decision.searched_value == (values is not None)


def test_the_place_is_no_part_of_a_decision() -> None:
    elsewhere = Span(Source("other.nas", "  "), 1, 2)
    assert one((False,)) == Decision(A, "one", ("0",), (False,), 1, 1, elsewhere)
    assert one((False,)) != Decision(B, "one", ("0",), (False,), 1, 1, SPAN)


def test_determined_members() -> None:
    """Element 0 is used by way of a = 1, or of b with 2 and c = 0 together; 1 by a = 0; nothing uses 2."""
    item = Determined(C, (((Guard(A, 1),), (Guard(B, 2), Guard(C, 0))), ((Guard(A, 0),),), ()))
    for a, b, c in itertools.product((0, 1, None), ((), (2,), (0, 2), (1,), None), (0, 1)):
        choices: dict[str, Choice] = {C: c}
        choices |= {} if a is None else {A: a}
        choices |= {} if b is None else {B: b}
        free = []
        if not (a == 1 or (b is not None and 2 in b and c == 0)):
            free.append(0)
        if a != 0:
            free.append(1)
        assert item.members(choices) == (*free, 2)
        assert [item.has(i, choices) for i in range(3)] == [0 in free, 1 in free, True]
    assert item.table == (((("s.a", 1),), (("s.b", 2), ("s.c", 0))), ((("s.a", 0),),), ())
