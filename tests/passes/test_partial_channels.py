"""Partial channels: the first part goes through the candidates, the others round them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import nasdsl
from nasdsl import NasError, resources
from nasdsl.passes.partial_channels import PartialChannels
from nasdsl.space import Space

SMALL = """
choice edge(stride) = conv(3, stride = stride) | max_pool(3, stride) | block_(stride)
block block_(stride) on x = x -> conv(1, 2 * channels(x)) -> relu -> conv(3, channels(x), stride, groups = 2) -> bn
space small(stride = 1) on x: image[8, 6, 6] = x -> edge(stride)
"""


def built(space: Space, fraction: int) -> nn.Module:
    found = PartialChannels(fraction).divide(space.graph())
    found.graph.verify()
    return space.build(found.graph).double()


def shuffled(x: Tensor, groups: int) -> Tensor:
    return x.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.nas"
    path.write_text(SMALL)
    return path


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("fraction", [2, 4])
def test_the_rest_goes_round_the_candidates(small: Path, stride: int, fraction: int) -> None:
    space = nasdsl.load(small, stride=stride)
    net = built(space, fraction).eval()
    [key] = [decision.key for decision in space.decisions]
    x, weight = torch.randn(2, 8, 6, 6, dtype=torch.float64), torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64)
    width = 8 // fraction
    edge = next(module for name, module in net.named_modules() if name == "edge")
    kernels = {name: value for name, value in edge.named_parameters() if value.dim() == 4}
    assert [tuple(value.shape[:2]) for value in kernels.values()] == [
        (width, width), (2 * width, width), (width, width),
    ]  # fmt: skip
    taken, rest = x[:, :width], x[:, width:]
    first, inner, last = kernels.values()
    block = F.conv2d(F.conv2d(taken, inner).relu(), last, stride=stride, padding=1, groups=2)
    candidates = [
        F.conv2d(taken, first, stride=stride, padding=1),
        F.max_pool2d(taken, 3, stride, 1),
        block / (1 + 1e-5) ** 0.5,  # a fresh batch-norm
    ]
    around = rest if stride == 1 else F.max_pool2d(rest, 2, 2)
    for choice in (weight, 0, 1, 2):
        alone = (
            candidates[choice]
            if isinstance(choice, int)
            else sum(w * c for w, c in zip(weight, candidates, strict=True))
        )
        wanted = shuffled(torch.cat([alone, around], 1), fraction)
        assert torch.allclose(net(x, {key: choice}), wanted, atol=1e-12)


def test_all_channels_is_the_graph_as_it_was(small: Path) -> None:
    graph = nasdsl.load(small).graph()
    assert PartialChannels(1).divide(graph).graph is graph


def test_what_stays_whole_says_why(tmp_path: Path) -> None:
    path = tmp_path / "s.nas"
    path.write_text("""
choice wide = conv(3, 8) | conv(1, 8)
choice narrow = conv(3) | skip
block wider on x = x -> upsample(2) -> conv(3)
choice third = upsample(2) | wider
space s on x: image[4, 6, 6] = x -> wide -> narrow -> conv(1, 6) -> (narrow as odd) -> (third as large)
""")
    found = PartialChannels(4).divide(nasdsl.load(path).graph())
    assert {key.partition(".")[2]: reason for key, reason in found.whole.items()} == {
        "wide": "its candidates change the number of channels",
        "odd": "4 parts do not divide 6 channels",
        "large": "its candidates change the size of the image other than by halving it",
    }
    assert {key.partition(".")[2] for key in found.divided} == {"narrow"}


def test_a_candidate_with_a_gate_made_of_patches(tmp_path: Path) -> None:
    path = tmp_path / "s.nas"
    path.write_text("""
block gated on x = product([x, x -> patches(2, 12) -> mean_pool -> linear(8) -> sigmoid])
block normed on x = product([x, x -> global_avg_pool -> layer_norm])
choice gate = gated | skip
choice norm = normed | skip
space s on x: image[8, 6, 6] = x -> gate -> norm
""")
    space = nasdsl.load(path)
    found = PartialChannels(4).divide(space.graph())
    assert {key.partition(".")[2] for key in found.divided} == {"gate"}
    assert set(found.whole.values()) == {"a candidate has a `layer_norm`, which is not an image operation"}
    net = built(space, 4)
    x = torch.randn(2, 8, 6, 6, dtype=torch.float64)
    choices = {key: 1 - ("gate" in key) for key in space.graph().decisions}
    weight, bias, last, last_bias, *_ = net.state_dict().values()  # the rest is of the layer-norm
    tokens = F.conv2d(x[:, :2], weight, bias, stride=2).mean((2, 3))
    gates = F.linear(tokens, last, last_bias).sigmoid()[:, :, None, None]
    expected = torch.cat([x[:, :2] * gates, x[:, 2:]], 1)
    assert torch.allclose(net(x, choices), shuffled(expected, 4))


@pytest.mark.parametrize("strategy", ["pcdarts", "drnas"])
def test_a_space_without_such_a_decision_is_refused(strategy: str, tmp_path: Path) -> None:
    path = tmp_path / "s.nas"
    path.write_text("""
choice wide = conv(3, 8) | conv(1, 8)
space s on x: image[3, 6, 6] = x -> wide -> global_avg_pool -> linear(10)
""")
    settings = {"strategy": strategy, "limit": 20, "epochs": 1, "out": tmp_path / "r"}
    with pytest.raises(NasError) as failure:
        nasdsl.search(path, **settings)
    [item] = failure.value.diagnostics
    assert item.code == "NAS810"
    assert "change the number of channels" in item.message
    assert "channels=1" in item.help[0]
    whole = {"pcdarts": {"channels": 1}, "drnas": {"channels": (1, 1), "keep": 1}}[strategy]
    assert nasdsl.search(path, **settings, options=whole).architecture.choices


@pytest.mark.parametrize("name", ["tiny", "darts", "nasbench201", "enas_macro", "proxylessnas", "spos_shufflenet"])
def test_shipped_spaces(name: str) -> None:
    parameters = {"darts": {"channels": 8, "layers": 3, "nodes": 3}, "nasbench201": {"channels": 8, "cells": 1}}
    sized = {name: {"resolution": 32, "classes": 5} for name in ("proxylessnas", "spos_shufflenet")}
    space = nasdsl.load(name, **{**parameters, **sized}.get(name, {}))
    found = PartialChannels(4).divide(space.graph())
    assert found.divided
    net = built(space, 4)
    assert sum(p.numel() for p in net.parameters()) < sum(p.numel() for p in space.supernet().parameters())
    x = torch.randn(2, *space.input_shape, dtype=torch.float64)
    for arch in space.sample(3):
        result = net(x, arch.choices)
        assert (result[0] if isinstance(result, tuple) else result).shape == (2, space.parameters["classes"])
    assert name in resources.shipped_spaces()
