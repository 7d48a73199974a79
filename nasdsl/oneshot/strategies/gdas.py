"""GDAS (Dong, Yang; CVPR 2019; arXiv 1910.04465): one hard Gumbel sample per iteration."""

from __future__ import annotations

from dataclasses import dataclass

from nasdsl.oneshot.base import Published
from nasdsl.oneshot.mixture.base import Mixture, MixtureOptions
from nasdsl.oneshot.mixture.relaxations import Gumbel, Relaxation
from nasdsl.oneshot.mixture.temperatures import linear
from nasdsl.options.settings import option


@dataclass(frozen=True)
class GdasOptions(MixtureOptions):
    tau: float = option(10.0, "temperature in the first epoch", least=1e-6)
    tau_end: float = option(0.1, "temperature in the last epoch", least=1e-6)


class Gdas(Mixture[GdasOptions]):
    """Runs only the sampled candidate of each decision; gradients reach the alphas through the soft sample."""

    name = "gdas"
    paper = "arXiv 1910.04465"
    published = Published(epochs=250, batch_size=64)
    Options = GdasOptions

    def relax(self) -> Relaxation:
        return Gumbel(linear(self.options.tau, self.options.tau_end), hard=True)
