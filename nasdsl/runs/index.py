"""List and compare run folders, however incomplete.  Does not need torch and executes nothing from them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from nasdsl.diagnostics import error
from nasdsl.runs.config import CONFIG, RunConfig, flat
from nasdsl.runs.fields import count, numbers, table
from nasdsl.runs.lock import is_locked
from nasdsl.runs.result import FAILURE, METRICS, RESULT, RunFailure, RunResult

DEPTH = 4
LARGEST = 20_000_000
# What else stands in a folder whose `config.json` cannot be read but was a run's.
_TRACES = ("checkpoint.pt", METRICS, "space.nas")
_INSIDE = ("architectures", "events")


@dataclass(frozen=True)
class Run:
    """A run; `state` is finished, running, failed, interrupted, or damaged (then nothing else is known).

    `results` are the metrics of `result.json`, or those of the last epoch until it exists.
    """

    path: Path
    state: str
    kind: str = ""
    space: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    decisions: dict[str, Any] = field(default_factory=dict)
    results: dict[str, float] = field(default_factory=dict)
    epochs: tuple[int, int] = (0, 0)
    changed: float = 0.0
    failure: str = ""

    def to_json(self) -> dict[str, Any]:
        data = {name: value for name, value in vars(self).items() if name not in ("path", "epochs", "changed")}
        when = datetime.fromtimestamp(self.changed).astimezone().isoformat(timespec="seconds")
        return {
            "folder": str(self.path),
            **data,
            "epochs": {"done": self.epochs[0], "of": self.epochs[1]},
            "when": when,
        }


def find(folder: str | os.PathLike[str]) -> list[Run]:
    """Find all runs in a folder and below, sorted by path.  Raises NAS807."""
    root = Path(folder)
    if not root.is_dir():
        what = "is not a folder" if root.exists() else "does not exist"
        raise error("NAS807", f"`{root}` {what}", help="`nasdsl runs FOLDER` lists the runs in a folder")
    return sorted(_walk(root, DEPTH), key=lambda run: run.path)


def _walk(folder: Path, depth: int) -> Iterator[Run]:
    if (run := _read(folder)) is not None:
        yield run
    if depth == 0:
        return
    try:
        inside = [item for item in os.scandir(folder) if item.is_dir(follow_symlinks=False)]
    except OSError:
        return
    for item in inside:
        if not item.name.startswith(".") and item.name not in _INSIDE:
            yield from _walk(folder / item.name, depth - 1)


def read(folder: str | os.PathLike[str]) -> Run:
    """Read one run.  Raises NAS807 if it is missing or unreadable."""
    run = _read(Path(folder))
    if run is None or run.state == "damaged":
        what = "is not a run folder" if run is None else "is a run folder with a damaged `config.json`"
        raise error("NAS807", f"`{folder}` {what}")
    return run


def _read(folder: Path) -> Run | None:
    path = folder / CONFIG
    if not path.is_file():
        return None
    data = table(_json(path))
    config = RunConfig.from_json(data)
    if config is None:
        torn = not data and any((folder / name).exists() for name in _TRACES)
        return Run(folder, "damaged", changed=_changed(folder)) if torn else None
    rows = _rows(folder / METRICS)
    last = rows[-1] if rows else {}
    result = RunResult.from_json(_json(folder / RESULT))
    failure = RunFailure.from_json(_json(folder / FAILURE))
    state = _state(path, result, failure)
    known = {name: value for name, value in last.items() if name != "epoch"}
    return Run(
        folder,
        state,
        config.kind,
        config.space.name,
        dict(config.space.parameters),
        {**config.settings, **({"inherit": config.inherit} if config.inherit else {})},
        _decisions(folder, result) if result else {},
        dict(result.figures) if result else numbers(known),
        (count(last.get("epoch")), config.epochs),
        _changed(folder),
        str(failure) if failure and state == "failed" else "",
    )


def _state(config: Path, result: RunResult | None, failure: RunFailure | None) -> str:
    if result is not None:
        return "finished"
    if is_locked(config):
        return "running"
    return "failed" if failure is not None else "interrupted"


def _decisions(folder: Path, result: RunResult) -> dict[str, Any]:
    if result.decisions:
        return dict(result.decisions)
    return table(table(_json(folder / "architecture.json")).get("decisions"))


def _json(path: Path) -> Any:
    """Return the content of a JSON file, or None if it is missing, too large, or invalid."""
    try:
        if path.stat().st_size > LARGEST:
            return None
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def _rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of `metrics.jsonl` up to the first invalid line."""
    rows: list[dict[str, Any]] = []
    with suppress(OSError, ValueError, RecursionError):
        if path.stat().st_size <= LARGEST:
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                if not isinstance(row, dict):
                    break
                rows.append(row)
    return rows


def _changed(folder: Path) -> float:
    """Return the latest modification time in the folder (Unix time)."""
    times = [0.0]
    with suppress(OSError):
        times += [item.stat().st_mtime for item in os.scandir(folder) if item.is_file()]
    return max(times)


def differences(one: Run, two: Run) -> dict[str, dict[str, list[Any]]]:
    """Return the space, settings and decisions in which two runs differ, and all results; None marks missing values."""
    spaces = [{"space": run.space, **{f"{run.space}.{k}": v for k, v in run.parameters.items()}} for run in (one, two)]
    return {
        "space": _differ(*spaces),
        "settings": _differ({"kind": one.kind, **flat(one.settings)}, {"kind": two.kind, **flat(two.settings)}),
        "decisions": _differ(one.decisions, two.decisions),
        "results": _both(one.results, two.results),
    }


def _both(one: dict[str, Any], two: dict[str, Any]) -> dict[str, list[Any]]:
    return {name: [one.get(name), two.get(name)] for name in {**one, **two}}


def _differ(one: dict[str, Any], two: dict[str, Any]) -> dict[str, list[Any]]:
    return {name: pair for name, pair in _both(one, two).items() if pair[0] != pair[1]}
