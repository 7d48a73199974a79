"""Search for the most probable architecture that satisfies the space's requirements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import log

from torch import Tensor

from nasdsl.graph.architecture import Architecture
from nasdsl.ir.decision import Choice
from nasdsl.space import Space

DRAWS = 256
LEAST = 1e-12
Score = Callable[[Architecture], float]


def log_probability(choices: Mapping[str, Choice], probabilities: Mapping[str, Sequence[float] | Tensor]) -> float:
    """Of the decisions that have probabilities, each taken by itself; candidates of a subset are there or not."""
    total = 0.0
    for key, values in probabilities.items():
        choice = choices.get(key)
        if isinstance(choice, int):
            total += log(max(LEAST, float(values[choice])))
        elif choice is not None:
            total += sum(log(max(LEAST, float(v) if i in choice else 1 - float(v))) for i, v in enumerate(values))
    return total


def preferred(space: Space, choices: Mapping[str, Choice], score: Score, seed: int = 0) -> Architecture:
    """Return the architecture of `choices` if it satisfies every requirement; otherwise one that does, of high score.

    `choices` make every decision, live or not.  The search climbs from the best of some uniform draws, a
    decision at a time: deterministic, and at a local optimum when it ends, which need not be the global one.
    Raises NAS525 if no sample satisfies the requirements.
    """
    wanted = space.architecture(choices)
    if space.unmet(wanted) is None:
        return wanted
    best = max(space.sample(DRAWS, seed), key=score)
    value = score(best)
    while True:
        found = _better(space, choices, best, value, score)
        if found is None:
            return best
        best, value = found


def _better(
    space: Space, choices: Mapping[str, Choice], start: Architecture, value: float, score: Score
) -> tuple[Architecture, float] | None:
    """Return the best architecture that differs in one decision, if it is better."""
    best: tuple[Architecture, float] | None = None
    for decision in space.decisions:
        if decision.key not in start.choices:
            continue
        for option in decision.neighbours(start.choices[decision.key]):
            other = space.architecture({**choices, **start.choices, decision.key: option})
            reached = score(other)
            if reached > (best[1] if best else value) and space.unmet(other) is None:
                best = other, reached
    return best
