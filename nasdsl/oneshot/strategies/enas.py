"""ENAS (Pham et al.; ICML 2018; arXiv 1802.03268): a controller trained by REINFORCE proposes paths."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nasdsl.graph.architecture import Architecture
from nasdsl.oneshot.base import Published, WeightOptions
from nasdsl.oneshot.paths.base import Paths
from nasdsl.oneshot.paths.controller import Controller, Drawn, Shape
from nasdsl.options.settings import option
from nasdsl.tasks.base import Batch
from nasdsl.training.divergence import Diverged, unsound


@dataclass(frozen=True)
class EnasOptions(WeightOptions):
    """Options with the defaults of the paper's macro search.

    For micro: lr_controller=0.0035, tanh_constant=1.1, op_reduce=2.5, temperature=5, controller_steps=30, aggregate=10,
    weight_decay=1e-4.
    """

    lr: float = option(0.05, "learning rate of the shared weights", least=0)
    lr_end: float = option(0.0005, "final learning rate of each cosine period", least=0)
    weight_decay: float = option(2.5e-4, "weight decay of the shared weights", least=0)
    restart: int = option(10, "epochs until the first restart of the cosine; doubles with each restart", least=1)
    units: int = option(64, "units of the controller's LSTM", least=1)
    tanh_constant: float = option(1.5, "scale of tanh applied to the logits; 0 disables it", least=0)
    op_reduce: float = option(1.0, "divisor of tanh_constant for decisions that select one candidate", least=1e-6)
    temperature: float = option(0.0, "temperature by which logits are divided before tanh; 0 disables it", least=0)
    lr_controller: float = option(1e-3, "learning rate of the controller (Adam)", least=0)
    controller_steps: int = option(50, "updates of the controller after each epoch", least=1)
    aggregate: int = option(20, "number of architectures per controller update", least=1)
    entropy_weight: float = option(1e-4, "weight of the entropy in the reward", least=0)
    baseline_decay: float = option(0.999, "decay of the moving average of rewards", least=0, most=1)
    skip_target: float = option(0.4, "target fraction of skip connections", least=1e-6, most=0.999999)
    skip_weight: float = option(0.8, "weight of the divergence from skip_target", least=0)
    samples: int = option(10, "number of architectures drawn at the end, of which the best is kept", least=1)


class Enas(Paths[EnasOptions]):
    """Alternates epochs that train paths sampled from a controller with REINFORCE updates of the controller.

    The reward is the task's score on a validation batch, with the batch-norm statistics of that batch: the
    accuracy of images, 80 / perplexity of language models.
    """

    name = "enas"
    paper = "arXiv 1802.03268"
    relaxation = "controller"
    published = Published(epochs=310, batch_size=128)
    Options = EnasOptions

    def prepare(self) -> None:
        super().prepare()
        o = self.options
        self.noise = torch.Generator().manual_seed(self.context.seed)
        shape = Shape(o.units, o.tanh_constant, o.op_reduce, o.temperature)
        self.controller = Controller(self.space.decisions, shape, o.skip_target).to(self.context.device)
        self.controller_optimiser = torch.optim.Adam(self.controller.parameters(), o.lr_controller)
        self.baseline = 0.0

    def weight_schedule(self) -> torch.optim.lr_scheduler.LRScheduler:
        o = self.options
        return torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(self.optimiser, o.restart, 2, o.lr_end)

    @torch.no_grad()
    def propose(self) -> Architecture:
        """Sample an architecture from the controller."""
        return self.space.architecture(self.controller(generator=self.noise).choices)

    def step(self, train: Batch, valid: Batch) -> dict[str, float]:
        return self.train_weights(train, self.propose().choices)

    def epoch_end(self, epoch: int) -> dict[str, float] | None:
        super().epoch_end(epoch)
        rewards: list[float] = []
        with self.comparing():
            self.net.train()
            for _ in range(self.options.controller_steps):
                rewards += self.train_controller(self._reward)
        return {"reward": sum(rewards) / len(rewards), "baseline": self.baseline}

    def _reward(self, candidate: Architecture) -> float:
        if self.space.unmet(candidate) is not None:
            return 0.0  # the controller learns what the space requires
        return self.score(candidate, [self.batch("valid", self.rng)])

    def train_controller(self, reward: Callable[[Architecture], float]) -> list[float]:
        """Update the controller by `aggregate` samples; return their rewards."""
        o = self.options
        self.controller_optimiser.zero_grad(set_to_none=True)
        rewards: list[float] = []
        for _ in range(o.aggregate):
            drawn = self.controller(generator=self.noise)
            rewards.append(reward(self.space.architecture(drawn.choices)))
            value = rewards[-1] + o.entropy_weight * float(drawn.entropy.detach())
            self.baseline = o.baseline_decay * self.baseline + (1 - o.baseline_decay) * value
            (self.surrogate(drawn, value - self.baseline) / o.aggregate).backward()
        self.context.average(parameter.grad for parameter in self.controller.parameters())
        self.controller_optimiser.step()
        if unsound(dict(self.controller.named_parameters())) is not None:
            raise Diverged("a weight of the controller")
        return rewards

    def surrogate(self, drawn: Drawn, advantage: float) -> Tensor:
        """Return the REINFORCE loss, including the divergence of skips."""
        return -advantage * drawn.log_probability + self.options.skip_weight * drawn.skip_penalty

    def derive(self) -> Architecture:
        """Return the best of some samples on one validation batch, the same for all."""
        noise, rng = torch.Generator().manual_seed(self.context.seed + 1), random.Random(self.context.seed + 1)
        batch = [self.batch("valid", rng)]
        with self.comparing(), torch.no_grad():
            self.net.train()
            drawn = [
                self.space.architecture(self.controller(generator=noise).choices) for _ in range(self.options.samples)
            ]
            allowed = [item for item in drawn if self.space.unmet(item) is None]
            if not allowed:  # the controller has not learnt the requirements: uniform draws meet them
                allowed = self.space.sample(self.options.samples, self.context.seed)
            scored = [(self.score(item, batch), item) for item in allowed]
        self.best_score, best = max(scored, key=lambda pair: pair[0])
        return best

    def summary(self) -> dict[str, float]:
        return self.context.task.report("valid", self.best_score)

    def state_dict(self) -> dict[str, Any]:
        return {
            **super().state_dict(),
            "controller": self.controller.state_dict(),
            "controller_optimiser": self.controller_optimiser.state_dict(),
            "noise": self.noise.get_state(),
            "baseline": self.baseline,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        super().load_state_dict(state)
        self.controller.load_state_dict(state["controller"])
        self.controller_optimiser.load_state_dict(state["controller_optimiser"])
        self.noise.set_state(state["noise"])
        self.baseline = state["baseline"]
