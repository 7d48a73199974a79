"""What an architecture keeps of the supernet's weights: ranges written by hand, and the shapes of its network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import torch
from shipped import SHIPPED
from torch import Tensor

import nasdsl
from nasdsl.graph.slicing import kept_slices
from nasdsl.ir.decision import Choice
from nasdsl.space import Space

IMAGE = "space s on x: image[4, 8, 8] "
Plan = dict[str, dict[int, tuple[tuple[int, int], ...]]]


def space(tmp_path: Path, text: str) -> Space:
    (tmp_path / "s.nas").write_text(text + "\n")
    return nasdsl.load(tmp_path / "s.nas")


def plan(space: Space, **choices: Choice) -> Plan:
    """The slices under these choices of `s.NAME`; the weights are called by the last two parts of their names."""
    found = kept_slices(space.graph(False), {f"s.{name}": choice for name, choice in choices.items()})
    return {".".join(name.split(".")[-2:]): axes for name, axes in found.items()}


def test_a_kernel_is_the_centre_and_channels_are_the_first(tmp_path: Path) -> None:
    made = space(tmp_path, IMAGE + "{\n  k = 1 | 3 | 7\n  w = 6 | 8\n  return x -> conv(k, w, bias = true) -> bn\n}")
    rows, inputs = ((0, 6),), ((0, 4),)
    norm = {f"bn.{name}": {0: rows} for name in ("weight", "bias", "running_mean", "running_var")}
    weight = {0: rows, 1: inputs, 2: ((2, 5),), 3: ((2, 5),)}
    assert plan(made, k=1, w=0) == {"conv.weight": weight, "conv.bias": {0: rows}, **norm}
    weight = {0: rows, 1: inputs, 2: ((3, 4),), 3: ((3, 4),)}
    assert plan(made, k=0, w=0)["conv.weight"] == weight
    assert plan(made, k=2, w=1)["conv.weight"] == {0: ((0, 8),), 1: inputs}  # the whole window


def test_pieces_of_a_concatenation(tmp_path: Path) -> None:
    """Pieces of at most 8, 6 and 4 channels stand at 0, 8 and 14 of the weights behind them."""
    made = space(
        tmp_path,
        IMAGE + "{\n  a = 2 | 8\n  b = 3 | 6\n  y = concat([x -> conv(1, a), x -> conv(3, b), x]) -> bn\n"
        "  return y -> conv(1, 5) -> global_avg_pool\n}",
    )
    assert plan(made, a=0, b=0)["bn.weight"] == {0: ((0, 2), (8, 11), (14, 18))}
    assert plan(made, a=1, b=0)["bn.bias"] == {0: ((0, 8), (8, 11), (14, 18))}
    assert plan(made, a=0, b=1)["conv_3.weight"] == {0: ((0, 5),), 1: ((0, 2), (8, 14), (14, 18))}


def test_elements_that_are_not_taken(tmp_path: Path) -> None:
    made = space(
        tmp_path,
        IMAGE + "{\n  t = some of [x, x -> conv(3, 6), x -> conv(1, 2)]\n  return concat(t) -> bn -> conv(1, 4)\n}",
    )
    ranges = {0: (0, 4), 1: (4, 10), 2: (10, 12)}
    for taken in ((0,), (2,), (0, 2), (0, 1), (1, 2), (0, 1, 2)):
        assert plan(made, t=taken)["bn.weight"] == {0: tuple(ranges[i] for i in taken)}


def test_elements_that_are_used(tmp_path: Path) -> None:
    """Of three elements of four channels the last is never used, the first always."""
    made = space(
        tmp_path,
        IMAGE + "{\n  s = [x -> conv(1)]\n  for i in 1 .. 2 { s += [one of s -> conv(3)] }\n"
        "  return concat(unused(s)) -> bn\n}",
    )
    both = kept_slices(made.graph(False), {"s.s[1]": 0, "s.s[2]": 0})
    last = kept_slices(made.graph(False), {"s.s[1]": 0, "s.s[2]": 1})
    [name] = [name for name in both if name.endswith("running_mean")]
    assert [hi - lo for lo, hi in both[name][0]] == [4, 4]
    assert both[name][0][-1:] == last[name][0]


def test_each_of_queries_keys_and_values_is_cut(tmp_path: Path) -> None:
    made = space(
        tmp_path,
        "space s on x: sequence[5, 6] {\n  d = 4 | 6\n  h = 1 | 2 | 3\n"
        "  return x -> linear(d) -> layer_norm -> attention(h, 2) -> linear(7)\n}",
    )
    found = plan(made, d=0, h=1)  # two of three heads of two numbers
    heads = ((0, 4), (6, 10), (12, 16))
    assert found["qkv.weight"] == {0: heads, 1: ((0, 4),)}
    assert found["qkv.bias"] == {0: heads}
    assert found["layer_norm.weight"] == found["layer_norm.bias"] == {0: ((0, 4),)}
    assert found["linear.weight"] == {0: ((0, 4),), 1: ((0, 6),)}
    assert found["linear_2.weight"] == {0: ((0, 7),), 1: ((0, 4),)}


def test_a_channel_for_each_group(tmp_path: Path) -> None:
    made = space(
        tmp_path, IMAGE + "{\n  w = 6 | 8\n  k = 3 | 5\n  return x -> conv(1, w) -> depthwise(k) -> conv(1, 3)\n}"
    )
    found = kept_slices(made.graph(False), {"s.w": 0, "s.k": 0})
    assert found["conv.weight"] == {0: ((0, 6),), 1: ((0, 4),)}
    assert found["depthwise.conv.weight"] == {0: ((0, 6),), 2: ((1, 4),), 3: ((1, 4),)}
    assert found["conv_2.weight"] == {0: ((0, 3),), 1: ((0, 6),)}


def test_shared_weights_are_cut_where_they_are_made(tmp_path: Path) -> None:
    made = space(
        tmp_path,
        "space s on x: tokens[5] {\n  w = 4 | 6\n  share e = embedding(9, w)\n"
        "  return sum([x -> e, x -> e]) -> layer_norm\n}",
    )
    assert plan(made, w=0)["e_module.weight"] == {1: ((0, 4),)}
    assert len(plan(made, w=0)) == 3  # beside weight and bias of the norm


def test_what_an_architecture_does_not_have_is_not_kept(tmp_path: Path) -> None:
    made = space(
        tmp_path, IMAGE + "{\n  k = 1 | 3\n  deep = false | true\n  if deep { x = x -> conv(k) }\n  return x -> relu\n}"
    )
    assert plan(made, deep=0) == {}
    [kept] = [axes for axes in plan(made, deep=1, k=0).values() if 2 in axes]
    assert kept[2] == kept[3] == ((1, 2),)


def cut(tensor: Tensor, axes: Mapping[int, Sequence[tuple[int, int]]]) -> Tensor:
    for axis, ranges in axes.items():
        kept = [i for low, high in ranges for i in range(low, high)]
        tensor = tensor.index_select(axis, torch.tensor(kept))
    return tensor


@pytest.mark.parametrize("searching", [False, True])
@pytest.mark.parametrize("name", ["mobilenetv3_ofa", "autoformer_tiny", "resnet_elastic", "nats_size"])
def test_shapes_of_derived_networks(name: str, searching: bool) -> None:
    """Every tensor of a network is that of the supernet, cut; some are smaller."""
    made = nasdsl.load(name, **SHIPPED[name].small)
    supernet = made.supernet(searching).state_dict()
    for arch in made.sample(3, seed=2):
        slices = made.slices(arch, searching)
        state = made.network(arch, searching=searching).state_dict()
        assert set(state) <= set(supernet)
        shapes = {key: tuple(cut(supernet[key], slices.get(key, {})).shape) for key in state}
        assert shapes == {key: tuple(tensor.shape) for key, tensor in state.items()}
        assert any(state[key].shape != supernet[key].shape for key in state)
