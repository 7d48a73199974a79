"""A package outside adds a strategy by an entry point alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def nasdsl(*arguments: str, plugin: bool = True) -> subprocess.CompletedProcess[str]:
    paths = [str(ROOT), *([str(ROOT / "tests" / "plugin")] if plugin else [])]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    return subprocess.run([sys.executable, "-m", "nasdsl", *arguments], capture_output=True, text=True, env=env)


def test_a_strategy_of_another_package(tmp_path: Path) -> None:
    listed = nasdsl("strategies", "--json")
    rows = json.loads(listed.stdout)
    assert rows["sharp"]["options"]["tau_end"]["default"] == 0.1
    assert "broken" not in rows
    assert "NAS812" in listed.stderr  # named, and no hindrance to the others
    run = nasdsl(
        "search", "tiny", "--strategy", "sharp", "--option", "tau_end=0.5", "--epochs", "2", "--limit", "40",
        "--batch-size", "10", "-o", str(tmp_path / "r"), "--json",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert set(json.loads(run.stdout)["architecture"]) == {"tiny.x[1]", "tiny.x[2]", "tiny.x[3]", "tiny.width"}
    assert json.loads((tmp_path / "r" / "config.json").read_text())["settings"]["options"]["tau_end"] == 0.5


def test_without_the_package_there_is_no_such_strategy() -> None:
    run = nasdsl("search", "tiny", "--strategy", "sharp", plugin=False)
    assert run.returncode == 2
    assert "NAS805" in run.stderr
