"""Recursion whose depth costs memory, not stack: spaces of thousands of nested decisions are ordinary input."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

Steps = Generator[Any, Any, Any]


def settle(steps: Steps) -> Any:
    """The value of a recursive function written as a generator: `value = yield inner(...)` calls, `return` returns."""
    stack = [steps]
    value: Any = None
    while stack:
        try:
            inner = stack[-1].send(value)
        except StopIteration as done:
            stack.pop()
            value = done.value
        else:
            stack.append(inner)
            value = None
    return value
