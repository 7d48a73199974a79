"""The command line.  Exit codes: 0 fine, 1 the user's file or input is wrong, 2 usage or environment."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from nasdsl import compiler
from nasdsl.cli import arch as arch_commands
from nasdsl.cli.common import Json, Output, Seed, Settings, SpaceName, load_space, parse_settings, write
from nasdsl.cli.count import count
from nasdsl.cli.diff import diff
from nasdsl.cli.explain import explain
from nasdsl.cli.export import export
from nasdsl.cli.fmt import fmt
from nasdsl.cli.runs import runs
from nasdsl.cli.training import retrain, search
from nasdsl.diagnostics import Diagnostic, NasError, error, render
from nasdsl.terminal import escape_what_cannot_be_encoded, one_line, printable, say
from nasdsl.training.interruption import Interrupted

# Typer names only those that derive from it, and has moved it.
_UsageError: type[typer.BadParameter] = typer.BadParameter.__mro__[1]


class _Commands(TyperGroup):
    """What is said of wrong usage quotes the command line: in `*.nas` stand names that strangers gave to files."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except _UsageError as failure:
            failure.message = printable(failure.message)
            raise


app = typer.Typer(
    name="nasdsl", cls=_Commands, add_completion=False, no_args_is_help=True,
    pretty_exceptions_enable=False, rich_markup_mode=None,
    help="A compiler for neural-architecture-search spaces.",
)  # fmt: skip
app.add_typer(arch_commands.app, name="arch")


# Not the user's file, but how the command was called or where it runs.
USAGE = ("NAS601", "NAS603", "NAS805", "NAS807", "NAS812", "NAS813", "NAS817")

ArchFile = Annotated[Path | None, typer.Option("--arch", help="An architecture file.")]


def check(space: SpaceName, set_: Settings = None, as_json: Json = False) -> None:
    """Check a space: names, types, and the shapes of every architecture in it."""
    try:
        program = compiler.check(compiler.open_space(space), parse_settings(set_))
    except NasError as failure:
        if as_json:
            say(json.dumps({"ok": False, "diagnostics": [item.to_json() for item in failure.diagnostics]}, indent=2))
            raise typer.Exit(1) from None
        raise
    if as_json:
        warnings = [item.to_json() for item in program.warnings]
        say(json.dumps({"ok": True, "diagnostics": warnings, "externs": list(program.externs)}, indent=2))
        return
    _complain(program.warnings)
    say(f"{program.space}: {len(program.decisions)} decisions, {len(program.nodes)} operations, no errors")
    for target in program.externs:
        say(one_line(f"its networks run code of their own, where `--allow-extern` allows it: {target}"))


def stats(space: SpaceName, set_: Settings = None, arch: ArchFile = None, as_json: Json = False) -> None:
    """The exact size of a space, and the range of its networks' parameters and multiply-accumulates."""
    loaded = load_space(space, set_)
    data = loaded.stats(loaded.read_architecture(arch) if arch else None)
    if as_json:
        say(json.dumps(data, indent=2))
        return
    for name, value in data.items():
        if name in ("params", "macs") and isinstance(value, dict):
            value = f"{value['least']:,} to {value['most']:,}" + (" (bounds)" if value["kind"] == "bounds" else "")
        say(f"{name:12} {value:,}" if isinstance(value, int) else f"{name:12} {value}")


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


def spaces(as_json: Json = False) -> None:
    """The spaces that come with nasdsl."""
    from nasdsl import resources

    rows = {}
    for name, path in resources.shipped_spaces().items():
        scope = compiler.Loader().load_file(path)
        rows[name] = (scope.module.doc or "").strip().splitlines()[0]
    if as_json:
        say(json.dumps(rows, indent=2))
    for name, doc in ({} if as_json else rows).items():
        say(f"{name:18} {doc}")


def strategies(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Show the options of this one.")] = None,
    as_json: Json = False,
) -> None:
    """The strategies that there are to search with, their papers and options."""
    from nasdsl.cli.strategies import show

    show(name, as_json)


def recipes(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Show the settings of this one.")] = None,
    as_json: Json = False,
) -> None:
    """The recipes that there are to train with: `nasdsl retrain --recipe NAME`."""
    from nasdsl.cli.recipes import show

    show(name, as_json)


# In the order in which one meets them.
for _command in (
    *(check, fmt, stats, count, sample, graph, compile_, diff),
    *(search, retrain, runs, export),
    *(spaces, strategies, recipes, explain),
):
    app.command(_command.__name__.strip("_"))(_command)


def _print_version(wanted: bool) -> None:
    if wanted:
        from nasdsl.version import __version__

        say(f"nasdsl {__version__}")
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
        say(f"process {process}: {text}" if process else text, error=True, painted=True)
    if items and terminal and "--json" not in sys.argv:
        say(f"nasdsl explain {items[0].code} tells more", error=True)


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
    escape_what_cannot_be_encoded()
    try:
        app()
    except NasError as failure:
        _complain(failure.diagnostics)
        sys.exit(2 if any(item.code in USAGE for item in failure.diagnostics) else 1)
    except BrokenPipeError:
        sys.exit(1)
    except Interrupted:
        if not _process():
            say("stopped; a checkpoint was written: the same command with --resume goes on", error=True)
        sys.exit(130)


if __name__ == "__main__":
    main()
