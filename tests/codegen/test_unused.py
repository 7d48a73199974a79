"""What nothing uses is joined alike in a supernet and in a derived network."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import nasdsl
from nasdsl.runtime.transfer import transfer

SPACE = """
space ends on x: image[3, 4, 4] {
  s = [x -> conv(3)]
  for i in 1 .. 3 { s += [one of s -> conv(3)] }
  return {join}(unused(s)) -> global_avg_pool
}
"""


@pytest.mark.parametrize("join", ["sum", "mean"])
def test_path_equals_network(join: str, tmp_path: Path) -> None:
    (tmp_path / "ends.nas").write_text(SPACE.replace("{join}", join))
    space = nasdsl.load(tmp_path / "ends.nas")
    assert space.count() == 6
    supernet = space.supernet(seed=0).double()
    images = torch.randn(2, 3, 4, 4, dtype=torch.double)
    for arch in space.sample(8, seed=1):
        network = space.network(arch).double()
        assert transfer(supernet, network, space.slices(arch)) == []
        assert (supernet(images, arch.choices) - network(images)).abs().max() <= 1e-12, arch.decisions
