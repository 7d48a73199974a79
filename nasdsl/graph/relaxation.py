"""Decide which decisions have a mixture, and report why others do not."""

from __future__ import annotations

from nasdsl.diagnostics import Span
from nasdsl.graph.archgraph import ArchGraph
from nasdsl.ir.dependent import Dependent, decisions_of
from nasdsl.ir.key import split_key
from nasdsl.ir.program import FEATURE_AXIS, Node
from nasdsl.ops.joins import JOINS
from nasdsl.ops.record import Primitive
from nasdsl.ops.structure import Structure
from nasdsl.ops.table import primitive_of

Reason = tuple[str, Span]


def without_mixture(graph: ArchGraph) -> dict[str, Reason]:
    """Return each decision without a mixture, with the reason and its place.  Path-based strategies need none."""
    found: dict[str, Reason] = {}
    for node in graph.nodes:
        for text, keys in _reasons(graph, node):
            for key in keys:
                if key in graph.decisions:  # sizes may also follow from what is unused, which is no decision
                    found.setdefault(key, (text, node.span))
    return found


def _reasons(graph: ArchGraph, node: Node) -> list[tuple[str, list[str]]]:
    reasons: list[tuple[str, list[str]]] = []
    primitive = primitive_of(node)
    if primitive is not None:
        for name, value in node.attrs.items():
            if isinstance(value, Dependent) and name not in primitive.mixes:
                reasons.append(
                    (f"a mixture is not defined for a searched `{name}` of `{primitive.name}`", _keys(value))
                )
        reasons += _narrowed(graph, node, primitive)
    guards = [guard for guard in node.guards if guard is not None]
    if guards and node.op in JOINS and JOINS[node.op].grows:
        keys: list[str] = [key for key in dict.fromkeys(key for key, _ in guards) if key in graph.decisions]
        reasons.append((f"a mixture is not defined for `{node.op}` of a picked list", keys))
    for key in dict.fromkeys(key for key, _ in guards):
        if key in graph.determined:
            ways = (way for ways in graph.determined[key].uses for way in ways)
            deciding: dict[str, None] = dict.fromkeys(name for way in ways for name, _ in way)
            reasons.append(("it determines `unused`, for which a mixture is not defined", list(deciding)))
    if node.op == Structure.SELECT:
        types = [graph.node(operand).type for operand in node.operands]
        if any(type.dims != types[0].dims for type in types):
            reasons.append(("its branches produce tensors of different sizes", [guards[0].key]))
    return reasons


def _narrowed(graph: ArchGraph, node: Node, primitive: Primitive) -> list[tuple[str, list[str]]]:
    """Inside a branch that a size decides, a tensor has that size; in a mixture it has every size."""
    source = graph.node(node.operands[0]).type if node.operands else node.type
    if source.kind not in FEATURE_AXIS or not isinstance(source.features, Dependent):
        return []
    if primitive.takes:
        taken = node.attrs[primitive.takes]
    else:
        taken = node.type.features if node.type.kind == source.kind else source.features
    if taken == source.features:
        return []
    return [("it decides the size of a tensor and which operation takes it", _keys(source.features))]


def _keys(value: Dependent) -> list[str]:
    return [split_key(key)[0] for key in decisions_of(value)]
