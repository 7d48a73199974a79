"""The architecture graph: every architecture of a space in one directed graph.

`ArchGraph` holds a `networkx.MultiDiGraph` and adds what a compiler needs: ordered operands, decisions,
regions, a verifier and fingerprints.  Nodes are pure data; nothing here knows of torch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

import networkx as nx

from nasdsl.diagnostics import error
from nasdsl.gc_paused import gc_paused
from nasdsl.graph.costs import CostTree, DeterminedCost, cost_tree, leaves
from nasdsl.graph.reach import reach
from nasdsl.ir.decision import Decision, Determined
from nasdsl.ir.dependent import Dependent, decisions_of
from nasdsl.ir.key import split_key
from nasdsl.ir.program import Node, Program, Region, TensorType
from nasdsl.ir.requirement import Requirement
from nasdsl.ops.joins import JOINS, joined
from nasdsl.ops.structure import STRUCTURES, Structure
from nasdsl.ops.table import PRIMITIVES


@dataclass(frozen=True)
class Parts:
    """All that a graph is made of.  Nodes stand in an order in which operands come before their users."""

    space: str
    nodes: Sequence[Node]
    regions: Sequence[Region]
    decisions: Mapping[str, Decision]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    parameters: dict[str, Any]
    searching: bool
    source: str
    determined: Mapping[str, Determined] = field(default_factory=dict)
    requirements: tuple[Requirement, ...] = ()
    output_names: tuple[str, ...] = ()


class ArchGraph:
    """Build with `elaborate`; change only by passes, which return new graphs."""

    def __init__(self, parts: Parts):
        self.space, self.inputs, self.outputs = parts.space, parts.inputs, parts.outputs
        self.regions, self.parameters, self.searching = parts.regions, parts.parameters, parts.searching
        self.source, self.requirements = parts.source, parts.requirements
        self.output_names = parts.output_names or ("",) * len(parts.outputs)
        live = reach({node.id: node for node in parts.nodes}, parts.outputs) | set(parts.inputs)
        self.graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
        for node in parts.nodes:
            if node.id in live:
                self.graph.add_node(node.id, node=node)
        for node in parts.nodes:
            if node.id in live:
                for position, (operand, guard) in enumerate(zip(node.operands, node.guards, strict=True)):
                    self.graph.add_edge(operand, node.id, position=position, guard=guard)
        used = self._used_keys()
        self.determined = {key: item for key, item in parts.determined.items() if key in used}
        for item in self.determined.values():
            used.update(guard.key for ways in item.uses for way in ways for guard in way)
        self.decisions = {key: item for key, item in parts.decisions.items() if key in used}

    @property
    def parts(self) -> Parts:
        """What the graph is made of, without what its outputs never need."""
        return Parts(
            self.space, self.nodes, self.regions, self.decisions, self.inputs, self.outputs, self.parameters,
            self.searching, self.source, self.determined, self.requirements, self.output_names,
        )  # fmt: skip

    def node(self, id: int) -> Node:
        return self.graph.nodes[id]["node"]

    def __len__(self) -> int:
        return self.graph.number_of_nodes()

    @property
    def nodes(self) -> list[Node]:
        """Iterate over all nodes, operands before their users."""
        return [self.node(id) for id in sorted(self.graph.nodes)]

    @cached_property
    @gc_paused()
    def costs(self) -> dict[int, CostTree]:
        """Map node numbers to costs."""
        return {node.id: cost_tree(node, self.repeats(node), self.determined) for node in self.nodes}

    @cached_property
    def loose(self) -> frozenset[int]:
        """The nodes that stand only where something is unused: behind elements of a list, never elements themselves,
        which another one may always use."""
        needed = set(self.outputs)
        pending = list(self.outputs)
        while pending:
            node = self.node(pending.pop())
            for operand, guard in zip(node.operands, node.guards, strict=True):
                if operand not in needed and (guard is None or guard.key not in self.determined):
                    needed.add(operand)
                    pending.append(operand)
        return frozenset(self.graph.nodes) - needed

    @property
    def costs_follow_usage(self) -> bool:
        """Return True if the cost of an architecture depends on `unused`."""
        return any(
            (id in self.loose and cost != (0, 0)) or isinstance(leaf, DeterminedCost)
            for id, cost in self.costs.items()
            for leaf in leaves(cost)
        )

    @cached_property
    def candidates(self) -> dict[str, list[tuple[int, int]]]:
        """For each decision that guards operands, the number of each candidate and its node."""
        found: dict[str, list[tuple[int, int]]] = {}
        for node in self.nodes:
            for operand, guard in zip(node.operands, node.guards, strict=True):
                if guard is not None:
                    found.setdefault(guard.key, []).append((guard.candidate, operand))
        return found

    def derived(self, **changes: Any) -> ArchGraph:
        """Return a graph that differs only in these `Parts`."""
        return ArchGraph(replace(self.parts, **changes))

    def repeats(self, node: Node) -> int:
        """Return the number of times a node runs per forward pass: once, or for each element of enclosing scans."""
        times = 1
        region: int | None = node.region
        while region is not None:
            times *= self.regions[region].repeat
            region = self.regions[region].parent
        return times

    def users(self, id: int) -> list[int]:
        """Return the ids of the nodes that have this operand, in ascending order."""
        return sorted(set(self.graph.successors(id)))

    def _used_keys(self) -> set[str]:
        keys: set[str] = set()
        for node in self.nodes:
            keys.update(guard.key for guard in node.guards if guard is not None)
            keys.update(split_key(key)[0] for key in decisions_of(*node.attrs.values()))
        return keys

    # identity

    def to_json(self) -> dict[str, Any]:
        """Canonical data: equal for equal graphs, whatever the order in which they were made."""

        def plain(value: Any) -> Any:
            return {"decisions": value.keys, "values": value.nested} if isinstance(value, Dependent) else value

        number = {node.id: position for position, node in enumerate(self.nodes)}
        return {
            "format": "nasdsl-graph",
            "version": 1,
            "space": self.space,
            "searching": self.searching,
            "parameters": self.parameters,
            "inputs": [number[id] for id in self.inputs],
            "outputs": [number[id] for id in self.outputs],
            "decisions": {
                key: {
                    "kind": item.kind,
                    "labels": list(item.labels),
                    "phantom": [i for i, hidden in enumerate(item.phantom) if hidden],
                    "least": item.least,
                    "most": item.most,
                }
                for key, item in self.decisions.items()
            },
            "determined": {key: [list(map(list, ways)) for ways in item.uses] for key, item in self.determined.items()},
            "requirements": sorted(item.text for item in self.requirements),
            "nodes": [
                {
                    "op": node.op,
                    "attrs": {key: plain(value) for key, value in sorted(node.attrs.items())},
                    "operands": [number[id] for id in node.operands],
                    "guards": [list(guard) if guard else None for guard in node.guards],
                    "kind": node.type.kind,
                    "shape": [plain(dim) for dim in node.type.dims],
                    "segments": [[most, plain(size)] for most, size in node.type.segments],
                    "name": self.weight_path(node),
                    "at": str(node.span),
                }
                for node in self.nodes
            ],
        }

    @property
    @gc_paused()
    def fingerprint(self) -> str:
        """Return the fingerprint of the program: depends on operations, shapes and decisions, not on file names."""
        data = self.to_json()
        for node in data["nodes"]:
            del node["at"]
        return _digest(data)

    @property
    def schema(self) -> str:
        """Return the fingerprint of the decisions: architectures are portable between programs of one schema."""
        return _digest([[key, asdict(item) | {"span": None}] for key, item in sorted(self.decisions.items())])

    def region_path(self, region: Region) -> list[Region]:
        """Return the regions from the outermost to this one."""
        path = [region]
        while path[-1].parent is not None:
            path.append(self.regions[path[-1].parent])
        return path[::-1]

    def weight_path(self, node: Node) -> str:
        """Return the dotted name of the node's module, the same in every generated module."""
        parts: list[str] = []
        for region in self.region_path(self.regions[node.region])[1:]:
            parts.append(region.name)
            if region.index is not None:
                parts.append(str(region.index))
        return ".".join([*parts, node.name])

    # invariants

    def verify(self) -> None:
        """Check invariants.  Raises NAS901 if one is broken, which is an internal error of a pass."""

        def check(condition: bool, text: str) -> None:
            if not condition:
                raise error("NAS901", f"graph of `{self.space}`: {text}")

        check(nx.is_directed_acyclic_graph(self.graph), "it has a cycle")
        candidates = {key: len(item.labels) for key, item in self.decisions.items()}
        candidates |= {key: len(item.uses) for key, item in self.determined.items()}
        for node in self.nodes:
            check(len(node.operands) == len(node.guards), f"node {node.id} has operands without guards")
            check(
                node.op in PRIMITIVES or node.op in JOINS or node.op in STRUCTURES,
                f"node {node.id} is of unknown kind {node.op}",
            )
            check(all(operand < node.id for operand in node.operands), f"node {node.id} comes before an operand")
            check(0 <= node.region < len(self.regions), f"node {node.id} is in no region")
            for guard in node.guards:
                if guard is not None:
                    check(guard.key in candidates, f"node {node.id} depends on undeclared `{guard.key}`")
                    check(guard.candidate < candidates[guard.key], f"node {node.id} has a guard out of range")
            if node.op == Structure.SELECT:
                keys = {guard.key if guard else None for guard in node.guards}
                check(len(keys) == 1 and None not in keys, f"select {node.id} mixes decisions")
                chosen = sorted(guard.candidate for guard in node.guards if guard)
                total = len(self.decisions[next(iter(keys)) or ""].labels)
                check(chosen == list(range(total)), f"select {node.id} is not total")
            types = [self.node(operand).type for operand in node.operands]
            if node.op in JOINS or node.op == Structure.SELECT:
                check(bool(types), f"{node.op} {node.id} joins nothing")
                check(_agrees(node, types), f"{node.op} {node.id} joins tensors of different shapes")
        check(all(id in self.graph for id in (*self.inputs, *self.outputs)), "an input or output is missing")


def _agrees(node: Node, types: list[TensorType]) -> bool:
    """Shapes that depend on decisions were compared where the condition was known; here the fixed ones are."""
    searched = any(isinstance(dim, Dependent) for type in (*types, node.type) for dim in type.dims)
    join = JOINS.get(node.op)
    grows = join is not None and join.grows
    if searched or (grows and any(guard is not None for guard in node.guards)):
        gated = join is not None and join.gate and node.type.kind == "image"
        return all(type.kind == node.type.kind or (gated and type.kind == "vector") for type in types)
    return joined(node.op, types) == node.type


def _digest(data: Any) -> str:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@gc_paused()
def elaborate(program: Program) -> ArchGraph:
    """Build the graph of a checked program, without nodes that its outputs never need."""
    return ArchGraph(
        Parts(
            program.space, program.nodes, program.regions, program.decisions, program.inputs, program.outputs,
            program.parameters, program.searching, program.source_name, program.determined, program.requirements,
            program.output_names,
        )
    )  # fmt: skip
