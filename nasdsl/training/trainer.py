"""Training of one network: updates, averaging, and the weights that are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, TypedDict

import torch
from torch import Tensor, nn

from nasdsl.graph.archgraph import ArchGraph
from nasdsl.options.training import TrainOptions
from nasdsl.parallel.group import ALONE, ProcessGroup
from nasdsl.tasks.base import Batch, DataPart, Task
from nasdsl.tasks.metrics import accuracy
from nasdsl.training.averaging import Patience, WeightAverage
from nasdsl.training.device import Autocast
from nasdsl.training.drop_path import DropPath
from nasdsl.training.schedules import learning_rate, optimiser


class Best(TypedDict):
    """The weights with the least validation loss so far, as stored in checkpoints."""

    loss: float
    net: dict[str, Tensor]


class Trainer:
    """Train `net`, the network of the derived `graph`, for `epochs` epochs with the options of a recipe.

    Each process of the `group` takes its share of a batch, in `parts` equal parts one after another.
    """

    def __init__(
        self,
        net: nn.Module,
        graph: ArchGraph,
        task: Task,
        o: TrainOptions,
        epochs: int,
        cast: Autocast,
        group: ProcessGroup = ALONE,
        parts: int = 1,
    ):
        self.net, self.task, self.o, self.epochs, self.cast = net, task, o, epochs, cast
        self.group, self.parts = group, parts
        self.device = next(net.parameters()).device
        self.optimiser = optimiser(net.parameters(), o)
        self.penalty = task.penalties(net, graph, o)
        self.drops = DropPath(net, graph, o.drop_path_by_depth) if o.drop_path else None
        self.patience = Patience(o.average_after) if o.average_after else None
        self.average = WeightAverage(o.ema) if o.ema else None
        self.best: Best | None = None

    def update(self, epoch: int, batches: list[Batch]) -> dict[str, float]:
        """Update the weights by the mean gradient of some batches, the same in all processes.

        Returns metrics of this process's share; `loss` is without penalties and auxiliary terms.
        """
        o = self.o
        share = sum(batch.share for batch in batches) / len(batches)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(o, epoch, self.epochs) * share
        if self.drops:
            self.drops.rate = o.drop_path * epoch / self.epochs
        self.net.train()
        self.optimiser.zero_grad(set_to_none=True)
        losses, right = [], []
        for part in (part for batch in batches for part in self.group.share(batch).pieces(self.parts)):
            with self.cast():
                results = self.task.results(self.net, part)
            targets = self.task.targets(part)
            loss = self._loss(results["logits"], targets)
            whole = loss
            if o.auxiliary and "aux" in results:
                whole = whole + o.auxiliary * self._loss(results["aux"], targets)
            if self.penalty:
                whole = whole + self.penalty()
            (whole / (len(batches) * self.parts)).backward()
            losses.append(float(loss.detach()))
            right.append(accuracy(results["logits"], targets))
        self.group.average(parameter.grad for parameter in self.net.parameters())
        if o.clip:
            nn.utils.clip_grad_norm_(self.net.parameters(), o.clip)
        self.optimiser.step()
        if self.average:
            self.average.update(self.net)
        return {"loss": sum(losses) / len(losses), "accuracy": sum(right) / len(right)}

    def _loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        return nn.functional.cross_entropy(logits.float(), targets, label_smoothing=self.o.label_smoothing)

    def watch(self, part: DataPart) -> dict[str, float]:
        """Return the validation loss of an epoch, with averaged weights once there are any."""
        with self.shown():
            loss = self.loss_of(part.in_order())
            if self.o.keep_best and (self.best is None or loss < self.best["loss"]):
                self.best = {"loss": loss, "net": {k: v.clone() for k, v in self.net.state_dict().items()}}
        if self.patience and self.patience.watch(loss) and self.average is None:
            self.average = WeightAverage(None)
        return {"valid_loss": loss}

    def shown(self) -> AbstractContextManager[None]:
        return (self.average or WeightAverage(None)).shown(self.net)

    def finish(self) -> None:
        """Give the network its final weights: the best ones, the averages, or the last ones."""
        if self.best is not None:
            self.net.load_state_dict(self.best["net"])
        elif self.average is not None and self.average.values:
            self.net.load_state_dict(self.average.values)

    def loss_of(self, batches: Iterable[Batch]) -> float:
        """Return the mean cross-entropy over rows, in evaluation mode."""

        def summed(logits: Tensor, targets: Tensor) -> float:
            return float(nn.functional.cross_entropy(logits.float(), targets, reduction="sum"))

        return self._mean(batches, summed)

    def score_of(self, batches: Iterable[Batch]) -> float:
        """Return the task's score of the network, in evaluation mode."""
        return self.task.score(self._mean(batches, self.task.tally))

    @torch.no_grad()
    def _mean(self, batches: Iterable[Batch], summed: Callable[[Tensor, Tensor], float]) -> float:
        """Return the mean over rows of a quantity that `summed` adds up over a batch."""
        self.net.eval()
        total, count = 0.0, 0
        for batch in batches:
            with self.cast():
                logits = self.task.logits(self.net, batch)
            targets = self.task.targets(batch)
            total += summed(logits, targets)
            count += len(targets)
        return total / count

    def state_dict(self) -> dict[str, Any]:
        """Return the state for a checkpoint, with the weights as `net`."""
        found: dict[str, Any] = {
            "net": self.net.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "task": self.task.state_dict(self.group),
        }
        if self.average:
            found["average"] = self.average.state_dict()
        if self.patience:
            found["patience"] = {"losses": self.patience.losses, "over": self.patience.over}
        if self.best is not None:
            found["best"] = self.best
        return found

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the state of a checkpoint."""
        self.net.load_state_dict(state["net"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.task.load_state_dict(state["task"])
        if "average" in state:
            self.average = self.average or WeightAverage(None)
            self.average.load_state_dict(state["average"], self.device)
        if self.patience:
            self.patience.losses, self.patience.over = state["patience"]["losses"], state["patience"]["over"]
        self.best = state.get("best")
