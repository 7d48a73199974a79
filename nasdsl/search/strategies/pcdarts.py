"""PC-DARTS (Xu et al.; ICLR 2020; arXiv 1907.05737): edge normalisation, and a start with weights only.

The paper also sends only a part of the channels (1 of 4) through the candidates.  That is a matter of the
space, not of the search: the candidates here see all channels.
"""

from __future__ import annotations

from dataclasses import dataclass

from nasdsl.search.settings import option
from nasdsl.search.strategies.base import Published
from nasdsl.search.strategies.mixture import Mixture, MixtureOptions
from nasdsl.search.strategies.relaxations import Relaxation, Softmax


@dataclass(frozen=True)
class PcDartsOptions(MixtureOptions):
    lr: float = option(0.1, "learning rate of the shared weights", least=0)
    lr_end: float = option(0.0, "learning rate at the end of the cosine", least=0)
    alpha_lr: float = option(6e-4, "learning rate of the architecture's parameters (Adam)", least=0)
    warmup: float = option(0.3, "part of the epochs that trains weights only (15 of 50)", least=0, most=1)


class PcDarts(Mixture):
    """The edges into a node are weighed by a softmax among them, in the supernet and when edges are ranked.

    Where a space chooses no edges there is nothing to weigh, and what is left is DARTS with a warm-up.
    """

    name = "pcdarts"
    paper = "arXiv 1907.05737"
    published = Published(epochs=50, batch_size=256)
    weigh_edges = True
    Options = PcDartsOptions

    def relax(self) -> Relaxation:
        return Softmax()
