"""Sandwich training of elastic spaces (Yu, Huang; ICCV 2019; arXiv 1903.05134), as BigNAS uses it (2003.11142)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from nasdsl.diagnostics import Diagnostic, diagnostic
from nasdsl.ir.decision import Choice
from nasdsl.oneshot.paths.evolved import EvolutionOptions, EvolvedPaths
from nasdsl.options.settings import option
from nasdsl.sampling.evolution import Genome, random_genome
from nasdsl.space import Space
from nasdsl.tasks.base import Batch
from nasdsl.tasks.metrics import accuracy, cross_entropy, single


@dataclass(frozen=True)
class SandwichOptions(EvolutionOptions):
    between: int = option(
        2, "number of random networks trained per step in addition to the largest and the smallest", least=0
    )


class Sandwich(EvolvedPaths[SandwichOptions]):
    """Trains the largest network on the labels, and the smallest and some random ones on its outputs.

    Largest and smallest are by searched values; all other decisions are the same random ones in both.
    """

    name = "sandwich"
    paper = "arXiv 1903.05134"
    Options = SandwichOptions

    def refuses(self, space: Space) -> Diagnostic | None:
        if not any(decision.searched_value for decision in space.decisions):
            first = space.decisions[0].span if space.decisions else None
            return diagnostic(
                "NAS810",
                f"sandwich training needs a searched value, as in `width = 32 | 64`; `{space.name}` has none",
                (first, "this decision selects operations"),
                help="`spos` supports every space",
            )
        return super().refuses(space)

    def paths(self) -> list[dict[str, Choice]]:
        """Return the largest, the smallest, and random architectures."""
        base = random_genome(self.space, self.rng)
        others = [random_genome(self.space, self.rng) for _ in range(self.options.between)]
        return [self._extreme(base, largest=True), self._extreme(base, largest=False), *others]

    def _extreme(self, base: Genome, largest: bool) -> dict[str, Choice]:
        result, pick = dict(base), max if largest else min
        for decision in self.space.decisions:
            if decision.values is not None and decision.kind == "one":
                values = decision.values
                result[decision.key] = pick(decision.real, key=lambda i, values=values: values[i])
        return result

    def step(self, train: Batch, valid: Batch) -> dict[str, float]:
        largest, *rest = self.paths()
        self.net.train()
        self.optimiser.zero_grad(set_to_none=True)
        losses, accuracies = [], []
        parts = self.context.parts(train)
        for part in parts:
            teacher, labels = self.outcome(part, largest)
            loss = cross_entropy(teacher, labels)
            (loss / len(parts)).backward()
            target = single(teacher.detach())
            for choices in rest:
                logits, _ = self.outcome(part, choices)
                (distilled(single(logits), target) / len(parts)).backward()
            losses.append(float(loss.detach()))
            accuracies.append(accuracy(target, labels))
        self.update()
        return {"loss": sum(losses) / len(losses), "accuracy": sum(accuracies) / len(accuracies)}


def distilled(logits: Tensor, target: Tensor) -> Tensor:
    """Return the cross-entropy to the teacher's softmax; both logits are (N, classes)."""
    return F.cross_entropy(logits, torch.softmax(target, 1))
