"""Distinct networks: published numbers, small spaces against every architecture, isomorphism against networkx."""

from __future__ import annotations

import csv
import itertools
import random
from contextlib import suppress
from pathlib import Path

import networkx as nx
import pytest
from test_counting import HEAD, brute_force, space
from test_random_spaces import assignments, program

import nasdsl
from nasdsl import NasError
from nasdsl.graph.networks.algebra import Network, values
from nasdsl.graph.networks.canonical import canonical
from nasdsl.graph.networks.count import parts_of
from nasdsl.graph.networks.enumeration import Needs
from nasdsl.graph.networks.expression_form import Written
from nasdsl.graph.networks.skeleton import Skeleton


@pytest.mark.parametrize(("vertices", "number"), [(3, 7), (4, 91), (5, 2_532), (6, 64_542), (7, 423_624)])
def test_nasbench101(vertices: int, number: int) -> None:
    """The numbers of distinct modules in the authors' data set, up to so many vertices and 9 edges."""
    assert nasdsl.load("nasbench101", vertices=vertices).networks("graphs").total == number


def test_nasbench201() -> None:
    assert nasdsl.load("nasbench201").networks("expressions").total == 6_466


def test_nasbench201_table(real_data: Path) -> None:
    """Two of its architectures are the same expression just where the authors' table says so."""
    loaded = nasdsl.load("nasbench201")
    [(unit, _)] = parts_of(loaded.graph(False))
    points, written = Skeleton(unit, "words"), Written()
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


CHOICES = "choice edge = zero | identity | conv(1) | relu\nchoice op = conv(3) | conv(1)\n"
LAWS = {
    # the empty word, two of one letter, four of two: a step that is left out may be the first or the second
    "identity": ("x -> (conv(3) | conv(1) | identity) -> (conv(3) | conv(1) | identity)", 7),
    "the order of a sum": ("sum([x -> op, x -> op])", 3),
    "a result used twice is no operation applied twice": ("sum([y, y]) | sum([x -> conv(5), x -> conv(5)])", 2),
    # nothing, three terms, and the six pairs of three terms
    "zeros vanish from a sum": ("sum([x -> edge, x -> edge])", 10),
    "zeros pass": ("x -> (zero | identity) -> relu -> (conv(1) | identity)", 3),
    "zeros stop at a learned constant": ("x -> (zero | identity) -> conv(1, bias = true) -> (relu | identity)", 4),
    "what is not needed": ("sum(some of [x, x -> op])", 5),
    "a sum in a sum": ("sum([x, sum([y, x -> relu])]) | sum([sum([x, y]), x -> relu])", 1),
    "the order of a concatenation": ("concat([x -> op, x -> op])", 4),
    "a concatenation in another": ("concat([x, concat([y, y])]) | concat([concat([x, y]), y])", 1),
    "zeros count in a mean": ("mean([x -> (zero | identity), x -> (zero | identity)])", 3),
    "zeros win in a product": ("product([x, y, x -> (zero | relu)])", 2),
    "a product in a product": ("product([x, product([y, x -> relu])]) | product([product([x -> relu, x]), y])", 1),
    "sizes": ("x -> conv(1 | 3) -> conv(1 | 3)", 4),
    "words that cannot be told apart": ("x -> (conv(3) -> bn | conv(3)) -> (bn -> relu | relu)", 3),
    "groups that overlap": ("sum([x -> (conv(1) | conv(3)), x -> (conv(1) | conv(3) | conv(5))])", 5),
}


@pytest.mark.parametrize("name", LAWS)
def test_laws(name: str, tmp_path: Path) -> None:
    body, number = LAWS[name]
    loaded = space(tmp_path, CHOICES + HEAD + f"{{\n  y = x -> conv(7)\n  z = {body}\n  return z -> conv(5, 2)\n}}")
    assert loaded.networks().total == number
    forms = {loaded.network_form(loaded.architecture(dict(choices))) for choices in brute_force(loaded)}
    assert len(forms) == number


