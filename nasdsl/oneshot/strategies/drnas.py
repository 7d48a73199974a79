"""DrNAS (Chen et al.; ICLR 2021; arXiv 2006.10355): Dirichlet-distributed weights, with progressive shrinking.

In the second stage candidates process more channels, and start from the widened weights of the first.  The
authors repeat random channels and keep the optimizer's momentum; here channels are repeated in order, and each
stage has a new optimizer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.distributions import Dirichlet as Distribution
from torch.distributions import kl_divergence

from nasdsl.graph.archgraph import ArchGraph
from nasdsl.oneshot.base import Published
from nasdsl.oneshot.mixture.base import MixtureOptions
from nasdsl.oneshot.mixture.partial_channels import PartialChannelMixture
from nasdsl.oneshot.mixture.relaxations import Dirichlet, Relaxation
from nasdsl.oneshot.mixture.stages import Kept, Staged
from nasdsl.options.settings import option
from nasdsl.passes import partial_channels as passes


@dataclass(frozen=True)
class DrnasOptions(MixtureOptions):
    lr: float = option(0.1, "learning rate of the shared weights", least=0)
    lr_end: float = option(0.0, "final learning rate of the cosine schedule", least=0)
    alpha_lr: float = option(6e-4, "learning rate of the architecture parameters (Adam)", least=0)
    anchor: str = option("l2", "l2 (weight decay towards concentration 1) or kl", choices=("l2", "kl"))
    anchor_weight: float = option(1e-3, "weight of the KL divergence (anchor=kl)", least=0)
    channels: tuple[int, ...] = option((4, 2), "candidates process 1/n of the channels; one n per stage", least=1)
    keep: int = option(4, "number of candidates kept in the second stage", least=1)
    progressive: bool = option(True, "add a second stage with fewer candidates")


class Drnas(PartialChannelMixture[DrnasOptions], Staged[DrnasOptions]):
    """Samples candidate weights from Dirichlet distributions, pulled towards the uniform one by weight decay."""

    name = "drnas"
    paper = "arXiv 2006.10355"
    published = Published(epochs=25, batch_size=512)
    carries_weights = True
    otherwise = "channels=1,1"
    Options = DrnasOptions

    @property
    def fraction(self) -> int:
        return self.options.channels[0]

    def stage_graph(self, stage: int, kept: Kept) -> ArchGraph:
        narrow = passes.PartialChannels(self.options.channels[stage])
        return narrow(super().stage_graph(stage, kept))

    def relax(self) -> Relaxation:
        return Dirichlet()

    def sizes(self) -> tuple[int, ...]:
        return (self.options.keep,) if self.options.progressive else ()

    def start(self) -> None:
        super().start()
        if self.options.anchor == "kl":
            self.alpha_optimiser.param_groups[0]["weight_decay"] = 0.0

    def objective(self, loss: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
        """Loss + weight * KL(Dir(concentration), Dir(1)), summed over decisions."""
        return loss if self.options.anchor == "l2" else loss + self.options.anchor_weight * self.divergence()

    def divergence(self) -> Tensor:
        total = torch.zeros((), device=self.context.device)
        for key, alpha in self.alphas.items():
            concentration = Dirichlet.concentration(alpha, self.roles[key])
            uniform = Distribution(torch.ones_like(concentration))
            total = total + kl_divergence(Distribution(concentration), uniform).sum()
        return total
