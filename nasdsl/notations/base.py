"""Base class of notations, and matching of their parts with the decisions of a space.

A notation matches a space by the keys and labels of its decisions, not by its name: a genotype of
DARTS is valid for `darts`, `darts_imagenet`, and any space whose cells have the same decisions.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from nasdsl.diagnostics import NasError, Source, Span, error, suggest
from nasdsl.graph.architecture import Architecture
from nasdsl.ir.decision import Choice, Decision
from nasdsl.space import Space
from nasdsl.terminal import one_line

MAX_CHARACTERS = 1_000_000
ChoiceTable = dict[str, Choice]
L = TypeVar("L")


class Misfit(Exception):
    """Raised if a notation cannot express a space; the message follows a colon."""


class Notation(ABC):
    """A notation of architectures; `name` is that of the entry point, `summary` one line for the user."""

    name: ClassVar[str]
    summary: ClassVar[str]

    @abstractmethod
    def fits(self, space: Space) -> bool:
        """Return True if the notation can express the decisions of the space."""

    @abstractmethod
    def read(self, text: Source, space: Space) -> Architecture:
        """Parse an architecture.  Raises `NasError` (NAS52x, NAS53x) with the place in the text."""

    @abstractmethod
    def write(self, architecture: Architecture, space: Space) -> str:
        """Write an architecture of the space.  Raises `NasError` (NAS522, NAS532, NAS537)."""


class Matching(Notation, Generic[L]):
    """A notation for spaces whose decisions have certain keys and labels.

    `L` is what `match` finds out about a space, for `parse` and `render`.
    """

    @abstractmethod
    def match(self, space: Space) -> L:
        """Locate the parts of the notation in the space.  Raises `Misfit`."""

    @abstractmethod
    def parse(self, text: Source, layout: L) -> ChoiceTable:
        """Parse a text to choices.  Raises `NasError` (NAS531, NAS533 to NAS536)."""

    @abstractmethod
    def render(self, choices: Mapping[str, Choice], layout: L) -> str:
        """Write the live choices of an architecture.  Raises NAS537 if the notation cannot express them."""

    def fits(self, space: Space) -> bool:
        try:
            self.match(space)
        except Misfit:
            return False
        return True

    def read(self, text: Source, space: Space) -> Architecture:
        layout = self._layout(space)
        if len(text.text) > MAX_CHARACTERS:
            raise error("NAS531", f"`{text.name}` is longer than {MAX_CHARACTERS:,} characters")
        if not text.text.strip():
            raise error("NAS531", f"`{text.name}` is empty")
        architecture = space.architecture(self.parse(text, layout))
        if (asked := space.unmet(architecture)) is not None:
            raise error("NAS526", f"the architecture does not satisfy `{asked.text}`", asked.span)
        return architecture

    def write(self, architecture: Architecture, space: Space) -> str:
        if architecture.schema != space.schema_fingerprint:
            raise error("NAS522", f"the architecture does not match the decisions of `{space.name}`")
        return self.render(architecture.choices, self._layout(space))

    def _layout(self, space: Space) -> L:
        try:
            return self.match(space)
        except Misfit as reason:
            text = f"architectures of `{space.name}` cannot be written as `{self.name}`: {reason}"
            raise error(
                "NAS532", text, help=f"run `nasdsl arch notations {space.name}` for the supported notations"
            ) from None


@dataclass(frozen=True)
class Operations:
    """The operations of one decision under their names in a notation."""

    decision: Decision
    names: dict[str, int]
    known: tuple[str, ...]

    def name(self, choice: Choice) -> str:
        return next(name for name, index in self.names.items() if index == choice)

    def index(self, name: str, place: Span) -> int:
        """Return the candidate of this name.  Raises NAS533."""
        if name in self.names:
            return self.names[name]
        available = f"the space has {listed(self.names)}"
        key = self.decision.key
        if name not in self.known:
            hint = suggest(name, self.names) or suggest(name, self.known) or available
            raise error("NAS533", f"unknown operation {shown(name)}", (place, f"for `{key}`"), help=hint)
        text = f"no architecture of this space has `{name}` here"
        raise error("NAS533", text, (place, f"for `{key}`"), help=available)


def operations(decision: Decision, alphabet: Mapping[str, tuple[str, ...]]) -> Operations:
    """Return the names of the real candidates.

    `alphabet` has the labels under which spaces may know the operation of each name, apart from that name itself.
    Raises `Misfit` where a candidate has no name.
    """
    names: dict[str, int] = {}
    for index in decision.real:
        label = decision.labels[index]
        name = next((name for name, labels in alphabet.items() if label == name or label in labels), None)
        if name is None or name in names:
            raise Misfit(f"it has no name for `{label}` of `{decision.key}`")
        names[name] = index
    return Operations(decision, {name: names[name] for name in alphabet if name in names}, tuple(alphabet))


def matched(space: Space, pattern: str) -> list[tuple[re.Match[str], Decision]]:
    """The decisions of a space with the match of their keys.  Raises `Misfit` where a key does not match."""
    rows = []
    for decision in space.decisions:
        match = re.fullmatch(pattern, decision.key)
        if match is None:
            raise Misfit(f"it cannot express the decision `{decision.key}`")
        rows.append((match, decision))
    return rows


def need(condition: bool, reason: str) -> None:
    if not condition:
        raise Misfit(reason)


def counted(numbers: Iterable[int], first: int, what: str) -> int:
    """Return the count of consecutive numbers from `first`.  Raises `Misfit` on a gap."""
    found = sorted(numbers)
    need(
        bool(found) and found == list(range(first, first + len(found))),
        f"it needs {what} numbered consecutively from {first}",
    )
    return len(found)


def listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def pieces(whole: Span, separator: str) -> list[Span]:
    """The parts of a text between separators, without the white space around them."""
    found, start = [], whole.start
    for part in whole.text.split(separator):
        inside = len(part) - len(part.lstrip())
        found.append(Span(whole.source, start + inside, start + inside + len(part.strip())))
        start += len(part) + len(separator)
    return found


def shown(text: str, most: int = 24) -> str:
    """Quote untrusted text for a message: short, without control characters."""
    kept = one_line(text[:most])
    return f"`{kept}...`" if len(text) > most else f"`{kept}`"


def expected(what: str, place: Span) -> NasError:
    """Return the error for a text that should continue with something else."""
    found = place.text.strip()
    nothing = "nothing" if place.end < len(place.source.text) else "the end"
    return error("NAS531", f"expected {what}, found {shown(found) if found else nothing}", place)
