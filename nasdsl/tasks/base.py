"""Tasks: the batches that a search or a training makes of its data, what is predicted, and how well.

A strategy asks its task for logits and targets, a row an item that is predicted (an image, a word), and never
which task it is.
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
    """`inputs` (N, ...), and what is predicted of them: `targets` (N,), or (N, L) of sequences.

    `share` is its length as a part of the usual one: where lengths vary, the learning rate follows it.
    """

    inputs: Tensor
    targets: Tensor
    share: float = 1.0

    def __len__(self) -> int:
        return len(self.inputs)

    def pieces(self, number: int) -> Sequence[Self]:
        """In `number` equal parts along the first axis."""
        if number == 1:
            return [self]
        parts = zip(self.inputs.chunk(number), self.targets.chunk(number), strict=True)
        return [replace(self, inputs=inputs, targets=targets) for inputs, targets in parts]


class DataPart(Protocol):
    """One part of the data, in batches of one size."""

    @property
    def size(self) -> int:
        """Images, or streams of words, in a batch: what processes and accumulation divide."""
        ...

    def steps_of(self, epoch: int) -> int:
        """Batches of an epoch."""
        ...

    def __len__(self) -> int:
        """The number of images or words."""
        ...

    def batch(self, epoch: int, step: int) -> Batch:
        """The batch of a step, a function of the seed alone; augmented.  Beyond the last it starts again."""
        ...

    def draw(self, rng: random.Random) -> Batch:
        """A random batch, as it is."""
        ...

    def in_order(self) -> Iterator[Batch]:
        """All of it once, as it is."""
        ...


class Objective:
    """A prediction and its quality; the base classifies: (N, ...) inputs, (N,) labels."""

    # What the quality of a network is called in figures.
    figure: ClassVar[str] = "accuracy"

    def results(self, network: Forward, batch: Batch, choices: SupernetChoices | None = None) -> dict[str, Tensor]:
        """All results by name, the logits first, as `logits`; a supernet takes `choices`."""
        return {"logits": forward(network, (batch.inputs,), choices)[0]}

    def logits(self, network: Forward, batch: Batch, choices: SupernetChoices | None = None) -> Tensor:
        """(rows, classes)."""
        return self.results(network, batch, choices)["logits"]

    def targets(self, batch: Batch) -> Tensor:
        """(rows,) int64."""
        return batch.targets

    def tally(self, logits: Tensor, targets: Tensor) -> float:
        """The sum over rows of what `score` takes the mean of."""
        return float((logits.argmax(1) == targets).sum())

    def score(self, mean: float) -> float:
        """How good that mean is; more is better."""
        return mean

    def initialise(self, net: nn.Module) -> None:
        """Changes fresh weights where this kind of network needs others than torch's."""
        return

    def report(self, part: str, score: float) -> dict[str, float]:
        """A score as figures for a result."""
        return {f"{part}_{self.figure}": score}

    def figures(self, row: dict[str, float]) -> dict[str, float]:
        """Figures of an epoch that follow from others of its row."""
        return {}


def forward(network: Forward, inputs: tuple[Tensor, ...], choices: SupernetChoices | None) -> tuple[Tensor, ...]:
    """All results of a network, or of a supernet with `choices`."""
    found = network(*inputs) if choices is None else network(*inputs, choices)
    return found if isinstance(found, tuple) else (found,)


class Task(Objective, ABC):
    """An objective with the data of a space."""

    notes: list[str]
    test: DataPart
    # What differs from a strategy's own defaults where it is used for this task.
    strategy_defaults: ClassVar[dict[str, Any]] = {}

    @abstractmethod
    def search_parts(self, share: float, batch_size: int, seed: int) -> tuple[DataPart, DataPart]:
        """The part that trains weights and the one that trains the architecture; `share` is the former's.

        Raises NAS804 where one would be empty.
        """

    @abstractmethod
    def training_parts(self, options: TrainOptions, batch_size: int, seed: int) -> tuple[DataPart, DataPart | None]:
        """The part that trains, and one to watch it by where the data have one.

        `options` are those of a recipe.  Raises NAS601 for options of another task.
        """

    def penalties(self, net: nn.Module, graph: ArchGraph, options: TrainOptions) -> Callable[[], Tensor] | None:
        """A term of the loss from what `net` computed last, where `options` ask for one."""
        return None

    def state_dict(self, group: ProcessGroup = ALONE) -> dict[str, Any]:
        """The state between batches, of all processes."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        return
