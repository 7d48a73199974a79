"""Check requirements for one architecture, and their satisfiability for a space."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from nasdsl.diagnostics import Diagnostic, NasError, diagnostic
from nasdsl.graph.archgraph import ArchGraph
from nasdsl.ir.dependent import Dependent
from nasdsl.ir.requirement import (
    Count,
    Formula,
    Interval,
    Leaf,
    Measure,
    Requirement,
    bounds,
    leaves_of,
    possible,
)

Extremes = Callable[[str], Interval]


def violated(
    requirements: Iterable[Requirement], choices: Mapping[str, Any], costs: Mapping[str, int]
) -> Requirement | None:
    """Return the first requirement that an architecture does not satisfy."""
    return next((item for item in requirements if not item.holds(choices, costs)), None)


def judge(graph: ArchGraph, extremes: Extremes) -> list[Diagnostic]:
    """Return warnings about requirements that exclude nothing.  Raises NAS512 if one cannot be satisfied.

    `extremes` gives the least and the greatest that a measure takes over the space.
    """

    def interval(leaf: Leaf) -> Interval:
        if isinstance(leaf, Measure):
            return extremes(leaf.metric)
        if isinstance(leaf, Dependent):
            return min(leaf.values), max(leaf.values)
        return _count_interval(graph, leaf)

    found: list[Diagnostic] = []
    for item in graph.requirements:
        can_fail, can_hold = possible(item.condition, interval)
        if not can_hold:
            text = f"no architecture satisfies `{item.text}`"
            found.append(diagnostic("NAS512", text, item.span, help=_by_how_much(item.condition, interval)))
        elif not can_fail:
            text = f"every architecture satisfies `{item.text}`"
            found.append(diagnostic("NAS513", text, item.span, severity="warning"))
    if any(item.severity == "error" for item in found):
        raise NasError(found)
    return found


def _count_interval(graph: ArchGraph, leaf: Count) -> Interval:
    """Return the range of a count: a decision that is not live adds 0, a live one what its kind allows."""
    most = 0
    for key in dict.fromkeys(key for key, _ in leaf.guards):
        decision = graph.decisions.get(key)
        if decision is not None:
            most += min(sum(name == key for name, _ in leaf.guards), decision.most if decision.kind == "subset" else 1)
    return 0, most


def _by_how_much(term: Any, interval: Callable[[Leaf], Interval]) -> str:
    """Describe the ranges of compared quantities: `params` is between 5,586 and 38,222."""
    if not isinstance(term, Formula):
        return ""
    if term.operator in ("and", "or", "not"):
        found = [_by_how_much(operand, interval) for operand in term.operands if not possible(operand, interval)[1]]
        return "; ".join(text for text in found if text)
    texts = []
    for operand in term.operands:
        if any(True for _ in leaves_of(operand)):
            low, high = bounds(operand, interval)
            texts.append(f"{name_of(operand)} is between {low:,} and {high:,}")
    return "; ".join(texts)


def name_of(term: Any) -> str:
    if isinstance(term, Measure):
        return f"`{term.metric}`"
    if isinstance(term, Count):
        return f"`count({term.text})`"
    if isinstance(term, Dependent):
        return " and ".join(f"`{key}`" for key in term.keys)
    return "that" if not isinstance(term, Formula) else "this side"
