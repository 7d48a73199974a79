"""The joins against torch, and their laws by numbers."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from nasdsl.ir.program import TensorType
from nasdsl.ops.joins import JOINS, Picked, joined
from nasdsl.ops.shapes import ShapeError
from nasdsl.runtime import average, chosen

A, B, C = (torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(seed)) for seed in range(3))
EXPECTED = {
    "sum": lambda *tensors: torch.stack(tensors).sum(0),
    "mean": lambda *tensors: torch.stack(tensors).mean(0),
    "product": lambda *tensors: torch.stack(tensors).prod(0),
    "concat": lambda *tensors: torch.cat(tensors, 1),
}


def run(op: str, *tensors: Tensor) -> Tensor:
    """The text of a join, executed."""
    names = {f"x{i}": tensor for i, tensor in enumerate(tensors)}
    return eval(JOINS[op].write(list(names), 1), {"torch": torch, **names})


@pytest.mark.parametrize("op", JOINS)
def test_what_it_computes(op: str) -> None:
    found = run(op, A, B, C)
    assert torch.allclose(found, EXPECTED[op](A, B, C))
    assert joined(op, [TensorType("image", (3, 4, 4))] * 3).dims == tuple(found.shape[1:])


@pytest.mark.parametrize("op", JOINS)
def test_laws(op: str) -> None:
    join, zeros = JOINS[op], torch.zeros_like(A)

    def equal(one: Tensor, two: Tensor) -> bool:
        return one.shape == two.shape and torch.allclose(one, two, atol=1e-6)

    assert torch.equal(run(op, A), A)
    assert join.commutes == all(equal(run(op, *order), run(op, A, B, C)) for order in itertools.permutations([A, B, C]))
    assert join.associates == equal(run(op, run(op, A, B), C), run(op, A, B, C))
    with_zeros = run(op, A, zeros)
    law = "nothing" if equal(with_zeros, A) else "counts" if with_zeros.any() else "all"
    assert join.zero == law
    assert join.grows == (run(op, A, B).shape != A.shape)
    # of a sum of terms each may be left out: the join is linear in it
    linear = not join.grows and equal(run(op, 2 * A, B) - run(op, A, B), run(op, A, zeros))
    assert join.adds == linear


@pytest.mark.parametrize("op", [name for name, join in JOINS.items() if join.write_picked])
def test_a_part_of_the_operands(op: str) -> None:
    write = JOINS[op].write_picked
    assert write is not None
    picked = Picked("(0, 2)", ("lambda: a", "None", "lambda: c"))
    names = {"torch": torch, "chosen": chosen, "average": average, "a": A, "b": B, "c": C}
    assert torch.allclose(eval(write([picked], 1), names), EXPECTED[op](A, C))
    assert torch.allclose(eval(write(["b", picked], 1), names), EXPECTED[op](B, A, C))


def test_a_vector_gates_the_channels_of_an_image() -> None:
    image, vector = TensorType("image", (3, 4, 4)), TensorType("vector", (3,))
    for op, join in JOINS.items():
        if join.gate:
            assert joined(op, [image, vector]) == image
            gate = eval(f"x{join.gate}", {"x": A.mean((2, 3))})
            assert torch.allclose(A * gate, run(op, A, gate.expand_as(A)))
        else:
            with pytest.raises(ShapeError):
                joined(op, [image, vector])
