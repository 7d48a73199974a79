"""Staged searches: each stage has a new supernet, with fewer candidates and possibly a different depth."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from torch import Tensor

from nasdsl.graph.archgraph import ArchGraph
from nasdsl.ir.decision import Decision
from nasdsl.oneshot.mixture.base import Mixture, MixtureOptionsT
from nasdsl.passes.restrict import restrict
from nasdsl.runtime.transfer import transfer
from nasdsl.space import Space

Kept = dict[str, tuple[int, ...]]


def strongest(decision: Decision, kept: tuple[int, ...], weight: Tensor, number: int) -> tuple[int, ...]:
    """Return the `number` strongest of the kept candidates (including phantoms), at least one of them real.

    `weight` (candidates,) has an entry for each candidate of the decision.
    """
    ranked = sorted(kept, key=lambda i: (-float(weight[i]), i))
    best = next(i for i in ranked if i in decision.real)
    chosen = ranked[:number]
    if best not in chosen:
        chosen[-1] = best
    return tuple(sorted(chosen))


class Staged(Mixture[MixtureOptionsT]):
    """Between stages, keeps the strongest candidates of each decision and builds a new supernet.

    Decisions that determine numbers (widths, say) keep all candidates.
    """

    carries_weights = False

    @abstractmethod
    def sizes(self) -> tuple[int, ...]:
        """Return the number of candidates per decision to keep after each stage but the last."""

    def stage_space(self, stage: int) -> Space:
        """Return the space of a stage, which has the same decisions as the first."""
        return self.context.space

    def stage_graph(self, stage: int, kept: Kept) -> ArchGraph:
        """Return the graph of a stage's supernet, restricted to the kept candidates."""
        space = self.stage_space(stage)
        fewer: Kept = {d.key: kept[d.key] for d in space.decisions if len(kept[d.key]) < len(d.labels)}
        return restrict(space.graph(), fewer)

    @property
    def stages(self) -> int:
        """The number of stages."""
        return len(self.sizes()) + 1

    def total_epochs(self, epochs: int) -> int:
        return self.stages * epochs

    def prepare(self) -> None:
        self.stage = 0
        super().prepare()

    def epoch_end(self, epoch: int) -> dict[str, float] | None:
        metrics = super().epoch_end(epoch)
        if self.epoch == self.context.epochs and self.stage + 1 < self.stages:
            self._next_stage()
        return metrics

    def _next_stage(self) -> None:
        number, found = self.sizes()[self.stage], self.distributions()
        kept = dict(self.kept)
        for decision in self.space.decisions:
            if decision.key in self.selecting:
                kept[decision.key] = strongest(decision, kept[decision.key], found[decision.key], number)
        before, alphas, old = self.net, self.alphas, self.kept
        self.enter(self.stage + 1, kept)
        if self.carries_weights:
            transfer(before, self.net, {}, widen=True)
            for key, alpha in self.alphas.items():
                places = [old[key].index(i) for i in kept[key]]
                alpha.data.copy_(alphas[key].detach()[places])

    def enter(self, stage: int, kept: Kept) -> None:
        """Start a stage with a new supernet and fresh architecture parameters."""
        self.stage, self.epoch, self.kept = stage, 0, kept
        self.attach(self.space.build(self.stage_graph(stage, kept)).to(self.context.device))
        self.start()

    def state_dict(self) -> dict[str, Any]:
        kept = {key: list(value) for key, value in self.kept.items()}
        return {**super().state_dict(), "stage": self.stage, "kept": kept}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if state["stage"] > 0:
            self.enter(state["stage"], {key: tuple(value) for key, value in state["kept"].items()})
        super().load_state_dict(state)
