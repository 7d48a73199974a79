"""Equal parts of a batch: shares of processes, and parts that go through one after another."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar, runtime_checkable

from torch import Tensor

T = TypeVar("T")


@runtime_checkable
class Divisible(Protocol):
    """A batch that is more than tensors."""

    def pieces(self, number: int) -> list[Any]: ...


def pieces(batch: T, number: int) -> list[T]:
    """A batch (a tensor, or tuples of them) in `number` equal parts along its first axis."""
    if number == 1:
        return [batch]
    if isinstance(batch, Divisible):
        return batch.pieces(number)
    if isinstance(batch, Tensor):
        return list(batch.chunk(number))  # type: ignore[arg-type]
    assert isinstance(batch, tuple)
    return list(zip(*(pieces(item, number) for item in batch), strict=True))  # type: ignore[arg-type]
