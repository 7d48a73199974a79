"""The grammar of keys: hand-made examples, and random keys whose parts are known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasdsl.ir.key import (
    binds,
    element_key,
    is_inside,
    key_of,
    numbered_part,
    owner_of,
    rebased,
    split_key,
    without_numbers,
)

NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True)
INDICES = st.lists(st.integers(0, 30), max_size=2).map(lambda found: "".join(f"[{i}]" for i in found))
PLAIN = st.tuples(NAMES, INDICES).map("".join)
NUMBERS = st.one_of(st.just(0), st.integers(2, 12))
PARTS = st.lists(st.tuples(PLAIN, NUMBERS), min_size=1, max_size=4)  # 0 is a part that is not repeated


def joined(parts: list[tuple[str, int]]) -> str:
    return ".".join(f"{text}#{number}" if number else text for text, number in parts)


def test_a_key_is_a_prefix_and_a_name() -> None:
    assert key_of("tiny", "x[1]") == "tiny.x[1]"
    assert key_of("normal.x[2]", "edge[0]", 1) == "normal.x[2].edge[0]"
    assert key_of("normal", "edge", 2) == "normal.edge#2"
    assert key_of("normal", "edge", 13) == "normal.edge#13"


@given(PARTS, PLAIN, st.integers(1, 20))
def test_keys_below_a_prefix(parts: list[tuple[str, int]], component: str, use: int) -> None:
    prefix = joined(parts)
    key = key_of(prefix, component, use)
    assert key == joined([*parts, (component, use if use >= 2 else 0)])
    assert owner_of(key) == joined(parts[:1])
    assert is_inside(key, prefix)
    assert not is_inside(prefix, prefix)
    assert not is_inside(key, prefix[:-1])


@given(PARTS, st.integers(0, 200))
def test_elements_of_a_subset(parts: list[tuple[str, int]], index: int) -> None:
    key = joined(parts)
    assert element_key(key, index) == f"{key}?{index}"
    assert split_key(f"{key}?{index}") == (key, index)
    assert split_key(key) == (key, None)


@given(PARTS)
def test_numbers_of_repeated_names(parts: list[tuple[str, int]]) -> None:
    key = joined(parts)
    assert without_numbers(key) == ".".join(text for text, _ in parts)
    repeated = [i for i, (_, number) in enumerate(parts) if number]
    assert numbered_part(key) == (joined(parts[: repeated[0] + 1]) if repeated else "")


@given(PARTS, PARTS, PARTS)
def test_moving_keys(old: list[tuple[str, int]], new: list[tuple[str, int]], rest: list[tuple[str, int]]) -> None:
    move = rebased(joined(old), joined(new))
    assert move(joined([*old, *rest])) == joined([*new, *rest])
    beside = [(f"other_{old[0][0]}", old[0][1]), *old[1:], *rest]
    assert move(joined(beside)) == joined(beside)


@pytest.mark.parametrize(
    ("key", "moved"),
    [
        ("cell.x.y", "use.other.x.y"),
        ("cell.x?3", "use.other.x?3"),
        ("cell", "cell"),
        ("cells.x", "cells.x"),
        ("cell[0].x", "cell[0].x"),
        ("top.cell.x", "top.cell.x"),
    ],
)
def test_only_what_is_inside_moves(key: str, moved: str) -> None:
    assert rebased("cell", "use.other")(key) == moved


@pytest.mark.parametrize(
    ("key", "bound"),
    [
        ("normal.x", True),
        ("normal.x[2]", True),
        ("normal.x[2][0]", True),
        ("normal.x#2", True),
        ("normal.x[1]#3", True),
        ("normal.x[2].edge[0]", False),
        ("normal.x.edge", False),
        ("normal.x2", False),
        ("normal.xs[1]", False),
        ("normal.y", False),
        ("normal.y.x", False),
        ("normal", False),
        ("abnormal.x", False),
        ("reduce.x", False),
    ],
)
def test_decisions_of_a_variable(key: str, bound: bool) -> None:
    assert binds(key, "normal", "x") is bound


@pytest.mark.parametrize(
    ("key", "part", "plain"),
    [
        ("s.x", "", "s.x"),
        ("s.x#2", "s.x#2", "s.x"),
        ("s.x#12.y#3", "s.x#12", "s.x.y"),
        ("s.x[1]#2.y[0]", "s.x[1]#2", "s.x[1].y[0]"),
    ],
)
def test_first_number(key: str, part: str, plain: str) -> None:
    assert (numbered_part(key), without_numbers(key)) == (part, plain)
