"""A mixture that computes only some candidates, some of them with dropout."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Mix:
    """Replaces the weights of one decision, and computes the terms of the sum over its candidates."""

    weight: Tensor
    active: tuple[int, ...] | None = None
    dropout: Mapping[int, float] = field(default_factory=dict)

    def __call__(self, candidates: tuple[Callable[[], Tensor] | None, ...]) -> list[Tensor]:
        terms: list[Tensor] = []
        for i in range(len(candidates)) if self.active is None else self.active:
            candidate = candidates[i]
            if candidate is not None:
                value = candidate()
                if rate := self.dropout.get(i, 0.0):
                    value = F.dropout(value, rate)
                terms.append(self.weight[i] * value)
        if not terms:  # only candidates that are always zero: any other has their shape
            candidate = next(candidate for candidate in candidates if candidate is not None)
            terms.append(candidate().detach() * 0.0)
        return terms
