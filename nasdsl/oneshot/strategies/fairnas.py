"""FairNAS (Chu, Zhang, Xu; ICCV 2021; arXiv 1907.01845): strict fairness in the training of paths."""

from __future__ import annotations

from nasdsl.diagnostics import Diagnostic, diagnostic
from nasdsl.ir.decision import Choice
from nasdsl.oneshot.base import Published
from nasdsl.oneshot.paths.evolved import EvolutionOptions, EvolvedPaths
from nasdsl.space import Space
from nasdsl.tasks.base import Batch


class FairNas(EvolvedPaths[EvolutionOptions]):
    """Trains each candidate of each decision exactly once per step, with one update for all.

    With m candidates per decision, m paths are drawn without replacement; their gradients are summed (algorithm 1).
    """

    name = "fairnas"
    paper = "arXiv 1907.01845"
    published = Published(epochs=150, batch_size=256)
    Options = EvolutionOptions

    def refuses(self, space: Space) -> Diagnostic | None:
        hint = "`spos` supports every space"
        first = space.decisions[0] if space.decisions else None
        for decision in space.decisions:
            if decision.kind != "one":
                text = (
                    "strict fairness needs decisions that select exactly one candidate; "
                    f"`{decision.key}` selects a subset"
                )
                return diagnostic("NAS810", text, decision.span, help=hint)
            assert first is not None
            if len(decision.real) != len(first.real):
                text = (
                    "strict fairness needs the same number of candidates in every decision: "
                    f"`{first.key}` has {len(first.real)}, `{decision.key}` has {len(decision.real)}"
                )
                return diagnostic("NAS810", text, decision.span, help=hint)
        return super().refuses(space)

    def paths(self) -> list[dict[str, Choice]]:
        """Return paths such that each candidate of each decision occurs in exactly one."""
        orders = {d.key: self.rng.sample(d.real, len(d.real)) for d in self.space.decisions}
        return [dict(zip(orders, row, strict=True)) for row in zip(*orders.values(), strict=True)]

    def step(self, train: Batch, valid: Batch) -> dict[str, float]:
        return self.train_paths(train, self.paths())
