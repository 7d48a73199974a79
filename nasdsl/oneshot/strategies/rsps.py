"""RSPS as published: random search with parameter sharing (Li, Talwalkar; UAI 2019; arXiv 1902.07638)."""

from __future__ import annotations

from dataclasses import dataclass

from nasdsl.oneshot.paths.base import CompareOptions
from nasdsl.oneshot.strategies.random import RandomSearch
from nasdsl.options.settings import option


@dataclass(frozen=True)
class RspsOptions(CompareOptions):
    candidates: int = option(1000, "architectures that are compared on one batch of validation images", least=1)
    finalists: int = option(10, "the best of them, which are compared on all validation images", least=1)


class Rsps(RandomSearch):
    """A thousand random architectures on one batch each, the ten best of them on the whole validation part."""

    name = "rsps"
    Options = RspsOptions
