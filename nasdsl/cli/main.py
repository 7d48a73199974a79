"""The command line.  Exit codes: 0 fine, 1 the user's file or input is wrong, 2 usage or environment."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from nasdsl import compiler
from nasdsl.cli import arch as arch_commands
from nasdsl.cli.common import AllowExtern, Json, Output, Settings, SpaceName, load_space, parse_settings, write
from nasdsl.cli.count import count
from nasdsl.cli.diff import diff
from nasdsl.cli.explain import explain
from nasdsl.cli.export import export
from nasdsl.cli.fmt import fmt
from nasdsl.cli.runs import runs
from nasdsl.diagnostics import Diagnostic, NasError, error, render

app = typer.Typer(
    name="nasdsl", add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="A compiler for neural-architecture-search spaces.",
)  # fmt: skip
app.add_typer(arch_commands.app, name="arch")

app.command()(fmt)
app.command()(explain)
app.command()(count)
app.command()(diff)
app.command()(runs)
app.command()(export)

# Not the user's file, but how the command was called or where it runs.
USAGE = ("NAS601", "NAS603", "NAS805", "NAS807", "NAS812", "NAS813", "NAS817")

ArchFile = Annotated[Path | None, typer.Option("--arch", help="An architecture file.")]
DataName = Annotated[
    str,
    typer.Option("--data", help="digits, mnist, fashion_mnist, cifar10, cifar100, folder:PATH, ptb:PATH or text:PATH."),
]
DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Where data sets are kept.")]
Epochs = Annotated[int | None, typer.Option("--epochs", help="How often all training data are gone through.")]
BatchSize = Annotated[int, typer.Option("--batch-size", help="Images, or streams of words, in a step.")]
Limit = Annotated[int | None, typer.Option("--limit", help="Use only so many training images or words.")]
Seed = Annotated[int, typer.Option("--seed", help="What everything drawn at random follows from.")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:1 ...")]
Precision = Annotated[str, typer.Option("--precision", help="auto (bfloat16 on a GPU), float32 or bfloat16.")]
Accumulate = Annotated[
    int, typer.Option("--accumulate", help="Parts in which a batch goes through, to need less memory.")
]
Out = Annotated[Path | None, typer.Option("-o", "--out", help="The run's folder.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the run in the folder.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the run in the folder.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress.")]


@app.command()
def check(space: SpaceName, set_: Settings = None, as_json: Json = False) -> None:
    """Check a space: names, types, and the shapes of every architecture in it."""
    try:
        program = compiler.check(compiler.open_space(space), parse_settings(set_))
    except NasError as failure:
        if as_json:
            print(json.dumps({"ok": False, "diagnostics": [item.to_json() for item in failure.diagnostics]}, indent=2))
            raise typer.Exit(1) from None
        raise
    if as_json:
        warnings = [item.to_json() for item in program.warnings]
        print(json.dumps({"ok": True, "diagnostics": warnings, "externs": list(program.externs)}, indent=2))
        return
    _complain(program.warnings)
    print(f"{program.space}: {len(program.decisions)} decisions, {len(program.nodes)} operations, no errors")
    for target in program.externs:
        print(f"its networks run code of their own, where `--allow-extern` allows it: {target}")


@app.command()
def stats(space: SpaceName, set_: Settings = None, arch: ArchFile = None, as_json: Json = False) -> None:
    """The exact size of a space, and the range of its networks' parameters and multiply-accumulates."""
    loaded = load_space(space, set_)
    data = loaded.stats(loaded.read_architecture(arch) if arch else None)
    if as_json:
        print(json.dumps(data, indent=2))
        return
    for name, value in data.items():
        if name in ("params", "macs") and isinstance(value, dict):
            value = f"{value['least']:,} to {value['most']:,}" + (" (bounds)" if value["kind"] == "bounds" else "")
        print(f"{name:12} {value:,}" if isinstance(value, int) else f"{name:12} {value}")


@app.command()
def sample(
    space: SpaceName,
    number: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 1,
    seed: Seed = 0,
    set_: Settings = None,
    output: Output = None,
) -> None:
    """Draw architectures uniformly; one is printed as a file, several as a JSON list."""
    drawn = load_space(space, set_).sample(number, seed)
    text = drawn[0].text() if number == 1 else json.dumps([item.to_json() for item in drawn], indent=2) + "\n"
    write(text, output)


