"""Fields of JSON from unknown sources: values of the wrong type count as missing."""

from __future__ import annotations

from typing import Any


def table(value: Any) -> dict[str, Any]:
    """Return `value` if it is a dict, else an empty one."""
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str:
    """Return `value` if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def texts(value: Any) -> list[str]:
    """Return the strings in `value`, or an empty list if it is not a list."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def count(value: Any) -> int:
    """Return `value` if it is a non-negative integer, else 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


def numbers(value: Any) -> dict[str, float]:
    """Return the numeric entries of a table."""
    return {
        name: item
        for name, item in table(value).items()
        if isinstance(item, int | float) and not isinstance(item, bool)
    }
