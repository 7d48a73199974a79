"""Genotypes of DARTS (Liu, Simonyan, Yang; ICLR 2019; arXiv 1806.09055), as PC-DARTS and P-DARTS print them, too.

`Genotype(normal=[(operation, input), ...], normal_concat=..., reduce=[...], reduce_concat=...)` has two pairs a
node; inputs 0 and 1 are the outputs of the two cells before, node i is number i + 2.  The recurrent form,
`Genotype(recurrent=[(activation, input), ...], concat=...)`, has one pair a node; number 0 reads the cell's input.
"""

from __future__ import annotations

from collections.abc import Mapping

from nasdsl.diagnostics import Source, error
from nasdsl.ir.decision import Choice, Decision
from nasdsl.notations import literal
from nasdsl.notations.base import ChoiceTable, Matching, expected, matched, need
from nasdsl.notations.cells import CellNode, nodes
from nasdsl.notations.literal import LiteralItem
from nasdsl.space import Space

OPERATIONS = {
    "none": ("zero",),
    "max_pool_3x3": ("max_pool_3", "max_pool(3)"),
    "avg_pool_3x3": ("avg_pool_3", "avg_pool(3)"),
    "skip_connect": ("skip", "identity"),
    "sep_conv_3x3": ("sep_conv(3)", "sep_conv_3"),
    "sep_conv_5x5": ("sep_conv(5)", "sep_conv_5"),
    "dil_conv_3x3": ("dil_conv(3)", "dil_conv_3"),
    "dil_conv_5x5": ("dil_conv(5)", "dil_conv_5"),
}
ACTIVATIONS: dict[str, tuple[str, ...]] = {"none": ("zero",), "tanh": (), "relu": (), "sigmoid": (), "identity": ()}
PAIR = "a pair like `('sep_conv_3x3', 0)`"


Cells = dict[str, tuple[CellNode, ...]]
Pair = tuple[LiteralItem, LiteralItem]


def _pairs(item: LiteralItem, cell: tuple[CellNode, ...], each: int, name: str) -> list[list[Pair]]:
    """The pairs of a list, by node.  Raises NAS531 and NAS534."""
    pairs: list[Pair] = []
    for entry in literal.entries(item, "a list of pairs"):
        parts = literal.entries(entry, PAIR)
        if len(parts) != 2:
            raise expected(PAIR, entry.span)
        pairs.append((parts[0], parts[1]))
    wanted = each * len(cell)
    if len(pairs) != wanted:
        text = f"`{name}` of this space has {len(cell)} nodes, {wanted} pairs; found {len(pairs)}"
        fits = f"pass `--set nodes={len(pairs) // each}` if the space has that parameter"
        raise error("NAS534", text, item.span, help=fits if pairs and len(pairs) % each == 0 else "")
    return [pairs[i : i + each] for i in range(0, len(pairs), each)]


def _edge(node: CellNode, pair: Pair) -> tuple[int, ChoiceTable]:
    """What a pair takes, and the choice of the operation on that edge.  Raises NAS531, NAS533 and NAS535."""
    name, source = literal.string(pair[0], "the name of an operation"), literal.integer(pair[1], "a number")
    options = node.edge(source, pair[1].span)
    return source, {options.decision.key: options.index(name, pair[0].span)}


def _check_output(item: LiteralItem, cell: tuple[CellNode, ...]) -> None:
    """A genotype names the nodes that are joined; in these spaces they are all nodes.  Raises NAS536."""
    given = literal.integers(item, "a list of nodes or a range")
    if sorted(given) != [node.number for node in cell]:
        text = f"the cell of this space returns nodes {cell[0].number} to {cell[-1].number}"
        raise error("NAS536", text, item.span)


def _range(cell: tuple[CellNode, ...]) -> str:
    return f"range({cell[0].number}, {cell[-1].number + 1})"


