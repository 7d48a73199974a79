"""Decisions, their candidates, and guards of operands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from nasdsl.diagnostics import Span
from nasdsl.ir.key import DecisionKey

# The index of a candidate, or those of a subset, ascending.
Choice = int | tuple[int, ...]
# The live decisions of an architecture.
Choices = Mapping[str, Choice]


class Guard(NamedTuple):
    """A condition on an operand: its decision selects this candidate."""

    key: DecisionKey
    candidate: int

    def holds(self, choices: Choices) -> bool:
        """Return True if the guard holds in an architecture, False if the decision is not live."""
        choice = choices.get(self.key)
        return choice is not None and self.admits(choice)

    def admits(self, choice: Choice) -> bool:
        """Return True if a choice of the decision selects the candidate."""
        return choice == self.candidate if isinstance(choice, int) else self.candidate in choice


Conjunction = tuple[Guard, ...]


@dataclass(frozen=True)
class Decision:
    """A point where architectures differ.

    `kind` is "one" (exactly one candidate) or "subset" (`least` to `most` of them).  A phantom candidate
    (`~none`) may be used by a relaxation only.  `values` holds the alternatives of a searched value.
    """

    key: DecisionKey
    kind: Literal["one", "subset"]
    labels: tuple[str, ...]
    phantom: tuple[bool, ...]
    least: int
    most: int
    span: Span = field(compare=False)
    values: tuple[bool | int | float | str, ...] | None = None

    @property
    def searched_value(self) -> bool:
        return self.values is not None

    def neighbours(self, choice: Choice) -> Iterator[Choice]:
        """Return every other candidate, or every subset that differs in one element or swaps one."""
        if isinstance(choice, int):
            yield from (i for i in self.real if i != choice)
            return
        present = set(choice)
        absent = [i for i in self.real if i not in present]
        if len(choice) < self.most:
            yield from (tuple(sorted(present | {i})) for i in absent)
        for gone in choice:
            if len(choice) > self.least:
                yield tuple(sorted(present - {gone}))
            yield from (tuple(sorted(present - {gone} | {i})) for i in absent)

    @property
    def real(self) -> tuple[int, ...]:
        """Return the real candidates, without phantoms."""
        return tuple(i for i, phantom in enumerate(self.phantom) if not phantom)


@dataclass(frozen=True)
class Determined:
    """A subset that other decisions determine: the elements of a list that nothing else in it uses.

    `uses[i]` are the ways in which element i is used, each a conjunction of guards that then hold.
    """

    key: DecisionKey
    uses: tuple[tuple[Conjunction, ...], ...]

    def members(self, choices: Choices) -> tuple[int, ...]:
        """Return the unused elements of an architecture."""
        return tuple(i for i in range(len(self.uses)) if self.has(i, choices))

    def has(self, index: int, choices: Choices) -> bool:
        return not any(all(guard.holds(choices) for guard in way) for way in self.uses[index])

    @property
    def table(self) -> tuple[tuple[tuple[tuple[str, int], ...], ...], ...]:
        """Return the uses as plain tuples, for generated code."""
        return tuple(tuple(tuple((key, i) for key, i in way) for way in ways) for ways in self.uses)
