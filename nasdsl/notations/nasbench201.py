"""NAS-Bench-201 (Dong, Yang; ICLR 2020; arXiv 2001.00326): the string of a cell, and its index in the benchmark.

`|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`: node by node, the operation on the edge from each earlier node.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Mapping
from functools import cache

from nasdsl.diagnostics import Source, Span, error
from nasdsl.ir.decision import Choice
from nasdsl.notations.base import (
    ChoiceTable,
    Matching,
    Operations,
    counted,
    expected,
    matched,
    need,
    operations,
    pieces,
)
from nasdsl.space import Space

# In the order of the benchmark, which its index follows.
ALPHABET = {
    "none": ("zero",),
    "skip_connect": ("identity", "skip"),
    "nor_conv_1x1": ("nor_conv(1)", "nor_conv_1"),
    "nor_conv_3x3": ("nor_conv(3)", "nor_conv_3"),
    "avg_pool_3x3": ("avg_pool(3)", "avg_pool_3"),
}
SHUFFLE = 88
Edges = dict[tuple[int, int], Operations]
_EDGE = re.compile(r"([^\s~]+)~(\d{1,4})", re.ASCII)


class NasBench201(Matching[Edges]):
    name = "nasbench201"
    summary = "the strings of NAS-Bench-201: |nor_conv_3x3~0|+|...|"

    def match(self, space: Space) -> Edges:
        rows = matched(space, r"(.+)\.edge\[(\d+),(\d+)\]")
        need(len({match[1] for match, _ in rows}) == 1, "it needs one cell")
        edges = {(int(match[2]), int(match[3])): decision for match, decision in rows}
        nodes = counted({node for node, _ in edges}, 1, "nodes")
        every = {(node, source) for node in range(1, nodes + 1) for source in range(node)}
        need(edges.keys() == every, "it needs an edge from every earlier node")
        return {edge: operations(edges[edge], ALPHABET) for edge in sorted(every)}

    def parse(self, text: Source, layout: Edges) -> ChoiceTable:
        whole = Span(text, 0, len(text.text))
        if whole.text.strip().isdigit():
            hint = "use the notation `nasbench201-index` for an index of the benchmark"
            raise error("NAS531", "expected a string of NAS-Bench-201, found a number", whole, help=hint)
        nodes = max(node for node, _ in layout)
        parts = pieces(whole, "+")
        if len(parts) != nodes:
            place = parts[nodes] if len(parts) > nodes else Span(text, parts[-1].end, parts[-1].end)
            raise error("NAS534", f"a cell of this space has {nodes} nodes after its input, found {len(parts)}", place)
        choices: ChoiceTable = {}
        for node, part in enumerate(parts, 1):
            for source, (name, place) in _edges(node, part).items():
                options = layout[node, source]
                choices[options.decision.key] = options.index(name, place)
        return choices

    def render(self, choices: Mapping[str, Choice], layout: Edges) -> str:
        nodes: dict[int, str] = {}
        for (node, source), options in layout.items():
            nodes[node] = nodes.get(node, "|") + f"{options.name(choices[options.decision.key])}~{source}|"
        return "+".join(nodes.values())


def _edges(node: int, part: Span) -> dict[int, tuple[str, Span]]:
    """Operation and place by the node from which an edge comes, in a part like `|op~0|op~1|`."""
    if len(part.text) < 2 or part.text[0] != "|" or part.text[-1] != "|":
        raise expected("edges between bars", part)
    found: dict[int, tuple[str, Span]] = {}
    for piece in pieces(Span(part.source, part.start + 1, part.end - 1), "|"):
        match = _EDGE.fullmatch(piece.text)
        if match is None:
            raise expected("an edge like `nor_conv_3x3~0`", piece)
        source = int(match[2])
        if source >= node:
            text = f"node {node} cannot have an edge from node {source}: edges come from earlier nodes"
            raise error("NAS535", text, piece, help=f"its edges come from {', '.join(map(str, range(node)))}")
        if source in found:
            raise error("NAS535", f"node {node} has two edges from node {source}", (piece, "again"), found[source][1])
        found[source] = match[1], Span(piece.source, piece.start, piece.start + match.end(1))
    missing = [source for source in range(node) if source not in found]
    if missing:
        text = f"node {node} has no edge from node {missing[0]}"
        raise error("NAS534", text, part, help="use `none` for an absent edge")
    return found


class NasBench201Index(Matching[Edges]):
    """The benchmark numbers its cells by one fixed shuffle of all of them (seed 88 in the authors' code)."""

    name = "nasbench201-index"
    summary = "the index of NAS-Bench-201, 0 to 15624"

    def match(self, space: Space) -> Edges:
        edges = NasBench201().match(space)
        full = len(edges) == 6 and all(len(options.names) == len(ALPHABET) for options in edges.values())
        need(full, "it needs the benchmark's cell of 6 edges and 5 operations")
        return edges

    def parse(self, text: Source, layout: Edges) -> ChoiceTable:
        whole = Span(text, 0, len(text.text))
        if not re.fullmatch(r"\s*\d{1,9}\s*", whole.text, re.ASCII):
            raise expected("an index from 0 to 15624", whole)
        index = int(whole.text)
        if index >= len(_benchmark()):
            raise error("NAS536", f"the benchmark has no index {index}", whole, help="the largest index is 15624")
        rows = zip(layout.values(), _benchmark()[index], strict=True)
        return {options.decision.key: options.names[name] for options, name in rows}

    def render(self, choices: Mapping[str, Choice], layout: Edges) -> str:
        names = tuple(options.name(choices[options.decision.key]) for options in layout.values())
        return str(_benchmark().index(names))


@cache
def _benchmark() -> list[tuple[str, ...]]:
    """The operations of all cells, edge by edge, in the order of the benchmark."""
    cells = list(itertools.product(ALPHABET, repeat=6))
    random.Random(SHUFFLE).shuffle(cells)
    return cells
