"""Decisions at run time: weights, an index, a subset, a function; and which candidates run at all."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from nasdsl.runtime.choice import Candidate, average, choose, chosen, once, unused

VALUES = tuple(torch.randn(2, 3, generator=torch.Generator().manual_seed(seed)) for seed in range(3))
WEIGHTS = torch.tensor([0.5, 0.2, 0.3])


class Candidates:
    """Three candidates that note when they run; those of `missing` are always zero and so are None."""

    def __init__(self, *missing: int) -> None:
        self.ran: list[int] = []
        self.functions: tuple[Candidate, ...] = tuple(None if i in missing else self.make(i) for i in range(3))

    def make(self, index: int) -> Callable[[], Tensor]:
        def candidate() -> Tensor:
            self.ran.append(index)
            return VALUES[index]

        return candidate


@pytest.mark.parametrize("index", range(3))
def test_an_index_runs_one_candidate(index: int) -> None:
    candidates = Candidates()
    assert torch.equal(choose(index, *candidates.functions), VALUES[index])
    assert candidates.ran == [index]


def test_weights_run_all_candidates_once() -> None:
    candidates = Candidates()
    found = choose(WEIGHTS, *candidates.functions)
    assert torch.allclose(found, 0.5 * VALUES[0] + 0.2 * VALUES[1] + 0.3 * VALUES[2])
    assert sorted(candidates.ran) == [0, 1, 2]


def test_gradients_of_weights() -> None:
    weights = WEIGHTS.clone().requires_grad_()
    choose(weights, *Candidates().functions).sum().backward()
    assert weights.grad is not None
    assert torch.allclose(weights.grad, torch.stack([value.sum() for value in VALUES]))


def test_a_candidate_that_is_zero() -> None:
    candidates = Candidates(1)
    assert torch.allclose(choose(WEIGHTS, *candidates.functions), 0.5 * VALUES[0] + 0.3 * VALUES[2])
    assert candidates.ran == [0, 2]
    with pytest.raises(ValueError, match="alternative 1 exists in a relaxation only"):
        choose(1, *candidates.functions)


def test_a_function_says_which_candidates_run() -> None:
    candidates = Candidates()

    def terms(given: tuple[Candidate, ...]) -> list[Tensor]:
        assert given == candidates.functions
        first, last = given[0], given[2]
        assert first is not None
        assert last is not None
        return [2 * first(), -last()]

    assert torch.allclose(choose(terms, *candidates.functions), 2 * VALUES[0] - VALUES[2])
    assert candidates.ran == [0, 2]
    twice, minus = chosen(terms, *candidates.functions)
    assert torch.equal(twice, 2 * VALUES[0])
    assert torch.equal(minus, -VALUES[2])


@pytest.mark.parametrize("subset", [(), (1,), (0, 2), (0, 1, 2)])
def test_a_subset_runs_its_candidates(subset: tuple[int, ...]) -> None:
    candidates = Candidates()
    found = chosen(subset, *candidates.functions)
    assert candidates.ran == list(subset)
    assert all(torch.equal(one, VALUES[i]) for one, i in zip(found, subset, strict=True))


def test_a_subset_of_weights() -> None:
    candidates = Candidates(0)
    second, third = chosen(WEIGHTS, *candidates.functions)
    assert torch.equal(second, 0.2 * VALUES[1])
    assert torch.equal(third, 0.3 * VALUES[2])
    assert [item.shape for item in chosen((0, 2), *candidates.functions)] == [(2, 3)]


def test_once() -> None:
    candidates = Candidates()
    function = candidates.functions[1]
    assert function is not None
    value = once(function)
    assert candidates.ran == []
    assert value() is value()
    assert candidates.ran == [1]


@pytest.mark.parametrize("subset", [(1,), (0, 2), (0, 1, 2)])
def test_mean_of_a_subset(subset: tuple[int, ...]) -> None:
    candidates = Candidates()
    sure = [torch.ones(2, 3), torch.full((2, 3), 4.0)]
    expected = torch.stack([*sure, *(VALUES[i] for i in subset)]).mean(0)
    assert torch.allclose(average(sure, (subset, candidates.functions)), expected)
    assert candidates.ran == list(subset)
    assert torch.allclose(average([], (subset, candidates.functions)), torch.stack([VALUES[i] for i in subset]).mean(0))


def test_mean_of_several_subsets_and_of_weights() -> None:
    both = average([VALUES[0]], ((1,), Candidates().functions), ((0, 2), Candidates().functions))
    assert torch.allclose(both, (VALUES[0] + VALUES[1] + VALUES[0] + VALUES[2]) / 4)
    gates = torch.tensor([0.5, 0.25, 1.0])
    expected = (VALUES[0] + 0.5 * VALUES[0] + 0.25 * VALUES[1] + VALUES[2]) / (1 + 0.5 + 0.25 + 1.0)
    assert torch.allclose(average([VALUES[0]], (gates, Candidates().functions)), expected)
    # a candidate that is always zero counts neither above nor below
    without = (0.5 * VALUES[0] + 1.0 * VALUES[2]) / 1.5
    assert torch.allclose(average([], (gates, Candidates(1).functions)), without)


# Element 0 is used where `a` is 1, or where `b` has 2 and `c` is 0; 1 where `a` is 0; 2 stands for itself.
USES = (((("a", 1),), (("b", 2), ("c", 0))), ((("a", 0),),), ())


@pytest.mark.parametrize(
    ("choices", "elements"),
    [
        ({"a": 1, "b": (2,), "c": 0}, (1,)),
        ({"a": 1, "b": (), "c": 1}, (1,)),
        ({"a": 0, "b": (1, 2), "c": 1}, (0,)),
        ({"a": 0, "b": (1, 2), "c": 0}, ()),
        ({"a": 2, "b": (1,), "c": 0}, (0, 1)),
        ({}, (0, 1)),
    ],
)
def test_unused(choices: dict[str, int | tuple[int, ...]], elements: tuple[int, ...]) -> None:
    assert unused(choices, USES) == elements


def test_unused_has_no_mixture() -> None:
    with pytest.raises(ValueError, match="`a` settles which results are unused"):
        unused({"a": WEIGHTS}, USES)
