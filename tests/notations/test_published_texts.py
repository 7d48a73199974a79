"""Texts as their authors published them, with what is known of the networks."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from published import DARTS_V1, DARTS_V2, ENAS_MACRO, NB201_BEST, NB201_FIRST, OFA, OFA_RESNET, P_DARTS, PC_DARTS

import nasdsl
from nasdsl import notations
from nasdsl.diagnostics import Source


@pytest.mark.parametrize(
    ("space", "parameters", "text", "params"),
    [
        ("darts", {"channels": 36, "layers": 20}, DARTS_V1, 3_169_414),
        ("darts", {"channels": 36, "layers": 20}, DARTS_V2, 3_349_342),
        ("darts_imagenet", {}, DARTS_V1, 4_510_432),
        ("darts_imagenet", {}, DARTS_V2, 4_718_752),
    ],
)
def test_genotypes_of_darts(space: str, parameters: dict[str, int], text: str, params: int) -> None:
    loaded = nasdsl.load(space, **parameters)
    assert loaded.stats(notations.read(text, loaded, "darts"))["params"] == params


@pytest.mark.parametrize(("text", "millions"), [(PC_DARTS, 3.6), (P_DARTS, 3.4)])
def test_genotypes_of_its_successors(text: str, millions: float) -> None:
    """Their papers give 3.6 and 3.4 million parameters."""
    space = nasdsl.load("darts", channels=36, layers=20)
    arch = notations.read(text, space, "darts")
    assert round(space.stats(arch)["params"] / 1e6, 1) == millions
    as_json = (
        text.replace("Genotype(", "{'").replace("=[", "': [").replace("=range", "': range").replace(", norm", ", 'norm")
    )
    as_json = as_json.replace(", reduce", ", 'reduce")[:-1] + "}"
    assert notations.read(as_json, space, "darts") == arch


def test_recurrent_genotypes() -> None:
    """quark0/darts, rnn/genotypes.py (the cell of the second order search); a log's own spelling of a range."""
    space = nasdsl.load("darts_rnn")
    text = (
        "Genotype(recurrent=[('sigmoid', 0), ('relu', 1), ('relu', 1), ('identity', 1), ('tanh', 2), ('sigmoid', 5), "
        "('tanh', 3), ('relu', 5)], concat=range(1, 9))"
    )
    arch = notations.read(text, space, "darts-rnn")
    assert arch.decisions["recurrent.s[6]"] == "5"
    assert arch.decisions["recurrent.s[6].step[5]"] == "sigmoid"
    assert notations.write(arch, space, "darts-rnn") == text


@pytest.mark.parametrize(("index", "text"), [(0, NB201_FIRST), (6111, NB201_BEST)])
def test_nasbench201(index: int, text: str) -> None:
    space = nasdsl.load("nasbench201")
    arch = notations.read(text, space, "nasbench201")
    assert arch == notations.read(f" {index}\n", space, "nasbench201-index")
    assert notations.write(arch, space, "nasbench201-index") == str(index)
    assert notations.read(text.replace("|", " | ").replace("+", "\n+"), space, "nasbench201") == arch


@pytest.mark.slow
def test_nasbench201_whole_table(real_data: Path) -> None:
    space = nasdsl.load("nasbench201")
    with open(real_data / "nasbench201" / "table.csv") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 15_625
    by_text, by_index = notations.find("nasbench201"), notations.find("nasbench201-index")
    for row in rows:
        arch = by_index.read(Source("index", row["index"]), space)
        assert by_text.write(arch, space) == row["arch"]
        assert by_text.read(Source("arch", row["arch"]), space) == arch


def test_nasbench101() -> None:
    """The cell in the example of the benchmark's README, with its comments, and with a vertex that leads nowhere."""
    text = """model_spec = api.ModelSpec(
    # Adjacency matrix of the module
    matrix=[[0, 1, 1, 1, 0, 1, 0],    # input layer
            [0, 0, 0, 0, 0, 0, 1],    # 1x1 conv
            [0, 0, 0, 0, 0, 0, 1],    # 3x3 conv
            [0, 0, 0, 0, 1, 0, 0],    # 5x5 conv (replaced by two 3x3's)
            [0, 0, 0, 0, 0, 0, 1],    # 5x5 conv (replaced by two 3x3's)
            [0, 0, 0, 0, 0, 0, 1],    # 3x3 max-pool
            [0, 0, 0, 0, 0, 0, 0]],   # output layer
    ops=['input', 'conv1x1-bn-relu', 'conv3x3-bn-relu', 'conv3x3-bn-relu', 'conv3x3-bn-relu', 'maxpool3x3', 'output'])
    """
    space = nasdsl.load(Path(__file__).parent / "spaces" / "module_101.nas")
    arch = notations.read(text, space, "nasbench101")
    assert arch.decisions["module.out"] == [1, 2, 4, 5]
    assert arch.decisions["module.into[4]"] == [3]
    written = json.loads(notations.write(arch, space, "nasbench101"))
    assert written["matrix"][0] == [0, 1, 1, 1, 0, 1, 0]
    # without an edge out of the pooling, the benchmark and this space have one vertex less
    shorter = notations.read(
        text.replace("[0, 0, 0, 0, 0, 0, 1],    # 3x3 max", "[0, 0, 0, 0, 0, 0, 0],    # 3x3 max"), space, "nasbench101"
    )
    short = json.loads(notations.write(shorter, space, "nasbench101"))
    assert short["ops"] == [op for op in written["ops"] if op != "maxpool3x3"]
    assert len(short["matrix"]) == 6


