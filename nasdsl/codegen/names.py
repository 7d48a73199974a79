"""The names that generated code uses from `nasdsl.runtime`, derived from the records of operations."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from nasdsl.ops.structure import Structure
from nasdsl.ops.table import PRIMITIVES
from nasdsl.ops.template import ModuleTemplate

_CHOICES = frozenset({"Weights", "average", "choose", "chosen", "masked", "once", "searched", "unused"})
_LOCAL = frozenset({"self", "super", "choices", "sum", "torch", "nn", "turn", "Callable", "F", "Network", "Tensor"})


class RuntimeNames:
    """`carried` are names of `runtime/modules.py`, each with those whose source a standalone network carries for it.
    `imported` are those that only supernets need; `reserved` is what no variable of generated code may hide."""

    @cached_property
    def carried(self) -> dict[str, tuple[str, ...]]:
        """Map copied names to the names whose source they need."""
        return {Structure.SCAN.value: (Structure.SCAN.value,)} | {
            t.callee: t.carries for t in _templates() if t.carries
        }

    @cached_property
    def imported(self) -> frozenset[str]:
        """The names that supernets import from `nasdsl.runtime`."""
        return _CHOICES | {template.elastic.callee for template in _templates() if template.elastic}

    @cached_property
    def reserved(self) -> frozenset[str]:
        """The names that variables of generated code must not hide."""
        return _LOCAL | self.imported | self.carried.keys()


def _templates() -> Iterator[ModuleTemplate]:
    for primitive in PRIMITIVES.values():
        for template in primitive.templates:
            if isinstance(template, ModuleTemplate):
                yield template
