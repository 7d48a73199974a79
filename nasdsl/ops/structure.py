"""Structural node kinds, which are neither primitives nor joins."""

from __future__ import annotations

from enum import StrEnum

from nasdsl.ops.template import Expression


class Structure(StrEnum):
    INPUT = "input"
    SELECT = "select"  # one of its operands, by a decision
    MODULE = "module"  # weights that several applications share
    TRANSPOSED = "transposed"  # a shared embedding as the last layer
    ELEMENT = "element"  # of the sequence that a scan runs along
    STATE = "state"  # of a scan, before its step
    SCAN = "scan"
    SPLIT = "split"
    PART = "part"  # one result of what has several
    EXTERN = "extern"


STRUCTURES = frozenset(Structure)

# Those that are written as expressions, like a primitive.
STRUCTURE_EXPRESSIONS = {
    Structure.SPLIT: Expression("{0}.chunk({parts}, {axis})"),
    Structure.PART: Expression("{0}[{at}]"),
}
