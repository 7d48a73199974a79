"""The architectures of a space under its requirements: their number, and uniform samples."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from nasdsl.diagnostics import error
from nasdsl.graph.archgraph import ArchGraph
from nasdsl.graph.counting.constrained_count import ConstrainedCount, TooManyValues
from nasdsl.graph.counting.constraints import violated
from nasdsl.graph.counting.demand import Demand
from nasdsl.graph.counting.folding import Folder
from nasdsl.graph.counting.sampling import Sampler
from nasdsl.graph.counting.semiring import COUNT
from nasdsl.ir.decision import Choice, Choices
from nasdsl.ir.requirement import Requirement

MAX_DRAWS = 100_000
ESTIMATE_DRAWS = 2_000


@dataclass(frozen=True)
class Counted:
    """A number of architectures, "exact" or an "estimate" from accepted and total uniform draws."""

    value: int
    kind: str
    draws: int = 0
    accepted: int = 0

    def to_json(self) -> dict[str, Any]:
        if self.kind == "exact":
            return {"count": self.value}
        return {"count": self.value, "count_kind": self.kind, "draws": self.draws, "accepted": self.accepted}


@dataclass(frozen=True)
class Population:
    """`decided` says what each architecture decides, `needed` what each derived network costs.

    `needed_at_most` is None where what is unused changes no cost; `costs` are those of one architecture.
    """

    graph: ArchGraph
    decided: Demand
    needed: Callable[[], Demand]
    needed_at_most: Callable[[], Demand | None]
    costs: Callable[[Choices], dict[str, int]]

    @cached_property
    def _priced(self) -> bool:
        return any(item.needs_costs for item in self.graph.requirements)

    def unmet(self, choices: Choices) -> Requirement | None:
        """Return the first requirement that an architecture does not satisfy."""
        if not self.graph.requirements:
            return None
        return violated(self.graph.requirements, choices, self.costs(choices) if self._priced else {})

    @cached_property
    def counted(self) -> Counted:
        whole = Folder(COUNT)(self.decided)
        if not self.graph.requirements:
            return Counted(whole, "exact")
        try:
            return Counted(self._constrained(), "exact")
        except TooManyValues:
            sampler, rng = Sampler(self.decided), random.Random(0)
            accepted = sum(self.unmet(sampler(rng)) is None for _ in range(ESTIMATE_DRAWS))
            return Counted(whole * accepted // ESTIMATE_DRAWS, "estimate", ESTIMATE_DRAWS, accepted)

    def _constrained(self) -> int:
        if self._priced and self.needed_at_most() is not None:
            raise TooManyValues
        return ConstrainedCount(self.graph.requirements)(self.needed() if self._priced else self.decided)

    def sampler(self, rng: random.Random) -> Callable[[], dict[str, Choice]]:
        """Sample uniformly, by rejection if there are requirements.  Raises NAS525 if all samples are rejected."""
        sampler = Sampler(self.decided)

        def draw() -> dict[str, Choice]:
            for _ in range(MAX_DRAWS):
                choices = sampler(rng)
                if self.unmet(choices) is None:
                    return choices
            text = f"none of {MAX_DRAWS:,} uniform samples satisfies the requirements of `{self.graph.space}`"
            raise error("NAS525", text, help="relax the requirements")

        return draw
