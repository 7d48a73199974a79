"""Parameter counts of published networks, exact (figures of the authors' code, auxiliary head left out)."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import nasdsl
from nasdsl.space import Space

OPS = {"none": 0, "max": 1, "avg": 2, "skip": 3, "sep3": 4, "sep5": 5, "dil3": 6, "dil5": 7}
V1 = (
    "sep3,1 sep3,0 | skip,0 sep3,1 | skip,0 sep3,1 | sep3,0 skip,2",
    "max,0 max,1 | skip,2 max,0 | max,0 skip,2 | skip,2 avg,0",
)
V2 = (
    "sep3,0 sep3,1 | sep3,0 sep3,1 | sep3,1 skip,0 | skip,0 dil3,2",
    "max,0 max,1 | skip,2 max,1 | max,0 skip,2 | skip,2 max,1",
)


def genotype(normal: str, reduction: str) -> dict[str, int | tuple[int, ...]]:
    choices: dict[str, int | tuple[int, ...]] = {}
    for cell, text in (("normal", normal), ("reduction", reduction)):
        for node, pairs in enumerate(text.split("|"), 2):
            edges = {int(pair.split(",")[1]): OPS[pair.split(",")[0]] for pair in pairs.split()}
            choices[f"{cell}.x[{node}]"] = tuple(sorted(edges))
            choices.update({f"{cell}.x[{node}].edge[{j}]": op for j, op in edges.items()})
    return choices


@pytest.mark.parametrize(("cells", "params"), [(V1, 3_169_414), (V2, 3_349_342)])
def test_darts(cells: tuple[str, str], params: int) -> None:
    space = nasdsl.load("darts", channels=36, layers=20)
    arch = space.architecture(genotype(*cells))
    assert space.stats(arch)["params"] == params
    assert sum(p.numel() for p in space.network(arch).parameters()) == params


def test_darts_v2_multiply_accumulates() -> None:
    space = nasdsl.load("darts", channels=36, layers=20)
    macs = space.stats(space.architecture(genotype(*V2)))["macs"]
    assert macs == 528_359_040 + 10  # the published figure leaves out the classifier's bias


def test_darts_supernet() -> None:
    space = nasdsl.load("darts")
    assert sum(p.numel() for p in space.supernet().parameters()) == 1_930_618
    edges = [d for d in space.decisions if d.kind == "one"]
    assert len(edges) == 2 * 14
    assert all(len(d.labels) == 8 for d in edges)


NB201 = {"none": "none", "skip_connect": "skip_connect", "nor_conv_1x1": "nor_conv(1)", "nor_conv_3x3": "nor_conv(3)"}
NB201["avg_pool_3x3"] = "avg_pool(3)"


def nasbench201(space: Space, text: str) -> dict[str, int | tuple[int, ...]]:
    labels = space.decisions[0].labels
    choices: dict[str, int | tuple[int, ...]] = {}
    for node, part in enumerate(text.split("+"), 1):
        for edge in part.strip("|").split("|"):
            op, source = edge.split("~")
            choices[f"cell_.edge[{node},{source}]"] = labels.index(NB201[op])
    return choices


INDEX_0 = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|"


def test_nasbench201_known() -> None:
    space = nasdsl.load("nasbench201")
    figures = space.stats()
    assert figures["params"] == {"least": 73_306, "most": 1_531_546, "kind": "exact"}
    assert figures["macs"] == {"least": 7_783_050, "most": 220_119_690, "kind": "exact"}
    arch = space.architecture(nasbench201(space, INDEX_0))
    assert space.stats(arch) == {"params": 129_306, "macs": 15_647_370}
    assert sum(p.numel() for p in space.network(arch).parameters()) == 129_306


@pytest.mark.slow
def test_nasbench201_whole_table(real_data: Path) -> None:
    space = nasdsl.load("nasbench201")
    with open(real_data / "nasbench201" / "table.csv") as file:
        for row in csv.DictReader(file):
            figures = space.stats(space.architecture(nasbench201(space, row["arch"])))
            assert figures == {"params": int(row["params_c10"]), "macs": int(row["macs_c10"])}, row["index"]
