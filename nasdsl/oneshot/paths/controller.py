"""The controller of ENAS: an LSTM that makes the decisions of any space in sequence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nasdsl.ir.decision import Choice, Decision
from nasdsl.training.divergence import Diverged


@dataclass(frozen=True)
class Shape:
    """Units of the LSTM, and the squashing of logits: constant * tanh(logits / temperature).

    For decisions that select one candidate the constant is divided by `op_reduce`.  A temperature of 0 means none.
    """

    units: int = 64
    tanh_constant: float = 1.5
    op_reduce: float = 1.0
    temperature: float = 0.0


@dataclass(frozen=True)
class Drawn:
    """Choices of all decisions, their log-probability, the summed entropy, and the divergence of skips."""

    choices: dict[str, Choice]
    log_probability: Tensor
    entropy: Tensor
    skip_penalty: Tensor


class Controller(nn.Module):
    """A distribution over complete tables of choices, with exact probabilities.

    A decision that selects one candidate is a softmax over the real candidates; decisions with equal
    candidates share its weights and the input embeddings, as the layers of ENAS do.  A subset is
    decided candidate by candidate, by attention of the LSTM's state to an embedding of each position; a
    candidate that must be in or out because of the subset's bounds has probability 1 or 0.
    """

    def __init__(self, decisions: tuple[Decision, ...], shape: Shape, skip_target: float):
        super().__init__()
        self.decisions, self.shape, self.skip_target = decisions, shape, skip_target
        units = shape.units
        self.cell = nn.LSTMCell(units, units)
        self.start = nn.Parameter(torch.empty(units))
        kinds = list(dict.fromkeys((d.labels, d.phantom) for d in decisions if d.kind == "one"))
        self.kind = {d.key: kinds.index((d.labels, d.phantom)) for d in decisions if d.kind == "one"}
        self.heads = nn.ModuleList(nn.Linear(units, len(labels), bias=False) for labels, _ in kinds)
        self.embeddings = nn.ModuleList(nn.Embedding(len(labels), units) for labels, _ in kinds)
        widest = max((len(d.labels) for d in decisions if d.kind == "subset"), default=0)
        self.positions = nn.Embedding(max(1, widest), units)
        self.attend_position = nn.Linear(units, units, bias=False)
        self.attend_state = nn.Linear(units, units, bias=False)
        self.attend = nn.Linear(units, 1, bias=False)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -0.1, 0.1)

    def forward(self, forced: Mapping[str, Choice] | None = None, generator: torch.Generator | None = None) -> Drawn:
        """Sample choices, or evaluate the probability of `forced` ones."""
        state = self.start.new_zeros(1, self.shape.units), self.start.new_zeros(1, self.shape.units)
        given = self.start.unsqueeze(0)
        choices: dict[str, Choice] = {}
        logs: list[Tensor] = []
        entropies: list[Tensor] = []
        penalties: list[Tensor] = []
        for decision in self.decisions:
            state = self.cell(given, state)
            want = forced[decision.key] if forced is not None else None
            if decision.kind == "one":
                chosen, log, entropy = self._one(decision, state[0], want, generator)
                given = self.embeddings[self.kind[decision.key]](torch.tensor([chosen], device=given.device))
                choices[decision.key] = chosen
            else:
                picked, log, entropy, penalty = self._subset(decision, state[0], want, generator)
                penalties.append(penalty)
                indices = torch.tensor(picked, dtype=torch.long, device=given.device)
                given = self.positions(indices).mean(0, keepdim=True) if picked else torch.zeros_like(given)
                choices[decision.key] = picked
            logs.append(log)
            entropies.append(entropy)
        penalty = torch.stack(penalties).mean() if penalties else self.start.new_zeros(())
        return Drawn(choices, torch.stack(logs).sum(), torch.stack(entropies).sum(), penalty)

    def _squash(self, logits: Tensor, constant: float) -> Tensor:
        if self.shape.temperature > 0:
            logits = logits / self.shape.temperature
        return constant * torch.tanh(logits) if constant > 0 else logits

    def _one(
        self, decision: Decision, state: Tensor, want: Choice | None, generator: torch.Generator | None
    ) -> tuple[int, Tensor, Tensor]:
        logits = self.heads[self.kind[decision.key]](state)[0]
        real = torch.tensor(decision.real, device=logits.device)
        logs = self._squash(logits[real], self.shape.tanh_constant / self.shape.op_reduce).log_softmax(0)
        if want is None:
            if not bool(logs.detach().isfinite().all()):
                raise Diverged(f"the controller's logits for `{decision.key}`")
            at = int(torch.multinomial(logs.detach().exp().cpu(), 1, generator=generator))
        else:
            assert isinstance(want, int)
            at = decision.real.index(want)
        return decision.real[at], logs[at], -(logs.exp() * logs).sum()

    def _subset(
        self, decision: Decision, state: Tensor, want: Choice | None, generator: torch.Generator | None
    ) -> tuple[tuple[int, ...], Tensor, Tensor, Tensor]:
        real = decision.real
        keys = self.positions(torch.tensor(real, device=state.device))
        scores = self.attend(torch.tanh(self.attend_position(keys) + self.attend_state(state))).squeeze(1)
        logits = 2 * self._squash(scores, self.shape.tanh_constant)  # ENAS: a softmax over (-score, score)
        noise = torch.rand(len(real), generator=generator)
        picked: list[int] = []
        log = entropy = state.new_zeros(())
        for place, i in enumerate(real):
            must = len(picked) + len(real) - place == decision.least
            cannot = len(picked) == decision.most
            if must or cannot:
                if must:
                    picked.append(i)
                continue
            inside, outside = F.logsigmoid(logits[place]), F.logsigmoid(-logits[place])
            taken = i in want if isinstance(want, tuple) else float(noise[place]) < float(inside.detach().exp())
            log = log + (inside if taken else outside)
            entropy = entropy - inside.exp() * inside - outside.exp() * outside
            if taken:
                picked.append(i)
        return tuple(picked), log, entropy, self._skip_penalty(decision, logits)

    def _skip_penalty(self, decision: Decision, logits: Tensor) -> Tensor:
        """Return the summed KL divergence of inclusion probabilities from the target, for subsets of free size."""
        if decision.least == decision.most:
            return logits.new_zeros(())
        inside, outside = F.logsigmoid(logits), F.logsigmoid(-logits)
        target = torch.tensor([self.skip_target, 1 - self.skip_target], dtype=logits.dtype).log()
        return (inside.exp() * (inside - float(target[0])) + outside.exp() * (outside - float(target[1]))).sum()