@app.command("compile")
def compile_(
    space: SpaceName,
    emit: Annotated[str, typer.Option(help="ast, typed, graph, supernet or network.")] = "supernet",
    arch: ArchFile = None,
    set_: Settings = None,
    output: Output = None,
) -> None:
    """Compile a space to one of the stages: up to readable PyTorch."""
    located = compiler.open_space(space)
    settings = parse_settings(set_)
    if emit == "ast":
        from nasdsl.syntax.ast import dump

        text = dump(located.scope.module) + "\n"
    elif emit == "typed":
        text = compiler.show_typed(compiler.check(located, settings))
    else:
        loaded = load_space(space, set_)
        if emit == "graph":
            text = json.dumps(loaded.graph().to_json(), indent=1) + "\n"
        elif emit == "supernet":
            text = loaded.supernet_source()
        elif emit == "network":
            if arch is None:
                raise error(
                    "NAS601", "`--emit network` needs an architecture", help="--arch FILE; `nasdsl sample` draws one"
                )
            text = loaded.source(loaded.read_architecture(arch))
        else:
            raise error("NAS601", f"there is no stage `{emit}`", help="ast, typed, graph, supernet or network")
    write(text, output)


@app.command()
def graph(
    space: SpaceName,
    format: Annotated[str, typer.Option("--format", help="dot, mermaid or json.")] = "dot",
    arch: ArchFile = None,
    set_: Settings = None,
    output: Output = None,
) -> None:
    """Draw the architecture graph of a space or of one architecture."""
    from nasdsl.graph.draw import draw
    from nasdsl.passes.restrict import derive

    loaded = load_space(space, set_)
    picture = loaded.graph()
    if arch is not None:
        picture = derive(loaded.graph(False), loaded.read_architecture(arch).choices)
    write(draw(picture, format), output)


@app.command()
def spaces(as_json: Json = False) -> None:
    """The spaces that come with nasdsl."""
    from nasdsl import resources

    rows = {}
    for name, path in resources.shipped_spaces().items():
        scope = compiler.Loader().load_file(path)
        rows[name] = (scope.module.doc or "").strip().splitlines()[0]
    if as_json:
        print(json.dumps(rows, indent=2))
    for name, doc in ({} if as_json else rows).items():
        print(f"{name:18} {doc}")


def _given(**values: Any) -> dict[str, Any]:
    values["data_dir"] = str(values["data_dir"]) if values.get("data_dir") else None
    return values


@app.command()
def strategies(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Show the options of this one.")] = None,
    as_json: Json = False,
) -> None:
    """The strategies that there are to search with, their papers and options."""
    from nasdsl.cli.strategies import show

    show(name, as_json)


@app.command()
def recipes(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Show the settings of this one.")] = None,
    as_json: Json = False,
) -> None:
    """The recipes that there are to train with: `nasdsl retrain --recipe NAME`."""
    from nasdsl.cli.recipes import show

    show(name, as_json)


