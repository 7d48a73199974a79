"""Drop-path (Larsson et al. 2017; arXiv 1605.07648): paths into a sum are dropped, per image."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from nasdsl.graph.archgraph import ArchGraph
from nasdsl.ops.joins import JOINS


def paths(graph: ArchGraph) -> Iterator[tuple[str, float]]:
    """Return the modules of a derived network that are paths, each with its relative depth in (0, 1].

    A path is the selected candidate of a decision, if only sums with other terms read it.  One without a module
    is an identity, which is never dropped.  Of nested paths only the innermost count.  The depth
    is that of the iteration of the outermost loop, 1 outside of loops.
    """
    inside: dict[int, set[int]] = {}
    for node in graph.nodes:
        for region in graph.region_path(graph.regions[node.region]):
            inside.setdefault(region.id, set()).add(node.id)
    found = [r for r in graph.regions if r.kind == "select" and _ends_in_sums(graph, inside.get(r.id, set()))]
    for region in found:
        if any(inside[other.id] < inside[region.id] for other in found):
            continue
        whole = graph.region_path(region)[1:]
        parts: list[str] = []
        for part in whole:
            parts += [part.name] if part.index is None else [part.name, str(part.index)]
        turn = next((part for part in whole if part.index is not None), None)
        turns = [r.index for r in graph.regions if turn and (r.parent, r.name) == (turn.parent, turn.name)]
        place = (turn.index + 1) / len(turns) if turn is not None and turn.index is not None else 1.0
        yield ".".join(parts), place


def _ends_in_sums(graph: ArchGraph, nodes: set[int]) -> bool:
    leaving = [id for id in nodes if id in graph.outputs or any(user not in nodes for user in graph.users(id))]
    if len(leaving) != 1 or leaving[0] in graph.outputs:
        return False
    users = [graph.node(user) for user in graph.users(leaving[0])]
    return all(user.op in JOINS and JOINS[user.op].adds and len(user.operands) > 1 for user in users)


class DropPath:
    """Drop-path hooks on the paths of a network in training mode; `rate` is that of the deepest."""

    def __init__(self, net: nn.Module, graph: ArchGraph, by_depth: bool):
        self.rate = 0.0
        self.count = 0
        for name, place in paths(graph):
            self.count += 1
            net.get_submodule(name).register_forward_hook(self._hook(place if by_depth else 1.0))

    def _hook(self, place: float) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], Tensor | None]:
        def drop(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor | None:
            rate = self.rate * place
            return dropped(output, rate) if module.training and rate > 0 else None

        return drop


def dropped(x: Tensor, rate: float) -> Tensor:
    """Zero each of the N entries of (N, ...) with probability `rate`, and scale the others to keep the mean."""
    shape = (len(x), *[1] * (x.dim() - 1))
    kept = torch.rand(shape, device=x.device) >= rate
    return x * kept / (1 - rate)
