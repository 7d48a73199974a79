"""Distinct networks: published numbers, small spaces against every architecture, isomorphism against networkx."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from test_counting import HEAD, brute_force, space

import nasdsl
from nasdsl.graph.algebra import values
from nasdsl.graph.enumeration import Needs
from nasdsl.graph.networks import units
from nasdsl.graph.points import Points
from nasdsl.graph.written import Written


@pytest.mark.parametrize(("vertices", "number"), [(3, 7), (4, 91), (5, 2_532), (6, 64_542), (7, 423_624)])
def test_nasbench101(vertices: int, number: int) -> None:
    """The numbers of distinct modules in the authors' data set, up to so many vertices and 9 edges."""
    assert nasdsl.load("nasbench101", vertices=vertices).networks("graphs").total == number


def test_nasbench201() -> None:
    assert nasdsl.load("nasbench201").networks("expressions").total == 6_466


def test_nasbench201_table(real_data: Path) -> None:
    """Two of its architectures are the same expression just where the authors' table says so."""
    loaded = nasdsl.load("nasbench201")
    [(unit, _)] = units(loaded.graph(False))
    points, written = Points(unit, "words"), Written()
    needs = Needs(points)
    labels = {"nor_conv_1x1": "nor_conv(1)", "nor_conv_3x3": "nor_conv(3)", "avg_pool_3x3": "avg_pool(3)"}
    found: dict[str, set[object]] = {}
    with (real_data / "nasbench201" / "table.csv").open() as file:
        for row in csv.DictReader(file):
            choices = {}
            for i, node in enumerate(row["arch"].split("+"), 1):
                for edge in node.strip("|").split("|"):
                    name, source = edge.split("~")
                    key = f"cell_.edge[{i},{source}]"
                    choices[key] = loaded.graph().decisions[key].labels.index(labels.get(name, name))
            value = tuple(values(points, choices, needs.under(choices), written))
            found.setdefault(row["unique_str"], set()).add(value)
    assert all(len(same) == 1 for same in found.values())
    assert len(set().union(*found.values())) == len(found) == 6_466


EDGES = "choice edge = zero | identity | conv(1) | relu\nchoice op = conv(3) | conv(1)\n"
LAWS = {
    # identity: the empty word, a, b, and four of two letters; a skipped step may be the first or the second
    "identity": ("x -> (conv(3) | conv(1) | identity) -> (conv(3) | conv(1) | identity)", 7),
    # the sum does not see the order of its terms
    "commutative": ("sum([x -> op, x -> op])", 3),
    # a result used twice is not an operation applied twice
    "shared": ("sum([y, y]) | sum([x -> conv(3), x -> conv(3)])", 2),
    # zeros vanish from a sum, and go through what keeps them: 0, x, c, r, and the six pairs of these but 0 + 0 ...
    "zero": ("sum([x -> edge, x -> edge])", 10),
    "zero through": ("x -> (zero | identity) -> relu -> (conv(1) | identity)", 3),
    "zero stops": ("x -> (zero | identity) -> conv(1, bias = true) -> (relu | identity)", 4),
    "dead": ("sum(some of [x, x -> op])", 5),
    "flat": ("sum([x, sum([y, x -> relu])]) | sum([sum([x, y]), x -> relu])", 1),
    "order": ("concat([x -> op, x -> op])", 4),
    "mean": ("mean([x -> (zero | identity), x -> relu])", 2),
    "product": ("product([x, y, x -> (zero | relu)])", 2),
    "searched": ("x -> conv(1 | 3) -> conv(1 | 3)", 4),
}


@pytest.mark.parametrize("name", LAWS)
def test_laws(name: str, tmp_path: Path) -> None:
    body, number = LAWS[name]
    loaded = (
        space(tmp_path, EDGES + HEAD + "{\n  y = x -> conv(5)\n  return sum([y, " + body + "])\n}")
        if ("y" in body)
        else space(tmp_path, EDGES + HEAD + f"= {body}")
    )
    assert loaded.networks().total == number
    forms = {loaded.network_form(loaded.architecture(dict(choices))) for choices in brute_force(loaded)}
    assert len(forms) == number
