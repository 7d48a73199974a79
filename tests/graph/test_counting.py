"""Counts against brute force, uniform sampling, bounds."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from pathlib import Path

import pytest
import torch

import nasdsl
from nasdsl import NasError
from nasdsl.space import Space

HEAD = "space s on x: image[4, 8, 8] "
PROGRAMS = {
    "conditional": (
        "choice edge = conv(3) | conv(1) | skip\n" + HEAD + "= sum(2 of [t -> edge for t in [x, x, x]])",
        27,  # 3 pairs of edges, 3 * 3 operations
    ),
    "any": (HEAD + "= sum([x] + any of [x -> (conv(3) | conv(1)), x -> conv(5)])", 6),
    "some": (HEAD + "= sum(some of [x -> (conv(3) | conv(1)), x -> conv(5)])", 5),
    "nested": (
        "block inner on t = t -> (conv(3) | bn | relu)\n" + HEAD + "= x -> (inner | conv(1))",
        4,
    ),
    "tie": (HEAD + "{\n  f = conv(3) | conv(1)\n  return x -> f -> f -> (f | skip)\n}", 4),
    "cell": ("cell c on t = t -> (conv(3) | conv(1) | skip)\n" + HEAD + "= x -> c -> relu -> c", 3),
    "chain": (HEAD + "{\n  for i in 0 ..< 9 { x = x -> (conv(3) | conv(1)) }\n  return x\n}", 512),
    "pruned": (
        "choice v = conv(3) | conv(1)\n"
        + HEAD
        + "{\n  a = x -> v\n  b = sum(some of [x, a]) -> v\n  return sum(some of [a, b])\n}",
        # out {a}: 2; out {b}: b's v 2 * (into {x}: 1, {a}: 2, {x, a}: 2) = 10; both: 2 * 2 * 3 = 12
        24,
    ),
}


def space(tmp_path: Path, text: str) -> Space:
    (tmp_path / "s.nas").write_text(text + "\n")
    return nasdsl.load(tmp_path / "s.nas")


def brute_force(loaded: Space) -> set[tuple[object, ...]]:
    """Every assignment to every decision, cut down to what is live."""
    tables = []
    for decision in loaded.decisions:
        if decision.kind == "one":
            tables.append([*decision.real])
        else:
            sizes = range(decision.least, decision.most + 1)
            tables.append([c for size in sizes for c in itertools.combinations(decision.real, size)])
    keys = [decision.key for decision in loaded.decisions]
    found = set()
    for values in itertools.product(*tables):
        arch = loaded.architecture(dict(zip(keys, values, strict=True)))
        found.add(tuple(sorted(arch.choices.items())))
    return found


@pytest.mark.parametrize("name", PROGRAMS)
def test_count_is_the_number_of_runs(name: str, tmp_path: Path) -> None:
    text, count = PROGRAMS[name]
    loaded = space(tmp_path, text)
    assert loaded.count() == count
    assert len(brute_force(loaded)) == count


@pytest.mark.parametrize("name", PROGRAMS)
def test_sampling_is_uniform(name: str, tmp_path: Path) -> None:
    text, count = PROGRAMS[name]
    loaded = space(tmp_path, text)
    draw = loaded.sampler(random.Random(1))
    number = 60 * count
    seen = Counter(tuple(sorted(draw().choices.items())) for _ in range(number))
    assert len(seen) == count
    expected = number / count
    chi_square = sum((value - expected) ** 2 / expected for value in seen.values())
    # 5 standard deviations of the statistic, whose mean is count - 1 and variance 2 * (count - 1)
    assert chi_square < count - 1 + 5 * (2 * (count - 1)) ** 0.5


@pytest.mark.parametrize("name", PROGRAMS)
def test_bounds_and_figures(name: str, tmp_path: Path) -> None:
    loaded = space(tmp_path, PROGRAMS[name][0])
    figures = [loaded.stats(loaded.architecture(dict(choices))) for choices in brute_force(loaded)]
    for metric in ("params", "macs"):
        values = [item[metric] for item in figures]
        assert loaded.stats()[metric] == {"least": min(values), "most": max(values), "kind": "exact"}


@pytest.mark.parametrize("name", PROGRAMS)
def test_path_equals_network(name: str, tmp_path: Path) -> None:
    from nasdsl.runtime.transfer import transfer

    loaded = space(tmp_path, PROGRAMS[name][0])
    supernet = loaded.supernet(seed=0).double().eval()
    images = torch.randn(2, 4, 8, 8, dtype=torch.double)
    for arch in loaded.sample(6, seed=1):
        network = loaded.network(arch, searching=True).double().eval()
        transfer(supernet, network, loaded.slices(arch, True))
        assert torch.allclose(network(images), supernet(images, arch.choices), atol=1e-10)
        assert sum(p.numel() for p in network.parameters()) == loaded.stats(arch)["params"]


def test_long_chain(tmp_path: Path) -> None:
    body = "{\n  for i in 0 ..< 300 { x = x -> (conv(3) | conv(1) | skip) }\n  return x\n}"
    assert space(tmp_path, HEAD + body).count() == 3**300


def test_choices_that_are_missing_or_impossible() -> None:
    tiny = nasdsl.load("tiny")
    choices = dict(tiny.sample(1)[0].choices)
    for change in ({"tiny.width": 3}, {"tiny.width": True}, {"tiny.x[1]": -1}):
        with pytest.raises(NasError, match="NAS523"):
            tiny.architecture({**choices, **change})
    del choices["tiny.width"]
    with pytest.raises(NasError, match=r"tiny\.width"):
        tiny.architecture(choices)