@app.command()
def search(
    context: typer.Context,
    space: Annotated[str | None, typer.Argument(metavar="SPACE", help="A .nas file, or a shipped space.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="A TOML file with the whole experiment.")] = None,
    strategy: Annotated[str, typer.Option(help="One of `nasdsl strategies`.")] = "darts",
    data: DataName = "digits",
    data_dir: DataDir = None,
    epochs: Epochs = None,
    batch_size: BatchSize = 64,
    split: Annotated[float, typer.Option(help="Part of the training images that trains weights.")] = 0.5,
    limit: Limit = None,
    seed: Seed = 0,
    device: Device = "auto",
    precision: Precision = "auto",
    accumulate: Accumulate = 1,
    out: Out = None,
    set_: Settings = None,
    allow_extern: AllowExtern = False,
    inherit: Annotated[Path | None, typer.Option(help="Start from the shared weights of this search run.")] = None,
    weights: Annotated[Path | None, typer.Option(help="Start from the weights in this file.")] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", metavar="NAME=VALUE", help="An option of the strategy.")
    ] = None,
    resume: Resume = False,
    force: Force = False,
    quiet: Quiet = False,
    as_json: Json = False,
    retrain_: Annotated[bool, typer.Option("--retrain/--no-retrain", help="Retrain what was found.")] = False,
    retrain_epochs: Annotated[int | None, typer.Option(help="Epochs of the retraining.")] = None,
) -> None:
    """Search a space with a one-shot strategy."""
    from nasdsl.cli.experiment import Experiment, read_experiment

    plan = read_experiment(config) if config else Experiment()
    name = space or plan.space
    if name is None:
        raise typer.BadParameter("give a space, or a --config file that names one", param_hint="SPACE")
    loaded = load_space(name, set_, plan.parameters, allow_extern)
    flags = _given(
        strategy=strategy, split=split, epochs=epochs, data=data, data_dir=data_dir, batch_size=batch_size,
        limit=limit, seed=seed, device=device, precision=precision, accumulate=accumulate,
    )  # fmt: skip
    settings = {**flags, **plan.search, **{name: flags[name] for name in flags if _said(context, name)}}
    from nasdsl.search.retrain import retrain as run_retrain
    from nasdsl.search.run import search as run_search

    found = run_search(
        loaded, options={**plan.options, **parse_settings(option)}, out=out or plan.out,
        resume=resume, force=force, quiet=quiet or as_json, inherit=inherit, weights=weights, **settings,
    )  # fmt: skip
    report: dict[str, Any] = {"folder": str(found.folder), "architecture": found.architecture.to_json()["decisions"]}
    figures = {name: getattr(found, name) for name in ("valid_accuracy", "valid_perplexity")}
    report |= {name: value for name, value in figures.items() if value is not None}
    if not as_json:
        from nasdsl.cli.recipes import result_text

        print(f"found in {found.folder / 'architecture.json'}:")
        for key, value in found.architecture.decisions.items():
            print(f"  {key}: {value}")
        if text := result_text(figures, "valid"):
            print(f"validation {text} with the shared weights")
    if retrain_ or (plan.retrain is not None and not _said(context, "retrain_")):
        folder = found.folder / "retrain"
        left = {"strategy", "split", "epochs"} | ({"batch_size"} if "recipe" in (plan.retrain or {}) else set())
        common = {name: value for name, value in settings.items() if name not in left}
        common |= {"epochs": retrain_epochs, **(plan.retrain or {})}
        if _said(context, "retrain_epochs"):
            common["epochs"] = retrain_epochs
        trained = run_retrain(
            loaded, found.architecture, out=folder, force=force,
            resume=resume and (folder / "config.json").exists(), quiet=quiet or as_json, **common,
        )  # fmt: skip
        report |= {**_tested(trained), "retrained": str(trained.folder)}
        if not as_json:
            _print_tested(trained)
    if as_json:
        print(json.dumps(report, indent=2))


def _tested(trained: Any) -> dict[str, Any]:
    figures = {name: getattr(trained, name) for name in ("test_accuracy", "test_perplexity")}
    return {**{name: value for name, value in figures.items() if value is not None}, "params": trained.params}


def _print_tested(trained: Any) -> None:
    from nasdsl.cli.recipes import result_text

    text = result_text(_tested(trained), "test")
    print(f"test {text} with {trained.params:,} parameters, in {trained.folder}")


def _said(context: typer.Context, name: str) -> bool:
    """Whether an option stands on the command line, so that it counts more than a file."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


@app.command()
def retrain(
    context: typer.Context,
    space: SpaceName,
    arch: Annotated[Path, typer.Option("--arch", help="The architecture file.")],
    recipe: Annotated[
        str | None, typer.Option(help="One of `nasdsl recipes`, or a TOML file; what is also said here counts.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", metavar="NAME=VALUE", help="An option of the training.")
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
    inherit: Annotated[Path | None, typer.Option(help="Start from the shared weights of this search run.")] = None,
    resume: Resume = False,
    force: Force = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Train one architecture on all training data and test it."""
    loaded = load_space(space, set_, allow_extern=allow_extern)
    from nasdsl.search.fitting import fitting

    fitting(loaded, arch)  # a wrong file is said before torch is loaded
    from nasdsl.search.retrain import retrain as run_retrain

    flags = _given(
        recipe=recipe, data=data, data_dir=data_dir, epochs=epochs, batch_size=batch_size, limit=limit, seed=seed,
        device=device, precision=precision, accumulate=accumulate,
    )  # fmt: skip
    said = {name: value for name, value in flags.items() if _said(context, name)}
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
        print(json.dumps({**_tested(trained), "folder": str(trained.folder)}))
    else:
        _print_tested(trained)


def _print_version(wanted: bool) -> None:
    if wanted:
        from nasdsl.version import __version__

        print(f"nasdsl {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """What is given before the command."""


def _complain(items: tuple[Diagnostic, ...] | list[Diagnostic]) -> None:
    terminal = sys.stderr.isatty()
    process = _process()
    for item in items:
        text = render(item, colour=terminal)
        print(f"process {process}: {text}" if process else text, file=sys.stderr)
    if items and terminal and "--json" not in sys.argv:
        print(f"nasdsl explain {items[0].code} tells more", file=sys.stderr)


def _process() -> int:
    """Which of several processes this is; 0 where there is one."""
    rank, size = (os.environ.get(name, "") for name in ("RANK", "WORLD_SIZE"))
    return int(rank) if rank.isdecimal() and size.isdecimal() and int(size) > 1 else 0


def main() -> None:
    # Outside of training, which catches it, ctrl-C ends the process at once: raised as KeyboardInterrupt inside
    # the import of torch it comes out as other errors.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if _process():  # the first says for all what comes out
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    try:
        app()
    except NasError as failure:
        _complain(failure.diagnostics)
        sys.exit(2 if any(item.code in USAGE for item in failure.diagnostics) else 1)
    except BrokenPipeError:
        sys.exit(1)
    except Exception as failure:
        if type(failure).__name__ == "Interrupted":
            if not _process():
                print("stopped; a checkpoint was written: the same command with --resume goes on", file=sys.stderr)
            sys.exit(130)
        raise


if __name__ == "__main__":
    main()
