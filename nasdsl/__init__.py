"""A compiler for neural-architecture-search spaces.

space = nasdsl.load("darts", channels=16)
space.count(), space.sample(3), space.stats()
result = nasdsl.search(space, strategy="darts", data="cifar10")
nasdsl.retrain(space, result.architecture, data="cifar10")
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import nasdsl.search as _package  # noqa: F401  (first, so that the function below keeps the name `nasdsl.search`)
from nasdsl.diagnostics import NasError
from nasdsl.version import __version__

if TYPE_CHECKING:
    from nasdsl.space import Space

__all__ = ["NasError", "__version__", "load", "retrain", "search"]


def load(space: str | os.PathLike[str], **parameters: Any) -> Space:
    """A space by path or shipped name.  Raises `NasError` where the file or a parameter is wrong."""
    from nasdsl.space import load as open_space

    return open_space(space, **parameters)


def search(space: Space | str, **options: Any) -> Any:
    """Searches a space; options as in `nasdsl.search.settings.SearchSettings`.  Returns a `SearchResult`."""
    from nasdsl.search.run import search as run

    return run(load(space) if isinstance(space, str) else space, **options)


def retrain(space: Space | str, architecture: Any, **options: Any) -> Any:
    """Trains one network from scratch; options as in `nasdsl.search.settings.RetrainSettings`."""
    from nasdsl.search.retrain import retrain as run

    return run(load(space) if isinstance(space, str) else space, architecture, **options)
