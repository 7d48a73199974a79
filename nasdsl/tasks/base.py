"""Tasks: batches of data, predictions, and their metrics.

A strategy asks its task for logits and targets, one row per predicted item (image or word), and never depends on
the kind of task.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol, Self

from torch import Tensor, nn

from nasdsl.graph.archgraph import ArchGraph
from nasdsl.ir.decision import Choice
from nasdsl.options.training import TrainOptions
from nasdsl.parallel.group import ALONE, ProcessGroup
from nasdsl.runtime.choice import Terms

# What a supernet takes for a decision: weights of its candidates (a mixture), a choice (a path), or the terms of a sum.
Selection = Tensor | Choice | Terms
SupernetChoices = Mapping[str, Selection]
# A network or what stands for one: of its inputs, and of choices where it is a supernet.
Forward = Callable[..., Tensor | tuple[Tensor, ...]]


@dataclass(frozen=True, eq=False)
class Batch:
    """`inputs` (N, ...) and `targets` (N,), or (N, L) for sequences.

    `share` is its length relative to the usual one: if lengths vary, the learning rate is scaled by it.
    """

    inputs: Tensor
    targets: Tensor
    share: float = 1.0

    def __len__(self) -> int:
        return len(self.inputs)

    def pieces(self, number: int) -> Sequence[Self]:
        """Split into `number` equal parts along the first axis."""
        if number == 1:
            return [self]
        parts = zip(self.inputs.chunk(number), self.targets.chunk(number), strict=True)
        return [replace(self, inputs=inputs, targets=targets) for inputs, targets in parts]


class DataPart(Protocol):
    """One part of the data, in batches of a fixed size."""

    @property
    def size(self) -> int:
        """Number of images (or text streams) in a batch, which processes and accumulation divide."""
        ...

    def steps_of(self, epoch: int) -> int:
        """Return the number of batches in an epoch."""
        ...

    def __len__(self) -> int:
        """Return the number of images or words."""
        ...

    def batch(self, epoch: int, step: int) -> Batch:
        """Return the augmented batch of a step, a function of the seed alone; wraps around after the last."""
        ...

    def draw(self, rng: random.Random) -> Batch:
        """Return a random batch, without augmentation."""
        ...

    def in_order(self) -> Iterator[Batch]:
        """Iterate over all data once, without augmentation."""
        ...


class Objective:
    """A prediction and its metric; the base class is classification: (N, ...) inputs, (N,) labels."""

    # What the quality of a network is called in figures.
    figure: ClassVar[str] = "accuracy"

    def results(self, network: Forward, batch: Batch, choices: SupernetChoices | None = None) -> dict[str, Tensor]:
        """Return all results by name, with the logits first as `logits`; a supernet needs `choices`."""
        return {"logits": forward(network, (batch.inputs,), choices)[0]}

    def logits(self, network: Forward, batch: Batch, choices: SupernetChoices | None = None) -> Tensor:
        """Return logits (rows, classes) of a batch."""
        return self.results(network, batch, choices)["logits"]

    def targets(self, batch: Batch) -> Tensor:
        """Return targets (rows,) int64 of a batch."""
        return batch.targets

    def tally(self, logits: Tensor, targets: Tensor) -> float:
        """Return the sum over rows of the quantity whose mean `score` converts."""
        return float((logits.argmax(1) == targets).sum())

    def score(self, mean: float) -> float:
        """Convert the mean of `tally` over all rows to a score; higher is better."""
        return mean

    def initialise(self, net: nn.Module) -> None:
        """Reinitialize fresh weights for which torch's defaults are unsuitable."""
        return

    def report(self, part: str, score: float) -> dict[str, float]:
        """Return a score as metrics for the result."""
        return {f"{part}_{self.figure}": score}

    def figures(self, row: dict[str, float]) -> dict[str, float]:
        """Return metrics of an epoch that are derived from others in its row."""
        return {}


def forward(network: Forward, inputs: tuple[Tensor, ...], choices: SupernetChoices | None) -> tuple[Tensor, ...]:
    """Run a network, or a supernet with `choices`, and return all results."""
    found = network(*inputs) if choices is None else network(*inputs, choices)
    return found if isinstance(found, tuple) else (found,)


class Task(Objective, ABC):
    """An objective together with the data for a space."""

    notes: list[str]
    test: DataPart
    # What differs from a strategy's own defaults where it is used for this task.
    strategy_defaults: ClassVar[dict[str, Any]] = {}

    @abstractmethod
    def search_parts(self, share: float, batch_size: int, seed: int) -> tuple[DataPart, DataPart]:
        """Split the data into the part for weights, of fraction `share`, and the part for the architecture.

        Raises NAS804 if one would be empty.
        """

    @abstractmethod
    def training_parts(self, options: TrainOptions, batch_size: int, seed: int) -> tuple[DataPart, DataPart | None]:
        """Return the training part, and the validation part if the data have one.

        `options` are those of a recipe.  Raises NAS601 for options of another task.
        """

    def penalties(self, net: nn.Module, graph: ArchGraph, options: TrainOptions) -> Callable[[], Tensor] | None:
        """Return a loss term on the last activations of `net`, if `options` ask for one."""
        return None

    def state_dict(self, group: ProcessGroup = ALONE) -> dict[str, Any]:
        """Return the state between batches, of all processes."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the state between batches."""
        return