def test_enas_micro() -> None:
    """melodyguan/enas, scripts/cifar10_micro_final.sh."""
    text = "0 2 0 0 0 4 0 1 0 4 1 1 1 0 0 1 0 2 1 1\n1 0 1 0 0 3 0 2 1 1 3 1 1 0 0 4 0 3 1 1"
    space = nasdsl.load("enas_micro", layers=15, filters=36)
    arch = notations.read(text, space, "enas-micro")
    assert notations.write(arch, space, "enas-micro") == text
    assert notations.read(text.replace(" ", ", ").replace("\n", " "), space, "enas-micro") == arch
    assert arch.decisions["normal.left[2]"] == "0"
    assert arch.decisions["normal.left[2].op[0]"] == "avg_pool_3"
    assert arch.decisions["reduction.right[4]"] == "3"
    assert arch.decisions["reduction.right[4].op[3]"] == "sep_conv_5"


def test_enas_recurrent() -> None:
    """melodyguan/enas, scripts/ptb_final.sh; the parameters are those that its code makes."""
    text = "0 0 0 1 1 2 1 2 0 2 0 5 1 1 0 6 1 8 1 8 1 8 1"
    space = nasdsl.load("enas_rnn", hidden=748)
    arch = notations.read(text, space, "enas-rnn")
    assert space.stats(arch)["params"] == 22_027_104
    assert notations.write(arch, space, "enas-rnn") == text
    assert arch.decisions["recurrent.first"] == "tanh"
    assert arch.decisions["recurrent.s[6]"] == "5"
    assert arch.decisions["recurrent.s[6].later[5]"] == "relu"


def test_enas_macro() -> None:
    space = nasdsl.load("enas_macro", layers=24)
    arch = notations.read(ENAS_MACRO, space, "enas-macro")
    assert notations.write(arch, space, "enas-macro") == ENAS_MACRO
    assert arch.decisions["enas_macro.layer[5]"] == "sep_branch(5)"
    assert arch.decisions["enas_macro.seen[5]"] == [0, 1, 3]
    assert notations.read(" ".join(ENAS_MACRO.split()), space, "enas-macro") == arch
    printed = "\n".join(f"[{line}]" for line in ENAS_MACRO.splitlines())
    assert notations.read(printed, space, "enas-macro") == arch


def enas_macro_weights(arc: list[list[int]], filters: int, separable: bool) -> int:
    """The weights of the final network of melodyguan/enas, src/cifar10/general_child.py, `_fixed_layer`.

    That code makes plain convolutions of the separable ones (1 and 3), too: `separable` says whether they are.
    """
    kernels, c = (3, 3, 5, 5), filters
    count = 3 * 3 * 3 * c + 2 * c  # the stem, with batch-norm
    for layer, (operation, *skips) in enumerate(arc):
        area, depthwise = kernels[operation] ** 2, separable and operation in (1, 3)
        count += c * c + 2 * c  # 1x1
        count += (area * c + c * c if depthwise else area * c * c) + 2 * c
        if layer > 0:
            count += (1 + sum(skips)) * c * c + 2 * c  # 1x1 over the concatenation
        if layer in (len(arc) // 3 - 1, 2 * (len(arc) // 3) - 1):  # all earlier outputs are halved, twice as wide
            count += (layer + 2) * (c * 2 * c + 2 * 2 * c)
            c = 2 * c
    return count + 10 * c


def test_enas_macro_parameters() -> None:
    space = nasdsl.load("enas_macro", layers=24, filters=96, drop=0.5)
    arch = notations.read(ENAS_MACRO, space, "enas-macro")
    arc = [[int(number) for number in line.split()] for line in ENAS_MACRO.splitlines()]
    assert space.stats(arch)["params"] == enas_macro_weights(arc, 96, separable=True) == 30_947_424
    plain = [[{1: 0, 3: 2}.get(operation, operation), *skips] for operation, *skips in arc]
    arch = notations.read("\n".join(" ".join(map(str, line)) for line in plain), space, "enas-macro")
    params = sum(p.numel() for p in space.network(arch).parameters())
    assert params == enas_macro_weights(arc, 96, separable=False) == 42_559_392


@pytest.mark.parametrize(
    ("space", "notation", "text", "params"),
    [("mobilenetv3_ofa", "ofa", OFA, 4_575_992), ("resnet_elastic", "ofa-resnet", OFA_RESNET, 19_533_736)],
)
def test_once_for_all(space: str, notation: str, text: str, params: int) -> None:
    loaded = nasdsl.load(space)
    assert loaded.stats(notations.read(text, loaded, notation))["params"] == params


def test_once_for_all_in_short() -> None:
    """One number stands for all; a width of None and the resolution of the space may stand with them."""
    space = nasdsl.load("mobilenetv3_ofa")
    long = f"{{'wid': None, 'ks': {[7] * 20}, 'e': {[6] * 20}, 'd': [4, 4, 4, 4, 4], 'r': [224]}}"
    short = "dict(ks=7, e=6, d=4)"
    assert notations.read(short, space, "ofa") == notations.read(long, space, "ofa")
