"""Strategies that train architecture parameters of a relaxation along with the shared weights."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import torch
from torch import Tensor

from nasdsl.diagnostics import Diagnostic, diagnostic
from nasdsl.graph.architecture import Architecture
from nasdsl.ir.decision import Choice
from nasdsl.oneshot.base import OneShot, WeightOptions
from nasdsl.oneshot.mixture.derivation import derive_choices, split_edges
from nasdsl.oneshot.mixture.relaxations import Relaxation, Relaxed, roles, selecting
from nasdsl.oneshot.mixture.sparse_mixture import Mix
from nasdsl.options.settings import option
from nasdsl.sampling.constrained_argmax import log_probability, preferred
from nasdsl.space import Space
from nasdsl.tasks.base import Batch, Selection
from nasdsl.training.divergence import Diverged, unsound


@dataclass(frozen=True)
class MixtureOptions(WeightOptions):
    """Options of the shared weights and of the architecture parameters."""

    alpha_lr: float = option(3e-4, "learning rate of the architecture parameters (Adam)", least=0)
    alpha_weight_decay: float = option(1e-3, "weight decay of the architecture parameters", least=0)
    alpha_beta1: float = option(0.5, "beta1 of Adam for the architecture parameters", least=0, most=0.999999)
    alpha_scale: float = option(1e-3, "standard deviation of their initial values", least=0)
    warmup: float = option(0.0, "fraction of epochs that train only weights", least=0, most=1)


MixtureOptionsT = TypeVar("MixtureOptionsT", bound=MixtureOptions)


class Mixture(OneShot[MixtureOptionsT]):
    """Alternates steps on shared weights and on architecture parameters, each on one half of the images.

    A method is composed of parts: `relax` turns parameters into weights of candidates, `objective` adds terms
    to the loss, `derive` selects the architecture.  With `single_level` one loss on one batch trains both;
    with `weigh_edges` edges have their own parameters, normalized over the edges of a node.
    """

    relaxation = "mixture"
    single_level: ClassVar[bool] = False
    weigh_edges: ClassVar[bool] = False

    def refuses(self, space: Space) -> Diagnostic | None:
        for key, (reason, place) in space.without_mixture.items():
            text = f"`{self.name}` needs a mixture over `{key}`, but {reason}"
            return diagnostic("NAS810", text, place, help="use a path-based strategy: spos, random, rsps or enas")
        return super().refuses(space)

    @abstractmethod
    def relax(self) -> Relaxation:
        """Create the relaxation that turns parameters into weights of candidates."""

    def objective(self, loss: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
        """Return the loss of the architecture parameters, given that of the validation batch."""
        return loss

    # state

    def prepare(self) -> None:
        self.epoch = 0
        self.generator = torch.Generator().manual_seed(self.context.seed)
        self.rule = self.relax()
        self.rule.generator = self.generator
        self.roles = roles(self.space)
        self.selecting = frozenset(key for key in selecting(self.space) if self.roles[key] == "one")
        self.kept = {decision.key: tuple(range(len(decision.labels))) for decision in self.space.decisions}
        self.start()

    def start(self) -> None:
        """Create fresh parameters for the kept candidates, and their optimizer."""
        o = self.options
        self.alphas: dict[str, Tensor] = {}
        self.masks: dict[str, Tensor] = {}
        for key, kept in self.kept.items():
            if self.roles[key] == "edges" and not self.weigh_edges:
                self.masks[key] = torch.ones(len(kept), device=self.context.device)
                continue
            first = o.alpha_scale * torch.randn(len(kept), generator=self.generator)
            self.alphas[key] = first.to(self.context.device).requires_grad_()
        self.alpha_optimiser = torch.optim.Adam(
            list(self.alphas.values()), o.alpha_lr, betas=(o.alpha_beta1, 0.999), weight_decay=o.alpha_weight_decay
        )

    @property
    def at(self) -> float:
        """Return the progress within the stage: 0 in the first epoch, 1 in the last."""
        return min(1.0, self.epoch / max(1, self.context.epochs - 1))

    @property
    def warming_up(self) -> bool:
        """True in the first epochs, which train only weights."""
        return self.epoch < int(self.options.warmup * self.context.epochs)

    # weights

    def draw(self) -> dict[str, Relaxed]:
        """Return weights for each decision that pass gradients to the architecture parameters."""
        return {key: self._relaxed(key, alpha) for key, alpha in self.alphas.items()}

    def _relaxed(self, key: str, alpha: Tensor) -> Relaxed:
        if self.roles[key] == "edges":
            return Relaxed(alpha.softmax(0))
        return self.rule.relaxed(alpha, self.roles[key], self.at)

    def draw_fixed(self) -> dict[str, Relaxed]:
        """Return weights for each decision for training shared weights, without gradients."""
        drawn: dict[str, Relaxed] = {}
        for key, alpha in self.alphas.items():
            if self.roles[key] == "edges":
                drawn[key] = Relaxed(alpha.detach().softmax(0))
            else:
                drawn[key] = self.rule.fixed(alpha, self.roles[key], self.at)
        return drawn

    def choices(self, drawn: Mapping[str, Relaxed]) -> dict[str, Selection]:
        """Return the weights to pass to the supernet, for all candidates if a number depends on the decision, too."""
        result: dict[str, Selection] = dict(self.masks)
        for key, (weight, active) in drawn.items():
            result[key] = Mix(weight, active) if active is not None and key in self.selecting else weight
        return result

    def weights(self) -> dict[str, Tensor]:
        """Return probabilities of the kept candidates (ones for masks)."""
        result = dict(self.masks)
        for key, alpha in self.alphas.items():
            result[key] = self.rule.probabilities(alpha, self.roles[key])
        return result

    # training

    def step(self, train: Batch, valid: Batch) -> dict[str, float]:
        if self.single_level:
            return self._joint_step(train)
        metrics: dict[str, float] = {}
        if not self.warming_up:
            self.net.train()
            self.alpha_optimiser.zero_grad(set_to_none=True)
            gradients, loss, accuracy = self.gradients(train, valid)
            self._update_alphas(gradients)
            metrics = {"valid_loss": loss, "valid_accuracy": accuracy}
        return {**self.train_weights(train, self.choices(self.draw_fixed())), **metrics}

    def gradients(self, train: Batch, valid: Batch) -> tuple[dict[str, Tensor | None], float, float]:
        """Return gradients of the architecture parameters, and loss and accuracy of the validation batch."""
        drawn = self.draw()
        losses, accuracies = [], []
        sums: dict[str, Tensor | None] = dict.fromkeys(self.alphas)
        for objective, loss, accuracy, last in self._objectives(valid, drawn):
            # what the parts have in common, the draw, is kept until the last of them
            found = torch.autograd.grad(objective, list(self.alphas.values()), allow_unused=True, retain_graph=not last)
            for key, gradient in zip(self.alphas, found, strict=True):
                before = sums[key]
                if gradient is not None:
                    sums[key] = gradient if before is None else before + gradient
            losses.append(loss)
            accuracies.append(accuracy)
            del objective  # with it goes the graph of this part, before that of the next is made
        self.context.average(sums.values())
        return sums, sum(losses) / len(losses), sum(accuracies) / len(accuracies)

    def _objectives(self, batch: Batch, drawn: Mapping[str, Relaxed]) -> Iterator[tuple[Tensor, float, float, bool]]:
        """Yield for each part, under one sample: its share of the objective, loss, accuracy, and if it is the last."""
        parts = self.context.parts(batch)
        for number, part in enumerate(parts):
            loss, accuracy = self.loss(part, self.choices(drawn))
            value, last = float(loss.detach()), number + 1 == len(parts)
            loss = self.objective(loss, self.all_weights(drawn)) / len(parts)
            yield loss, value, accuracy, last
            del loss

    def all_weights(self, drawn: Mapping[str, Relaxed]) -> dict[str, Tensor]:
        """Return the weights of all decisions, including ones for masked edges."""
        return {**self.masks, **{key: item.weight for key, item in drawn.items()}}

    def _update_alphas(self, gradients: Mapping[str, Tensor | None]) -> None:
        before = {key: alpha.detach().clone() for key, alpha in self.alphas.items()}
        for key, alpha in self.alphas.items():
            alpha.grad = gradients[key]
        self.alpha_optimiser.step()
        if (key := unsound(self.alphas)) is not None:  # the next draw from it would fail in some way of its own
            raise Diverged(f"an architecture parameter of `{key}`")
        self.rule.updated(before, self.alphas)

    def _joint_step(self, batch: Batch) -> dict[str, float]:
        self.net.train()
        self.optimiser.zero_grad(set_to_none=True)
        self.alpha_optimiser.zero_grad(set_to_none=True)
        losses, accuracies = [], []
        for objective, loss, accuracy, last in self._objectives(batch, self.draw()):
            objective.backward(retain_graph=not last)
            losses.append(loss)
            accuracies.append(accuracy)
        if not self.warming_up:
            gradients = {key: alpha.grad for key, alpha in self.alphas.items()}
            self.context.average(gradients.values())
            self._update_alphas(gradients)
        self.update()
        return {"loss": sum(losses) / len(losses), "accuracy": sum(accuracies) / len(accuracies)}

    def epoch_end(self, epoch: int) -> dict[str, float] | None:
        self.epoch += 1
        return super().epoch_end(epoch)

    # result

    def distributions(self) -> dict[str, Tensor]:
        """Return probabilities of all candidates, zero for dropped ones."""
        result: dict[str, Tensor] = {}
        for decision in self.space.decisions:
            key = decision.key
            if key in self.alphas:
                whole = torch.zeros(len(decision.labels))
                values = self.rule.probabilities(self.alphas[key], self.roles[key]).detach().float().cpu()
                result[key] = whole.index_put((torch.tensor(self.kept[key]),), values)
        return result

    def derive(self) -> Architecture:
        candidates, edges = split_edges(self.distributions(), self.roles)
        return self.met(derive_choices(self.space.decisions, candidates, self.space.nested, edges))

    def met(self, choices: Mapping[str, Choice]) -> Architecture:
        """Return the architecture of these choices, or a probable one if it violates the space's requirements."""
        probabilities = {key: values for key, values in self.distributions().items() if self.roles[key] != "edges"}
        return preferred(self.space, choices, lambda arch: log_probability(arch.choices, probabilities))

    def state_dict(self) -> dict[str, Any]:
        return {
            **super().state_dict(),
            "epoch": self.epoch,
            "noise": self.generator.get_state(),
            "alphas": {key: alpha.detach().clone() for key, alpha in self.alphas.items()},
            "alpha_optimiser": self.alpha_optimiser.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.epoch = state["epoch"]
        self.generator.set_state(state["noise"])
        with torch.no_grad():
            for key, alpha in state["alphas"].items():
                self.alphas[key].copy_(alpha)
        self.alpha_optimiser.load_state_dict(state["alpha_optimiser"])
