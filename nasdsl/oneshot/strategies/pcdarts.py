"""PC-DARTS (Xu et al.; ICLR 2020; arXiv 1907.05737): partial channels, edge normalisation, weights first."""

from __future__ import annotations

from dataclasses import dataclass

from nasdsl.oneshot.base import Published
from nasdsl.oneshot.mixture.base import MixtureOptions
from nasdsl.oneshot.mixture.partial_channels import PartialChannelMixture
from nasdsl.oneshot.mixture.relaxations import Relaxation, Softmax
from nasdsl.options.settings import option


@dataclass(frozen=True)
class PcDartsOptions(MixtureOptions):
    lr: float = option(0.1, "learning rate of the shared weights", least=0)
    lr_end: float = option(0.0, "learning rate at the end of the cosine", least=0)
    alpha_lr: float = option(6e-4, "learning rate of the architecture's parameters (Adam)", least=0)
    channels: int = option(4, "candidates see one of so many parts of the channels; 1: all of them", least=1)
    warmup: float = option(0.3, "part of the epochs that trains weights only (15 of 50)", least=0, most=1)


class PcDarts(PartialChannelMixture[PcDartsOptions]):
    """Candidates see a part of the channels; edges into a node are weighed among one another, and so ranked.

    Where a space chooses no edges there is nothing to weigh.
    """

    name = "pcdarts"
    paper = "arXiv 1907.05737"
    published = Published(epochs=50, batch_size=256)
    weigh_edges = True
    otherwise = "channels=1"
    Options = PcDartsOptions

    @property
    def fraction(self) -> int:
        return self.options.channels

    def relax(self) -> Relaxation:
        return Softmax()
