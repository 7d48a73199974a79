"""Nodes that pick earlier ones, each through an operation on its edge: what cells of several notations are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nasdsl.diagnostics import Span, error
from nasdsl.ir.decision import Choice, Decision
from nasdsl.notations.base import Operations, counted, need, operations


@dataclass(frozen=True)
class CellNode:
    """`pick` decides which of the earlier nodes `number` takes, `edges[i]` the operation on the edge from node i."""

    number: int
    pick: Decision
    edges: tuple[Operations, ...]

    def edge(self, source: int, place: Span) -> Operations:
        """The operations on the edge from an earlier node.  Raises NAS535."""
        if not 0 <= source < self.number:
            text = f"node {self.number} cannot have input {source}: edges come from earlier nodes"
            raise error("NAS535", text, place, help=f"use 0 to {self.number - 1}")
        return self.edges[source]

    def taken(self, choices: Mapping[str, Choice]) -> list[tuple[str, int]]:
        """Operation and number of what the node takes, in ascending order."""
        chosen = choices[self.pick.key]
        sources = (chosen,) if isinstance(chosen, int) else chosen
        return [(self.edges[i].name(choices[self.edges[i].decision.key]), i) for i in sources]


def nodes(
    picks: Mapping[int, Decision],
    edges: Mapping[tuple[int, int], Decision],
    first: int,
    alphabet: Mapping[str, tuple[str, ...]],
) -> tuple[CellNode, ...]:
    """The nodes of a cell, numbered from `first`; `edges` by node and the earlier one.  Raises `Misfit`."""
    last = first + counted(picks, first, "nodes")
    every = {(number, source) for number in range(first, last) for source in range(number)}
    need(edges.keys() == every, "it needs an operation on the edge from everything earlier")
    for number, pick in picks.items():
        need(len(pick.labels) == number, f"it needs a choice among everything earlier, unlike `{pick.key}`")
    return tuple(
        CellNode(i, picks[i], tuple(operations(edges[i, source], alphabet) for source in range(i)))
        for i in range(first, last)
    )
