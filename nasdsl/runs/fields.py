"""Fields of JSON from unknown sources: values of the wrong type count as missing."""

from __future__ import annotations

from typing import Any


def table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


def numbers(value: Any) -> dict[str, float]:
    """The entries of a table that are numbers."""
    return {
        name: item
        for name, item in table(value).items()
        if isinstance(item, int | float) and not isinstance(item, bool)
    }
