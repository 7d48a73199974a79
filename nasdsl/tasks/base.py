"""What a search or a training needs to know of its data: batches, what is predicted, and how well.

A strategy asks its task for logits and targets, a row an item that is predicted (an image, a word), and never
which task it is.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Protocol

from torch import Tensor, nn

from nasdsl.graph.archgraph import ArchGraph
from nasdsl.parallel.group import ALONE, ProcessGroup

# (inputs, targets, ...); the rest is the task's own affair.
Batch = tuple[Any, ...]
Call = Callable[..., Any]


class Part(Protocol):
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
    """What is predicted and how good that is; the base classifies: (N, ...) inputs, (N,) labels."""

    # What the quality of a network is called in figures.
    figure: ClassVar[str] = "accuracy"

    def results(self, call: Call, batch: Batch, *choices: Any) -> dict[str, Tensor]:
        """All results by name, the logits first, as `logits`; `call` is a network or stands for one."""
        found = call(batch[0], *choices)
        return {"logits": found[0] if isinstance(found, tuple) else found}

    def logits(self, call: Call, batch: Batch, *choices: Any) -> Tensor:
        """(rows, classes)."""
        return self.results(call, batch, *choices)["logits"]

    def targets(self, batch: Batch) -> Tensor:
        """(rows,) int64."""
        return batch[1]

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


class Task(Objective, ABC):
    """An objective with data that fit the space."""

    notes: list[str]
    test: Part
    # What differs from a strategy's own defaults where it is used for this task.
    strategy_defaults: ClassVar[dict[str, Any]] = {}

    @abstractmethod
    def search_parts(self, share: float, batch_size: int, seed: int) -> tuple[Part, Part]:
        """The part that trains weights and the one that trains the architecture; `share` is the former's.

        Raises NAS804 where one would be empty.
        """

    @abstractmethod
    def training_parts(self, options: Any, batch_size: int, seed: int) -> tuple[Part, Part | None]:
        """The part that trains, and one to watch it by where the data have one.

        `options` are those of a recipe.  Raises NAS601 for options of another task.
        """

    def penalties(self, net: nn.Module, graph: ArchGraph, options: Any) -> Callable[[], Tensor] | None:
        """A term of the loss from what `net` computed last, where `options` ask for one."""
        return None

    def state_dict(self, group: ProcessGroup = ALONE) -> dict[str, Any]:
        """What is kept between batches, of all processes."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        return
