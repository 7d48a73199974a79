"""Large spaces: exact answers and no deep recursion.  Times are measured by `python -m tests.bench.scale`."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.scale import PER_LAYER, PROGRAM
from test_counting import HEAD, space

import nasdsl
from nasdsl import NasError

DEEP = 3_000  # three times what Python's stack holds


@pytest.mark.slow
def test_a_thousand_layers_of_ten_decisions(tmp_path: Path) -> None:
    (tmp_path / "chain.nas").write_text(PROGRAM)
    loaded = nasdsl.load(tmp_path / "chain.nas", layers=1000)
    assert len(loaded.decisions) == 10_000
    assert loaded.count() == PER_LAYER**1000
    [arch] = loaded.sample(1)
    assert len(arch.choices) == 9_000  # one branch of three is left out in each layer
    params, macs = loaded.stats()["params"], loaded.stats()["macs"]
    assert params["kind"] == macs["kind"] == "exact"
    figures = loaded.stats(arch)
    assert params["least"] <= figures["params"] <= params["most"]
    # per layer at most eight 3x3 convolutions of 8 channels (7 dense and branch edges taken) with their batch-norms
    assert params["most"] == 3 * 8 * 9 + (8 + 1) * 10 + 1000 * 8 * (8 * 8 * 9 + 2 * 8)
    assert params["least"] == 3 * 8 * 9 + (8 + 1) * 10


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("x = (x -> conv(3) | image -> conv(1))", DEEP + 1),  # each step may forget all that came before
        ("x = (x -> f | image -> relu)", 2 * DEEP + 1),  # ... and those that do not share a decision
        ("x = x -> (conv(3) | conv(1))", 2**DEEP),
    ],
)
def test_no_recursion_is_deep(body: str, count: int, tmp_path: Path) -> None:
    head = HEAD.replace("on x", "on image")
    tie = "  f = conv(3) | conv(1)\n" if "f |" in body else ""
    text = head + f"{{\n{tie}  x = image\n  for i in 0 ..< {DEEP} {{ {body} }}\n  return x\n}}"
    loaded = space(tmp_path, text)
    assert loaded.count() == count
    [arch] = loaded.sample(1)
    least, most = loaded.stats()["params"]["least"], loaded.stats()["params"]["most"]
    assert least <= loaded.stats(arch)["params"] <= most


def test_what_repeats_too_often_is_refused(tmp_path: Path) -> None:
    body = "{\n  x = [x, x -> relu]\n  for i in 0 ..< 60 { x += [sum(some of [x[-1], x[-2]])] }\n  return x[-1]\n}"
    with pytest.raises(NasError, match="NAS524"):
        space(tmp_path, HEAD + body).count()
