"""Short commands start fast: they import no more than they need, and evaluate no more often."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import nasdsl
from nasdsl import compiler
from nasdsl.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
DARTS = str(ROOT / "spaces" / "darts.nas")

RUN = """
import atexit, json, sys
sys.path.insert(0, sys.argv.pop(1))
atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))
from nasdsl.cli.main import main
main()
"""


def imported(*arguments: str) -> set[str]:
    """The modules that a command has imported when it ends well."""
    command = [sys.executable, "-c", RUN, str(ROOT), *arguments]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stderr.splitlines()[-1]))


HEAVY = {"torch", "torchvision", "sklearn", "pydantic", "rich"}
NO_GRAPH = {*HEAVY, "networkx", "numpy", "nasdsl.space", "nasdsl.graph.archgraph"}
NO_COMPILER = {*NO_GRAPH, "nasdsl.compiler", "nasdsl.semantics.evaluator"}


@pytest.mark.parametrize(
    ("arguments", "unneeded"),
    [
        (["check", "darts"], NO_GRAPH),
        (["check", "tiny", "--set", "classes=7", "--json"], NO_GRAPH),
        (["fmt", "--check", DARTS], NO_COMPILER),
        (["explain", "NAS402"], {*NO_COMPILER, "lark"}),
        (["--version"], {*NO_COMPILER, "lark"}),
        (["--help"], HEAVY),
        (["spaces"], NO_GRAPH),
        (["stats", "tiny"], HEAVY),
        (["count", "tiny"], HEAVY),
        (["sample", "tiny"], HEAVY),
        (["graph", "tiny"], HEAVY),
        (["diff", "tiny", "tiny"], HEAVY),
        (["compile", "tiny"], HEAVY),
        (["arch", "notations", "tiny"], HEAVY),
        (["recipes"], HEAVY),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_what_a_command_imports(arguments: list[str], unneeded: set[str]) -> None:
    found = imported(*arguments)
    assert "nasdsl.cli.main" in found
    assert found & unneeded == set()


def test_a_command_imports_no_other() -> None:
    modules = {target.partition(":")[0] for target in COMMANDS.values()}
    assert imported("check", "tiny") & modules == {"nasdsl.cli.check"}


@pytest.mark.parametrize(("space", "times"), [("tiny", 1), ("darts", 2)])
def test_only_a_space_that_reads_searching_is_evaluated_twice(
    space: str, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[bool] = []
    evaluate = compiler.evaluate

    def counted(definition: Any, scope: Any, settings: Any, searching: bool, reporter: Any) -> Any:
        calls.append(searching)
        return evaluate(definition, scope, settings, searching, reporter)

    monkeypatch.setattr(compiler, "evaluate", counted)
    nasdsl.load(space).graph(False)
    assert calls == [True, False][:times]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nasdsl", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


def test_help_lists_the_commands_in_their_order() -> None:
    lines = run("--help").stdout.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in lines] == list(COMMANDS)
    assert all(len(line.split()) > 3 for line in lines)


def test_a_misspelt_command_is_told_the_nearest() -> None:
    assert "Did you mean 'check'?" in run("chekc", "tiny").stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sample", "tiny", "-n", "0"], "-n"),
        (["sample", "tiny", "--seed", "1.5"], "--seed"),
        (["check"], "SPACE"),
        (["arch", "convert", "tiny"], "FILE_OR_TEXT"),
    ],
)
def test_what_does_need_converting_is_still_judged(arguments: list[str], words: str) -> None:
    wrong = run(*arguments)
    assert wrong.returncode == 2
    assert words in wrong.stderr


def test_numbers_are_converted() -> None:
    drawn = run("sample", "tiny", "-n", "2", "--seed", "3")
    assert drawn.returncode == 0, drawn.stderr
    assert len(json.loads(drawn.stdout)) == 2
