"""Restriction to fewer alternatives; derivation is the special case in which every decision is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from nasdsl.diagnostics import error, suggest
from nasdsl.graph.archgraph import ArchGraph
from nasdsl.ir.decision import Decision, Determined, Guard
from nasdsl.ir.dependent import restrict as narrowed
from nasdsl.ir.program import Node, Region
from nasdsl.ops.joins import JOINS
from nasdsl.ops.structure import Structure
from nasdsl.passes.protocol import Promise


@dataclass(frozen=True)
class Restrict:
    """Keep only some candidates of decisions.

    A "one" decision keeps any of its candidates and disappears when one is left; a "subset" decision is fixed to
    exactly those that are named.  Unknown keys are ignored: they may be dead already.
    """

    allowed: Mapping[str, tuple[int, ...]]

    name: ClassVar[str] = "restrict"
    promise: ClassVar[Promise] = Promise.FEWER_ARCHITECTURES
    usage: ClassVar[str] = "restrict(DECISION=LABEL|LABEL)"

    def __call__(self, graph: ArchGraph) -> ArchGraph:
        return _Restriction(graph, self.allowed).run()

    @classmethod
    def parse(cls, options: Mapping[str, str], graph: ArchGraph) -> Restrict:
        """Parse decisions with labels separated by bars.  Raises NAS523."""
        return cls({key: _candidates(graph, key, text) for key, text in options.items()})


def _candidates(graph: ArchGraph, key: str, text: str) -> tuple[int, ...]:
    if key not in graph.decisions:
        raise error("NAS523", f"`{graph.space}` has no decision `{key}`", help=suggest(key, graph.decisions))
    labels = graph.decisions[key].labels
    wanted = [label.strip() for label in text.split("|")]
    for label in wanted:
        if label not in labels:
            hint = suggest(label, labels) or "one of " + ", ".join(f"`{item}`" for item in labels)
            raise error("NAS523", f"decision `{key}` has no alternative `{label}`", help=hint)
    return tuple(labels.index(label) for label in wanted)


def restrict(graph: ArchGraph, allowed: Mapping[str, tuple[int, ...]]) -> ArchGraph:
    """Return the graph in which each named decision keeps only these candidates (see `Restrict`)."""
    return Restrict(allowed)(graph)


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
                    raise error("NAS602", f"no alternative of `{key}` remains")
                if len(kept) > 1:
                    self.decisions[key] = replace(
                        decision,
                        labels=tuple(decision.labels[i] for i in kept),
                        phantom=tuple(decision.phantom[i] for i in kept),
                        values=tuple(decision.values[i] for i in kept) if decision.values else None,
                    )
        self.determined: dict[str, Determined] = {}
        for key, item in graph.determined.items():
            uses = tuple(self._ways(ways) for ways in item.uses)
            if any(way for ways in uses for way in ways):
                self.determined[key] = replace(item, uses=uses)
            else:  # nothing is open any more: an element is used for certain, or not at all
                self.allowed[key] = tuple(i for i, ways in enumerate(uses) if not ways)
        self.stands_for: dict[int, int] = {}

    def _ways(self, ways: tuple[tuple[Guard, ...], ...]) -> tuple[tuple[Guard, ...], ...]:
        result: list[tuple[Guard, ...]] = []
        for way in ways:
            guards = [self._guard(guard) for guard in way]
            if all(kept for kept, _ in guards):
                result.append(tuple(guard for _, guard in guards if guard is not None))
        return ((),) if () in result else tuple(result)

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
            alone = guards == [None] and (node.op == Structure.SELECT or node.op in JOINS)
            if alone and node.operands:
                self.stands_for[node.id] = operands[0]
                continue
            if node.operands and not operands:
                raise error("NAS602", f"no operand of the {node.op} at {node.span} remains")
            attrs = {name: narrowed(value, self.allowed) for name, value in node.attrs.items()}
            type = node.type.mapped(lambda value: narrowed(value, self.allowed))
            nodes.append(replace(node, attrs=attrs, operands=tuple(operands), guards=tuple(guards), type=type))
        return graph.derived(
            nodes=nodes,
            regions=[self._region(region) for region in graph.regions],
            decisions=self.decisions,
            determined=self.determined,
            outputs=tuple(self.stands_for.get(id, id) for id in graph.outputs),
        )

    def _region(self, region: Region) -> Region:
        stands_for = self.stands_for
        carried = tuple((n, stands_for.get(a, a), stands_for.get(b, b)) for n, a, b in region.carried)
        return replace(region, carried=carried) if carried else region

    def _guard(self, guard: Guard | None) -> tuple[bool, Guard | None]:
        if guard is None or guard.key not in self.allowed:
            return True, guard
        kept = self.allowed[guard.key]
        if guard.candidate not in kept:
            return False, None
        if guard.key not in self.decisions:
            return True, None
        return True, Guard(guard.key, kept.index(guard.candidate))


def derive(graph: ArchGraph, choices: Mapping[str, int | tuple[int, ...]]) -> ArchGraph:
    """Return the graph of one architecture: every decision made, and only live nodes."""
    fixed = {key: (value,) if isinstance(value, int) else tuple(value) for key, value in choices.items()}
    return restrict(graph, fixed)
