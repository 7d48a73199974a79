"""The expected cost of the network that a supernet stands for, differentiable through the candidates' weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from nasdsl.diagnostics import error, suggest
from nasdsl.graph.demand import Demand, Item, demand
from nasdsl.space import Space

METRICS = ("params", "macs")
Weights = Mapping[str, Tensor]


class ExpectedCost:
    """Expected parameters or multiply-accumulates where candidate i of a decision is there with weight i.

    Decisions count as independent of one another.  A part that several contexts may need (the shared tail of
    two candidates, say) counts once: it is there unless no context needs it.  Exact where no decision shows
    up in two contexts that are both uncertain.
    """

    def __init__(self, space: Space, metric: str):
        self.metric = METRICS.index(metric)
        self.demand = demand(space.graph(False))
        self.shared, seen = 0, 0
        pending = [self.demand]
        while pending:
            part = pending.pop()
            self.shared |= seen & part.needs
            seen |= part.needs
            pending.extend(alternative for item in part.items.values() for alternative in item.alternatives)

    def __call__(self, weights: Weights) -> Tensor:
        """A scalar; `weights` maps each decision to a 1-D tensor."""
        like = next(iter(weights.values()))
        total = self._exclusive(self.demand, weights, torch.zeros((), dtype=like.dtype, device=like.device))
        for bit, presence in self._presence(self.demand, weights).items():
            total = total + self.demand.costs[bit][self.metric] * presence
        return total

    def _exclusive(self, part: Demand, weights: Weights, zero: Tensor) -> Tensor:
        """The cost of what only one context needs: linear in the weights along the way."""
        total = zero + float(sum(part.costs[bit][self.metric] for bit in _bits(part.needs & ~self.shared)))
        for key, item in part.items.items():
            for i in item.real:
                if item.alternatives[i].reach & ~self.shared:
                    total = total + weights[key][i] * self._exclusive(item.alternatives[i], weights, zero)
        return total

    def _presence(self, part: Demand, weights: Weights) -> dict[int, Tensor | float]:
        """How probable each shared part is."""
        found: dict[int, Tensor | float] = dict.fromkeys(_bits(part.needs & self.shared), 1.0)
        for key, item in part.items.items():
            if item.reach & self.shared:
                for bit, value in self._of_item(key, item, weights).items():
                    found[bit] = 1 - (1 - found.get(bit, 0.0)) * (1 - value)
        return found

    def _of_item(self, key: str, item: Item, weights: Weights) -> dict[int, Tensor | float]:
        found: dict[int, Tensor | float] = {}
        for i in item.real:
            for bit, value in self._presence(item.alternatives[i], weights).items():
                here = weights[key][i] * value
                before = found.get(bit, 0.0)
                found[bit] = before + here if item.kind == "one" else 1 - (1 - before) * (1 - here)
        return found


class TableCost:
    """The sum over decisions of the expected entry of a table, as a latency table gives it (FBNet eq. 4).

    The file is JSON: `{"DECISION": {"CANDIDATE": cost, ...}, ...}`; `"*"` stands for all other decisions.
    Raises NAS601 where it is not, or lacks a candidate.
    """

    def __init__(self, space: Space, path: str):
        try:
            data = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError) as failure:
            raise error("NAS601", f"the cost table `{path}` cannot be read: {failure}") from None
        if not isinstance(data, dict) or not all(isinstance(row, dict) for row in data.values()):
            raise error("NAS601", f"the cost table `{path}` maps decisions to candidates to numbers")
        known = [decision.key for decision in space.decisions]
        for key in data:
            if key != "*" and key not in known:
                raise error("NAS601", f"`{path}`: `{space.name}` has no decision `{key}`", help=suggest(key, known))
        self.rows: dict[str, list[float]] = {}
        for decision in space.decisions:
            row = data.get(decision.key, data.get("*", {}))
            if decision.key in data or row:
                self.rows[decision.key] = [
                    0.0 if hidden and label not in row else self._entry(path, decision.key, label, row)
                    for label, hidden in zip(decision.labels, decision.phantom, strict=True)
                ]

    @staticmethod
    def _entry(path: str, key: str, label: str, row: dict[str, Any]) -> float:
        value = row.get(label)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise error("NAS601", f"`{path}` has no number for `{label}` of `{key}`")
        return float(value)

    def __call__(self, weights: Weights) -> Tensor:
        total = torch.zeros(())
        for key, row in self.rows.items():
            total = total.to(weights[key]) + (weights[key] * torch.tensor(row).to(weights[key])).sum()
        return total


def _bits(value: int) -> list[int]:
    found = []
    while value:
        low = value & -value
        found.append(low.bit_length() - 1)
        value ^= low
    return found
