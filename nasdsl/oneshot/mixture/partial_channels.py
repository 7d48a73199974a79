"""Mixtures whose candidates process a part of the channels, with notes and errors for those that cannot."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from torch import nn

from nasdsl.diagnostics import Diagnostic, diagnostic
from nasdsl.graph.archgraph import ArchGraph
from nasdsl.oneshot.mixture.base import Mixture, MixtureOptionsT
from nasdsl.passes import partial_channels as passes
from nasdsl.space import Space


class PartialChannelMixture(Mixture[MixtureOptionsT]):
    """A mixture whose candidates process 1/`fraction` of the channels, at least in its first supernet."""

    # The option with which they see all of them.
    otherwise: ClassVar[str]
    _divided: tuple[ArchGraph, passes.Division] | None = None

    @property
    @abstractmethod
    def fraction(self) -> int:
        """The number of parts into which channels are divided."""

    def divided(self, space: Space) -> passes.Division:
        """Apply partial channels, caching the last result: a search needs it for checks, notes and the supernet."""
        graph = space.graph()
        if self._divided is None or self._divided[0] is not graph:
            self._divided = graph, passes.PartialChannels(self.fraction).divide(graph)
        return self._divided[1]

    def refuses(self, space: Space) -> Diagnostic | None:
        if (refusal := super().refuses(space)) is not None:
            return refusal
        found = self.divided(space)
        if found.divided or not found.whole:
            return None
        key, reason = min(found.whole.items())
        return diagnostic(
            "NAS810",
            f"`{self.name}` needs a decision that works on 1/{self.fraction} of the channels, and "
            f"`{space.name}` has none; for `{key}`, {reason}",
            space.graph().decisions[key].span,
            help=f"search on all channels: --option {self.otherwise}",
        )

    def notes(self, space: Space) -> list[str]:
        """Note the decisions that process all channels."""
        whole = self.divided(space).whole
        return [f"`{key}` is searched on all channels: {reason}" for key, reason in sorted(whole.items())]

    def supernet(self, space: Space) -> nn.Module:
        return space.build(self.divided(space).graph)
