"""Dependent values against the plain functions that they stand for, outcome by outcome."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasdsl.ir.dependent import (
    MAX_TABLE,
    Dependent,
    TableTooLarge,
    at,
    combine,
    decisions_of,
    narrow,
    outcomes,
    renamed,
    restrict,
    tabulate,
)
from nasdsl.ir.key import DecisionKey

ALL = {DecisionKey("s.a"): 2, DecisionKey("s.b"): 3, DecisionKey("s.c"): 2, DecisionKey("s.d?1"): 2}
KEYS = list(ALL)
Value = int | float | bool | str
Outcome = dict[DecisionKey, int]


@dataclass
class Function:
    """A value for each outcome of some decisions, as a mapping from the outcomes."""

    keys: list[DecisionKey]
    rows: dict[tuple[int, ...], Value]

    def __call__(self, outcome: Outcome) -> Value:
        return self.rows[tuple(outcome[key] for key in self.keys)]

    @property
    def value(self) -> Dependent | Value:
        return tabulate({key: ALL[key] for key in self.keys}, list(self.rows.values()))


def every(sizes: dict[DecisionKey, int] = ALL) -> Iterator[Outcome]:
    """All outcomes, the last decision running fastest."""
    for indices in itertools.product(*(range(size) for size in sizes.values())):
        yield dict(zip(sizes, indices, strict=True))


@st.composite
def functions(draw: st.DrawFn, values: tuple[Value, ...] = (0, 1, 2)) -> Function:
    """Of few values, and by a rule of only some of its decisions now and then, so that tables shrink."""
    keys = sorted(draw(st.sets(st.sampled_from(KEYS), max_size=3)))
    matter = [key for key in keys if draw(st.booleans())]
    drawn: dict[tuple[int, ...], Value] = {}
    rows: dict[tuple[int, ...], Value] = {}
    for outcome in every({key: ALL[key] for key in keys}):
        short = tuple(outcome[key] for key in matter)
        if short not in drawn:
            drawn[short] = draw(st.sampled_from(values))
        rows[tuple(outcome.values())] = drawn[short]
    return Function(keys, rows)


def mattering(function: Function) -> list[DecisionKey]:
    """The decisions of which some change, alone, changes the value or its type."""
    return [
        key
        for key in function.keys
        if any(
            repr(function(one)) != repr(function({**one, key: other})) for one in every() for other in range(ALL[key])
        )
    ]


def same(found: object, wanted: Value) -> bool:
    return type(found) is type(wanted) and found == wanted


@given(functions((0, 1, True, 1.0, "1")))
def test_tables_hold_the_function_and_only_what_matters(function: Function) -> None:
    value = function.value
    assert list(decisions_of(value)) == mattering(function)
    for outcome in every():
        assert same(at(value, outcome), function(outcome))
    if isinstance(value, Dependent):
        assert value.sizes == tuple(ALL[key] for key in value.keys)
        assert len(value.values) == prod(value.sizes)


@given(functions(), functions())
def test_equal_functions_are_equal_tables(one: Function, two: Function) -> None:
    assert (one.value == two.value) == all(one(outcome) == two(outcome) for outcome in every())


@given(st.lists(functions(), min_size=1, max_size=3))
def test_combine(parts: list[Function]) -> None:
    found = combine(lambda *values: sum((i + 1) * v for i, v in enumerate(values)), *(part.value for part in parts))
    for outcome in every():
        assert at(found, outcome) == sum((i + 1) * part(outcome) for i, part in enumerate(parts))
    union = sorted({key for part in parts for key in mattering(part)})
    assert list(decisions_of(*(part.value for part in parts))) == union
    assert set(decisions_of(found)) <= set(union)


def test_a_combination_that_depends_on_nothing_is_plain() -> None:
    width = tabulate({KEYS[0]: 2}, [8, 16])
    assert isinstance(width, Dependent)
    assert combine(lambda a, b: a - b, width, width) == 0
    assert combine(lambda a: a // 16, width) == Dependent((KEYS[0],), (2,), (0, 1))
    assert combine(lambda a, b: a + b, 3, 4) == 7


ALTERNATIVES = st.fixed_dictionaries(
    {},
    optional={
        key: st.sets(st.integers(0, size - 1), min_size=1).map(lambda found: tuple(sorted(found)))
        for key, size in ALL.items()
    },
)


@given(functions(), ALTERNATIVES)
def test_narrow(function: Function, known: dict[str, tuple[int, ...]]) -> None:
    """The value stays where it is possible, and nothing else shows: not a value, not a decision."""
    found = narrow(function.value, known)
    possible = [o for o in every() if all(o[DecisionKey(key)] in kept for key, kept in known.items())]
    for outcome in possible:
        assert at(found, outcome) == function(outcome)
    values = set(found.values) if isinstance(found, Dependent) else {found}
    assert values == {function(outcome) for outcome in possible}
    assert all(len(known.get(key, (0, 1))) > 1 for key in decisions_of(found))


@given(functions(), ALTERNATIVES)
def test_restrict(function: Function, allowed: dict[str, tuple[int, ...]]) -> None:
    """What is left of a decision is numbered anew, in the order given."""
    allowed.pop("s.d?1", None)
    found = restrict(function.value, allowed)
    sizes = {key: len(allowed[key]) if key in allowed else size for key, size in ALL.items()}
    for outcome in every(sizes):
        old = {key: allowed[key][i] if key in allowed else i for key, i in outcome.items()}
        assert at(found, outcome) == function(old)
    assert all(size == sizes[key] and size > 1 for key, size in decisions_of(found).items())


@given(functions(), st.sampled_from([(), (0,), (1,), (0, 1), (0, 2)]))
def test_restrict_fixes_a_subset(function: Function, members: tuple[int, ...]) -> None:
    found = restrict(function.value, {"s.d": members})
    assert KEYS[3] not in decisions_of(found)
    for outcome in every():
        assert at(found, outcome) == function({**outcome, KEYS[3]: 1 if 1 in members else 0})


@given(functions())
def test_under_an_architecture(function: Function) -> None:
    value = function.value
    if not isinstance(value, Dependent):
        return
    for outcome in every():
        choices = {"s.a": outcome[KEYS[0]], "s.b": outcome[KEYS[1]], "s.c": outcome[KEYS[2]]}
        subset = (0, 1) if outcome[KEYS[3]] else (0, 2)
        assert value.under({**choices, "s.d": subset}) == function(outcome)


def test_a_decision_may_be_missing_where_it_does_not_matter() -> None:
    """Of `c` where `a` is 1 only."""
    value = tabulate({KEYS[0]: 2, KEYS[2]: 2}, [5, 5, 6, 7])
    assert value.under({"s.a": 0}) == 5
    assert value.under({"s.a": 1, "s.c": 1}) == 7
    with pytest.raises(KeyError, match=r"s\.c"):
        value.under({"s.a": 1})


@given(functions(), st.permutations(["x.a", "x.b", "x.c", "x.d"]))
def test_renamed(function: Function, names: list[str]) -> None:
    value = function.value
    if not isinstance(value, Dependent):
        return
    new = {key: DecisionKey(name) for key, name in zip(KEYS, names, strict=True)}
    found = renamed(value, lambda key: new[DecisionKey(key)])
    assert list(found.keys) == sorted(new[key] for key in value.keys)
    for outcome in every():
        assert found.at({new[key]: i for key, i in outcome.items()}) == function(outcome)


def test_forms_of_a_table() -> None:
    value = Dependent((KEYS[0], KEYS[1]), (2, 3), (1, 2, 3, 4, 5, 3))
    assert value.nested == ((1, 2, 3), (4, 5, 3))
    assert Dependent((KEYS[1],), (3,), (7, 8, 9)).nested == (7, 8, 9)
    assert value.largest == 5
    assert str(value) == "1|2|3|4|5"
    cube = Dependent((KEYS[0], KEYS[1], KEYS[2]), (2, 3, 2), tuple(range(12)))
    assert cube.nested == (((0, 1), (2, 3), (4, 5)), ((6, 7), (8, 9), (10, 11)))


def test_outcomes_come_in_the_order_of_the_table() -> None:
    assert list(outcomes({KEYS[0]: 2, KEYS[1]: 3})) == list(every({KEYS[0]: 2, KEYS[1]: 3}))
    assert list(outcomes({})) == [{}]


def test_tables_have_a_limit() -> None:
    sizes = {DecisionKey(f"s.{i}"): 2 for i in range(12)}
    assert prod(sizes.values()) == MAX_TABLE == 4096
    assert len(list(outcomes(sizes))) == 4096
    with pytest.raises(TableTooLarge, match="13 decisions with 8,192"):
        list(outcomes({**sizes, DecisionKey("s.more"): 2}))
