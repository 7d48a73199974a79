"""Dependent values at run time: tables under choices and mixtures, masks, and the rows of a layout."""

from __future__ import annotations

import pytest
import torch

from nasdsl.runtime.lookup import Layout, Spread, mask, masked, rows, searched

P = torch.tensor([0.25, 0.75])
Q = torch.tensor([0.5, 0.3, 0.2])
TABLE = ((8, 16, 24), (16, 24, 32))


@pytest.mark.parametrize(("a", "b"), [(0, 0), (0, 2), (1, 0), (1, 1)])
def test_an_entry(a: int, b: int) -> None:
    assert searched({"a": a, "b": b}, ("a", "b"), TABLE) == (8, 16, 24, 16, 24, 32)[3 * a + b]


@pytest.mark.parametrize(("members", "value"), [((), 4), ((0,), 4), ((1,), 6), ((0, 1), 6)])
def test_an_element_of_a_subset(members: tuple[int, ...], value: int) -> None:
    assert searched({"s": members}, (("s", 1),), (4, 6)) == value


def test_a_decision_that_does_not_matter_may_be_missing() -> None:
    assert searched({"a": 0}, ("a", "b"), ((5, 5), (6, 7))) == 5
    with pytest.raises(KeyError, match="b"):
        searched({"a": 1}, ("a", "b"), ((5, 5), (6, 7)))


def spread(value: object) -> dict[int, float]:
    assert isinstance(value, Spread)
    assert len(value.values) == len(set(value.values)) == len(value.weights)
    return {size: round(float(weight), 5) for size, weight in zip(value.values, value.weights, strict=True)}


def test_a_mixture_gathers_equal_values() -> None:
    both = searched({"a": P, "b": Q}, ("a", "b"), TABLE)
    # 8: p0 q0; 16: p0 q1 + p1 q0; 24: p0 q2 + p1 q1; 32: p1 q2
    assert spread(both) == {8: 0.125, 16: 0.075 + 0.375, 24: 0.05 + 0.225, 32: 0.15}


def test_mixtures_beside_paths() -> None:
    assert spread(searched({"a": 1, "b": Q}, ("a", "b"), TABLE)) == {16: 0.5, 24: 0.3, 32: 0.2}
    assert spread(searched({"a": P, "b": 1}, ("a", "b"), TABLE)) == {16: 0.25, 24: 0.75}
    assert spread(searched({"s": torch.tensor([0.1, 0.4])}, (("s", 1),), (4, 6))) == {4: 0.6, 6: 0.4}


def test_gradients_of_a_mixture() -> None:
    weights = Q.clone().requires_grad_()
    found = searched({"a": P, "b": weights}, ("a", "b"), TABLE)
    found.weights[found.values.index(24)].backward()
    assert weights.grad is not None
    assert torch.allclose(weights.grad, torch.tensor([0.0, 0.75, 0.25]))


SIZES = Spread((1, 2, 4), torch.tensor([0.5, 0.3, 0.2]))


def test_the_mask_of_a_layout() -> None:
    """Feature r is there with the weight of all sizes above r; a segment that is fixed is there."""
    assert mask([(4, 2), (3, 3)], torch.ones(1)) is None
    found = mask([(4, 2), (4, SIZES), (3, 3)], torch.ones(1))
    assert found is not None
    assert torch.allclose(found, torch.tensor([1, 1, 1.0, 0.5, 0.2, 0.2, 1, 1, 1]))
    double = mask([(4, SIZES)], torch.ones(1, dtype=torch.float64))
    assert double is not None
    assert double.dtype == torch.float64


def test_masked_along_an_axis() -> None:
    x = torch.randn(2, 4, 4, generator=torch.Generator().manual_seed(0))
    weight = torch.tensor([1.0, 0.5, 0.2, 0.2])
    assert torch.allclose(masked(x, [(4, SIZES)]), x * weight[None, :, None])
    assert torch.allclose(masked(x, [(4, SIZES)], -1), x * weight[None, None, :])
    assert masked(x, [(6, 4)]) is x


@pytest.mark.parametrize(
    ("layout", "positions"),
    [
        ([(8, 3)], [0, 1, 2]),
        ([(8, 8), (4, 2)], [*range(10)]),
        ([(8, 3), (4, 2)], [0, 1, 2, 8, 9]),
        ([(8, 0), (4, 2)], [8, 9]),
        ([(2, 2), (3, 0), (4, 1)], [0, 1, 5]),
        ([(2, 1), (3, 3), (4, 4)], [0, *range(2, 9)]),
        ([(4, SIZES), (3, 1)], [0, 1, 2, 3, 4]),
        ([(2, 1), (4, SIZES), (3, 1)], [0, 2, 3, 4, 5, 6]),
    ],
)
def test_rows_of_a_layout(layout: Layout, positions: list[int]) -> None:
    assert torch.arange(20)[rows(layout)].tolist() == positions
