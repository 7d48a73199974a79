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
    alpha_lr: float = option(1e-3, "learning rate of the architecture's parameters (Adam)", least=0)
    alpha_weight_decay: float = option(0.0, "their weight decay", least=0)
    alpha_beta1: float = option(
        0.0, "their decay of the first moment: 0 keeps what was not drawn at rest", least=0, most=0.999999
    )
    cost: str = option("macs", "what the networks should have little of", choices=METRICS)
    cost_weight: float = option(0.0, "weight of the expected cost, as a part of that at the start", least=0)


class Proxyless(Mixture[ProxylessOptions]):
    """Two candidates of each decision are in memory when alphas are trained, one when weights are."""

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
        """Loss + weight * (expected cost / expected cost at the start - 1), the expectation over all candidates."""
        if self.options.cost_weight == 0 or self.reference == 0:
            return loss
        return loss + self.options.cost_weight * (self.cost(self.weights()) / self.reference - 1)
