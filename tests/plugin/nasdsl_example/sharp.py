"""A softmax that grows sharper over the search."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from nasdsl.oneshot.mixture.base import Mixture, MixtureOptions
from nasdsl.oneshot.mixture.relaxations import Relaxation, Relaxed, Role
from nasdsl.oneshot.mixture.temperatures import Temperature, exponential
from nasdsl.options.settings import option


@dataclass(frozen=True)
class SharpOptions(MixtureOptions):
    tau_end: float = option(0.1, "temperature in the last epoch; 1 in the first", least=1e-6)


class Sharpening(Relaxation):
    def __init__(self, temperature: Temperature):
        self.temperature = temperature

    def relaxed(self, alpha: Tensor, role: Role, at: float) -> Relaxed:
        return Relaxed(self.probabilities(alpha / self.temperature(at), role))


class Sharp(Mixture[SharpOptions]):
    """DARTS with a temperature that falls."""

    name = "sharp"
    paper = "none: an example"
    Options = SharpOptions

    def relax(self) -> Relaxation:
        return Sharpening(exponential(1.0, self.options.tau_end))
