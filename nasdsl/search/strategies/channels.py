"""Supernets whose candidates see a part of the channels, and what to say where none can."""

from __future__ import annotations

from torch import nn

from nasdsl.codegen.emit import emit
from nasdsl.codegen.load import load
from nasdsl.diagnostics import Diagnostic, diagnostic
from nasdsl.graph.archgraph import ArchGraph
from nasdsl.passes.partial import partial
from nasdsl.space import Space


def supernet_of(space: Space, graph: ArchGraph) -> nn.Module:
    """The supernet of what a pass made of the space's graph."""
    return load(emit(graph, [f"A supernet of {space.name}."], takes_choices=True), f"supernet {space.name}")()


def partial_supernet(space: Space, fraction: int) -> nn.Module:
    return supernet_of(space, partial(space.graph(), fraction).graph)


def refused(name: str, space: Space, fraction: int, otherwise: str) -> Diagnostic | None:
    """Why no decision can see one of `fraction` parts of the channels; `otherwise` is the option for all of them."""
    if fraction == 1:
        return None
    found = partial(space.graph(), fraction)
    if found.divided or not found.whole:
        return None
    key, reason = next(iter(sorted(found.whole.items())))
    return diagnostic(
        "NAS810",
        f"`{name}` searches on one of {fraction} parts of the channels, and no decision of `{space.name}` can: "
        f"of `{key}`, {reason}",
        space.graph().decisions[key].span,
        help=f"search on all channels: --option {otherwise}",
    )


def notes(space: Space, fraction: int) -> list[str]:
    """Which decisions see all channels."""
    found = partial(space.graph(), fraction)
    return [f"`{key}` is searched on all channels: {reason}" for key, reason in sorted(found.whole.items())]
