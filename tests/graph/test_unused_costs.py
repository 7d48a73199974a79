"""What an architecture costs where that follows from what is unused in it."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

import nasdsl
from nasdsl.space import Space

SIZES = """
space ends on x: image[3, 4, 4] {
  s = [x -> conv(3, 4)]
  for i in 1 .. 3 { s += [one of s -> conv(3)] }
  return concat(unused(s)) -> bn -> conv(1, 5) -> global_avg_pool
}
"""
BEHIND = """
space ends on x: image[3, 4, 4] {
  s = [x -> conv(3), x -> conv(5)]
  for i in 1 .. 2 { s += [one of [t -> conv(3, stride = 2 if size(t)[0] == 4 else 1) for t in s]] }
  return concat([t if size(t)[0] == 2 else t -> conv(1, 6, 2) for t in unused(s)]) -> global_avg_pool
}
"""


@pytest.fixture(params=[SIZES, BEHIND])
def space(request: pytest.FixtureRequest, tmp_path: Path) -> Space:
    (tmp_path / "ends.nas").write_text(request.param)
    return nasdsl.load(tmp_path / "ends.nas")


def test_every_architecture(space: Space) -> None:
    every = {
        space.architecture(dict(zip((d.key for d in space.decisions), choices, strict=True))).text()
        for choices in itertools.product(*(d.real for d in space.decisions))
    }
    assert len(every) == space.count() == 6
    bounds = space.stats()["params"]
    assert bounds["kind"] == "bounds"
    seen = set()
    for choices in itertools.product(*(d.real for d in space.decisions)):
        arch = space.architecture(dict(zip((d.key for d in space.decisions), choices, strict=True)))
        params = sum(p.numel() for p in space.network(arch).parameters())
        assert space.stats(arch)["params"] == params
        assert bounds["least"] <= params <= bounds["most"]
        seen.add(params)
    assert len(seen) > 1
