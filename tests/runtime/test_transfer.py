"""Weights from one network to another: ranges of axes, repetition of what is wider, names that are missing."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from nasdsl.runtime.transfer import part, transfer, widened

X = torch.arange(60.0).view(3, 4, 5)


def test_a_part_of_a_tensor() -> None:
    assert part(X, {}) is X
    assert torch.equal(part(X, {1: ((1, 3),)}), X[:, 1:3])
    assert torch.equal(part(X, {0: ((0, 2),), 2: ((0, 1), (3, 5))}), X[:2, :, [0, 3, 4]])
    assert torch.equal(part(X, {2: ((4, 5), (0, 2))}), X[:, :, [4, 0, 1]])


def test_widened_repeats_from_the_start() -> None:
    assert torch.equal(widened(X, torch.Size((3, 7, 5))), X[:, [0, 1, 2, 3, 0, 1, 2]])
    assert torch.equal(widened(X, torch.Size((7, 4, 6))), X[[0, 1, 2, 0, 1, 2, 0]][:, :, [0, 1, 2, 3, 4, 0]])
    assert widened(X, X.shape) is X
    assert widened(X, torch.Size((2, 4, 5))) is X  # narrower is no widening: it stays as it is


def net(width: int, last: bool = False) -> nn.Sequential:
    """A linear layer of this width; `last` adds one that others lack."""
    layers: list[nn.Module] = [nn.Linear(3, width), nn.BatchNorm1d(width)]
    return nn.Sequential(*layers, *([nn.Linear(2, 2)] if last else []))


def test_slices_are_copied_in_place() -> None:
    supernet, network = net(6), net(3)
    assert isinstance(supernet[1], nn.BatchNorm1d)
    supernet[1].running_mean = torch.arange(6.0)
    supernet[1].num_batches_tracked = torch.tensor(7)
    before = network[0].weight
    rows = {0: ((0, 1), (4, 6))}
    names = ("0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var")
    assert transfer(supernet, network, dict.fromkeys(names, rows)) == []
    assert network[0].weight is before
    assert torch.equal(network[0].weight, supernet[0].weight[[0, 4, 5]])
    assert torch.equal(network[0].bias, supernet[0].bias[[0, 4, 5]])
    assert network.state_dict()["1.running_mean"].tolist() == [0, 4, 5]
    assert int(network.state_dict()["1.num_batches_tracked"]) == 7
    with torch.no_grad():
        network[0].weight.zero_()
    assert supernet[0].weight.any()  # a copy, no view


def test_names_that_only_the_network_has() -> None:
    network = net(4, last=True)
    own = network[2].weight.clone()
    assert sorted(transfer(net(4), network, {})) == ["2.bias", "2.weight"]
    assert torch.equal(network[2].weight, own)


def test_sizes_that_differ() -> None:
    with pytest.raises(RuntimeError, match="size mismatch"):
        transfer(net(4), net(6), {})
    with pytest.raises(RuntimeError, match="size mismatch"):
        transfer(net(6), net(4), {}, widen=True)  # it may be wider, not narrower


def test_a_wider_network_repeats_what_it_is_given() -> None:
    narrow, wide = net(4), net(6)
    assert transfer(narrow, wide, {}, widen=True) == []
    assert torch.equal(wide[0].weight, narrow[0].weight[[0, 1, 2, 3, 0, 1]])
    assert torch.equal(wide[0].bias, narrow[0].bias[[0, 1, 2, 3, 0, 1]])
    # a part is taken before it is repeated
    rows = {name: {0: ((2, 4),)} for name in narrow.state_dict() if "num" not in name}
    transfer(narrow, wide, rows, widen=True)
    assert torch.equal(wide[0].weight, narrow[0].weight[[2, 3, 2, 3, 2, 3]])
