"""Relaxations: maps from the parameters of a decision to weights of its candidates.

A decision has one tensor of parameters, an entry per candidate, and a role: with "one" exactly one candidate is
selected; with "gates" each candidate of a subset is in or out; "edges" are weighted relative to one another.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from nasdsl.ir.dependent import decisions_of
from nasdsl.ir.key import split_key
from nasdsl.space import Space

Role = Literal["one", "gates", "edges"]
Temperature = Callable[[float], float]


class Relaxed(NamedTuple):
    """Weights of all candidates, and which of them need to be computed (None: all)."""

    weight: Tensor
    active: tuple[int, ...] | None = None


def roles(space: Space) -> dict[str, Role]:
    """Return the role of each decision.

    If a fixed number of tensors is picked that are each the result of a decision, as DARTS picks two edges per node
    of a convolutional cell and one per node of a recurrent cell, the candidates are edges; other subsets have gates.
    """
    operations = _among_operations(space)
    table: dict[str, Role] = {}
    for decision in space.decisions:
        fixed = decision.least == decision.most and decision.key not in operations
        if fixed and all(space.nested(decision.key)):
            table[decision.key] = "edges"
        else:
            table[decision.key] = "one" if decision.kind == "one" else "gates"
    return table


def _among_operations(space: Space) -> frozenset[str]:
    """Return the decisions that select among operations on one tensor, in at least one place."""
    graph = space.graph()
    selects = (node for node in graph.nodes if node.op == "select" and graph.regions[node.region].kind == "select")
    return frozenset(guard.key for node in selects for guard in node.guards if guard is not None)


def selecting(space: Space) -> frozenset[str]:
    """Return the decisions that only select alternatives: no number and no other condition depends on them."""
    found = {decision.key for decision in space.decisions if decision.kind == "one" and not decision.searched_value}
    for node in space.graph().nodes:
        others = [split_key(key)[0] for key in decisions_of(*node.attrs.values())]
        if node.op != "select":
            others += [guard.key for guard in node.guards if guard is not None]
        found.difference_update(others)
    return frozenset(found)


class Relaxation(ABC):
    """Base class; `at` is the progress of the search, from 0 to 1, and `generator` the source of all noise."""

    generator: torch.Generator

    @abstractmethod
    def relaxed(self, alpha: Tensor, role: Role, at: float) -> Relaxed:
        """Return weights that pass gradients to `alpha`."""

    def fixed(self, alpha: Tensor, role: Role, at: float) -> Relaxed:
        """Return weights for training shared weights, without gradients to `alpha`."""
        with torch.no_grad():
            return self.relaxed(alpha, role, at)

    def probabilities(self, alpha: Tensor, role: Role) -> Tensor:
        """Return the probabilities of candidates, or of inclusion for gates."""
        return alpha.sigmoid() if role == "gates" else alpha.softmax(0)

    def updated(self, before: dict[str, Tensor], alphas: dict[str, Tensor]) -> None:
        """Called after an update of the parameters, with their previous values; a no-op in most relaxations."""
        return

    def _gumbel(self, like: Tensor) -> Tensor:
        """Draw standard Gumbel noise on the CPU, so that a seed gives the same noise on every device."""
        uniform = torch.rand(like.shape, generator=self.generator, dtype=torch.float64)
        tiny = torch.finfo(torch.float64).tiny
        return -(-(uniform.clamp_min(tiny)).log()).clamp_min(tiny).log().to(like)


class Softmax(Relaxation):
    """Softmax over all candidates (DARTS eq. 2); sigmoid for gates."""

    def relaxed(self, alpha: Tensor, role: Role, at: float) -> Relaxed:
        return Relaxed(self.probabilities(alpha, role))


class Gumbel(Relaxation):
    """The Concrete distribution: softmax((log p + Gumbel noise) / temperature) (SNAS eq. 4, GDAS eq. 4, FBNet eq. 8).

    `hard` rounds it to one candidate and passes the gradient of the soft weights (straight through); only the
    sampled candidate is computed then, as in GDAS.  A gate is the same over its two outcomes.
    """

    def __init__(self, temperature: Temperature, hard: bool):
        self.temperature, self.hard = temperature, hard

    def relaxed(self, alpha: Tensor, role: Role, at: float) -> Relaxed:
        tau = self.temperature(at)
        if role == "gates":
            soft = ((alpha + self._gumbel(alpha) - self._gumbel(alpha)) / tau).sigmoid()
            return Relaxed(_through((soft > 0.5).to(soft), soft) if self.hard else soft)
        soft = ((alpha.log_softmax(0) + self._gumbel(alpha)) / tau).softmax(0)
        if not self.hard:
            return Relaxed(soft)
        drawn = int(soft.argmax())
        return Relaxed(_through(_one_hot(soft, drawn), soft), (drawn,))


class Dirichlet(Relaxation):
    """Weights from a Dirichlet distribution of concentration elu(alpha) + 1 (DrNAS), with pathwise gradients.

    A gate is a Beta variable whose two concentrations are those of alpha and -alpha.
    """

    def relaxed(self, alpha: Tensor, role: Role, at: float) -> Relaxed:
        with _seeded(self.generator):
            sample = torch.distributions.Dirichlet(self.concentration(alpha, role).cpu()).rsample().to(alpha)
        return Relaxed(sample[..., 0] if role == "gates" else sample)

    @staticmethod
    def concentration(alpha: Tensor, role: Role) -> Tensor:
        """Return concentrations (candidates,), or (candidates, 2) of gates; positive, even if elu rounds to -1."""
        found = F.elu(torch.stack([alpha, -alpha], -1) if role == "gates" else alpha) + 1
        return found.clamp_min(torch.finfo(found.dtype).eps)

    def probabilities(self, alpha: Tensor, role: Role) -> Tensor:
        concentration = self.concentration(alpha, role)
        mean = concentration / concentration.sum(-1, keepdim=True)
        return mean[..., 0] if role == "gates" else mean


class BinaryGates(Relaxation):
    """Sample two candidates and run one of them; the gradient of its gate trains both (ProxylessNAS eq. 4).

    After an update the two are shifted together, so that the probabilities of all others stay as they were.
    """

    def __init__(self) -> None:
        self.pairs: list[tuple[Tensor, Tensor]] = []

    def relaxed(self, alpha: Tensor, role: Role, at: float) -> Relaxed:
        if role == "gates":
            probability = alpha.sigmoid()
            noise = torch.rand(alpha.shape, generator=self.generator).to(alpha)
            return Relaxed(_through((noise < probability).to(alpha), probability))
        pair = torch.multinomial(self._on_cpu(alpha), min(2, len(alpha)), generator=self.generator).to(alpha.device)
        among = alpha[pair].softmax(0)
        drawn = int(torch.multinomial(among.detach().cpu(), 1, generator=self.generator))
        self.pairs.append((alpha, pair))
        weight = torch.zeros_like(alpha).index_put((pair,), _through(_one_hot(among, drawn), among))
        return Relaxed(weight, tuple(pair.tolist()))

    def fixed(self, alpha: Tensor, role: Role, at: float) -> Relaxed:
        if role == "gates":
            return super().fixed(alpha, role, at)
        drawn = int(torch.multinomial(self._on_cpu(alpha), 1, generator=self.generator))
        return Relaxed(_one_hot(alpha.detach(), drawn), (drawn,))

    @staticmethod
    def _on_cpu(alpha: Tensor) -> Tensor:
        return alpha.detach().softmax(0).cpu()

    @torch.no_grad()
    def updated(self, before: dict[str, Tensor], alphas: dict[str, Tensor]) -> None:
        old = {id(alpha): before[key] for key, alpha in alphas.items()}
        for alpha, pair in self.pairs:
            alpha[pair] -= alpha[pair].logsumexp(0) - old[id(alpha)][pair].logsumexp(0)
        self.pairs.clear()


def _through(hard: Tensor, soft: Tensor) -> Tensor:
    """Return exactly `hard`, with the gradient of `soft`; hard + soft - soft would have rounding errors."""
    return hard.detach() + (soft - soft.detach())


def _one_hot(like: Tensor, at: int) -> Tensor:
    weight = torch.zeros_like(like)
    weight[at] = 1
    return weight


@contextmanager
def _seeded(generator: torch.Generator) -> Iterator[None]:
    """Make torch.distributions, which use the global generator, draw from this one and advance it."""
    with torch.random.fork_rng(devices=[]):
        torch.set_rng_state(generator.get_state())
        yield
        generator.set_state(torch.get_rng_state())
