"""`nasdsl check`."""

from __future__ import annotations

import json

import typer

from nasdsl import compiler
from nasdsl.cli.common import Json, Settings, SpaceName, complain, parse_settings
from nasdsl.diagnostics import NasError
from nasdsl.terminal import one_line, say


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
    complain(program.warnings)
    say(f"{program.space}: {len(program.decisions)} decisions, {len(program.nodes)} operations, no errors")
    for target in program.externs:
        say(one_line(f"its networks run code of their own, where `--allow-extern` allows it: {target}"))
