"""Recursion whose depth costs memory, not stack: spaces of thousands of nested decisions are ordinary input."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

T = TypeVar("T")
# Yields the calls that it makes, is sent their results, and returns its own.
Steps = Generator[Any, Any, T]


def run_steps(steps: Steps[T]) -> T:
    """Run a recursive function that is written as a generator: `value = yield inner(...)` calls, `return` returns."""
    stack: list[Steps[Any]] = [steps]
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
