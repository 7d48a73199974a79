"""`search` and `retrain`: from a space to an architecture, from an architecture to a tested network."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from nasdsl import registry
from nasdsl.diagnostics import NasError, error
from nasdsl.graph.architecture import Architecture
from nasdsl.search import distributed
from nasdsl.search.datasets import Data, Images
from nasdsl.search.distributed import pieces
from nasdsl.search.events import Events
from nasdsl.search.loop import Loop, autocast, order, pick_device
from nasdsl.search.runfolder import RunFolder, configuration
from nasdsl.search.settings import RetrainSettings, SearchSettings
from nasdsl.search.strategies.base import Batch, Context, OneShot
from nasdsl.search.weights import starting_weights
from nasdsl.space import Space

SEARCH_EPOCHS = 50
RETRAIN_EPOCHS = {"digits": 30}


@dataclass(frozen=True)
class SearchResult:
    """`valid_accuracy`: with the shared weights; of the supernet in its last epoch, or of what was found, where
    the strategy compares architectures."""

    architecture: Architecture
    folder: Path
    metrics: list[dict[str, Any]]
    valid_accuracy: float | None = None


@dataclass(frozen=True)
class RetrainResult:
    test_accuracy: float
    params: int
    folder: Path
    metrics: list[dict[str, Any]]


def _fitted(space: Space, name: str, data: Data) -> Space:
    """The space with as many classes as the data, unless the user set them."""
    if "classes" in space.declared and "classes" not in space.settings and space.parameters["classes"] != data.classes:
        return space.rebind(classes=data.classes)
    return space


def _data(space: Space, settings: SearchSettings | RetrainSettings, device: torch.device) -> tuple[Data, Space]:
    data = Data(settings.data, settings.data_dir, space, settings.limit, device)
    return data, _fitted(space, settings.data, data)


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
    """Searches a space and writes the run to `out` (default `runs/SPACE-STRATEGY`).

    The shared weights start from those of the search run `inherit`, or of the file `weights`, as far as names and
    shapes fit; what does not fit is in the notes of `config.json`.  Of several processes all must call it.
    Raises `NasError`: NAS80x for data, folder and checkpoint, NAS810 where the strategy refuses the space.
    """
    settings = _settings(SearchSettings, options)
    group = distributed.group()
    device = group.together(lambda: pick_device(group.device(settings.device)))
    cast = autocast(device, settings.precision)
    start = starting_weights(inherit, weights)
    data, space = group.in_turn(lambda: _data(space, settings, device))
    strategy: OneShot = registry.find("nasdsl.strategies", settings.strategy)(**settings.options)
    if (refusal := strategy.refuses(space)) is not None:
        raise NasError([refusal])
    if not space.decisions:
        raise error("NAS810", f"`{space.name}` has no decisions: there is nothing to search")
    train, valid = _split(data.train, settings.split, settings.seed)
    published = strategy.published.epochs if strategy.published else SEARCH_EPOCHS
    stage_epochs = settings.epochs or min(published, SEARCH_EPOCHS)
    epochs = strategy.total_epochs(stage_epochs)
    size = min(settings.batch_size, len(train), len(valid))
    group.divide(size, settings.accumulate)
    extra = {
        "epochs": epochs,
        "parts": {"weights": len(train), "architecture": len(valid), "test": len(data.test)},
        "notes": data.notes,
        "processes": group.size,
        "inherit": start.origin if start else None,
    }
    folder = out or Path("runs") / f"{space.name}-{settings.strategy}"
    chosen = {**settings.to_json(), "options": strategy.options_json()}
    torch.manual_seed(settings.seed)

    def validation() -> Iterator[Batch]:
        for index in torch.arange(len(valid)).split(256):
            yield data.batch(valid, index)

    def draw(part: str, rng: random.Random) -> Batch:
        images = train if part == "train" else valid
        return data.batch(images, torch.tensor(rng.sample(range(len(images)), size)))

    net = space.supernet().to(device)
    context = Context(
        space, net, device, stage_epochs, settings.seed, validation, cast, draw, group, settings.accumulate
    )
    strategy.setup(context)
    if start is not None:
        notes = start.put_into(strategy.net)
        data.notes += notes
        if not quiet and group.first:
            print("\n".join(notes), file=sys.stderr)
    config = configuration("search", space, chosen, extra)
    run = group.together(lambda: RunFolder(folder, config, space, resume, force, group.first))
    steps = len(train) // size
    orders: dict[tuple[int, int], torch.Tensor] = {}
    labels = {decision.key: decision.labels for decision in space.decisions}

    def indices(part: int, count: int, epoch: int, step: int) -> torch.Tensor:
        if (part, epoch) not in orders:
            for key in [key for key in orders if key[0] == part]:
                del orders[key]
            orders[part, epoch] = order(count, settings.seed, epoch, part)
        at = torch.arange(step * size, (step + 1) * size) % count
        return orders[part, epoch][at]

    def step(epoch: int, number: int) -> dict[str, float]:
        first = data.batch(train, indices(0, len(train), epoch, number), augment=True)
        second = data.batch(valid, indices(1, len(valid), epoch, number), augment=True)
        with group.apart(settings.seed, epoch, number):
            return strategy.step(group.share(first), group.share(second))

    def epoch_end(epoch: int, events: Events) -> dict[str, float]:
        metrics = strategy.epoch_end(epoch) or {}
        for key, values in strategy.distributions().items():
            for label, value in zip(labels[key], values, strict=True):
                events.add_scalar(f"decisions/{key}/{label}", float(value), epoch)
        if strategy.relaxation == "mixture":
            run.write(f"architectures/epoch-{epoch + 1:03}.json", strategy.derive().text().encode())
        return metrics

    loop = Loop(run, epochs, steps, settings.checkpoint_seconds, f"search {space.name}", quiet, group)
    rows = loop(step, epoch_end, strategy.state_dict, strategy.load_state_dict, resume)
    with group.norms():
        architecture = strategy.derive()
    run.write("architecture.json", architecture.text().encode())
    accuracy = {"valid_accuracy": rows[-1]["valid_accuracy"]} if "valid_accuracy" in rows[-1] else {}
    found = {**accuracy, **strategy.summary()}
    run.json("result.json", {"architecture": architecture.to_json()["decisions"], **space.stats(architecture), **found})
    return SearchResult(architecture, run.path, rows, found.get("valid_accuracy"))


def _split(part: Images, share: float, seed: int) -> tuple[Images, Images]:
    index = order(len(part), seed, 0, 3)
    first = int(len(part) * share)
    if first == 0 or first == len(part):
        raise error("NAS804", f"a split of {share} of {len(part)} images leaves a part empty")
    return part.take(index[:first]), part.take(index[first:])


def retrain(
    space: Space,
    architecture: Architecture | str | os.PathLike[str],
    *,
    out: str | os.PathLike[str] | None = None,
    resume: bool = False,
    force: bool = False,
    quiet: bool = True,
    inherit: str | os.PathLike[str] | None = None,
    **options: Any,
) -> RetrainResult:
    """Trains one network on all training images, tests it, writes weights and standalone source.

    `inherit` is a search run whose shared weights are the start.  The network of an architecture found with
    other parameters of one space (more layers, say) may be trained: the decisions must be the same.
    """
    settings = _settings(RetrainSettings, options)
    group = distributed.group()
    device = group.together(lambda: pick_device(group.device(settings.device)))
    cast = autocast(device, settings.precision)
    data, space = group.in_turn(lambda: _data(space, settings, device))
    size = min(settings.batch_size, len(data.train))
    group.divide(size, settings.accumulate)
    if not isinstance(architecture, Architecture):
        architecture = space.read_architecture(architecture)
    elif architecture.schema != space.schema_fingerprint:
        raise error("NAS522", "the architecture was made for another space or other decisions")
    architecture = space.architecture(architecture.choices)
    epochs = settings.epochs or RETRAIN_EPOCHS.get(settings.data, 100)
    extra = {
        "epochs": epochs,
        "parts": {"train": len(data.train), "test": len(data.test)},
        "notes": data.notes,
        "architecture": architecture.to_json(),
        "inherit": str(inherit) if inherit else None,
        "processes": group.size,
    }
    folder = out or Path("runs") / f"{space.name}-retrain"
    net = space.network(architecture, seed=settings.seed)
    if inherit is not None:
        _inherit(space, net, Path(inherit), architecture)
    net = net.to(device)
    config = configuration("retrain", space, settings.to_json(), extra)
    run = group.together(lambda: RunFolder(folder, config, space, resume, force, group.first))
    run.write("network.py", space.source(architecture).encode())
    run.write("architecture.json", architecture.text().encode())
    optimiser = torch.optim.SGD(net.parameters(), settings.lr, momentum=0.9, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    steps = len(data.train) // size
    orders: dict[int, torch.Tensor] = {}

    def step(epoch: int, number: int) -> dict[str, float]:
        if epoch not in orders:
            orders.clear()
            orders[epoch] = order(len(data.train), settings.seed, epoch, 0)
        batch = data.batch(data.train, orders[epoch][number * size : (number + 1) * size], augment=True)
        net.train()
        optimiser.zero_grad(set_to_none=True)
        losses, accuracies = [], []
        with group.apart(settings.seed, epoch, number):
            for images, labels in pieces(group.share(batch), settings.accumulate):
                with cast():
                    logits = net(images)
                loss = nn.functional.cross_entropy(logits.float(), labels, label_smoothing=settings.label_smoothing)
                (loss / settings.accumulate).backward()
                losses.append(float(loss.detach()))
                accuracies.append(float((logits.detach().argmax(1) == labels).float().mean()))
        group.average(parameter.grad for parameter in net.parameters())
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        return {"loss": sum(losses) / len(losses), "accuracy": sum(accuracies) / len(accuracies)}

    def epoch_end(epoch: int, events: Events) -> dict[str, float]:
        schedule.step()
        return {}

    def state() -> dict[str, Any]:
        return {"net": net.state_dict(), "optimiser": optimiser.state_dict(), "schedule": schedule.state_dict()}

    def restore(saved: dict[str, Any]) -> None:
        net.load_state_dict(saved["net"])
        optimiser.load_state_dict(saved["optimiser"])
        schedule.load_state_dict(saved["schedule"])

    torch.manual_seed(settings.seed)
    loop = Loop(run, epochs, steps, settings.checkpoint_seconds, f"retrain {space.name}", quiet, group)
    rows = loop(step, epoch_end, state, restore, resume)
    accuracy = _test(net, data, cast)
    from safetensors.torch import save

    run.write(
        "weights.safetensors", save({name: tensor.contiguous().cpu() for name, tensor in net.state_dict().items()})
    )
    costs = space.stats(architecture)
    run.json("result.json", {"test_accuracy": accuracy, **costs})
    return RetrainResult(accuracy, costs["params"], run.path, rows)


@torch.no_grad()
def _test(net: nn.Module, data: Data, cast: Any) -> float:
    net.eval()
    right = 0
    for index in torch.arange(len(data.test)).split(256):
        images, labels = data.batch(data.test, index)
        with cast():
            right += int((net(images).argmax(1) == labels).sum())
    return right / len(data.test)


def _inherit(space: Space, net: nn.Module, folder: Path, architecture: Architecture) -> None:
    from nasdsl.runtime.transfer import transfer

    config = configuration("search", space, {}, {})
    reader = RunFolder.__new__(RunFolder)
    reader.path, reader.config, reader.space = folder, config, space
    saved = reader.load_checkpoint()
    if saved is None:
        raise error("NAS808", f"there is no checkpoint in `{folder}` to inherit from")
    supernet = space.supernet()
    try:
        supernet.load_state_dict(saved["state"]["net"])
    except (RuntimeError, KeyError):
        hint = "a search in stages ends with a supernet of fewer candidates and perhaps another depth"
        raise error("NAS808", f"the weights in `{folder}` are of another supernet", help=hint) from None
    transfer(supernet, net, space.slices(architecture))


def _settings(table: Any, options: dict[str, Any]) -> Any:
    known = table.__dataclass_fields__
    for name in options:
        if name not in known:
            from nasdsl.diagnostics import suggest

            raise error("NAS601", f"there is no option `{name}`", help=suggest(name, known))
    return table(**options)
