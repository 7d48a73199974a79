"""RSPS as published: random search with parameter sharing (Li, Talwalkar; UAI 2019; arXiv 1902.07638)."""

from __future__ import annotations

from dataclasses import dataclass

from nasdsl.oneshot.paths.base import CompareOptions
from nasdsl.oneshot.strategies.random import RandomSearch
from nasdsl.options.settings import option


@dataclass(frozen=True)
class RspsOptions(CompareOptions):
    candidates: int = option(1000, "number of architectures compared on one validation batch", least=1)
    finalists: int = option(10, "number of the best that are compared on all validation images", least=1)


class Rsps(RandomSearch):
    """Compares a thousand random architectures on one batch, and the ten best on all validation images."""

    name = "rsps"
    Options = RspsOptions