class Darts(Matching[Cells]):
    name = "darts"
    summary = "the genotypes of DARTS, PC-DARTS and P-DARTS: Genotype(normal=[('sep_conv_3x3', 1), ...], ...)"

    def match(self, space: Space) -> Cells:
        picks: dict[str, dict[int, Decision]] = {"normal": {}, "reduce": {}}
        edges: dict[str, dict[tuple[int, int], Decision]] = {"normal": {}, "reduce": {}}
        rows = matched(space, r"(normal|reduction|reduce)\.x\[(\d+)\](?:\.edge\[(\d+)\])?")
        need(len({match[1] for match, _ in rows}) == 2, "it needs two cells, `normal` and `reduction`")
        for match, decision in rows:
            cell, number = "normal" if match[1] == "normal" else "reduce", int(match[2])
            if match[3] is not None:
                edges[cell][number, int(match[3])] = decision
            else:
                need(decision.least == decision.most == 2, "it needs two inputs a node")
                picks[cell][number] = decision
        return {cell: nodes(picks[cell], edges[cell], 2, OPERATIONS) for cell in picks}

    def parse(self, text: Source, layout: Cells) -> ChoiceTable:
        whole = literal.parse(text)
        values = literal.fields(whole, "Genotype", [name for cell in layout for name in (cell, f"{cell}_concat")])
        choices: ChoiceTable = {}
        for cell, inside in layout.items():
            rows = _pairs(literal.required(values, cell, whole), inside, 2, cell)
            for node, pairs in zip(inside, rows, strict=True):
                (first, one), (second, other) = (_edge(node, pair) for pair in pairs)
                if first == second:
                    reason = f"node {node.number} has input {first} twice; in this space its inputs must differ"
                    raise error("NAS535", reason, (pairs[1][1].span, "again"), pairs[0][1].span)
                choices |= {**one, **other, node.pick.key: (min(first, second), max(first, second))}
            _check_output(literal.required(values, f"{cell}_concat", whole), inside)
        return choices

    def render(self, choices: Mapping[str, Choice], layout: Cells) -> str:
        parts = []
        for cell, inside in layout.items():
            pairs = [pair for node in inside for pair in node.taken(choices)]
            parts.append(f"{cell}={pairs}, {cell}_concat={_range(inside)}")
        return f"Genotype({', '.join(parts)})"


class DartsRecurrent(Matching[tuple[CellNode, ...]]):
    name = "darts-rnn"
    summary = "the genotypes of DARTS's recurrent cells: Genotype(recurrent=[('relu', 0), ...], concat=range(1, 9))"

    def match(self, space: Space) -> tuple[CellNode, ...]:
        picks: dict[int, Decision] = {}
        edges: dict[tuple[int, int], Decision] = {}
        rows = matched(space, r"(.+?)\.s\[(\d+)\](?:\.step\[(\d+)\])?")
        need(len({match[1] for match, _ in rows}) == 1, "it needs one cell")
        for match, decision in rows:
            need(decision.kind == "one", "it needs one input a node")
            if match[3] is None:
                picks[int(match[2])] = decision
            else:
                edges[int(match[2]), int(match[3])] = decision
        return nodes(picks, edges, 1, ACTIVATIONS)

    def parse(self, text: Source, layout: tuple[CellNode, ...]) -> ChoiceTable:
        whole = literal.parse(text)
        values = literal.fields(whole, "Genotype", ("recurrent", "concat"))
        rows = _pairs(literal.required(values, "recurrent", whole), layout, 1, "recurrent")
        choices: ChoiceTable = {}
        for node, [pair] in zip(layout, rows, strict=True):
            source, edge = _edge(node, pair)
            choices |= {**edge, node.pick.key: source}
        _check_output(literal.required(values, "concat", whole), layout)
        return choices

    def render(self, choices: Mapping[str, Choice], layout: tuple[CellNode, ...]) -> str:
        pairs = [pair for node in layout for pair in node.taken(choices)]
        return f"Genotype(recurrent={pairs}, concat={_range(layout)})"
