"""The settings of Once-for-All (Cai et al.; ICLR 2020; arXiv 1908.09791), as `set_active_subnet` takes them.

MobileNetV3, `{"ks": [...], "e": [...], "d": [...]}`: kernel and expansion of every block that a stage may have, and
the number of blocks of each stage.  ResNet-50-D, `{"d": [...], "e": [...], "w": [...]}`: `d` begins with the stem (2:
one more convolution) and has for each stage the blocks beyond the fewest, `e` are the bottlenecks of all blocks, `w`
the positions of the widths: twice for the stem, then for each stage.  One number stands for a list of equal ones.
What stands for a block that is not there is not looked at; `write` puts the smallest value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nasdsl.diagnostics import Source, error
from nasdsl.ir.decision import Choice, Decision
from nasdsl.notations import literal
from nasdsl.notations.base import ChoiceTable, Matching, Misfit, counted, expected, listed, matched, need
from nasdsl.notations.literal import LiteralItem
from nasdsl.space import Space

# What the first width of a ResNet's stem is for each of its three positions: the first two are equal in the code.
STEM = (0, 0, 1)


@dataclass(frozen=True)
class Stage:
    """Decides how many blocks it has; each block that it may have decides settings, by their field in the text."""

    depth: Decision
    blocks: tuple[dict[str, Decision], ...]

    def rows(self, choices: Mapping[str, Choice]) -> list[tuple[dict[str, Decision], bool]]:
        """What each block decides, and whether it is there."""
        depth = _value(self.depth, choices)
        return [(block, number < depth) for number, block in enumerate(self.blocks)]


def _values(decision: Decision) -> tuple[int | float, ...]:
    numbers = tuple(value for value in decision.values or () if not isinstance(value, str))
    if not numbers or decision.kind != "one":
        raise Misfit(f"it needs one number for `{decision.key}`")
    return numbers


def _value(decision: Decision, choices: Mapping[str, Choice]) -> int | float:
    choice = choices[decision.key]
    assert isinstance(choice, int)
    return _values(decision)[choice]


def _stages(
    depths: Mapping[int, Decision], blocks: Mapping[tuple[int, int], dict[str, Decision]], each: int
) -> tuple[Stage, ...]:
    """The stages of a network whose blocks have `each` settings.  Raises `Misfit`."""
    count = counted(depths, 0, "stages")
    stages = []
    for stage in range(count):
        most = max(_values(depths[stage]))
        own = {block: settings for (at, block), settings in blocks.items() if at == stage}
        need(counted(own, 0, "blocks") == most, "it needs settings of every block that a stage may have")
        need(all(len(settings) == each for settings in own.values()), "it needs the same settings of every block")
        stages.append(Stage(depths[stage], tuple(own[block] for block in sorted(own))))
    return tuple(stages)


def _spread(item: LiteralItem, length: int, what: str) -> Sequence[LiteralItem]:
    """Read `length` numbers; a single number is repeated.  Raises NAS531 and NAS534."""
    if isinstance(item.value, tuple):
        if len(item.value) != length:
            raise error("NAS534", f"{what} must be {length} numbers in this space, found {len(item.value)}", item.span)
        return item.value
    return [item] * length


def _number(item: LiteralItem) -> int | float:
    if isinstance(item.value, bool) or not isinstance(item.value, int | float):
        raise expected("a number", item.span)
    return item.value


def _pick(decision: Decision, item: LiteralItem, allowed: Sequence[int | float] | None = None) -> ChoiceTable:
    """The choice of a number.  `allowed` are the numbers of the notation, by candidate.  Raises NAS531 and NAS536."""
    known = _values(decision) if allowed is None else allowed
    value = _number(item)
    if value not in known:
        text = f"`{decision.key}` cannot be {value}"
        raise error("NAS536", text, item.span, help=f"one of {listed(map(str, known))}")
    return {decision.key: known.index(value)}


def _blocks(stages: Sequence[Stage], choices: ChoiceTable, lists: Mapping[str, Sequence[LiteralItem]]) -> ChoiceTable:
    """The choices of all blocks that are there.  Raises NAS531 and NAS536."""
    found: ChoiceTable = {}
    rows = [row for stage in stages for row in stage.rows(choices)]
    for position, (block, live) in enumerate(rows):
        for field, decision in block.items():
            item = lists[field][position]
            found |= _pick(decision, item) if live else {}
    return found


def _count(stages: Sequence[Stage]) -> int:
    return sum(len(stage.blocks) for stage in stages)


def _listed(stages: Sequence[Stage], choices: Mapping[str, Choice], field: str) -> list[int | float]:
    return [
        _value(block[field], choices) if live else min(_values(block[field]))
        for stage in stages
        for block, live in stage.rows(choices)
    ]


@dataclass(frozen=True)
class Mobile:
    stages: tuple[Stage, ...]
    resolution: int


class Ofa(Matching[Mobile]):
    name = "ofa"
    summary = 'the settings of Once-for-All MobileNetV3: {"ks": [...], "e": [...], "d": [...]}'

    def match(self, space: Space) -> Mobile:
        depths: dict[int, Decision] = {}
        blocks: dict[tuple[int, int], dict[str, Decision]] = {}
        rows = matched(space, r"(.+?)\.stage\[(\d+)\]\.(?:depth|unit\[(\d+)\]\.(k|e))")
        need(len({match[1] for match, _ in rows}) == 1, "it needs one network")
        for match, decision in rows:
            _values(decision)
            if match[3] is None:
                depths[int(match[2])] = decision
            else:
                field = "ks" if match[4] == "k" else "e"
                blocks.setdefault((int(match[2]), int(match[3])), {})[field] = decision
        return Mobile(_stages(depths, blocks, 2), space.input_shape[-1])

    def parse(self, text: Source, layout: Mobile) -> ChoiceTable:
        whole = literal.parse(text)
        given = literal.fields(whole, "dict", ("ks", "e", "d", "wid", "r"))
        count = _count(layout.stages)
        lists = {field: _spread(literal.required(given, field, whole), count, f"`{field}`") for field in ("ks", "e")}
        depths = _spread(literal.required(given, "d", whole), len(layout.stages), "`d`")
        if "wid" in given and given["wid"].value is not None:
            raise error("NAS536", "this space has no searched width", given["wid"].span)
        for item in _spread(given["r"], 1, "`r`") if "r" in given else ():
            if _number(item) != layout.resolution:
                hint = f"pass `--set resolution={item.value}` if the space has that parameter"
                text_ = f"the input of this space has {layout.resolution} pixels per side"
                raise error("NAS536", text_, item.span, help=hint)
        choices: ChoiceTable = {}
        for stage, item in zip(layout.stages, depths, strict=True):
            choices |= _pick(stage.depth, item)
        return choices | _blocks(layout.stages, choices, lists)

    def render(self, choices: Mapping[str, Choice], layout: Mobile) -> str:
        fields = {field: _listed(layout.stages, choices, field) for field in ("ks", "e")}
        return json.dumps({**fields, "d": [_value(stage.depth, choices) for stage in layout.stages]})


@dataclass(frozen=True)
class ResNet:
    stages: tuple[Stage, ...]
    deep: Decision
    widths: tuple[Decision, ...]


class OfaResNet(Matching[ResNet]):
    name = "ofa-resnet"
    summary = 'the settings of Once-for-All ResNet-50-D: {"d": [...], "e": [...], "w": [...]}'

    def match(self, space: Space) -> ResNet:
        stem: dict[str, Decision] = {}
        depths: dict[int, Decision] = {}
        widths: dict[int, Decision] = {}
        blocks: dict[tuple[int, int], dict[str, Decision]] = {}
        pattern = r"(.+?)\.(?:(first|deep|width)|stage\[(\d+)\]\.(?:(depth|width)|bottleneck\[(\d+)\]\.ratio))"
        rows = matched(space, pattern)
        need(len({match[1] for match, _ in rows}) == 1, "it needs one network")
        for match, decision in rows:
            _values(decision)
            if match[2]:
                stem[match[2]] = decision
            elif match[4]:
                (depths if match[4] == "depth" else widths)[int(match[3])] = decision
            else:
                blocks[int(match[3]), int(match[5])] = {"e": decision}
        need(stem.keys() == {"first", "deep", "width"}, "it needs a stem that decides `first`, `deep` and `width`")
        need(
            len(stem["first"].labels) == 2 and stem["deep"].values == (False, True), "it needs the stem of its network"
        )
        stages = _stages(depths, blocks, 1)
        need(widths.keys() == depths.keys(), "it needs a width for each stage")
        return ResNet(stages, stem["deep"], (stem["first"], stem["width"], *(widths[i] for i in sorted(widths))))

    def parse(self, text: Source, layout: ResNet) -> ChoiceTable:
        whole = literal.parse(text)
        given = {name: literal.required(literal.fields(whole, "dict", ("d", "e", "w")), name, whole) for name in "dew"}
        depths = _spread(given["d"], 1 + len(layout.stages), "`d`")
        widths = _spread(given["w"], len(layout.widths), "`w`")
        choices = _pick(layout.deep, depths[0], (0, 2))
        for stage, item in zip(layout.stages, depths[1:], strict=True):
            choices |= _pick(stage.depth, item, range(len(stage.depth.labels)))
        first = _pick(layout.widths[0], widths[0], range(len(STEM)))
        choices |= {key: STEM[int(str(position))] for key, position in first.items()}
        for decision, item in zip(layout.widths[1:], widths[1:], strict=True):
            choices |= _pick(decision, item, range(len(decision.labels)))
        return choices | _blocks(layout.stages, choices, {"e": _spread(given["e"], _count(layout.stages), "`e`")})

    def render(self, choices: Mapping[str, Choice], layout: ResNet) -> str:
        first, *others = (choices[decision.key] for decision in layout.widths)
        fields = {
            "d": [2 * bool(choices[layout.deep.key]), *(choices[stage.depth.key] for stage in layout.stages)],
            "e": _listed(layout.stages, choices, "e"),
            "w": [STEM.index(int(str(first))), *others],
        }
        return json.dumps(fields)
