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
    """Load a space by path or shipped name.  Raises `NasError` if the file or a parameter is invalid.

    `allow_extern` allows networks of the space to import the Python modules that the file names.
    """
    from nasdsl.space import open_space

    return open_space(space, parameters, allow_extern)


def _opened(space: Space | str | os.PathLike[str]) -> Space:
    return load(space) if isinstance(space, str | os.PathLike) else space


def search(space: Space | str | os.PathLike[str], **options: Any) -> Any:
    """Search a space; options as in `nasdsl.options.settings.SearchSettings`.  Returns a `SearchResult`."""
    from nasdsl.oneshot.search import search as run

    return run(_opened(space), **options)


def retrain(space: Space | str | os.PathLike[str], architecture: Any, **options: Any) -> Any:
    """Train one network from scratch; options as in `nasdsl.options.settings.RetrainSettings`."""
    from nasdsl.training.retrain import retrain as run

    return run(_opened(space), architecture, **options)


def save_supernet(space: Space, net: nn.Module, path: str | os.PathLike[str]) -> None:
    """Write a supernet's weights to a safetensors file, atomically.  Raises NAS603."""
    from nasdsl.runs.weights import save_supernet as save

    save(space, net, path)


def load_supernet(space: Space, path: str | os.PathLike[str]) -> nn.Module:
    """Load a supernet with the weights of a file or a search run.  Raises NAS808 if they do not match."""
    from nasdsl.runs.weights import load_supernet as load_

    return load_(space, path)
