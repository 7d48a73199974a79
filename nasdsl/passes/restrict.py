"""Fewer alternatives: derivation is the limit case in which every decision is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nasdsl.diagnostics import error
from nasdsl.graph.archgraph import ArchGraph
from nasdsl.semantics.program import Decision, Guard, Node, Region, TensorType
from nasdsl.semantics.searched import restrict as narrowed


def restrict(graph: ArchGraph, allowed: Mapping[str, tuple[int, ...]]) -> ArchGraph:
    """The graph in which each named decision keeps only these candidates.

    A "one" decision keeps any of its candidates and disappears when one is left; a "subset" decision is
    fixed to exactly the named ones.  Unknown keys are ignored: they may be dead already.
    """
    return _Restriction(graph, allowed).run()


class _Restriction:
    def __init__(self, graph: ArchGraph, allowed: Mapping[str, tuple[int, ...]]):
        self.graph = graph
        self.allowed = {key: tuple(sorted(value)) for key, value in allowed.items() if key in graph.decisions}
        self.decisions: dict[str, Decision] = {}
        for key, decision in graph.decisions.items():
            kept = self.allowed.get(key)
            if kept is None:
                self.decisions[key] = decision
            elif decision.kind == "one":
                if not kept:
                    raise error("NAS602", f"no alternative of `{key}` is left")
                if len(kept) > 1:
                    self.decisions[key] = replace(
                        decision,
                        labels=tuple(decision.labels[i] for i in kept),
                        phantom=tuple(decision.phantom[i] for i in kept),
                        values=tuple(decision.values[i] for i in kept) if decision.values else None,
                    )
        self.stands_for: dict[int, int] = {}

    def run(self) -> ArchGraph:
        graph = self.graph
        nodes: list[Node] = []
        for node in graph.nodes:
            operands: list[int] = []
            guards: list[Guard | None] = []
            for operand, guard in zip(node.operands, node.guards, strict=True):
                kept, new = self._guard(guard)
                if kept:
                    operands.append(self.stands_for.get(operand, operand))
                    guards.append(new)
            if node.op in ("select", "sum") and guards == [None] and node.operands:
                self.stands_for[node.id] = operands[0]
                continue
            if node.operands and not operands:
                raise error("NAS602", f"nothing is left of the {node.op} at {node.span}")
            attrs = {name: narrowed(value, self.allowed) for name, value in node.attrs.items()}
            type = TensorType(node.type.kind, tuple(narrowed(dim, self.allowed) for dim in node.type.dims))
            nodes.append(replace(node, attrs=attrs, operands=tuple(operands), guards=tuple(guards), type=type))
        return ArchGraph(
            graph.space,
            nodes,
            [self._region(region) for region in graph.regions],
            self.decisions,
            graph.inputs,
            tuple(self.stands_for.get(id, id) for id in graph.outputs),
            parameters=graph.parameters,
            searching=graph.searching,
            source=graph.source,
        )

    def _region(self, region: Region) -> Region:
        stands_for = self.stands_for
        carried = tuple((n, stands_for.get(a, a), stands_for.get(b, b)) for n, a, b in region.carried)
        return replace(region, carried=carried) if carried else region

    def _guard(self, guard: Guard | None) -> tuple[bool, Guard | None]:
        if guard is None or guard[0] not in self.allowed:
            return True, guard
        key, index = guard
        if index not in self.allowed[key]:
            return False, None
        if key not in self.decisions:
            return True, None
        return True, (key, self.allowed[key].index(index))


def derive(graph: ArchGraph, choices: Mapping[str, int | tuple[int, ...]]) -> ArchGraph:
    """The graph of one architecture: every decision made, nothing left that it does not need."""
    fixed = {key: (value,) if isinstance(value, int) else tuple(value) for key, value in choices.items()}
    return restrict(graph, fixed)
