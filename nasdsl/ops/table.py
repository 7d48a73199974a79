"""All primitives by name, and the costs of nodes.

A multiply-accumulate is counted for convolutions, linear layers and attention with their bias additions, as
the NAS-Bench-201 authors count; everything else is free.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nasdsl.ir.program import Node, TensorType
from nasdsl.ops.elementwise import ELEMENTWISE_PRIMITIVES
from nasdsl.ops.image import IMAGE_PRIMITIVES
from nasdsl.ops.record import Primitive
from nasdsl.ops.sequence import SEQUENCE_PRIMITIVES
from nasdsl.ops.structure import Structure

PRIMITIVES: dict[str, Primitive] = {
    item.name: item for item in (*IMAGE_PRIMITIVES, *SEQUENCE_PRIMITIVES, *ELEMENTWISE_PRIMITIVES)
}


def primitive_of(node: Node) -> Primitive | None:
    """Return the primitive of a node: the one it applies, or the one whose shared weights it holds."""
    return PRIMITIVES.get(node.attrs.get("of", node.op))


def node_cost(op: str, attrs: Mapping[str, Any], out: TensorType) -> tuple[int, int]:
    """Return parameters and MACs of a node with fixed attributes.

    Shared weights count where they are made, the work where they are used.
    """
    given = dict(attrs)
    if op == Structure.TRANSPOSED:
        return 0, given["times"] * given["vocabulary"] * given["width"]
    primitive = PRIMITIVES.get(given.get("of", op))
    if primitive is None:
        return 0, 0
    params = primitive.weights(given) if primitive.weights and not given.get("shared") else 0
    macs = primitive.macs(given, out) if primitive.macs and op != Structure.MODULE else 0
    return params, macs


def macs_read_output(op: str) -> bool:
    """Return True if the MACs of a node depend on its output size."""
    return op in PRIMITIVES and PRIMITIVES[op].macs_read_output
