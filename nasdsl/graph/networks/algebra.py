"""The value of every point of one network, in an algebra: as vertices of a graph, or as an expression."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any, Protocol

from nasdsl.graph.costs import Branch
from nasdsl.graph.networks.skeleton import Skeleton
from nasdsl.ir.decision import Choice
from nasdsl.ops.joins import JOINS, SUM
from nasdsl.ops.structure import Structure


class Algebra(Protocol):
    """Values are tuples; that of zeros is `zero`."""

    zero: Any

    def operation(self, label: str, operands: list[Any], of_zeros: bool, options: tuple[str, ...] = ()) -> Any: ...

    def join(self, op: str, operands: list[Any]) -> Any: ...


def values(points: Skeleton, choices: Mapping[str, Choice], needed: int, algebra: Algebra) -> list[Any]:
    """The values of the outputs.  `needed` has a bit for every point that they need under these choices."""
    found: list[Any] = [None] * len(points.points)

    def members(key: str) -> tuple[int, ...]:
        return points.graph.determined[key].members(choices)

    for at, point in enumerate(points.points):
        if not needed >> at & 1:
            continue
        kind = point.kind
        if kind == "zeros":
            found[at] = algebra.zero
            continue
        operands = []
        for operand, guard in zip(point.operands, point.guards, strict=True):
            if guard is not None:
                key, i = guard
                choice = choices[key] if key in choices else members(key)
                if choice != i if isinstance(choice, int) else i not in choice:
                    continue
            operands.append(found[operand])
        if kind == Structure.SELECT:
            found[at] = operands[0]
        elif kind in JOINS:
            found[at] = algebra.join(kind, operands)
        else:
            name = point.name
            while isinstance(name, Branch):
                name = name.taken(choices[name.key] if name.key in choices else members(name.key))
            found[at] = algebra.operation(name[0], operands, name[1], point.options)
    return [found[at] for at in points.outputs]


Vertices = tuple[int, ...]  # the vertices that are summed


class Network:
    """A network up to the laws: `slots[v]` holds, for each operand of vertex `v`, the vertices that are summed.

    `options[v]` are the labels that an open vertex may have.  Weights are each vertex's own, so that a result used
    twice differs from an operation applied twice.
    """

    zero: Vertices = ()

    def __init__(self) -> None:
        self.labels: list[str] = []
        self.slots: list[tuple[Vertices, ...]] = []
        self.options: dict[int, tuple[str, ...]] = {}
        self.outputs: tuple[Vertices, ...] = ()

    def operation(
        self, label: str, operands: list[Vertices], of_zeros: bool, options: tuple[str, ...] = ()
    ) -> Vertices:
        if of_zeros and operands and not any(operands):
            return ()
        return self._vertex(label or "|".join(options), tuple(operands), options)

    def join(self, op: str, operands: list[Vertices]) -> Vertices:
        law = JOINS[op]
        if len(operands) == 1:
            return operands[0]
        if not any(operands) or (law.zero == "all" and not all(operands)):
            return ()
        if law.zero == "nothing":
            return tuple(sorted(chain(*operands)))
        if law.associates:
            operands = [part for operand in operands for part in self._parts(op, operand)]
        if not law.commutes:
            return self._vertex(op, tuple(operands))
        members = [self._single(operand) for operand in operands if operand]
        return self._vertex(f"{op} of {len(operands)}", (tuple(sorted(members)),))

    def _parts(self, op: str, value: Vertices) -> list[Vertices]:
        """What a join of the same kind joins; a single vertex each, where the order does not matter."""
        if len(value) != 1 or self.labels[value[0]].split(" ")[0] != op:
            return [value]
        slots = self.slots[value[0]]
        return [(vertex,) for vertex in slots[0]] if JOINS[op].commutes else list(slots)

    def _single(self, value: Vertices) -> int:
        return value[0] if len(value) == 1 else self._vertex(SUM.name, (value,))[0]

    def _vertex(self, label: str, slots: tuple[Vertices, ...], options: tuple[str, ...] = ()) -> Vertices:
        self.labels.append(label)
        self.slots.append(slots)
        if options:
            self.options[len(self.labels) - 1] = options
        return (len(self.labels) - 1,)

    def finished(self, outputs: list[Vertices]) -> Network:
        """The same without what the outputs do not need."""
        needed = set(chain(*outputs))
        for vertex in range(len(self.labels) - 1, -1, -1):
            if vertex in needed:
                needed.update(chain(*self.slots[vertex]))
        if len(needed) == len(self.labels):
            self.outputs = tuple(outputs)
            return self
        number = {vertex: i for i, vertex in enumerate(sorted(needed))}
        result = Network()
        for vertex, i in number.items():
            result.labels.append(self.labels[vertex])
            result.slots.append(tuple(tuple(number[v] for v in slot) for slot in self.slots[vertex]))
            if vertex in self.options:
                result.options[i] = self.options[vertex]
        result.outputs = tuple(tuple(number[v] for v in value) for value in outputs)
        return result

    @property
    def content(self) -> Any:
        """Equal for networks that were made alike."""
        return tuple(self.labels), tuple(self.slots), self.outputs
