"""Nodes of the syntax tree behave as frozen dataclasses that are told apart by identity."""

from __future__ import annotations

from typing import Any

import pytest

from nasdsl.diagnostics import Source, Span
from nasdsl.syntax import ast

SPAN = Span(Source("text", "relu"), 0, 4)


def test_fields_come_in_their_order() -> None:
    assert ast.Node.fields == ("span",)
    assert ast.Alternative.fields == ("span", "value", "phantom", "label")
    assert ast.Searching.fields == ("span",)


def test_values_by_position_and_by_name() -> None:
    value = ast.Name(SPAN, "relu")
    item = ast.Alternative(SPAN, value, label=value)
    assert (item.span, item.value, item.phantom, item.label) == (SPAN, value, False, value)


def test_patterns_match_by_position_and_by_name() -> None:
    match ast.Name(SPAN, "relu"):
        case ast.Name(span, id=id):
            assert (span, id) == (SPAN, "relu")
        case _:
            pytest.fail("no match")


@pytest.mark.parametrize("values", [{}, {"span": SPAN}, {"span": SPAN, "id": "relu", "more": 1}])
def test_wrong_fields(values: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="Name takes span, id"):
        ast.Name(**values)


def test_too_many_values() -> None:
    values: list[Any] = [SPAN, "relu", 1]
    with pytest.raises(TypeError, match="Name takes span, id"):
        ast.Name(*values)


def test_nodes_are_fixed() -> None:
    node = ast.Name(SPAN, "relu")
    with pytest.raises(AttributeError, match="`id` cannot be set"):
        setattr(node, "id", "tanh")  # noqa: B010
    assert node.id == "relu"


def test_nodes_are_told_apart_by_identity() -> None:
    assert ast.Name(SPAN, "relu") != ast.Name(SPAN, "relu")
    assert len({ast.Name(SPAN, "relu"), ast.Name(SPAN, "relu")}) == 2
