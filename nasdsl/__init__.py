"""A compiler for neural-architecture-search spaces.

space = nasdsl.load("darts", channels=16)
space.count(), space.sample(3), space.stats()
result = nasdsl.search(space, strategy="darts", data="cifar10")
nasdsl.retrain(space, result.architecture, data="cifar10")
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from nasdsl.diagnostics import NasError
from nasdsl.version import __version__

if TYPE_CHECKING:
    from torch import nn

    from nasdsl.space import Space

__all__ = ["NasError", "__version__", "load", "load_supernet", "retrain", "save_supernet", "search"]


def load(space: str | os.PathLike[str], /, *, allow_extern: bool = False, **parameters: Any) -> Space:
    """A space by path or shipped name.  Raises `NasError` where the file or a parameter is wrong.

    `allow_extern` lets networks of the space import the Python modules that the file names.
    """
    from nasdsl.space import open_space

    return open_space(space, parameters, allow_extern)


def _opened(space: Space | str | os.PathLike[str]) -> Space:
    return load(space) if isinstance(space, str | os.PathLike) else space


def search(space: Space | str | os.PathLike[str], **options: Any) -> Any:
    """Searches a space; options as in `nasdsl.options.settings.SearchSettings`.  Returns a `SearchResult`."""
    from nasdsl.oneshot.search import search as run

    return run(_opened(space), **options)


def retrain(space: Space | str | os.PathLike[str], architecture: Any, **options: Any) -> Any:
    """Trains one network from scratch; options as in `nasdsl.options.settings.RetrainSettings`."""
    from nasdsl.training.retrain import retrain as run

    return run(_opened(space), architecture, **options)


def save_supernet(space: Space, net: nn.Module, path: str | os.PathLike[str]) -> None:
    """Writes a supernet's weights as safetensors, whole or not at all.  Raises NAS603."""
    from nasdsl.runs.weights import save_supernet as save

    save(space, net, path)


def load_supernet(space: Space, path: str | os.PathLike[str]) -> nn.Module:
    """The supernet with the weights in a file, or in the folder of a search.  Raises NAS808 where they do not fit."""
    from nasdsl.runs.weights import load_supernet as load_

    return load_(space, path)
