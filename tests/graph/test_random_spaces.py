"""Random spaces in which decisions nest, repeat and share: counts, draws and bounds against every assignment."""

from __future__ import annotations

import random
from contextlib import suppress
from math import comb, prod
from pathlib import Path

import pytest
from test_counting import HEAD, brute_force, space

from nasdsl import NasError
from nasdsl.space import Space

LIBRARY = """choice edge = conv(3) | conv(1) | identity
choice deep = conv(7) -> edge | relu
block pair on t = sum([t -> edge, t])
cell shared on t = t -> (conv(5) | edge | bn)
"""


def program(rng: random.Random) -> str:
    """Statements that read any earlier tensors, so that parts are needed by several candidates of several decisions."""
    lines = ["x = [x]"]
    if rng.random() < 0.5:
        lines.append("f = conv(3) | conv(1)")
    if rng.random() < 0.5:
        lines.append("k = 1 | 3")
    named = [name for name in ("f", "k") if any(line.startswith(f"{name} =") for line in lines)]
    operations = ["conv(3)", "relu", "edge", "deep", "pair", "shared", "(bn | deep)"]
    operations += ["f", "(f | edge)"] * ("f" in named)
    operations += ["conv(k)", "(conv(k) | relu)"] * ("k" in named)

    def tensor() -> str:
        return f"x[{max(rng.randrange(size), rng.randrange(size))}]"

    size = 1
    for _ in range(rng.randint(2, 5)):
        kind = rng.randrange(6)
        if kind == 0:
            value = f"{tensor()} -> {rng.choice(operations)}"
        elif kind == 1:
            value = f"one of [{tensor()}, {tensor()} -> conv(1)]"
        elif kind == 2:
            how = rng.choice(["some of", "any of", "2 of", "1 of"])
            value = f"sum([{tensor()}] + {how} [{tensor()}, {tensor()} -> {rng.choice(operations)}, {tensor()}])"
        elif kind == 3:
            some = f"concat({rng.choice(['some of', 'any of', '2 of'])} [{tensor()}, {tensor()}])"
            value = f"concat([{tensor()}, {some}]) -> {rng.choice(['conv(3)', 'relu', 'conv(k)'])} -> conv(1, 4)"
            value = value.replace("any of", "some of").replace("(k)", "(k)" if "k" in named else "(5)")
        elif kind == 4:
            value = f"sum(some of [{tensor()}, {tensor()}])"
        else:
            value = f"({tensor()} | {tensor()} -> relu)"
        lines.append(f"x += [{value}]")
        size += 1
    lines.append(f"return sum(some of [x[{size - 1}], {tensor()}])")
    return LIBRARY + HEAD + "{\n  " + "\n  ".join(lines) + "\n}"


def assignments(loaded: Space) -> int:
    return prod(
        len(d.real) if d.kind == "one" else sum(comb(len(d.real), n) for n in range(d.least, d.most + 1))
        for d in loaded.decisions
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(60))
def test_against_every_assignment(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    loaded = None
    while loaded is None or not 4 <= assignments(loaded) <= 2000:
        with suppress(NasError):  # not each program is one: decisions may be out of reach
            loaded = space(tmp_path, program(rng))
    everything = brute_force(loaded)
    assert loaded.count() == len(everything)
    draw = loaded.sampler(rng)
    assert all(tuple(sorted(draw().choices.items())) in everything for _ in range(20))
    figures = [loaded.stats(loaded.architecture(dict(choices))) for choices in everything]
    for metric in ("params", "macs"):
        values = [item[metric] for item in figures]
        assert loaded.stats()[metric] == {"least": min(values), "most": max(values), "kind": "exact"}
