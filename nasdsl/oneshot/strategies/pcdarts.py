"""PC-DARTS (Xu et al.; ICLR 2020; arXiv 1907.05737): partial channels and edge normalization."""

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
    lr_end: float = option(0.0, "final learning rate of the cosine schedule", least=0)
    alpha_lr: float = option(6e-4, "learning rate of the architecture parameters (Adam)", least=0)
    channels: int = option(4, "candidates process 1/n of the channels; 1 disables partial channels", least=1)
    warmup: float = option(0.3, "fraction of epochs that train only weights (15 of 50)", least=0, most=1)


class PcDarts(PartialChannelMixture[PcDartsOptions]):
    """Sends a fraction of the channels through the candidates, and learns a weight for each edge into a node.

    In a space without decisions on edges, there are no edge weights.
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
