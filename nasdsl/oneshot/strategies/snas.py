"""SNAS (Xie et al.; ICLR 2019; arXiv 1812.09926): Concrete variables trained jointly with the weights."""

from __future__ import annotations

from dataclasses import dataclass

from nasdsl.oneshot.base import Published
from nasdsl.oneshot.mixture.base import Mixture, MixtureOptions
from nasdsl.oneshot.mixture.relaxations import Gumbel, Relaxation
from nasdsl.oneshot.mixture.temperatures import exponential
from nasdsl.options.settings import option


@dataclass(frozen=True)
class SnasOptions(MixtureOptions):
    tau: float = option(1.0, "temperature in the first epoch", least=1e-6)
    tau_end: float = option(0.03, "temperature in the last epoch", least=1e-6)


class Snas(Mixture[SnasOptions]):
    """Trains weights and alphas on the same batches; the other half of the images is for validation."""

    name = "snas"
    paper = "arXiv 1812.09926"
    published = Published(epochs=150, batch_size=64)
    single_level = True
    Options = SnasOptions

    def relax(self) -> Relaxation:
        return Gumbel(exponential(self.options.tau, self.options.tau_end), hard=False)
