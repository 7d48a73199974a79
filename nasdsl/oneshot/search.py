"""`search`: find an architecture of a space with a one-shot strategy."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from nasdsl import registry
from nasdsl.diagnostics import NasError, error
from nasdsl.graph.architecture import Architecture
from nasdsl.oneshot.base import Context, Half, OneShot, WeightOptions
from nasdsl.options.settings import SearchSettings, checked
from nasdsl.parallel import group as distributed
from nasdsl.runs.config import RunConfig, SpaceRecord
from nasdsl.runs.folder import RunFolder
from nasdsl.runs.result import Metrics, RunResult
from nasdsl.runs.tensorboard import Events
from nasdsl.runs.weights import starting_weights
from nasdsl.space import Space
from nasdsl.tasks import task_for
from nasdsl.tasks.base import Batch, Task
from nasdsl.terminal import one_line, say
from nasdsl.training.device import autocast, pick_device
from nasdsl.training.loop import Loop

SEARCH_EPOCHS = 50


@dataclass(frozen=True)
class SearchResult:
    """The result of a search; `valid_accuracy` (`valid_perplexity`) is with shared weights, of the supernet in its
    last epoch, or of the architecture if the strategy compares architectures."""

    architecture: Architecture
    folder: Path
    metrics: list[Metrics]
    valid_accuracy: float | None = None
    valid_perplexity: float | None = None


def search(
    space: Space,
    *,
    out: str | os.PathLike[str] | None = None,
    resume: bool = False,
    force: bool = False,
    quiet: bool = True,
    inherit: str | os.PathLike[str] | None = None,
    weights: str | os.PathLike[str] | None = None,
    **options: Any,
) -> SearchResult:
    """Search a space and write the run to `out` (default `runs/SPACE-STRATEGY`).

    The shared weights start from those of the search run `inherit` or the file `weights` if names and
    shapes match; the notes of `config.json` list the others.  In a distributed run every process must call it.
    Raises `NasError`: NAS80x for data, folder and checkpoint, NAS810 if the strategy refuses the space.
    """
    settings = SearchSettings(**checked(SearchSettings, options))
    group = distributed.group()
    device = group.together(lambda: pick_device(group.device(settings.device)))
    cast = autocast(device, settings.precision)
    start = starting_weights(inherit, weights)
    task, space = group.in_turn(lambda: task_for(space, settings, device))
    strategy = _strategy(settings, task)
    if (refusal := strategy.refuses(space)) is not None:
        raise NasError([refusal])
    if not space.decisions:
        raise error("NAS810", f"`{space.name}` has no decisions to search")
    train, valid = task.search_parts(settings.split, settings.batch_size, settings.seed)
    published = strategy.published.epochs if strategy.published else SEARCH_EPOCHS
    stage_epochs = settings.epochs or min(published, SEARCH_EPOCHS)
    epochs = strategy.total_epochs(stage_epochs)
    group.divide(train.size, settings.accumulate)
    torch.manual_seed(settings.seed)

    def draw(half: Half, rng: random.Random) -> Batch:
        return (train if half == "train" else valid).draw(rng)

    net = strategy.supernet(space).to(device)
    task.notes += strategy.notes(space)
    context = Context(
        space, net, device, stage_epochs, settings.seed, valid.in_order, cast, draw, task, group, settings.accumulate
    )
    strategy.setup(context)
    if start is not None:
        notes = start.put_into(strategy.net)
        task.notes += notes
        if not quiet and group.first:
            say("\n".join(map(one_line, notes)), error=True)
    config = RunConfig(
        kind="search",
        space=SpaceRecord.of(space),
        settings={**settings.to_json(), "options": strategy.options_json()},
        epochs=epochs,
        parts={"weights": len(train), "architecture": len(valid), "test": len(task.test)},
        notes=tuple(task.notes),
        processes=group.size,
        inherit=start.origin if start else None,
    )
    folder = out or Path("runs") / f"{space.name}-{settings.strategy}"
    labels: dict[str, tuple[str, ...]] = {decision.key: decision.labels for decision in space.decisions}

    def step(epoch: int, number: int) -> Metrics:
        first, second = train.batch(epoch, number), valid.batch(epoch, number)
        with group.apart(settings.seed, epoch, number):
            return strategy.step(group.share(first), group.share(second))

    def epoch_end(epoch: int, events: Events, row: Metrics) -> Metrics:
        metrics = strategy.epoch_end(epoch) or {}
        for key, values in strategy.distributions().items():
            for label, value in zip(labels[key], values, strict=True):
                events.add_scalar(f"decisions/{key}/{label}", float(value), epoch)
        if strategy.relaxation == "mixture":
            run.write(f"architectures/epoch-{epoch + 1:03}.json", strategy.derive().text().encode())
        return {**metrics, **task.figures(row)}

    def state() -> dict[str, Any]:
        return {**strategy.state_dict(), "task": task.state_dict(group)}

    def restore(saved: dict[str, Any]) -> None:
        strategy.load_state_dict(saved)
        task.load_state_dict(saved["task"])

    opening = RunFolder.open(folder, config, space, resume=resume, force=force, writer=group.first)
    with group.entered(opening) as run:
        loop = Loop(run, epochs, train.steps_of, settings.checkpoint_seconds, f"search {space.name}", quiet, group)
        rows = loop(step, epoch_end, state, restore, resume)
        with group.norms():
            architecture = strategy.derive()
        run.write("architecture.json", architecture.text().encode())
        name = f"valid_{task.figure}"
        found = {**({name: rows[-1][name]} if name in rows[-1] else {}), **strategy.summary()}
        run.write_result(RunResult({**space.stats(architecture), **found}, architecture.to_json()["decisions"]))
    return SearchResult(architecture, run.path, rows, found.get("valid_accuracy"), found.get("valid_perplexity"))


def _strategy(settings: SearchSettings, task: Task) -> OneShot[WeightOptions]:
    """Create the strategy with the given options; the task's defaults apply to the others."""
    kind = registry.find("nasdsl.strategies", settings.strategy)
    known = kind.Options.__dataclass_fields__
    defaults = {name: value for name, value in task.strategy_defaults.items() if name in known}
    return kind(**{**defaults, **settings.options})
