"""Execution of decisions: a mixture where their value is a tensor of weights, a path where it is a choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from torch import Tensor

# Decision to a 1-D tensor of weights (mixture), an index, or a tuple of indices (path), or to a function from
# the candidates to the terms of their sum.
Weights = Mapping[str, Any]
Candidate = Callable[[], Tensor] | None
Terms = Callable[[tuple[Candidate, ...]], list[Tensor]]


def choose(weight: Any, *candidates: Candidate) -> Tensor:
    """The chosen candidate, or the weighted sum of all.  None stands for a candidate that is always zero."""
    if callable(weight):
        return _total(cast(Terms, weight)(candidates))
    if not isinstance(weight, Tensor):
        candidate = candidates[weight]
        if candidate is None:
            raise ValueError(f"alternative {weight} exists in a relaxation only")
        return candidate()
    return _total([weight[i] * candidate() for i, candidate in enumerate(candidates) if candidate is not None])


def chosen(weight: Any, *candidates: Candidate) -> list[Tensor]:
    """The chosen candidates of a subset, or all of them with their weights."""
    if callable(weight):
        return cast(Terms, weight)(candidates)
    if not isinstance(weight, Tensor):
        return [candidate() for i in weight if (candidate := candidates[i]) is not None]
    return [weight[i] * candidate() for i, candidate in enumerate(candidates) if candidate is not None]


def _total(terms: list[Tensor]) -> Tensor:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def once(make: Callable[[], Tensor]) -> Callable[[], Tensor]:
    """A value that is computed when first asked for, if ever."""
    kept: list[Tensor] = []

    def value() -> Tensor:
        if not kept:
            kept.append(make())
        return kept[0]

    return value


def average(certain: list[Tensor], *picked: tuple[Any, tuple[Candidate, ...]]) -> Tensor:
    """The mean of what is certain and of what was picked, `(weight, candidates)` each."""
    terms, total = list(certain), 1.0 * len(certain)
    for weight, candidates in picked:
        found = chosen(weight, *candidates)
        terms += found
        if isinstance(weight, Tensor):
            total = total + sum(weight[i] for i, item in enumerate(candidates) if item is not None)
        else:
            total = total + len(found)
    return _total(terms) / total


def unused(choices: Weights, uses: tuple[tuple[tuple[tuple[str, int], ...], ...], ...]) -> tuple[int, ...]:
    """The elements of a list that nothing uses, of those that something may use.

    `uses` are the ways in which each is used, (decision, candidate); what has none is there anyway.
    """

    def holds(key: str, index: int) -> bool:
        choice = choices.get(key)
        if isinstance(choice, Tensor):
            raise ValueError(f"`{key}` settles which results are unused: it has no mixture")
        return choice is not None and (choice == index if isinstance(choice, int) else index in choice)

    def used(ways: tuple[tuple[tuple[str, int], ...], ...]) -> bool:
        return any(all(holds(*guard) for guard in way) for way in ways)

    return tuple(i for i, ways in enumerate(uses) if ways and not used(ways))