@pytest.mark.parametrize("seed", range(40))
def test_against_every_architecture(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    loaded = None
    while loaded is None or not 4 <= assignments(loaded) <= 500:
        with suppress(NasError):
            text = program(rng).replace("identity\n", "identity | zero\n")
            loaded = space(tmp_path, text)
    architectures = [loaded.architecture(dict(choices)) for choices in brute_force(loaded)]
    for notion in ("graphs", "expressions"):
        forms = {loaded.network_form(arch, notion) for arch in architectures}
        assert loaded.networks(notion).total == len(forms)


def as_networkx(network: Network) -> nx.MultiDiGraph[object]:
    graph: nx.MultiDiGraph[object] = nx.MultiDiGraph()
    for vertex, label in enumerate(network.labels):
        graph.add_node(vertex, label=label)
        for position, slot in enumerate(network.slots[vertex]):
            for operand in slot:
                graph.add_edge(operand, vertex, position=position)
    for position, value in enumerate(network.outputs):
        graph.add_node(("out", position), label=f"out {position}")
        for vertex in value:
            graph.add_edge(vertex, ("out", position), position=0)
    return graph


def isomorphic(a: Network, b: Network) -> bool:
    """By the algorithm VF2, independent of ours."""
    labels = nx.algorithms.isomorphism.categorical_node_match("label", "")
    edges = nx.algorithms.isomorphism.categorical_multiedge_match("position", 0)
    return nx.is_isomorphic(as_networkx(a), as_networkx(b), node_match=labels, edge_match=edges)


def drawn(rng: random.Random) -> Network:
    """Few labels and many equal operands, so that symmetries abound."""
    network = Network()
    network.operation("input", [], False)
    for _ in range(rng.randint(2, 7)):
        slots = []
        for _ in range(rng.choice([1, 1, 2])):
            among = range(len(network.labels)) if rng.random() < 0.4 else range(min(3, len(network.labels)))
            slots.append(tuple(sorted(rng.sample(among, rng.randint(1, min(2, len(among)))))))
        network.operation(rng.choice("aab"), slots, False)
    used = {v for slots in network.slots for slot in slots for v in slot}
    loose = tuple(v for v in range(len(network.labels)) if v not in used)
    return network.finished([loose])


def relabelled(network: Network, rng: random.Random) -> Network:
    """The same network with its vertices made in another order."""
    left = set(range(len(network.labels)))
    number: dict[int, int] = {}
    result = Network()
    while left:
        ready = [v for v in left if all(o in number for slot in network.slots[v] for o in slot)]
        vertex = rng.choice(sorted(ready))
        left.remove(vertex)
        slots = [tuple(sorted(number[o] for o in slot)) for slot in network.slots[vertex]]
        [number[vertex]] = result.operation(network.labels[vertex], slots, False)
    result.outputs = tuple(tuple(sorted(number[v] for v in value)) for value in network.outputs)
    return result


def test_certificates_are_those_of_isomorphism() -> None:
    rng = random.Random(3)
    networks = [drawn(rng) for _ in range(400)]
    for network in networks:
        assert canonical(relabelled(network, rng)).certificate == canonical(network).certificate
    alike: dict[object, list[Network]] = {}
    for network in networks:
        alike.setdefault(tuple(sorted(network.labels)), []).append(network)
    pairs = [pair for group in alike.values() for pair in itertools.combinations(group, 2)]
    same = [canonical(a).certificate == canonical(b).certificate for a, b in pairs]
    assert same == [isomorphic(a, b) for a, b in pairs]
    assert 50 < sum(same) < len(same) - 50


def test_fillings_are_orbits() -> None:
    """The number of different fillings, counted against all of them."""
    rng = random.Random(5)
    several = 0
    for _ in range(400):
        network = drawn(rng)
        open_ = [v for v in range(len(network.labels)) if network.labels[v] == "a"][:5]
        for vertex in open_:
            network.labels[vertex] = "c|d"
            network.options[vertex] = ("c", "d")
        found = set()
        for filling in itertools.product("cd", repeat=len(open_)):
            filled = Network()
            filled.labels, filled.slots, filled.outputs = list(network.labels), network.slots, network.outputs
            for vertex, label in zip(open_, filling, strict=True):
                filled.labels[vertex] = label
            found.add(canonical(filled).certificate)
        assert canonical(network).fillings == len(found)
        several += len(found) < 2 ** len(open_)
    assert several > 20


def ladder(layers: int, options: tuple[str, ...] = ()) -> Network:
    """Layers of two equal operations that both read both of the layer before."""
    network = Network()
    before = network.operation("input", [], False)
    for _ in range(layers):
        before = tuple(network.operation("" if options else "a", [before], False, options)[0] for _ in range(2))
    network.outputs = (before,)
    return network


def test_many_symmetries() -> None:
    assert canonical(ladder(40)).certificate == canonical(relabelled(ladder(40), random.Random(1))).certificate
    assert canonical(ladder(6, ("a", "b"))).fillings == 3**6
    with pytest.raises(NasError, match="NAS527"):
        canonical(ladder(20, ("a", "b")))


def test_requirements_hold(tmp_path: Path) -> None:
    body = (
        "{\n  for i in 0 ..< 3 { x = x -> (conv(3) | conv(1) | relu) }\n  require count(relu in s) <= 1\n  return x\n}"
    )
    loaded = space(tmp_path, HEAD + body)
    assert loaded.networks().total == loaded.count() == 2**3 + 3 * 2**2


CELLS = {
    "two cells": ("cell d on t = t -> (relu | bn)\n", "x -> c(1) -> d -> c(1)", {"c": 2, "d": 2}),
    # the first use alone would not tell the alternatives apart
    "unlike uses": ("", "x -> c(3) -> c(1)", {"s": 2}),
    "a decision outside": ("", "x -> c(1) -> (relu | bn)", {"s": 4}),
}


@pytest.mark.parametrize("name", CELLS)
def test_cells_by_themselves(name: str, tmp_path: Path) -> None:
    more, body, parts = CELLS[name]
    cell = "cell c(k) on t = t -> (conv(k) as one | conv(3) as three)\n"
    loaded = space(tmp_path, cell + more + HEAD + "= " + body)
    assert loaded.networks().parts == parts


def test_limit() -> None:
    with pytest.raises(NasError, match="NAS527"):
        nasdsl.load("nasbench101").networks("graphs", limit=1000)


def test_same_network() -> None:
    loaded = nasdsl.load("nasbench201")
    edges = {decision.key: decision.labels.index("nor_conv(3)") for decision in loaded.decisions}
    skip, none = (loaded.decisions[0].labels.index(name) for name in ("skip_connect", "none"))
    first = loaded.architecture({**edges, "cell_.edge[1,0]": none})
    other = loaded.architecture({**edges, "cell_.edge[1,0]": none, "cell_.edge[3,1]": skip})
    # the operations of the edges behind zeros: as expressions nothing, as graphs the constants of their batch-norms
    assert loaded.same_network(first, other, "expressions")
    assert not loaded.same_network(first, other, "graphs")
