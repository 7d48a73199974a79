"""`retrain`: train, test and write the network of an architecture."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from nasdsl.diagnostics import error
from nasdsl.graph.architecture import Architecture
from nasdsl.options.settings import RetrainSettings, checked, parse_options
from nasdsl.options.training import TrainOptions
from nasdsl.parallel import group as distributed
from nasdsl.passes.restrict import derive
from nasdsl.runs.checkpoint import inherited
from nasdsl.runs.config import RunConfig, SpaceRecord
from nasdsl.runs.folder import RunFolder
from nasdsl.runs.result import Metrics, RunResult
from nasdsl.runs.tensorboard import Events
from nasdsl.runtime.transfer import transfer
from nasdsl.space import Space
from nasdsl.tasks import task_for
from nasdsl.training import recipes
from nasdsl.training.device import autocast, pick_device
from nasdsl.training.loop import Loop
from nasdsl.training.recorded_parameters import with_recorded_parameters
from nasdsl.training.trainer import Trainer

EPOCHS = {"digits": 30}
OTHER_EPOCHS = 100


@dataclass(frozen=True)
class RetrainResult:
    """`test_accuracy` of a classifier or `test_perplexity` of a language model; the other one is None."""

    test_accuracy: float | None
    params: int
    folder: Path
    metrics: list[Metrics]
    test_perplexity: float | None = None


def retrain(
    space: Space,
    architecture: Architecture | str | os.PathLike[str],
    *,
    out: str | os.PathLike[str] | None = None,
    resume: bool = False,
    force: bool = False,
    quiet: bool = True,
    inherit: str | os.PathLike[str] | None = None,
    **given: Any,
) -> RetrainResult:
    """Train one network on all training data, test it, and write its weights and standalone source.

    `recipe` names a recipe: its settings, options and parameters of the space apply unless the caller gives
    others.  `inherit` is a search run whose shared weights to start from.  An architecture found with
    different parameters of the space can be trained.  If they change the decisions, as the depth does if each layer
    decides separately, parameters not given by caller or recipe are those of the architecture.
    """
    settings, space, o, notes = _planned(space, given)
    group = distributed.group()
    device = group.together(lambda: pick_device(group.device(settings.device)))
    cast = autocast(device, settings.precision)
    task, space = group.in_turn(lambda: task_for(space, settings, device))
    space, architecture, taken = with_recorded_parameters(space, architecture)
    notes += [f"setting `{name}` to {value}, as required by the architecture" for name, value in taken.items()]
    epochs = settings.epochs or EPOCHS.get(settings.data, OTHER_EPOCHS)
    train, valid = task.training_parts(o, settings.batch_size, settings.seed)
    group.divide(train.size, settings.accumulate)
    graph = derive(space.graph(False), architecture.choices)
    if o.auxiliary and "aux" not in graph.output_names:
        notes.append("no auxiliary loss, since the network has no result `aux`")
    net = space.network(architecture, seed=settings.seed)
    task.initialise(net)
    if inherit is not None:
        _inherit(space, net, Path(inherit), architecture)
    net = net.to(device)
    trainer = Trainer(net, graph, task, o, epochs, cast, group, settings.accumulate)
    if trainer.drops and not trainer.drops.count:
        notes.append("no drop-path, since no decision of the network is part of a sum")
    config = RunConfig(
        kind="retrain",
        space=SpaceRecord.of(space),
        settings={**settings.to_json(), "options": dict(vars(o))},
        epochs=epochs,
        parts={"train": len(train), **({"valid": len(valid)} if valid else {}), "test": len(task.test)},
        notes=(*task.notes, *notes),
        architecture=architecture.to_json(),
        inherit=str(inherit) if inherit else None,
        processes=group.size,
    )
    folder = out or Path("runs") / f"{space.name}-retrain"

    def step(epoch: int, number: int) -> Metrics:
        first = number * o.batches
        batches = [train.batch(epoch, first + i) for i in range(o.batches)]
        with group.apart(settings.seed, epoch, number):
            return trainer.update(epoch, batches)

    def epoch_end(epoch: int, events: Events, row: Metrics) -> Metrics:
        found = trainer.watch(valid) if valid else {}
        return {**found, **task.figures({**row, **found})}

    opening = RunFolder.open(folder, config, space, resume=resume, force=force, writer=group.first)
    with group.entered(opening) as run:
        run.write("network.py", space.source(architecture).encode())
        run.write("architecture.json", architecture.text().encode())
        torch.manual_seed(settings.seed)
        loop = Loop(
            run, epochs, lambda epoch: max(1, train.steps_of(epoch) // o.batches), settings.checkpoint_seconds,
            f"retrain {space.name}", quiet, group,
        )  # fmt: skip
        rows = loop(step, epoch_end, trainer.state_dict, trainer.load_state_dict, resume)
        trainer.finish()
        tested = task.report("test", trainer.score_of(task.test.in_order()))
        run.write("weights.safetensors", _serialised(net))
        costs = _costs(space, architecture)
        run.write_result(RunResult({**tested, **costs}))
    return RetrainResult(tested.get("test_accuracy"), costs["params"], run.path, rows, tested.get("test_perplexity"))


def _planned(space: Space, given: dict[str, Any]) -> tuple[RetrainSettings, Space, TrainOptions, list[str]]:
    """Resolve settings, space and options, in the order caller, recipe, defaults; also return notes."""
    given = {name: value for name, value in given.items() if value is not None}
    checked(RetrainSettings, given)
    recipe = recipes.find(given["recipe"]) if "recipe" in given else recipes.Recipe("")
    settings = RetrainSettings(**{**recipe.settings, **given})
    options = {**recipe.options, **settings.options}
    missing = [name for name in recipe.parameters if name not in space.declared]
    notes = [f"`{space.name}` has no parameter `{name}`, which the recipe sets" for name in missing]
    wanted = {
        name: value
        for name, value in recipe.parameters.items()
        if name in space.declared and name not in space.settings
    }
    return (
        settings,
        space.rebind(**wanted) if wanted else space,
        parse_options(TrainOptions, options, "training"),
        notes,
    )


def _serialised(net: nn.Module) -> bytes:
    """Serialize the weights of a network as safetensors."""
    from safetensors.torch import save

    return save({name: tensor.contiguous().cpu() for name, tensor in net.state_dict().items()})


def _costs(space: Space, architecture: Architecture) -> dict[str, int]:
    """Return parameters and MACs, also without the auxiliary head, which papers omit."""
    costs = space.stats(architecture)
    if "aux" in space.graph(False).output_names and space.parameters.get("auxiliary") is True:
        bare = space.rebind(auxiliary=False)
        without = bare.stats(bare.architecture(architecture.choices))
        costs |= {f"{name}_without_auxiliary": value for name, value in without.items()}
    return costs


def _inherit(space: Space, net: nn.Module, folder: Path, architecture: Architecture) -> None:
    """Set the weights of the network to its slices of those of a finished search.  Raises NAS808."""
    saved = inherited(folder, space.fingerprint)
    supernet = space.supernet()
    try:
        supernet.load_state_dict(saved.net)
    except RuntimeError:
        hint = "after a staged search, the supernet has fewer candidates and may have a different depth"
        raise error("NAS808", f"the weights in `{folder}` belong to a different supernet", help=hint) from None
    transfer(supernet, net, space.slices(architecture))
