"""The command line.  Exit codes: 0 fine, 1 the user's file or input is wrong, 2 usage or environment."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
from typing import Annotated

import typer

from nasdsl.cli.common import complain, process_number
from nasdsl.cli.lazy import LazyGroup
from nasdsl.diagnostics import NasError
from nasdsl.terminal import escape_what_cannot_be_encoded, say
from nasdsl.training.interruption import Interrupted

# In the order in which one meets them.
COMMANDS = {
    "check": "nasdsl.cli.check:check",
    "fmt": "nasdsl.cli.fmt:fmt",
    "stats": "nasdsl.cli.spaces:stats",
    "count": "nasdsl.cli.count:count",
    "sample": "nasdsl.cli.spaces:sample",
    "graph": "nasdsl.cli.spaces:graph",
    "compile": "nasdsl.cli.spaces:compile_",
    "diff": "nasdsl.cli.diff:diff",
    "search": "nasdsl.cli.training:search",
    "retrain": "nasdsl.cli.training:retrain",
    "runs": "nasdsl.cli.runs:runs",
    "export": "nasdsl.cli.export:export",
    "spaces": "nasdsl.cli.spaces:spaces",
    "strategies": "nasdsl.cli.strategies:strategies",
    "recipes": "nasdsl.cli.recipes:show",
    "explain": "nasdsl.cli.explain:explain",
    "arch": "nasdsl.cli.arch:app",
}

# Not the user's file, but how the command was called or where it runs.
USAGE = ("NAS601", "NAS603", "NAS805", "NAS807", "NAS812", "NAS813", "NAS817")


class _Commands(LazyGroup):
    table = COMMANDS


app = typer.Typer(
    name="nasdsl", cls=_Commands, add_completion=False, no_args_is_help=True,
    pretty_exceptions_enable=False, rich_markup_mode=None,
    help="A compiler for neural-architecture-search spaces.",
)  # fmt: skip


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


def main() -> None:
    # Outside of training, which catches it, ctrl-C ends the process at once: raised as KeyboardInterrupt inside
    # the import of torch it comes out as other errors.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if process_number():  # the first says for all what comes out
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    escape_what_cannot_be_encoded()
    # What a command imports stays: until it runs (`Command.invoke`), and when the process ends, looking for garbage
    # would be a fifth of the time of a short command.
    gc.disable()
    atexit.register(gc.freeze)
    try:
        app()
    except NasError as failure:
        complain(failure.diagnostics)
        sys.exit(2 if any(item.code in USAGE for item in failure.diagnostics) else 1)
    except BrokenPipeError:
        sys.exit(1)
    except Interrupted:
        if not process_number():
            say("stopped; a checkpoint was written: the same command with --resume goes on", error=True)
        sys.exit(130)
    finally:
        gc.enable()


if __name__ == "__main__":
    main()
