"""SPOS (Guo et al.; ECCV 2020; arXiv 1904.00420): uniform single paths, then evolution over the supernet."""

from __future__ import annotations

from nasdsl.oneshot.base import Published
from nasdsl.oneshot.paths.evolved import EvolutionOptions, EvolvedPaths


class Spos(EvolvedPaths[EvolutionOptions]):
    """Trains uniformly drawn paths, then runs an evolutionary search with recalibrated batch norm."""

    name = "spos"
    paper = "arXiv 1904.00420"
    published = Published(epochs=120, batch_size=1024)
    Options = EvolutionOptions
