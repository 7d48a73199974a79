"""`nasdsl search` and `nasdsl retrain`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from nasdsl.cli.common import AllowExtern, Json, Seed, Settings, SpaceName, load_space, parse_settings
from nasdsl.terminal import one_line, say

DataName = Annotated[
    str,
    typer.Option(
        "--data", help="Data set: digits, mnist, fashion_mnist, cifar10, cifar100, folder:PATH, ptb:PATH or text:PATH."
    ),
]
DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Folder in which data sets are stored.")]
Epochs = Annotated[int | None, typer.Option("--epochs", help="Number of passes over the training data.")]
BatchSize = Annotated[int, typer.Option("--batch-size", help="Number of images (or text streams) per step.")]
Limit = Annotated[int | None, typer.Option("--limit", help="Use only this many training images or words.")]
Device = Annotated[str, typer.Option("--device", help="Device: auto, cpu, cuda, cuda:1 ...")]
Precision = Annotated[
    str,
    typer.Option(
        "--precision", help="Precision of the forward pass: auto (bfloat16 on a GPU with support), float32 or bfloat16."
    ),
]
Accumulate = Annotated[
    int,
    typer.Option(
        "--accumulate", help="Split each batch into this many parts and accumulate gradients, to save memory."
    ),
]
Out = Annotated[Path | None, typer.Option("-o", "--out", help="Run folder.")]
Resume = Annotated[bool, typer.Option("--resume", help="Resume the run in the folder.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite the run in the folder.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Do not print progress.")]


def search(
    context: typer.Context,
    space: Annotated[
        str | None, typer.Argument(metavar="SPACE", help="Path of a .nas file, or name of a shipped space.")
    ] = None,
    config: Annotated[Path | None, typer.Option("--config", help="TOML file that describes the experiment.")] = None,
    strategy: Annotated[str, typer.Option(help="Search strategy (see `nasdsl strategies`).")] = "darts",
    data: DataName = "digits",
    data_dir: DataDir = None,
    epochs: Epochs = None,
    batch_size: BatchSize = 64,
    split: Annotated[float, typer.Option(help="Fraction of the training images used to train weights.")] = 0.5,
    limit: Limit = None,
    seed: Seed = 0,
    device: Device = "auto",
    precision: Precision = "auto",
    accumulate: Accumulate = 1,
    out: Out = None,
    set_: Settings = None,
    allow_extern: AllowExtern = False,
    inherit: Annotated[
        Path | None, typer.Option(help="Run folder of a search whose shared weights to start from.")
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="File of weights to start from.")] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", metavar="NAME=VALUE", help="Set an option of the strategy.")
    ] = None,
    resume: Resume = False,
    force: Force = False,
    quiet: Quiet = False,
    as_json: Json = False,
    retrain_: Annotated[
        bool, typer.Option("--retrain/--no-retrain", help="Train the resulting architecture from scratch.")
    ] = False,
    retrain_epochs: Annotated[int | None, typer.Option(help="Number of epochs for retraining.")] = None,
) -> None:
    """Search a space with a one-shot strategy."""
    from nasdsl.cli.experiment import Experiment, read_experiment

    plan = read_experiment(config) if config else Experiment()
    name = space or plan.space
    if name is None:
        raise typer.BadParameter("pass a space, or a --config file that names one", param_hint="SPACE")
    loaded = load_space(name, set_, plan.parameters, allow_extern)
    flags = _given(
        strategy=strategy, split=split, epochs=epochs, data=data, data_dir=data_dir, batch_size=batch_size,
        limit=limit, seed=seed, device=device, precision=precision, accumulate=accumulate,
    )  # fmt: skip
    settings = {**flags, **plan.search, **{name: flags[name] for name in flags if _on_command_line(context, name)}}
    from nasdsl.oneshot.search import search as run_search
    from nasdsl.training.retrain import retrain as run_retrain

    found = run_search(
        loaded, options={**plan.options, **parse_settings(option)}, out=out or plan.out,
        resume=resume, force=force, quiet=quiet or as_json, inherit=inherit, weights=weights, **settings,
    )  # fmt: skip
    report: dict[str, Any] = {"folder": str(found.folder), "architecture": found.architecture.to_json()["decisions"]}
    figures = {name: getattr(found, name) for name in ("valid_accuracy", "valid_perplexity")}
    report |= {name: value for name, value in figures.items() if value is not None}
    if not as_json:
        from nasdsl.cli.recipes import result_text

        say(one_line(f"architecture written to {found.folder / 'architecture.json'}:"))
        for key, value in found.architecture.decisions.items():
            say(one_line(f"  {key}: {value}"))
        if text := result_text(figures, "valid"):
            say(f"validation {text} (shared weights)")
    if retrain_ or (plan.retrain is not None and not _on_command_line(context, "retrain_")):
        folder = found.folder / "retrain"
        left = {"strategy", "split", "epochs"} | ({"batch_size"} if "recipe" in (plan.retrain or {}) else set())
        common = {name: value for name, value in settings.items() if name not in left}
        common |= {"epochs": retrain_epochs, **(plan.retrain or {})}
        if _on_command_line(context, "retrain_epochs"):
            common["epochs"] = retrain_epochs
        trained = run_retrain(
            loaded, found.architecture, out=folder, force=force,
            resume=resume and (folder / "config.json").exists(), quiet=quiet or as_json, **common,
        )  # fmt: skip
        report |= {**_tested(trained), "retrained": str(trained.folder)}
        if not as_json:
            _print_tested(trained)
    if as_json:
        say(json.dumps(report, indent=2))


def _tested(trained: Any) -> dict[str, Any]:
    figures = {name: getattr(trained, name) for name in ("test_accuracy", "test_perplexity")}
    return {**{name: value for name, value in figures.items() if value is not None}, "params": trained.params}


def _print_tested(trained: Any) -> None:
    from nasdsl.cli.recipes import result_text

    text = result_text(_tested(trained), "test")
    say(one_line(f"test {text}, {trained.params:,} parameters, written to {trained.folder}"))


def _on_command_line(context: typer.Context, name: str) -> bool:
    """Return True if an option is on the command line, where it overrides a file."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def retrain(
    context: typer.Context,
    space: SpaceName,
    arch: Annotated[Path, typer.Option("--arch", help="Architecture file.")],
    recipe: Annotated[
        str | None, typer.Option(help="Recipe (see `nasdsl recipes`) or TOML file. Other options override it.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", metavar="NAME=VALUE", help="Set a training option.")
    ] = None,
    data: DataName = "digits",
    data_dir: DataDir = None,
    epochs: Epochs = None,
    batch_size: BatchSize = 64,
    limit: Limit = None,
    seed: Seed = 0,
    device: Device = "auto",
    precision: Precision = "auto",
    accumulate: Accumulate = 1,
    out: Out = None,
    set_: Settings = None,
    allow_extern: AllowExtern = False,
    inherit: Annotated[
        Path | None, typer.Option(help="Run folder of a search whose shared weights to start from.")
    ] = None,
    resume: Resume = False,
    force: Force = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Train one architecture on all training data and test it."""
    loaded = load_space(space, set_, allow_extern=allow_extern)
    from nasdsl.training.recorded_parameters import with_recorded_parameters

    with_recorded_parameters(loaded, arch)  # a wrong file is said before torch is loaded
    from nasdsl.training.retrain import retrain as run_retrain

    flags = _given(
        recipe=recipe, data=data, data_dir=data_dir, epochs=epochs, batch_size=batch_size, limit=limit, seed=seed,
        device=device, precision=precision, accumulate=accumulate,
    )  # fmt: skip
    said = {name: value for name, value in flags.items() if _on_command_line(context, name)}
    trained = run_retrain(
        loaded,
        arch,
        options=parse_settings(option),
        out=out,
        inherit=inherit,
        resume=resume,
        force=force,
        quiet=quiet or as_json,
        **said,
    )
    if as_json:
        say(json.dumps({**_tested(trained), "folder": str(trained.folder)}))
    else:
        _print_tested(trained)


def _given(**values: Any) -> dict[str, Any]:
    values["data_dir"] = str(values["data_dir"]) if values.get("data_dir") else None
    return values
