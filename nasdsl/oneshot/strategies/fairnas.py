"""FairNAS (Chu, Zhang, Xu; ICCV 2021; arXiv 1907.01845): strict fairness in the training of paths."""

from __future__ import annotations

from nasdsl.diagnostics import Diagnostic, diagnostic
from nasdsl.ir.decision import Choice
from nasdsl.oneshot.base import Published
from nasdsl.oneshot.paths.evolved import EvolutionOptions, EvolvedPaths
from nasdsl.space import Space
from nasdsl.tasks.base import Batch


class FairNas(EvolvedPaths[EvolutionOptions]):
    """In every step each candidate of each decision is trained exactly once, by one update for all.

    m paths are drawn without replacement, m the number of candidates; their gradients are added (algorithm 1).
    """

    name = "fairnas"
    paper = "arXiv 1907.01845"
    published = Published(epochs=150, batch_size=256)
    Options = EvolutionOptions

    def refuses(self, space: Space) -> Diagnostic | None:
        hint = "`spos` trains uniform paths and takes any space"
        first = space.decisions[0] if space.decisions else None
        for decision in space.decisions:
            if decision.kind != "one":
                text = f"strict fairness needs decisions for exactly one candidate; `{decision.key}` takes a subset"
                return diagnostic("NAS810", text, decision.span, help=hint)
            assert first is not None
            if len(decision.real) != len(first.real):
                text = (
                    f"strict fairness needs as many candidates in every decision: `{first.key}` has {len(first.real)}, "
                    f"`{decision.key}` has {len(decision.real)}"
                )
                return diagnostic("NAS810", text, decision.span, help=hint)
        return super().refuses(space)

    def paths(self) -> list[dict[str, Choice]]:
        """A permutation of each decision's candidates, read across: one path an entry."""
        orders = {d.key: self.rng.sample(d.real, len(d.real)) for d in self.space.decisions}
        return [dict(zip(orders, row, strict=True)) for row in zip(*orders.values(), strict=True)]

    def step(self, train: Batch, valid: Batch) -> dict[str, float]:
        return self.train_paths(train, self.paths())
