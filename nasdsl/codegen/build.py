"""The only way from an architecture graph to a runnable module: check permission, verify, emit, load.

Every graph comes through here (`Space.build`, `Space.supernet`, `Space.network`), also after passes; an import
contract reserves the loader for this module.  Emitting text needs no permission: reading the source of an
untrusted supernet is how one reviews it.
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
    """Build the module of a graph, with weights initialized from `seed` if given.

    Raises `NasError`: NAS702 if the graph has external modules without permission; NAS703 and NAS704 if
    they do not match their declaration.
    """
    verify(graph, allow_extern)
    source = emit(graph, header, takes_choices)
    if seed is not None:
        import torch

        torch.manual_seed(seed)
    kind = "supernet" if takes_choices else "network"
    return load(source, f"{kind} {graph.space}")()
