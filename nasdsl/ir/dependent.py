"""Values that depend on decisions, in a normal form: equal values are equal tables over the same decisions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from nasdsl.ir.decision import Choices, Guard
from nasdsl.ir.key import DecisionKey, split_key

MAX_TABLE = 4096
# An index for each key of a dependent value: 0 or 1 for an element of a subset.
Indices = Mapping[DecisionKey, int]


class TableTooLarge(Exception):
    """Raised if a value depends on too many decisions."""


@dataclass(frozen=True)
class Dependent:
    """A value for every way to make some decisions.

    `keys` are sorted and each of them matters; `sizes` are their numbers of alternatives; `values` is the
    table, the last key running fastest.  A key is that of a decision, or of an element of a subset (no, yes).
    """

    keys: tuple[DecisionKey, ...]
    sizes: tuple[int, ...]
    values: tuple[Any, ...]

    def __str__(self) -> str:
        return "|".join(dict.fromkeys(str(value) for value in self.values))

    def at(self, choices: Indices) -> Any:
        """The value under choices that make all its decisions."""
        index = 0
        for key, size in zip(self.keys, self.sizes, strict=True):
            index = index * size + choices[key]
        return self.values[index]

    def under(self, architecture: Choices) -> Any:
        """The value in an architecture: a subset's decision maps to the candidates that it has.

        Decisions that do not matter there may be missing; raises `KeyError` where one matters.
        """
        made: dict[str, tuple[int, ...]] = {}
        for key in self.keys:
            decision, member = split_key(key)
            if decision in architecture:
                choice = architecture[decision]
                if member is not None:
                    made[key] = (int(Guard(decision, member).admits(choice)),)
                elif isinstance(choice, int):
                    made[key] = (choice,)
        value = restrict(self, made)
        if isinstance(value, Dependent):
            raise KeyError(value.keys[0])
        return value

    @property
    def nested(self) -> Any:
        """The table as nested tuples, a level a decision."""
        rows: tuple[Any, ...] = self.values
        for size in reversed(self.sizes[1:]):
            rows = tuple(rows[i : i + size] for i in range(0, len(rows), size))
        return rows

    @property
    def largest(self) -> Any:
        return max(self.values)


def at(value: Any, choices: Indices) -> Any:
    return value.at(choices) if isinstance(value, Dependent) else value


def decisions_of(*values: Any) -> dict[DecisionKey, int]:
    """The decisions on which values depend, with their numbers of alternatives, sorted."""
    searched = [value for value in values if type(value) is Dependent]
    if not searched:
        return {}
    found: dict[DecisionKey, int] = {}
    for value in searched:
        found.update(zip(value.keys, value.sizes, strict=True))
    return dict(sorted(found.items()))


def outcomes(sizes: Indices) -> Iterator[dict[DecisionKey, int]]:
    """All ways to make these decisions.  Raises `TableTooLarge`."""
    if prod(sizes.values()) > MAX_TABLE:
        raise TableTooLarge(f"{len(sizes)} decisions with {prod(sizes.values()):,} combinations")
    for indices in itertools.product(*(range(size) for size in sizes.values())):
        yield dict(zip(sizes, indices, strict=True))


def tabulate(sizes: Indices, values: list[Any]) -> Any:
    """The value with this table in normal form: what does not depend on any decision is a plain value."""
    keys, lengths = list(sizes), list(sizes.values())
    for number in range(len(keys) - 1, -1, -1):
        inner = prod(lengths[number + 1 :])
        size = lengths[number]
        same = all(
            _same(values[at], values[at + i * inner])
            for start in range(0, len(values), size * inner)
            for at in range(start, start + inner)
            for i in range(1, size)
        )
        if same:
            values = [v for start in range(0, len(values), size * inner) for v in values[start : start + inner]]
            del keys[number], lengths[number]
    return Dependent(tuple(keys), tuple(lengths), tuple(values)) if keys else values[0]


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and a == b


def combine(function: Callable[..., Any], *values: Any) -> Any:
    """`function` of the values for every way to make their decisions."""
    sizes = decisions_of(*values)
    if not sizes:
        return function(*values)
    return tabulate(sizes, [function(*(at(value, choices) for value in values)) for choices in outcomes(sizes)])


def renamed(value: Dependent, change: Callable[[str], DecisionKey]) -> Dependent:
    """The same table over decisions of other names."""
    keys = [change(key) for key in value.keys]
    if keys == sorted(keys):
        return Dependent(tuple(keys), value.sizes, value.values)
    sizes = dict(sorted(zip(keys, value.sizes, strict=True)))
    old = dict(zip(keys, value.keys, strict=True))
    rows = tuple(value.at({old[key]: i for key, i in choices.items()}) for choices in outcomes(sizes))
    return Dependent(tuple(sizes), tuple(sizes.values()), rows)


def narrow(value: Any, known: Mapping[str, tuple[int, ...]]) -> Any:
    """A value where some decisions are known to fall among these alternatives.

    Rows that cannot come about are filled with ones that can, so that only what is possible shows.
    """
    if not isinstance(value, Dependent) or not any(key in known for key in value.keys):
        return value
    sizes = decisions_of(value)
    rows = []
    for choices in outcomes(sizes):
        possible = {k: i if k not in known or i in known[k] else known[k][0] for k, i in choices.items()}
        rows.append(value.at(possible))
    return tabulate(sizes, rows)


def restrict(value: Any, allowed: Mapping[str, tuple[int, ...]]) -> Any:
    """A value whose decisions keep only some alternatives, numbered anew; subsets that are named are fixed."""
    if not isinstance(value, Dependent):
        return value
    allowed = {**allowed, **_memberships(value, allowed)}
    if not any(key in allowed for key in value.keys):
        return value
    sizes = {key: len(allowed[key]) if key in allowed else size for key, size in decisions_of(value).items()}
    rows = [
        value.at({key: allowed[key][i] if key in allowed else i for key, i in choices.items()})
        for choices in outcomes(sizes)
    ]
    return tabulate(sizes, rows)


def _memberships(value: Dependent, allowed: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    pairs = ((key, *split_key(key)) for key in value.keys if "?" in key)
    return {key: (int(member in allowed[decision]),) for key, decision, member in pairs if decision in allowed}
