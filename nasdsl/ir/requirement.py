"""Constraints of `require` on a finished architecture."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nasdsl.diagnostics import Span
from nasdsl.ir.decision import Choices, Guard
from nasdsl.ir.dependent import Dependent

Interval = tuple[float, float]


@dataclass(frozen=True)
class Count:
    """A count of selected candidates over several decisions.

    `prefix` is that of the cell or space; `name` the variable whose decisions are meant, or `label` an
    alternative's text.  `guards` are filled in when all decisions are known.
    """

    prefix: str
    name: str | None
    label: str | None
    text: str
    guards: tuple[Guard, ...] = ()

    def taken(self, choices: Choices) -> int:
        return sum(guard.holds(choices) for guard in self.guards)


@dataclass(frozen=True)
class Measure:
    """Parameters or multiply-accumulates of the derived network."""

    metric: Literal["params", "macs"]


@dataclass(frozen=True)
class Formula:
    """An operator over numbers, searched values, counts, measures and other formulas."""

    operator: str
    operands: tuple[Any, ...]

    @property
    def boolean(self) -> bool:
        return self.operator in ORDER or self.operator in ("and", "or", "not")


MEASURES = {"params": Measure("params"), "macs": Measure("macs")}
Leaf = Count | Measure | Dependent
SYMBOLS = (Count, Measure, Formula)

ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}


@dataclass(frozen=True)
class Requirement:
    """A condition on every architecture; it holds if none of its decisions is live."""

    condition: Any
    text: str
    span: Span = field(compare=False)

    def holds(self, choices: Choices, costs: Mapping[str, int]) -> bool:
        """`choices` are the live decisions, `costs` the derived network's params and macs."""
        counts = {
            leaf: (
                leaf.taken(choices),
                sum(guard.key in choices for guard in leaf.guards),
            )
            for leaf in leaves_of(self.condition)
            if isinstance(leaf, Count)
        }
        return self.holds_for(choices, costs, counts)

    def holds_for(self, choices: Choices, costs: Mapping[str, int], counts: Mapping[Count, tuple[int, int]]) -> bool:
        """The same from what each count counts, and of how many live decisions."""
        own = [leaf for leaf in leaves_of(self.condition) if isinstance(leaf, Count)]
        if own and not any(counts[leaf][1] for leaf in own):
            return True

        def value(leaf: Leaf) -> Any:
            if isinstance(leaf, Count):
                return counts[leaf][0]
            return costs[leaf.metric] if isinstance(leaf, Measure) else leaf.under(choices)

        try:
            return bool(evaluate(self.condition, value))
        except KeyError:
            return True

    @property
    def needs_costs(self) -> bool:
        return any(isinstance(leaf, Measure) for leaf in leaves_of(self.condition))


def leaves_of(term: Any) -> Iterator[Leaf]:
    if isinstance(term, Formula):
        for operand in term.operands:
            yield from leaves_of(operand)
    elif isinstance(term, Count | Measure | Dependent):
        yield term


def evaluate(term: Any, value_of: Callable[[Leaf], Any]) -> Any:
    if isinstance(term, Count | Measure | Dependent):
        return value_of(term)
    if not isinstance(term, Formula):
        return term
    values = [evaluate(operand, value_of) for operand in term.operands]
    match term.operator:
        case "and":
            return all(values)
        case "or":
            return any(values)
        case "not":
            return not values[0]
    function = ORDER.get(term.operator) or _ARITHMETIC[term.operator]
    return function(values[0], values[1])


def possible(term: Any, interval_of: Callable[[Leaf], Interval]) -> tuple[bool, bool]:
    """Return if a condition can be false and if it can be true, given an interval for each leaf."""
    if isinstance(term, bool):
        return not term, term
    if isinstance(term, Dependent):
        return False in term.values, True in term.values
    assert isinstance(term, Formula)
    if term.operator in ("and", "or", "not"):
        parts = [possible(operand, interval_of) for operand in term.operands]
        if term.operator == "not":
            return parts[0][1], parts[0][0]
        if term.operator == "and":
            return any(no for no, _ in parts), all(yes for _, yes in parts)
        return all(no for no, _ in parts), any(yes for _, yes in parts)
    (a, b), (c, d) = (bounds(operand, interval_of) for operand in term.operands)
    match term.operator:
        case "<":
            return b >= c, a < d
        case "<=":
            return b > c, a <= d
        case ">":
            return a <= d, b > c
        case ">=":
            return a < d, b >= c
        case "==":
            return not a == b == c == d, a <= d and c <= b
    return a <= d and c <= b, not a == b == c == d


def bounds(term: Any, interval_of: Callable[[Leaf], Interval]) -> Interval:
    if isinstance(term, Count | Measure | Dependent):
        return interval_of(term)
    if not isinstance(term, Formula):
        return term, term
    (a, b), (c, d) = (bounds(operand, interval_of) for operand in term.operands)
    match term.operator:
        case "+":
            return a + c, b + d
        case "-":
            return a - d, b - c
        case "*":
            corners = a * c, a * d, b * c, b * d
            return min(corners), max(corners)
    return float("-inf"), float("inf")
