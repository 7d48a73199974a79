"""NAS-Bench-101 (Ying et al.; ICML 2019; arXiv 1902.09635): a matrix of edges and a list of operations.

`{"matrix": [[0, 1, ...], ...], "ops": ["input", ..., "output"]}`: row i and column j hold 1 where vertex i is an
input of vertex j.  The benchmark has cells of up to 7 vertices and 9 edges, and leaves out of a matrix what does not
lie on a way from the input to the output; so do `read` and `write`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from nasdsl.diagnostics import Source, error
from nasdsl.ir.decision import Choice, Decision
from nasdsl.notations import literal
from nasdsl.notations.base import ChoiceTable, Matching, Operations, counted, expected, matched, need, operations
from nasdsl.notations.literal import LiteralItem
from nasdsl.space import Space

ALPHABET = {
    "conv1x1-bn-relu": ("conv_bn_relu(1)", "conv_bn_relu_1", "conv1x1_bn_relu", "conv1x1"),
    "conv3x3-bn-relu": ("conv_bn_relu(3)", "conv_bn_relu_3", "conv3x3_bn_relu", "conv3x3"),
    "maxpool3x3": ("max_pool(3)", "max_pool(3, 1)", "max_pool_3", "max_pool_3x3"),
}
MAX_VERTICES, MAX_EDGES = 7, 9
MAX_SIZE = 20  # rows of a matrix, with vertices that are not needed
SHORT = {"module_adjacency": "matrix", "module_operations": "ops"}
Edges = set[tuple[int, int]]  # from, to


@dataclass(frozen=True)
class Cell:
    """For each inner vertex, counted from 1, what goes into it and what it does; then what goes out."""

    into: tuple[Decision, ...]
    vertices: tuple[Operations, ...]
    out: Decision


class NasBench101(Matching[Cell]):
    name = "nasbench101"
    summary = 'the matrix and operations of NAS-Bench-101: {"matrix": [[0, 1, ...], ...], "ops": ["input", ...]}'

    def match(self, space: Space) -> Cell:
        into: dict[int, Decision] = {}
        vertices: dict[int, Decision] = {}
        out: list[Decision] = []
        rows = matched(space, r"(.+?)\.(?:(into|vertex)\[(\d+)\]|out)")
        need(len({match[1] for match, _ in rows}) == 1, "it needs one cell")
        for match, decision in rows:
            if match[2] is None:
                out.append(decision)
            else:
                (into if match[2] == "into" else vertices)[int(match[3])] = decision
        need(len(out) == 1, "it needs a cell with an `out`")
        count = counted(vertices, 1, "vertices")
        need(into.keys() == vertices.keys(), "it needs the inputs of each vertex")
        for number, pick in [*into.items(), (count + 1, out[0])]:
            fits = pick.kind == "subset" and pick.least == 1 and len(pick.labels) == number
            need(fits, f"it needs some of the earlier vertices, unlike `{pick.key}`")
        numbers = range(1, count + 1)
        named = tuple(operations(vertices[i], ALPHABET) for i in numbers)
        return Cell(tuple(into[i] for i in numbers), named, out[0])

    def parse(self, text: Source, layout: Cell) -> ChoiceTable:
        whole = literal.parse(text)
        values = literal.fields(whole, "ModelSpec", ("matrix", "ops"), SHORT)
        matrix, ops = literal.required(values, "matrix", whole), literal.required(values, "ops", whole)
        size, edges = _matrix(matrix)
        names = _names(ops, size, layout.vertices[0])
        used = _used(size, edges)
        if not used:
            raise error("NAS535", "the input and output are not connected", matrix.span)
        edges = {(used.index(start), used.index(end)) for start, end in edges if start in used and end in used}
        if excess := _excess(len(used), len(edges)):
            raise error("NAS534", excess, matrix.span)
        inner = used[1:-1]
        if len(inner) > len(layout.vertices):
            reason = f"a cell of this space has {len(layout.vertices) + 2} vertices, found {len(used)} that are used"
            raise error("NAS534", reason, matrix.span)
        choices: ChoiceTable = {layout.out.key: _inputs(edges, len(used) - 1)}
        for number, vertex in enumerate(inner, 1):
            options = layout.vertices[number - 1]
            choices[layout.into[number - 1].key] = _inputs(edges, number)
            choices[options.decision.key] = options.index(names[vertex].value, names[vertex].span)
        return choices

    def render(self, choices: Mapping[str, Choice], layout: Cell) -> str:
        live = [i for i, options in enumerate(layout.vertices, 1) if options.decision.key in choices]
        numbers = {0: 0, **{vertex: number for number, vertex in enumerate(live, 1)}}
        size = len(live) + 2
        picks = [(number, layout.into[vertex - 1]) for vertex, number in numbers.items() if vertex]
        matrix = [[0] * size for _ in range(size)]
        for number, pick in [*picks, (size - 1, layout.out)]:
            taken = choices[pick.key]
            for vertex in (taken,) if isinstance(taken, int) else taken:
                matrix[numbers[vertex]][number] = 1
        if excess := _excess(size, sum(map(sum, matrix))):
            raise error("NAS537", excess)
        inner = [layout.vertices[i - 1] for i in live]
        names = [options.name(choices[options.decision.key]) for options in inner]
        return json.dumps({"matrix": matrix, "ops": ["input", *names, "output"]})


def _excess(vertices: int, edges: int) -> str:
    if vertices <= MAX_VERTICES and edges <= MAX_EDGES:
        return ""
    found = f"{vertices} vertices and {edges} edges"
    return f"NAS-Bench-101 has cells of up to {MAX_VERTICES} vertices and {MAX_EDGES} edges; this one has {found}"


def _inputs(edges: Edges, vertex: int) -> tuple[int, ...]:
    return tuple(sorted(start for start, end in edges if end == vertex))


def _matrix(item: LiteralItem) -> tuple[int, Edges]:
    """Number of vertices and edges of an upper triangular matrix.  Raises `NasError`."""
    rows = [(row, literal.entries(row, "a row of 0 and 1")) for row in literal.entries(item, "a list of rows")]
    size = len(rows)
    if not 2 <= size <= MAX_SIZE:
        raise error("NAS534", f"a matrix has 2 to {MAX_SIZE} rows, found {size}", item.span)
    edges: dict[tuple[int, int], LiteralItem] = {}
    for start, (row, cells) in enumerate(rows):
        if len(cells) != size:
            raise error("NAS534", f"row {start} has {len(cells)} entries, the matrix has {size} rows", row.span)
        for end, cell in enumerate(cells):
            value = literal.integer(cell, "0 or 1")
            if value not in (0, 1):
                raise expected("0 or 1", cell.span)
            if value:
                edges[start, end] = cell
    for (start, end), cell in edges.items():
        if start >= end:
            raise error(
                "NAS535",
                f"an edge leads from vertex {start} back to vertex {end}",
                cell.span,
                help=_why(start, end, edges),
            )
    return size, set(edges)


def _names(item: LiteralItem, size: int, options: Operations) -> tuple[LiteralItem, ...]:
    """The operations of all vertices, those that are not needed included.  Raises `NasError`."""
    names = literal.entries(item, "a list of operations")
    if len(names) != size:
        raise error("NAS534", f"there are {len(names)} operations for {size} vertices", item.span)
    for position, name in enumerate(names):
        word = literal.string(name, "the name of an operation")
        if 0 < position < size - 1:
            options.index(word, name.span)
        elif word != (end := "output" if position else "input"):
            raise error("NAS533", f"vertex {position} is the {end}", name.span, help=f'write "{end}"')
    return names


def _reached(start: int, edges: Collection[tuple[int, int]]) -> set[int]:
    found, pending = {start}, [start]
    while pending:
        vertex = pending.pop()
        fresh = {end for begin, end in edges if begin == vertex} - found
        found |= fresh
        pending.extend(fresh)
    return found


def _used(size: int, edges: Edges) -> list[int]:
    """The vertices on a way from the input to the output, in order; none if there is no way."""
    backwards = {(end, start) for start, end in edges}
    used = _reached(0, edges) & _reached(size - 1, backwards)
    return sorted(used) if {0, size - 1} <= used else []


def _why(start: int, end: int, edges: Collection[tuple[int, int]]) -> str:
    if start in _reached(end, edges):
        return "a cell cannot have a cycle" if start != end else "a vertex cannot be its own input"
    return "the matrix is upper triangular: number the vertices so that every edge leads to a greater number"
