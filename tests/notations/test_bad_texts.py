"""What is said of texts that do not fit: a code, the place in the text, and what would fit."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from published import DARTS_V2, ENAS_MACRO, NB201_FIRST, OFA, OFA_RESNET

import nasdsl
from nasdsl import NasError, notations
from nasdsl.diagnostics import Diagnostic, render
from nasdsl.space import Space

MODULE = str(Path(__file__).parent / "spaces" / "module_101.nas")
RNN = "Genotype(recurrent=[('relu', 0), ('relu', 1), ('tanh', 2)], concat=range(1, 4))"
CELL = (
    '{"matrix": [[0, 1, 1, 0], [0, 0, 1, 1], [0, 0, 0, 1], [0, 0, 0, 0]], '
    '"ops": ["input", "conv1x1-bn-relu", "maxpool3x3", "output"]}'
)
SMALL = '{"matrix": [[0, 1, 1], [0, 0, 1], [0, 0, 0]], "ops": ["input", "maxpool3x3", "output"]}'
MICRO = "0 2 0 0 | 1 1 2 4 | 0 3 1 3 | 2 0 1 2".replace("|", " ")


@cache
def load(name: str, *parameters: tuple[str, Any]) -> Space:
    return nasdsl.load(name, **dict(parameters))


def said(text: str, space: Space, notation: str) -> Diagnostic:
    with pytest.raises(NasError) as failure:
        notations.read(text, space, notation)
    [item] = failure.value.diagnostics
    assert render(item)
    return item


def changed(good: str, old: str, new: str, notation: str, space: Space) -> tuple[Diagnostic, str]:
    """What is said when a part of a good text is replaced, and the place that is shown."""
    assert notations.read(good, space, notation)
    assert old in good
    item = said(good.replace(old, new, 1), space, notation)
    return item, item.labels[0].span.text if item.labels else ""


# the part of a good text, what stands there instead, code, words of the message or help, the place shown
GENOTYPES = [
    ("skip_connect", "skip_conect", "NAS533", "did you mean `skip_connect`?", "'skip_conect'"),
    ("skip_connect", "none", "NAS533", "no architecture of this space has `none` here", "'none'"),
    ("skip_connect", "sep_conv_7x7", "NAS533", "did you mean `sep_conv_5x5`", "'sep_conv_7x7'"),
    ("('sep_conv_3x3', 1)", "('sep_conv_3x3', 0)", "NAS535", "node 2 has input 0 twice", "0"),
    ("('dil_conv_3x3', 2)", "('dil_conv_3x3', 5)", "NAS535", "node 5 cannot have input 5", "5"),
    ("('dil_conv_3x3', 2)", "('dil_conv_3x3', -1)", "NAS535", "use 0 to 4", "-1"),
    ("('dil_conv_3x3', 2)", "('dil_conv_3x3', 2.0)", "NAS531", "expected a number", "2.0"),
    ("('dil_conv_3x3', 2)", "('dil_conv_3x3', True)", "NAS531", "expected a number", "True"),
    ("('dil_conv_3x3', 2)", "('dil_conv_3x3', 2, 1)", "NAS531", "expected a pair", "('dil_conv_3x3', 2, 1)"),
    ("('dil_conv_3x3', 2)", "'dil_conv_3x3'", "NAS531", "expected a pair", "'dil_conv_3x3'"),
    ("('dil_conv_3x3', 2)", "(dil_conv_3x3, 2)", "NAS531", "expected a value", "dil_conv_3x3"),
    (", ('dil_conv_3x3', 2)", "", "NAS534", "4 nodes, 8 pairs; found 7", None),
    ("('dil_conv_3x3', 2)", "('skip_connect', 2), ('skip_connect', 0), ('skip_connect', 1)", "NAS534", "nodes=5", None),
    ("[2, 3, 4, 5]", "range(3, 6)", "NAS536", "returns nodes 2 to 5", "range(3, 6)"),
    ("[2, 3, 4, 5]", "range(2, 10 ** 9)", "NAS531", "unexpected `*`", "*"),
    ("[2, 3, 4, 5]", "range(100000000000)", "NAS531", "more than 1,000", "range(100000000000)"),
    ("[2, 3, 4, 5]", "range(10000000000000000)", "NAS531", "at most 15 digits", "10000000000000000"),
    ("[2, 3, 4, 5]", "1e400", "NAS531", "expected a list of nodes", "1e400"),
    ("[2, 3, 4, 5]", "open('x')", "NAS531", "expected a list of nodes", "open('x')"),
    ("reduce=", "reduction=", "NAS531", "did you mean `reduce`", None),
    ("reduce=", "normal=", "NAS531", "`normal` is a duplicate", None),
    (", normal_concat=[2, 3, 4, 5]", "", "NAS531", "`normal_concat` is missing", None),
    ("Genotype(", "Gene(", "NAS531", "expected `Genotype(...)`, found `Gene`", None),
    ("Genotype(", "__import__('os').system(", "NAS531", "unexpected `.`", "."),
    ("Genotype(", "[" * 9, "NAS531", "nested more than 8 deep", None),
    ("Genotype(", "\x1b[31m(", "NAS531", "unexpected `\ufffd`", "\x1b"),
    ("[2, 3, 4, 5])", "[2, 3, 4, 5]", "NAS531", "expected `,` or `)`, found the end", None),
    ("'max_pool_3x3'", "'max_pool_3x3", "NAS531", "unexpected `'`", "'"),
    ("'max_pool_3x3'", "'max_pool\\x333x3'", "NAS531", "unexpected `'`", "'"),
]


@pytest.mark.parametrize(("old", "new", "code", "words", "place"), GENOTYPES)
def test_genotypes(old: str, new: str, code: str, words: str, place: str | None) -> None:
    item, shown = changed(DARTS_V2, old, new, "darts", load("darts"))
    assert item.code == code
    assert words in " ".join([item.message, *item.help])
    assert place is None or shown == place


@pytest.mark.parametrize("tail", [")", "; import os", " Genotype()", "\n1"])
def test_nothing_may_follow(tail: str) -> None:
    for text, space, notation in [
        (DARTS_V2, load("darts"), "darts"),
        (NB201_FIRST, load("nasbench201"), "nasbench201"),
        ("12", load("nasbench201"), "nasbench201-index"),
        (CELL, load(MODULE), "nasbench101"),
        (OFA, load("mobilenetv3_ofa"), "ofa"),
        (ENAS_MACRO, load("enas_macro", ("layers", 24)), "enas-macro"),
    ]:
        assert notations.read(text, space, notation)
        assert said(text + tail, space, notation).code in ("NAS531", "NAS534")


OTHERS: list[tuple[str, dict[str, Any], str, str, list[tuple[str, str, str, str]]]] = [
    (
        "nasbench201", {}, "nasbench201", NB201_FIRST,
        [
            ("nor_conv_1x1", "nor_conv_1x", "NAS533", "did you mean `nor_conv_1x1`"),
            ("nor_conv_1x1", "x" * 90, "NAS533", "unknown operation `xxxxxxxxxxxxxxxxxxxxxxxx...`"),
            ("skip_connect~1|+", "skip_connect~2|+", "NAS535", "its edges come from 0, 1"),
            ("skip_connect~1|+", "skip_connect~0|+", "NAS535", "two edges from node 0"),
            ("|skip_connect~1|+", "|+", "NAS534", "node 2 has no edge from node 1"),
            ("|avg_pool_3x3~0|+", "", "NAS534", "3 nodes after its input, found 2"),
            ("|avg_pool_3x3~0|+", "|none~0|+|none~0|none~1|+", "NAS534", "3 nodes after its input, found 4"),
            ("|avg_pool_3x3~0|+", "|avg_pool_3x3~0+", "NAS531", "expected edges between bars"),
            ("avg_pool_3x3~0", "avg_pool_3x3", "NAS531", "expected an edge like"),
            ("avg_pool_3x3~0", "avg_pool_3x3~-1", "NAS531", "expected an edge like"),
            (NB201_FIRST, "6111", "NAS531", "`nasbench201-index`"),
            (NB201_FIRST, DARTS_V2, "NAS534", "3 nodes after its input"),
        ],
    ),
    (
        "nasbench201", {}, "nasbench201-index", "15624",
        [
            ("15624", "15625", "NAS536", "the largest index is 15624"),
            ("15624", "-1", "NAS531", "an index from 0"),
            ("15624", "1e3", "NAS531", "an index from 0"),
            ("15624", "1" * 5000, "NAS531", "an index from 0"),
            ("15624", "\u0661\u0662", "NAS531", "an index from 0"),
        ],
    ),
    (
        MODULE, {}, "nasbench101", CELL,
        [
            ("[0, 0, 0, 1]", "[0, 1, 0, 1]", "NAS535", "a cell cannot have a cycle"),
            ("[0, 0, 1, 1]", "[0, 1, 1, 1]", "NAS535", "its own input"),
            ("[0, 0, 1, 1], [0, 0, 0, 1]", "[0, 0, 0, 1], [0, 1, 0, 1]", "NAS535", "number the vertices"),
            ("[0, 1, 1, 0]", "[0, 0, 0, 0]", "NAS535", "are not connected"),
            ("[0, 1, 1, 0]", "[0, 1, 1]", "NAS534", "row 0 has 3 entries"),
            ("[0, 1, 1, 0]", "[0, 1, 2, 0]", "NAS531", "expected 0 or 1, found `2`"),
            ("[0, 1, 1, 0]", "0", "NAS531", "expected a row of 0 and 1"),
            ("[0, 1, 1, 0], ", "", "NAS534", "row 0 has 4 entries, the matrix has 3 rows"),
            ('"maxpool3x3", ', "", "NAS534", "3 operations for 4 vertices"),
            ("maxpool3x3", "maxpool5x5", "NAS533", "did you mean `maxpool3x3`"),
            ('"input"', '"maxpool3x3"', "NAS533", "vertex 0 is the input"),
            ('"ops"', '"operations"', "NAS531", "`ModelSpec` has no `operations`"),
            ('"ops"', '"matrix"', "NAS531", "`matrix` is a duplicate"),
            (CELL, "[]", "NAS531", "expected `ModelSpec(...)`"),
            (CELL, '{"matrix": [], "ops": []}', "NAS534", "2 to 20 rows"),
        ],
    ),
    (
        MODULE, {"vertices": 3}, "nasbench101", SMALL,
        [(SMALL, CELL, "NAS534", "has 3 vertices, found 4")],
    ),
    (
        "darts_rnn", {"nodes": 3}, "darts-rnn", RNN,
        [
            ("('tanh', 2)", "('tanh', 3)", "NAS535", "use 0 to 2"),
            ("tanh", "tan", "NAS533", "did you mean `tanh`"),
            ("tanh", "none", "NAS533", "no architecture of this space has `none`"),
            (", ('tanh', 2)", "", "NAS534", "3 nodes, 3 pairs; found 2"),
            ("range(1, 4)", "[2, 3]", "NAS536", "returns nodes 1 to 3"),
            (RNN, DARTS_V2, "NAS531", "`Genotype` has no `normal`"),
        ],
    ),
    (
        "enas_macro", {"layers": 24}, "enas-macro", ENAS_MACRO,
        [
            ("0\n3 0\n", "6\n3 0\n", "NAS533", "0 conv_3x3, 1 sep_conv_3x3"),
            ("0\n3 0\n", "0\n3 2\n", "NAS535", "a skip must be 0 or 1, found 2"),
            ("0\n3 0\n", "0\n3\n", "NAS534", "24 layers need 300 numbers, found 299"),
            ("0\n3 0\n", "0\n3 x\n", "NAS531", "expected an integer, found `x`"),
            ("0\n3 0\n", "0\n[3 0\n", "NAS531", "unclosed `[`"),
            ("0\n3 0\n", "0\n3 0]\n", "NAS531", "unmatched `]`"),
            ("0\n3 0\n", "0\n3 -1\n", "NAS531", "expected an integer, found `-`"),
            ("0\n3 0\n", "0\n3 99999999\n", "NAS531", "expected a small number"),
            (ENAS_MACRO, "0\n3 0\n0 1 0", "NAS534", "`--set layers=3`"),
        ],
    ),
    (
        "enas_micro", {"nodes": 2}, "enas-micro", MICRO,
        [
            ("1 1 2 4", "1 1 3 4", "NAS535", "use 0 to 2"),
            ("1 1 2 4", "1 1 2 5", "NAS533", "4 identity"),
            ("1 1 2 4", "1 1 2", "NAS534", "2 and 2 nodes need 16 numbers, found 15"),
            ("1 1 2 4", "1 1 2 4 1", "NAS534", "need 16 numbers, found 17"),
        ],
    ),
    (
        "enas_rnn", {"nodes": 3}, "enas-rnn", "0 0 1 1 2",
        [
            ("1 1 2", "1 2 2", "NAS535", "use 0 to 1"),
            ("1 1 2", "1 1 4", "NAS533", "0 tanh, 1 relu, 2 identity, 3 sigmoid"),
            ("1 1 2", "1 1", "NAS534", "3 nodes need 5 numbers, found 4"),
        ],
    ),
    (
        "mobilenetv3_ofa", {}, "ofa", OFA,
        [
            ('"ks": [5', '"ks": [9', "NAS536", "one of `3`, `5`, `7`"),
            ('"ks": [5', '"ks": [5, 5', "NAS534", "`ks` must be 20 numbers in this space, found 21"),
            ('"e": [6', '"e": [true', "NAS531", "expected a number, found `true`"),
            ('"d": [2', '"d": [1', "NAS536", "one of `2`, `3`, `4`"),
            ('"d": [2, ', '"d": [', "NAS534", "`d` must be 5 numbers"),
            ('"d"', '"depth"', "NAS531", "has no `depth`"),
            ('"ks"', '"wid": 1.2, "ks"', "NAS536", "no searched width"),
            ('"ks"', '"r": [160], "ks"', "NAS536", "`--set resolution=160`"),
            (OFA, OFA_RESNET, "NAS531", "has no `w`"),
        ],
    ),
    (
        "resnet_elastic", {}, "ofa-resnet", OFA_RESNET,
        [
            ('"d": [2, 0', '"d": [1, 0', "NAS536", "one of `0`, `2`"),
            ('"d": [2, 0', '"d": [2, 3', "NAS536", "one of `0`, `1`, `2`"),
            ('"w": [2', '"w": [3', "NAS536", "one of `0`, `1`, `2`"),
            ('"e": [0.25', '"e": [0.3', "NAS536", "one of `0.2`, `0.25`, `0.35`"),
            (OFA_RESNET, OFA, "NAS531", "has no `ks`"),
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("space", "parameters", "notation", "good", "cases"), OTHERS, ids=lambda case: str(case)[:20])
def test_other_notations(
    space: str, parameters: dict[str, Any], notation: str, good: str, cases: list[tuple[str, str, str, str]]
) -> None:
    loaded = load(space, *parameters.items())
    for old, new, code, words in cases:
        item, _ = changed(good, old, new, notation, loaded)
        assert (item.code, words in " ".join([item.message, *item.help])) == (code, True), render(item)
        assert item.labels, f"no place: {item.message}"


def test_nasbench101_has_limits() -> None:
    """Nine edges and seven vertices: of a text, and of an architecture of a space that allows more."""
    size, ops = 6, ["input", *["maxpool3x3"] * 4, "output"]
    matrix = [[int(j > i) for j in range(size)] for i in range(size)]
    item = said(str({"matrix": matrix, "ops": ops}), load(MODULE), "nasbench101")
    assert item.code == "NAS534"
    assert "6 vertices and 15 edges" in item.message


def test_no_text_for_a_larger_cell(tmp_path: Path) -> None:
    path = tmp_path / "free.nas"
    path.write_text(Path(MODULE).read_text().replace("  require count(into) + count(out) <= 9\n", ""))
    space = nasdsl.load(path, vertices=6)
    every = {
        decision.key: 0 if decision.kind == "one" else tuple(range(len(decision.labels)))
        for decision in space.decisions
    }
    with pytest.raises(NasError, match=r"NAS537.*this one has 6 vertices and 15 edges"):
        notations.write(space.architecture(every), space, "nasbench101")


@pytest.mark.parametrize(
    ("space", "notation", "words"),
    [
        ("tiny", "darts", "it cannot express the decision `tiny.x[1]`"),
        ("darts", "nasbench201", "run `nasdsl arch notations darts` for the supported notations"),
        ("enas_micro", "darts", "cannot express the decision `normal.left[2].op[0]`"),
        ("enas_rnn", "darts-rnn", "cannot express the decision `recurrent.first`"),
        ("nats_size", "ofa", "cannot express"),
        ("amoebanet", "enas-micro", "it has no name for"),
    ],
)
def test_notations_of_other_spaces(space: str, notation: str, words: str) -> None:
    item = said("0", load(space), notation)
    assert item.code == "NAS532"
    assert words in " ".join([item.message, *item.help])


@pytest.mark.parametrize("text", ["", " \n"])
def test_empty_and_endless_texts(text: str) -> None:
    assert said(text, load("nasbench201"), "nasbench201").message == "`text` is empty"
    assert said("|" * 1_000_001, load("nasbench201"), "nasbench201").code == "NAS531"
    assert said("[" * 900_000, load("darts"), "darts").code == "NAS531"


def test_a_long_line_is_shown_around_the_place() -> None:
    text = DARTS_V2.replace("skip_connect', 2", "skip_conect', 2", 1)
    lines = render(said(text, load("darts"), "darts")).splitlines()
    column = text.index("'skip_conect") + 1
    assert lines[1] == f"  --> text:1:{column}"
    assert all(len(line) < 150 for line in lines)
    assert lines[3].startswith("1 | ... ")
    assert lines[3].endswith(" ...")
    start, end = lines[4].index("^"), lines[4].rindex("^") + 1
    assert lines[3][start:end] == "'skip_conect'"
