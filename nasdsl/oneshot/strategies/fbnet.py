"""FBNet (Wu et al.; CVPR 2019; arXiv 1812.03443): Gumbel-softmax weights and a loss multiplied by the cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from nasdsl.oneshot.base import Context, Published
from nasdsl.oneshot.mixture.base import Mixture, MixtureOptions
from nasdsl.oneshot.mixture.cost_terms import METRICS, ExpectedCost, TableCost
from nasdsl.oneshot.mixture.relaxations import Gumbel, Relaxation
from nasdsl.options.settings import option


@dataclass(frozen=True)
class FbnetOptions(MixtureOptions):
    lr: float = option(0.1, "learning rate of the shared weights", least=0)
    lr_end: float = option(0.0, "final learning rate of the cosine schedule", least=0)
    weight_decay: float = option(1e-4, "weight decay of the shared weights", least=0)
    alpha_lr: float = option(0.01, "learning rate of the architecture parameters (Adam)", least=0)
    alpha_weight_decay: float = option(5e-4, "weight decay of the architecture parameters", least=0)
    alpha_beta1: float = option(0.9, "beta1 of Adam for the architecture parameters", least=0, most=0.999999)
    warmup: float = option(0.11, "fraction of epochs that train only weights (10 of 90)", least=0, most=1)
    tau: float = option(5.0, "temperature in the first epoch", least=1e-6)
    tau_rate: float = option(0.045, "the temperature is multiplied by exp(-tau_rate) after each epoch", least=0)
    cost: str = option("macs", "cost to minimize", choices=METRICS)
    table: str = option("", "JSON file with costs by decision and candidate, used instead of `cost`")
    cost_scale: float = option(0.2, "alpha in loss * alpha * log(cost) ** beta", least=0)
    cost_power: float = option(0.6, "beta in loss * alpha * log(cost) ** beta", least=0)


class Fbnet(Mixture[FbnetOptions]):
    """Weights all candidates by a Gumbel softmax, and minimizes the loss and expected cost of one sample."""

    name = "fbnet"
    paper = "arXiv 1812.03443"
    published = Published(epochs=90, batch_size=192, split=0.8)
    Options = FbnetOptions

    def setup(self, context: Context) -> None:
        o = self.options
        self.cost = TableCost(context.space, o.table) if o.table else ExpectedCost(context.space, o.cost)
        super().setup(context)

    def relax(self) -> Relaxation:
        o = self.options
        return Gumbel(lambda at: o.tau * math.exp(-o.tau_rate * at * max(1, self.context.epochs - 1)), hard=False)

    def objective(self, loss: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
        """Return loss * alpha * log(cost) ** beta (eq. 2); a cost below e counts as e."""
        o = self.options
        return loss * o.cost_scale * self.cost(weights).clamp_min(math.e).log() ** o.cost_power
