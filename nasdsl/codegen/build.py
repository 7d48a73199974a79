"""The one door from an architecture graph to a module that runs: allow, verify, emit, load.

Whoever has a graph comes through here (`Space.build`, `Space.supernet`, `Space.network`), whatever passes made of
it; an import contract keeps the loader for this module alone.  Emitting text asks nothing: reading a stranger's
supernet is how one reviews it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nasdsl.codegen.externs import verify
from nasdsl.codegen.load import load
from nasdsl.codegen.module import emit
from nasdsl.graph.archgraph import ArchGraph

if TYPE_CHECKING:
    from torch import nn


def build(
    graph: ArchGraph, header: list[str], *, takes_choices: bool, allow_extern: bool, seed: int | None = None
) -> nn.Module:
    """The module of a graph, its weights drawn from `seed` where one is given.

    Raises `NasError`: NAS702 where the graph has external modules and they are not allowed; NAS703 and NAS704 where
    they are not what the file declares.
    """
    verify(graph, allow_extern)
    source = emit(graph, header, takes_choices)
    if seed is not None:
        import torch

        torch.manual_seed(seed)
    kind = "supernet" if takes_choices else "network"
    return load(source, f"{kind} {graph.space}")()
