"""What is live and what it costs, against hand-written interpreters, a fixpoint, and networks in torch."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator
from math import prod
from pathlib import Path
from typing import Any

import pytest
import torch
from shipped import SHIPPED
from torch import nn

import nasdsl
from nasdsl.graph.archgraph import ArchGraph
from nasdsl.graph.live import live
from nasdsl.ir.decision import Choice, Decision
from nasdsl.ir.dependent import Dependent

Full = dict[str, Any]  # a choice for every decision, needed or not
HEAD = "space s on x: image[4, 8, 8] "


class Walk:
    """What an interpreter meets: decisions asked, and layers, each once by its name."""

    def __init__(self, full: Full):
        self.full = full
        self.asked: set[str] = set()
        self.layers: dict[str, tuple[int, int]] = {}

    def ask(self, key: str) -> Any:
        self.asked.add(key)
        return self.full[key]

    def layer(self, name: str, params: int, pixels: int = 64) -> None:
        self.layers[name] = params, params * pixels

    @property
    def cost(self) -> tuple[int, int]:
        return sum(p for p, _ in self.layers.values()), sum(m for _, m in self.layers.values())


def nested(walk: Walk) -> None:
    """`inner` has a decision of its own, and is one of three alternatives."""
    match walk.ask("s.out"):
        case 0:
            match walk.ask("s.out.inner.out"):
                case 0:
                    walk.layer("three", 9 * 4 * 4)
                case 2:
                    walk.layers["bn"] = 8, 0
        case 1:
            walk.layer("one", 4 * 4)


def pruned(walk: Walk) -> None:
    """Two subsets: `b` takes some of x and a, the result some of a and b; each node has an operation."""

    def a() -> None:
        walk.layer("a", (9, 1)[walk.ask("s.v")] * 16)

    def b() -> None:
        walk.layer("b", (9, 1)[walk.ask("s.v#2")] * 16)
        if 1 in walk.ask("s.b"):
            a()

    for i in walk.ask("s.out"):
        (a, b)[i]()


def depth(walk: Walk) -> None:
    for i in range(walk.ask("s.depth")):
        walk.layer(f"conv{i}", (9, 1)[walk.ask(f"s.x[{i}]")] * 16)
    walk.layer("linear", 5 * (4 + 1), 1)


def width(walk: Walk) -> None:
    """Width and kernel are numbers of layers that a condition may leave out; the last one sees 4 channels."""
    if walk.ask("s.deep"):
        w, k = (4, 8)[walk.ask("s.w")], (1, 3)[walk.ask("s.k")]
        walk.layer("first", k * k * 4 * w)
        walk.layer("second", w * 4)
    walk.layer("last", 9 * 4 * 2, 16)


def table(walk: Walk) -> None:
    """`b` matters for the number of channels where `a` is 1."""
    channels = 4 + 4 + 4 * walk.ask("s.b") if walk.ask("s.a") else 4
    walk.layer("conv", 9 * 4 * channels)


def ends(walk: Walk) -> None:
    """Element i of the list uses one before it; those that none uses get an operation, that has a decision."""
    uses = {walk.ask(f"s.s[{i}]") for i in (1, 2, 3)}
    walk.layer("s0", 16)
    for i in (1, 2, 3):
        walk.layer(f"s{i}", 9 * 16)
        if i not in uses:
            walk.layer(f"end{i}", (1, 9)[walk.ask(f"s.out[{i - 1}]")] * 16)


def wide_ends(walk: Walk) -> None:
    """The convolution after the list has as many channels as elements are unused, four each."""
    uses = {walk.ask(f"s.s[{i}]") for i in (1, 2)}
    walk.layer("s0", 16)
    walk.layer("s1", 9 * 16)
    walk.layer("s2", 9 * 16)
    walk.layer("last", 5 * 4 * len({0, 1, 2} - uses))


WRITTEN: dict[Callable[[Walk], None], tuple[str, int]] = {
    nested: ("block inner on t = t -> (conv(3) | relu | bn)\n" + HEAD + "= x -> (inner | conv(1) | skip)", 5),
    pruned: (
        "choice v = conv(3) | conv(1)\n"
        + HEAD
        + "{\n  a = x -> v\n  b = sum(some of [x, a]) -> v\n  return sum(some of [a, b])\n}",
        24,
    ),
    depth: (
        HEAD + "{\n  depth = one of (0 .. 3)\n  for i in 0 ..< depth { x = x -> (conv(3) | conv(1)) }\n"
        "  return x -> global_avg_pool -> linear(5)\n}",
        15,
    ),
    width: (
        HEAD + "{\n  w = 4 | 8\n  k = 1 | 3\n  deep = false | true\n"
        "  if deep { x = x -> conv(k, w) -> conv(1, 4) }\n  return x -> conv(3, 2, 2)\n}",
        5,
    ),
    table: (HEAD + "{\n  a = 0 | 1\n  b = 0 | 1\n  return x -> conv(3, 4 + a * (4 + 4 * b))\n}", 3),
    ends: (
        HEAD + "{\n  s = [x -> conv(1)]\n  for i in 1 .. 3 { s += [one of s -> conv(3)] }\n"
        "  return sum([t -> (conv(1) | conv(3)) for t in unused(s)])\n}",
        # 1 and 2 unused beside 3: 8; one of them, in four ways: 4 each; neither: 2
        8 + 4 * 4 + 2,
    ),
    wide_ends: (
        HEAD + "{\n  s = [x -> conv(1)]\n  for i in 1 .. 2 { s += [one of s -> conv(3)] }\n"
        "  return concat(unused(s)) -> conv(1, 5)\n}",
        2,
    ),
}


def every(decision: Decision) -> list[Choice]:
    if decision.kind == "one":
        return [*decision.real]
    sizes = range(decision.least, decision.most + 1)
    return [choice for size in sizes for choice in itertools.combinations(decision.real, size)]


def assignments(graph: ArchGraph) -> Iterator[Full]:
    """A choice for every decision, whether it is needed or not."""
    for choices in itertools.product(*map(every, graph.decisions.values())):
        yield dict(zip(graph.decisions, choices, strict=True))


@pytest.mark.parametrize("interpreter", WRITTEN, ids=lambda interpreter: interpreter.__name__)
def test_hand_written_spaces(interpreter: Callable[[Walk], None], tmp_path: Path) -> None:
    (tmp_path / "s.nas").write_text(WRITTEN[interpreter][0] + "\n")
    graph = nasdsl.load(tmp_path / "s.nas").graph()
    different = set()
    for full in assignments(graph):
        asked: Counter[str] = Counter()

        def choose(key: str, full: Full = full, asked: Counter[str] = asked) -> Choice:
            asked[key] += 1
            return full[key]

        found = live(graph, choose)
        walk = Walk(full)
        interpreter(walk)
        assert found.choices == {key: full[key] for key in walk.asked}
        assert found.cost == walk.cost
        assert asked == Counter(walk.asked)  # once each
        different.add(tuple(sorted(found.choices.items())))
    assert len(different) == WRITTEN[interpreter][1]


# shipped spaces

LARGE = pytest.param("enas_micro", marks=pytest.mark.slow)
SMALL = ("darts", "nasbench201", "nasbench101", "enas_macro", "darts_rnn", LARGE, "mobilenetv3_ofa")
SMALL += ("autoformer_tiny", "resnet_elastic", "nats_size", "hierarchical_nb201", "unet")


def settled_by(values: list[Dependent], full: Full, determined: set[str]) -> set[str]:
    """The fewest decisions which, made like this, leave no other in these tables open."""
    keys = sorted({key.partition("?")[0] for value in values for key in value.keys} - determined)
    for size in range(len(keys) + 1):
        for known in itertools.combinations(keys, size):
            if all(settled(value, {key: full[key] for key in known}, determined) for value in values):
                return set(known)
    raise AssertionError


def settled(value: Dependent, known: Full, determined: set[str]) -> bool:
    """Whether the entries of a table that agree with what is known differ by what is unused alone."""
    seen: dict[tuple[int, ...], set[Any]] = {}
    for indices, entry in zip(itertools.product(*map(range, value.sizes)), value.values, strict=True):
        unused = []
        for key, index in zip(value.keys, indices, strict=True):
            decision, _, member = key.partition("?")
            if decision in determined:
                unused.append(index)
            elif decision in known and index != (int(int(member) in known[decision]) if member else known[decision]):
                break
        else:
            seen.setdefault(tuple(unused), set()).add(entry)
    return all(len(entries) == 1 for entries in seen.values())


def fixpoint(graph: ArchGraph, full: Full) -> set[str]:
    """Decisions met by nodes that are needed, by adding to both until nothing is added.

    Elements of a list follow from last to first: only later ones use an earlier one.
    """
    needed, keys = set(graph.outputs), set()
    members = sorted(
        {guard for node in graph.nodes for guard in node.guards if guard and guard.key in graph.determined}
    )

    def grow() -> None:
        before = None
        while before != (before := (len(needed), len(keys))):
            for node in graph.nodes:
                if node.id not in needed:
                    continue
                for operand, guard in zip(node.operands, node.guards, strict=True):
                    if guard is None:
                        needed.add(operand)
                    elif guard.key not in graph.determined:
                        keys.add(guard.key)
                        choice = full[guard.key]
                        if guard.candidate in (choice if isinstance(choice, tuple) else (choice,)):
                            needed.add(operand)

    def used(way: Any) -> bool:
        return all(key in keys and i in (full[key] if isinstance(full[key], tuple) else (full[key],)) for key, i in way)

    grow()
    for guard in sorted(members, key=lambda guard: -guard.candidate):
        if any(used(way) for way in graph.determined[guard.key].uses[guard.candidate]):
            continue
        for node in graph.nodes:
            if node.id in needed and guard in node.guards:
                needed.add(node.operands[node.guards.index(guard)])
        grow()
    for node in graph.nodes:
        if node.id in needed:
            searched = [value for value in node.attrs.values() if isinstance(value, Dependent)]
            keys |= settled_by(searched, full, set(graph.determined))
    return keys


def drawn(graph: ArchGraph, rng: random.Random) -> Full:
    """A choice for every decision, needed or not."""
    full: Full = {}
    for key, decision in graph.decisions.items():
        if decision.kind == "one":
            full[key] = rng.choice(decision.real)
        else:
            size = rng.randint(decision.least, decision.most)
            full[key] = tuple(sorted(rng.sample(decision.real, size)))
    return full


@pytest.mark.parametrize("name", SMALL)
def test_live_decisions_of_shipped_spaces(name: str) -> None:
    graph, rng = nasdsl.load(name, **SHIPPED[name].small).graph(), random.Random(5)
    sizes = set()
    for _ in range(4):
        full = drawn(graph, rng)
        found = live(graph, full.__getitem__).choices
        assert set(found) == fixpoint(graph, full)
        assert found == {key: full[key] for key in found}
        sizes.add(len(found))
    if name in ("darts", "mobilenetv3_ofa", "nasbench101", "unet"):
        assert len(sizes) > 1 or max(sizes) < len(graph.decisions)


def measured(net: nn.Module, shapes: list[tuple[int, ...]]) -> tuple[int, int]:
    """Parameters, and multiply-accumulates with additions of biases, while a network of images runs."""
    macs = 0

    def count(module: nn.Module, given: Any, result: torch.Tensor) -> None:
        nonlocal macs
        if isinstance(module, nn.Conv2d):
            window = prod(module.kernel_size) * (module.in_channels // module.groups)
        else:
            assert isinstance(module, nn.Linear)
            window = module.in_features
        macs += result.numel() * (window + (module.bias is not None))

    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(count)
    with torch.no_grad():
        net.eval()(*(torch.zeros(1, *shape) for shape in shapes))
    return sum(p.numel() for p in net.parameters()), macs


@pytest.mark.parametrize("name", ["tiny", "darts", "nasbench101", LARGE, "mobilenetv3_ofa", "nats_size"])
def test_costs_are_those_of_the_network(name: str) -> None:
    space, rng = nasdsl.load(name, **SHIPPED[name].small), random.Random(9)
    for _ in range(2):
        full = drawn(space.graph(), rng)
        net = space.network(space.architecture(full))
        shapes = [shape for _, shape in space.input_types]
        assert live(space.graph(False), full.__getitem__).cost == measured(net, shapes)
