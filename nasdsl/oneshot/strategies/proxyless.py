"""ProxylessNAS (Cai, Zhu, Han; ICLR 2019; arXiv 1812.00332): two-path binary gates and an expected cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from nasdsl.oneshot.mixture.base import Mixture, MixtureOptions
from nasdsl.oneshot.mixture.cost_terms import METRICS, ExpectedCost
from nasdsl.oneshot.mixture.relaxations import BinaryGates, Relaxation
from nasdsl.options.settings import option


@dataclass(frozen=True)
class ProxylessOptions(MixtureOptions):
    alpha_lr: float = option(1e-3, "learning rate of the architecture parameters (Adam)", least=0)
    alpha_weight_decay: float = option(0.0, "weight decay of the architecture parameters", least=0)
    alpha_beta1: float = option(
        0.0,
        "beta1 of Adam for the architecture parameters; 0 keeps candidates that were not sampled unchanged",
        least=0,
        most=0.999999,
    )
    cost: str = option("macs", "cost to minimize", choices=METRICS)
    cost_weight: float = option(0.0, "weight of the expected cost relative to its initial value", least=0)


class Proxyless(Mixture[ProxylessOptions]):
    """Holds two candidates of each decision in memory in steps on alphas, and one in steps on weights."""

    name = "proxyless"
    paper = "arXiv 1812.00332"
    Options = ProxylessOptions

    def relax(self) -> Relaxation:
        return BinaryGates()

    def prepare(self) -> None:
        super().prepare()
        self.cost = ExpectedCost(self.space, self.options.cost)
        self.reference = float(self.cost(self.weights()).detach())

    def objective(self, loss: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
        """Return loss + weight * (expected cost / initial expected cost - 1), expected over all candidates."""
        if self.options.cost_weight == 0 or self.reference == 0:
            return loss
        return loss + self.options.cost_weight * (self.cost(self.weights()) / self.reference - 1)
