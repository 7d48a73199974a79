"""Expected cost of the architectures of a supernet, differentiable through the candidates' weights."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from nasdsl.diagnostics import error, suggest
from nasdsl.graph.counting.demand import Demand, OpenDecision, demand
from nasdsl.space import Space

METRICS = ("params", "macs")


class ExpectedCost:
    """Expected parameters or MACs, if candidate i of a decision is selected with probability weight[i].

    Decisions count as independent.  A part that several contexts may need (the shared tail of
    two candidates, say) counts once: it is live unless no context needs it.  Exact if no decision occurs
    in two contexts that are both uncertain.
    """

    def __init__(self, space: Space, metric: str):
        self.metric = METRICS.index(metric)
        self.demand = demand(space.graph(False))

    def __call__(self, weights: Mapping[str, Tensor]) -> Tensor:
        """Return the expected cost, a scalar; `weights` maps each decision to a 1-D tensor."""
        like = next(iter(weights.values()))
        total = self._alone(self.demand, weights, torch.zeros((), dtype=like.dtype, device=like.device))
        for part, presence in self._presence(self.demand, weights).items():
            total = total + self.demand.table.parts[part][self.metric] * presence
        return total

    def _alone(self, demand: Demand, weights: Mapping[str, Tensor], zero: Tensor) -> Tensor:
        """Return the cost of parts in a single context, linear in the weights on the way to them."""
        total = zero + float(demand.cost[self.metric])
        for key, item in demand.items.items():
            for i, weight, inner in _branches(key, item, weights):
                if inner.cost != (0, 0) or inner.items:
                    total = total + (weight if i >= 0 else 1 - weight) * self._alone(inner, weights, zero)
        return total

    def _presence(self, demand: Demand, weights: Mapping[str, Tensor]) -> dict[int, Tensor | float]:
        """Return the probability of each part that occurs in several contexts."""
        found: dict[int, Tensor | float] = dict.fromkeys(demand.needs, 1.0)
        for key, item in demand.items.items():
            if item.reach:
                for part, value in self._of_item(key, item, weights).items():
                    found[part] = 1 - (1 - found.get(part, 0.0)) * (1 - value)
        return found

    def _of_item(self, key: str, item: OpenDecision, weights: Mapping[str, Tensor]) -> dict[int, Tensor | float]:
        found: dict[int, Tensor | float] = {}
        for i, weight, inner in _branches(key, item, weights):
            for part, value in self._presence(inner, weights).items():
                here = (weight if i >= 0 else 1 - weight) * value
                before = found.get(part, 0.0)
                found[part] = before + here if item.decision.kind == "one" else 1 - (1 - before) * (1 - here)
        return found


def _branches(key: str, item: OpenDecision, weights: Mapping[str, Tensor]) -> Iterator[tuple[int, Tensor, Demand]]:
    """Yield each candidate with its weight and target; -1 is the absence of a candidate."""
    for i in item.real:
        yield i, weights[key][i], item.alternatives[i]
        if item.absent:
            yield -1, weights[key][i], item.absent[i]


class TableCost:
    """Sum over decisions of the expected entry of a table, such as a latency table (FBNet eq. 4).

    The file is JSON: `{"DECISION": {"CANDIDATE": cost, ...}, ...}`; `"*"` applies to all other decisions.
    Raises NAS601 if it is invalid or lacks a candidate.
    """

    def __init__(self, space: Space, path: str):
        try:
            data = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError) as failure:
            raise error("NAS601", f"the cost table `{path}` cannot be read: {failure}") from None
        if not isinstance(data, dict) or not all(isinstance(row, dict) for row in data.values()):
            raise error("NAS601", f"the cost table `{path}` must map decisions to candidates and candidates to numbers")
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
            raise error("NAS601", f"`{path}` has no cost for `{label}` of `{key}`")
        return float(value)

    def __call__(self, weights: Mapping[str, Tensor]) -> Tensor:
        total = torch.zeros(())
        for key, row in self.rows.items():
            total = total.to(weights[key]) + (weights[key] * torch.tensor(row).to(weights[key])).sum()
        return total
