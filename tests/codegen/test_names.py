"""No name in a file can break or take over the generated code."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import nasdsl

HEAD = "space s on x: image[3, 8, 8] "


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "= x -> (conv(3) as class | conv(5) as __import__ | skip as forward)",
        HEAD + "{\n  f = one of [conv(3), skip]\n  return x -> f -> f\n}",
        "block forward on t = t -> (conv(3) | skip)\nblock self on t = t -> conv(1) -> forward\n"
        + HEAD
        + "= x -> self -> forward",
        HEAD + "{\n  training = x -> (conv(3) | skip)\n  torch = training -> (conv(3) | skip)\n  return torch\n}",
        HEAD + "{\n  for sum in 0 ..< 2 { modules = x -> (conv(3) | skip) }\n  return modules\n}",
    ],
)
def test_names(text: str, tmp_path: Path) -> None:
    (tmp_path / "s.nas").write_text(text + "\n")
    try:
        space = nasdsl.load(tmp_path / "s.nas")
    except nasdsl.NasError:
        return
    for arch in space.sample(4, seed=1):
        assert space.supernet()(torch.randn(2, 3, 8, 8), arch.choices).shape == (2, 3, 8, 8)
        assert space.network(arch)(torch.randn(2, 3, 8, 8)).shape == (2, 3, 8, 8)


def test_space_without_decisions_takes_choices(tmp_path: Path) -> None:
    (tmp_path / "s.nas").write_text(HEAD + "= x -> conv(3, 4)\n")
    space = nasdsl.load(tmp_path / "s.nas")
    assert space.count() == 1
    assert space.supernet()(torch.randn(2, 3, 8, 8), {}).shape == (2, 4, 8, 8)
