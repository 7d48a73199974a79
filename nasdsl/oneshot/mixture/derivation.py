"""Derivation of an architecture from probabilities of candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor

from nasdsl.ir.decision import Choice, Decision
from nasdsl.oneshot.mixture.relaxations import Role
from nasdsl.space import Space

Nested = Callable[[str], tuple[tuple[str, ...], ...]]


def derive_choices(
    decisions: tuple[Decision, ...],
    probabilities: Mapping[str, Tensor],
    nested: Nested,
    edges: Mapping[str, Tensor] | None = None,
) -> dict[str, Choice]:
    """Select the strongest candidates, never phantoms; edges are ranked by the probability of their best operation.

    `edges` are edge weights that multiply that probability (PC-DARTS).
    """
    table: dict[str, Decision] = {decision.key: decision for decision in decisions}
    edges = edges or {}

    def best(key: str) -> float:
        return max(float(probabilities[key][i]) for i in table[key].real)

    chosen: dict[str, Choice] = {}
    for decision in decisions:
        key = decision.key
        if key in probabilities and decision.kind == "one":
            chosen[key] = max(decision.real, key=lambda i: float(probabilities[key][i]))
            continue
        if key in probabilities:
            strength = {i: float(probabilities[key][i]) for i in decision.real}
            wanted = sum(value > 0.5 for value in strength.values())
            size = min(max(wanted, decision.least), decision.most)
        else:
            heads = nested(key)
            known = {i: [best(name) for name in heads[i] if name in probabilities] for i in decision.real}
            strength = {i: max(values, default=0.0) for i, values in known.items()}
            if key in edges:
                strength = {i: value * float(edges[key][i]) for i, value in strength.items()}
            size = decision.least
        ranked = sorted(strength, key=lambda i: (-strength[i], i))
        chosen[key] = ranked[0] if decision.kind == "one" else tuple(sorted(ranked[:size]))
    return chosen


def with_few_skips(
    space: Space,
    probabilities: Mapping[str, Tensor],
    skips: Mapping[str, int],
    limit: int,
) -> dict[str, Choice]:
    """Derive choices with at most `limit` skip connections among the decisions of `skips` (P-DARTS, section 3.3).

    `skips` maps decisions to their skip-connection candidate.  While there are too many, the weakest
    selected one loses its probability and derivation is repeated, which may select other edges.
    A decision without another candidate of positive probability keeps its skip connection.
    """
    weights = {key: values.clone() for key, values in probabilities.items()}
    while True:  # every round takes one skip-connection away
        chosen = derive_choices(space.decisions, weights, space.nested)
        live = space.architecture(chosen).choices
        found = [key for key, skip in skips.items() if live.get(key) == skip]
        able = [key for key in found if _has_another(space, key, weights[key], skips[key])]
        if len(found) <= limit or not able:
            return chosen
        weakest = min(able, key=lambda key: float(weights[key][skips[key]]))
        weights[weakest][skips[weakest]] = 0.0


def _has_another(space: Space, key: str, weight: Tensor, skip: int) -> bool:
    decision = next(item for item in space.decisions if item.key == key)
    return float(weight[skip]) > 0 and any(float(weight[i]) > 0 for i in decision.real if i != skip)


def split_edges(
    probabilities: Mapping[str, Tensor], roles: Mapping[str, Role]
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Probabilities of candidates, and weights of edges."""
    edges = {key: value for key, value in probabilities.items() if roles[key] == "edges"}
    return {key: value for key, value in probabilities.items() if key not in edges}, edges
