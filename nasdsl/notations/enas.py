"""The arcs of ENAS (Pham et al.; ICML 2018; arXiv 1802.03268): sequences of integers, as in the authors' code.

Macro: for each layer its operation, then for every earlier output but the last, the stem first, 1 if it is summed in.
Micro: for each node of the normal cell, then of the reduction cell, `input operation input operation`; inputs 0 and 1
are the outputs of the two cells before.  Recurrent: the activation of the first node, then for each later node the one
it takes and its activation.  Line ends, commas and brackets may stand between numbers, as logs print them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from nasdsl.diagnostics import Source, Span, error
from nasdsl.ir.decision import Choice, Decision
from nasdsl.notations.base import ChoiceTable, Matching, Operations, counted, expected, matched, need, operations
from nasdsl.notations.cells import CellNode, nodes
from nasdsl.space import Space

# In the order of the authors' code: an operation is written as its position.
MACRO = {
    "conv_3x3": ("conv_branch(3)",),
    "sep_conv_3x3": ("sep_branch(3)",),
    "conv_5x5": ("conv_branch(5)",),
    "sep_conv_5x5": ("sep_branch(5)",),
    "avg_pool_3x3": ("avg_branch(3)",),
    "max_pool_3x3": ("max_branch(3)",),
}
MICRO = {
    "sep_conv_3x3": ("sep_conv_3", "sep_conv(3)"),
    "sep_conv_5x5": ("sep_conv_5", "sep_conv(5)"),
    "avg_pool_3x3": ("avg_pool_3", "avg_pool(3)"),
    "max_pool_3x3": ("max_pool_3", "max_pool(3)"),
    "identity": ("skip", "skip_connect"),
}
ACTIVATIONS: dict[str, tuple[str, ...]] = {"tanh": (), "relu": (), "identity": (), "sigmoid": ()}
_TOKEN = re.compile(r"\s+|,|[\[\]]|(?P<number>\d+)", re.ASCII)
MAX_DIGITS = 6


@dataclass(frozen=True)
class ArcNumber:
    value: int
    span: Span


def _numbers(source: Source) -> list[ArcNumber]:
    """Parse the integers of a text.  Raises NAS531."""
    found: list[ArcNumber] = []
    opened: list[Span] = []
    position = 0
    while position < len(source.text):
        match = _TOKEN.match(source.text, position)
        place = Span(source, position, match.end() if match else position + 1)
        if match is None:
            raise expected("an integer", place)
        position = match.end()
        if match["number"]:
            if len(place.text) > MAX_DIGITS:
                raise expected("a small number", place)
            found.append(ArcNumber(int(place.text), place))
        elif place.text == "[":
            opened.append(place)
        elif place.text == "]":
            if not opened:
                raise error("NAS531", "unmatched `]`", place)
            opened.pop()
    if opened:
        raise error("NAS531", "unclosed `[`", opened[-1])
    return found


def _sized(source: Source, wanted: int, whole: str, hint: str = "") -> list[ArcNumber]:
    """The numbers of a text that should hold so many.  Raises NAS531 and NAS534."""
    numbers = _numbers(source)
    if len(numbers) != wanted:
        place = numbers[wanted].span if len(numbers) > wanted else Span(source, len(source.text), len(source.text))
        raise error("NAS534", f"{whole} need {wanted} numbers, found {len(numbers)}", place, help=hint)
    return numbers


def _operation(options: Operations, number: ArcNumber) -> ChoiceTable:
    """Return the choice of an operation by its position.  Raises NAS533."""
    if number.value < len(options.known):
        return {options.decision.key: options.index(options.known[number.value], number.span)}
    every = ", ".join(f"{position} {name}" for position, name in enumerate(options.known))
    label = (number.span, f"for `{options.decision.key}`")
    raise error("NAS533", f"unknown operation {number.value}", label, help=every)


def _written(name: str, alphabet: Mapping[str, tuple[str, ...]]) -> str:
    return str(list(alphabet).index(name))


@dataclass(frozen=True)
class Layer:
    """The operation of a layer and the earlier outputs it adds; the first layer has only its input."""

    operation: Operations
    skips: Decision | None

    @property
    def bits(self) -> int:
        return len(self.skips.labels) if self.skips else 0


class EnasMacro(Matching[tuple[Layer, ...]]):
    name = "enas-macro"
    summary = "the arcs of ENAS's macro space: for each layer an operation and skip bits, 0 / 3 0 / 0 1 0 / ..."

    def match(self, space: Space) -> tuple[Layer, ...]:
        layers: dict[int, Decision] = {}
        skips: dict[int, Decision] = {}
        rows = matched(space, r"(.+?)\.(layer|seen)\[(\d+)\]")
        need(len({match[1] for match, _ in rows}) == 1, "it needs one chain of layers")
        for match, decision in rows:
            (layers if match[2] == "layer" else skips)[int(match[3])] = decision
        count = counted(layers, 0, "layers")
        need(skips.keys() == set(range(1, count)), "it needs skips into every layer but the first")
        for layer, decision in skips.items():
            free = decision.kind == "subset" and (decision.least, decision.most) == (0, layer)
            need(free and len(decision.labels) == layer, "it needs any of the outputs before a layer's own input")
        return tuple(Layer(operations(layers[i], MACRO), skips.get(i)) for i in range(count))

    def parse(self, text: Source, layout: tuple[Layer, ...]) -> ChoiceTable:
        wanted = sum(1 + layer.bits for layer in layout)
        numbers = iter(_sized(text, wanted, f"{len(layout)} layers", _layers_hint(text)))
        choices: ChoiceTable = {}
        for layer in layout:
            choices |= _operation(layer.operation, next(numbers))
            bits = [next(numbers) for _ in range(layer.bits)]
            for bit in bits:
                if bit.value > 1:
                    key = layer.skips.key if layer.skips else ""
                    raise error("NAS535", f"a skip must be 0 or 1, found {bit.value}", (bit.span, f"for `{key}`"))
            if layer.skips:
                choices[layer.skips.key] = tuple(i for i, bit in enumerate(bits) if bit.value)
        return choices

    def render(self, choices: Mapping[str, Choice], layout: tuple[Layer, ...]) -> str:
        lines = []
        for layer in layout:
            taken = choices[layer.skips.key] if layer.skips else ()
            inside = taken if isinstance(taken, tuple) else (taken,)
            name = layer.operation.name(choices[layer.operation.decision.key])
            bits = [str(int(i in inside)) for i in range(layer.bits)]
            lines.append(" ".join([_written(name, MACRO), *bits]))
        return "\n".join(lines)


def _layers_hint(text: Source) -> str:
    """n layers take n * (n + 1) / 2 numbers."""
    found, layers = len(_numbers(text)), 1
    while layers * (layers + 1) // 2 < found:
        layers += 1
    fits = layers * (layers + 1) // 2 == found
    return (
        f"{found} numbers describe {layers} layers: pass `--set layers={layers}` if the space has that parameter"
        if fits
        else ""
    )


Sides = dict[str, tuple[tuple[CellNode, CellNode], ...]]


class EnasMicro(Matching[Sides]):
    name = "enas-micro"
    summary = "the arcs of ENAS's micro space: input operation input operation, for each node of both cells"

    def match(self, space: Space) -> Sides:
        picks: dict[tuple[str, str], dict[int, Decision]] = {}
        edges: dict[tuple[str, str], dict[tuple[int, int], Decision]] = {}
        rows = matched(space, r"(normal|reduction|reduce)\.(left|right)\[(\d+)\](?:\.op\[(\d+)\])?")
        need(len({match[1] for match, _ in rows}) == 2, "it needs two cells, `normal` and `reduction`")
        for match, decision in rows:
            need(decision.kind == "one", "it needs one input on each side of a node")
            side, number = (match[1], match[2]), int(match[3])
            if match[4] is None:
                picks.setdefault(side, {})[number] = decision
            else:
                edges.setdefault(side, {})[number, int(match[4])] = decision
        cells: Sides = {}
        for cell in sorted({cell for cell, _ in picks}):
            left, right = (
                nodes(picks.get((cell, side), {}), edges.get((cell, side), {}), 2, MICRO) for side in ("left", "right")
            )
            need(len(left) == len(right), "it needs two sides of every node")
            cells[cell] = tuple(zip(left, right, strict=True))
        return cells

    def parse(self, text: Source, layout: Sides) -> ChoiceTable:
        sides = [node for cell in layout.values() for pair in cell for node in pair]
        sizes = " and ".join(str(len(cell)) for cell in layout.values())
        numbers = _sized(text, 2 * len(sides), f"cells of {sizes} nodes")
        choices: ChoiceTable = {}
        for node, source, operation in zip(sides, numbers[::2], numbers[1::2], strict=True):
            choices |= _taken(node, source, operation)
        return choices

    def render(self, choices: Mapping[str, Choice], layout: Sides) -> str:
        return "\n".join(
            " ".join(_pair(node, choices, MICRO) for pair in cell for node in pair) for cell in layout.values()
        )


def _taken(node: CellNode, source: ArcNumber, operation: ArcNumber) -> ChoiceTable:
    """The choices of an input and of the operation on its edge.  Raises NAS533 and NAS535."""
    return {node.pick.key: source.value, **_operation(node.edge(source.value, source.span), operation)}


def _pair(node: CellNode, choices: Mapping[str, Choice], alphabet: Mapping[str, tuple[str, ...]]) -> str:
    [(name, source)] = node.taken(choices)
    return f"{source} {_written(name, alphabet)}"


class EnasRecurrent(Matching[tuple[Operations, tuple[CellNode, ...]]]):
    name = "enas-rnn"
    summary = "the arcs of ENAS's recurrent cells: an activation, then for each later node what it takes and its own"

    def match(self, space: Space) -> tuple[Operations, tuple[CellNode, ...]]:
        first: list[Decision] = []
        picks: dict[int, Decision] = {}
        edges: dict[tuple[int, int], Decision] = {}
        rows = matched(space, r"(.+?)\.(?:first|s\[(\d+)\](?:\.later\[(\d+)\])?)")
        need(len({match[1] for match, _ in rows}) == 1, "it needs one cell")
        for match, decision in rows:
            need(decision.kind == "one", "it needs one input a node")
            if match[2] is None:
                first.append(decision)
            elif match[3] is None:
                picks[int(match[2])] = decision
            else:
                edges[int(match[2]), int(match[3])] = decision
        need(len(first) == 1, "it needs an activation of the first node")
        return operations(first[0], ACTIVATIONS), nodes(picks, edges, 1, ACTIVATIONS)

    def parse(self, text: Source, layout: tuple[Operations, tuple[CellNode, ...]]) -> ChoiceTable:
        first, later = layout
        numbers = _sized(text, 1 + 2 * len(later), f"{1 + len(later)} nodes")
        choices = _operation(first, numbers[0])
        for node, source, operation in zip(later, numbers[1::2], numbers[2::2], strict=True):
            choices |= _taken(node, source, operation)
        return choices

    def render(self, choices: Mapping[str, Choice], layout: tuple[Operations, tuple[CellNode, ...]]) -> str:
        first, later = layout
        start = _written(first.name(choices[first.decision.key]), ACTIVATIONS)
        return " ".join([start, *(_pair(node, choices, ACTIVATIONS) for node in later)])
