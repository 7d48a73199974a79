"""DARTS, first order (Liu, Simonyan, Yang; ICLR 2019; arXiv 1806.09055), on any space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nasdsl.graph.architecture import Architecture
from nasdsl.graph.live import Choice
from nasdsl.search.strategies.base import Batch, OneShot, WeightOptions
from nasdsl.semantics.program import Decision


@dataclass(frozen=True)
class DartsOptions(WeightOptions):
    alpha_lr: float = 3e-4
    alpha_weight_decay: float = 1e-3
    alpha_scale: float = 1e-3


class Darts(OneShot):
    """Weights descend on one half of the images, alphas on the other, in turn.

    A decision for one candidate is a softmax over all of them (phantoms too).  Where a subset of fixed size
    is taken of candidates that each head a decision of their own, as DARTS takes two edges a node, the
    supernet keeps all candidates and derivation the strongest; any other subset has a sigmoid gate a candidate.
    """

    name = "darts"
    paper = "arXiv 1806.09055"
    relaxation = "mixture"
    Options = DartsOptions

    def prepare(self) -> None:
        generator = torch.Generator().manual_seed(self.context.seed)
        self.alphas: dict[str, Tensor] = {}
        self.masks: dict[str, Tensor] = {}
        for decision in self.space.decisions:
            size, device = len(decision.labels), self.context.device
            if self._by_edges(decision):
                self.masks[decision.key] = torch.ones(size, device=device)
                continue
            start = self.options.alpha_scale * torch.randn(size, generator=generator)
            self.alphas[decision.key] = start.to(device).requires_grad_()
        o = self.options
        self.alpha_optimiser = torch.optim.Adam(
            list(self.alphas.values()), o.alpha_lr, betas=(0.5, 0.999), weight_decay=o.alpha_weight_decay
        )

    def _by_edges(self, decision: Decision) -> bool:
        if decision.kind == "one" or decision.least != decision.most:
            return False
        return all(self.space.nested(decision.key))

    def weights(self) -> dict[str, Tensor]:
        """The weights that the supernet takes: softmax, sigmoid gates, or ones."""
        result = dict(self.masks)
        for decision in self.space.decisions:
            if decision.key in self.alphas:
                alpha = self.alphas[decision.key]
                result[decision.key] = alpha.softmax(0) if decision.kind == "one" else alpha.sigmoid()
        return result

    def step(self, train: Batch, valid: Batch) -> dict[str, float]:
        self.net.train()
        self.alpha_optimiser.zero_grad(set_to_none=True)
        loss, accuracy = self.loss(valid, self.weights())
        keys = list(self.alphas)
        gradients = torch.autograd.grad(loss, [self.alphas[key] for key in keys], allow_unused=True)
        for key, gradient in zip(keys, gradients, strict=True):
            self.alphas[key].grad = gradient
        self.alpha_optimiser.step()
        with torch.no_grad():
            fixed = {key: weight.detach() for key, weight in self.weights().items()}
        metrics = self.train_weights(train, fixed)
        return {**metrics, "valid_loss": float(loss.detach()), "valid_accuracy": accuracy}

    def distributions(self) -> dict[str, Tensor]:
        return {key: weight.detach().float().cpu() for key, weight in self.weights().items() if key in self.alphas}

    def derive(self) -> Architecture:
        return self.space.architecture(derive_choices(self.space.decisions, self.distributions(), self.space.nested))

    def state_dict(self) -> dict[str, Any]:
        return {
            **super().state_dict(),
            "alphas": {key: alpha.detach().clone() for key, alpha in self.alphas.items()},
            "alpha_optimiser": self.alpha_optimiser.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        with torch.no_grad():
            for key, alpha in state["alphas"].items():
                self.alphas[key].copy_(alpha)
        self.alpha_optimiser.load_state_dict(state["alpha_optimiser"])


def derive_choices(decisions: tuple[Decision, ...], probabilities: dict[str, Tensor], nested: Any) -> dict[str, Choice]:
    """The strongest candidates: never a phantom; edges are ranked by the probability of their best operation."""
    table = {decision.key: decision for decision in decisions}

    def best(key: str) -> float:
        return max(float(probabilities[key][i]) for i in table[key].real)

    chosen: dict[str, Choice] = {}
    for decision in decisions:
        key = decision.key
        if key in probabilities and decision.kind == "one":
            chosen[key] = max(decision.real, key=lambda i: float(probabilities[key][i]))
            continue
        if key in probabilities:
            strength = {i: float(probabilities[key][i]) for i in decision.real}
            wanted = sum(value > 0.5 for value in strength.values())
            size = min(max(wanted, decision.least), decision.most)
        else:
            heads = nested(key)
            strength = {i: max(best(name) for name in heads[i] if name in probabilities) for i in decision.real}
            size = decision.least
        ranked = sorted(strength, key=lambda i: (-strength[i], i))
        chosen[key] = tuple(sorted(ranked[:size]))
    return chosen
