"""`nasdsl runs`: what stands in run folders, whole, broken and foreign."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_commands import nasdsl as command
from typer.testing import CliRunner

import nasdsl
from nasdsl import NasError, registry
from nasdsl.cli.main import app
from nasdsl.runs import index as runs
from nasdsl.runs.lock import locked

SHORT: dict[str, Any] = {"limit": 40, "batch_size": 10, "device": "cpu"}


class Killed(BaseException):
    pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One finished search with its retraining, one killed, one that diverged."""
    root = tmp_path_factory.mktemp("runs")
    space = nasdsl.load("tiny", channels=4)
    found = nasdsl.search(space, out=root / "good", epochs=1, **SHORT)
    nasdsl.retrain(space, found.architecture, out=root / "good" / "retrain", epochs=2, **SHORT)
    kind = registry.find("nasdsl.strategies", "gdas")
    original, count = kind.step, 0

    def step(self: Any, *batches: Any) -> Any:
        nonlocal count
        count += 1
        if count == 4:
            raise Killed
        return original(self, *batches)

    kind.step = step
    try:
        nasdsl.search(space, strategy="gdas", out=root / "killed", epochs=3, checkpoint_seconds=0.0, **SHORT)
    except Killed:
        pass
    finally:
        kind.step = original
    with pytest.raises(NasError):
        nasdsl.search(space, out=root / "bad", epochs=2, options={"lr": 1e30, "clip": 0}, **SHORT)
    return root


def listed(folder: Path) -> dict[str, runs.Run]:
    return {str(run.path.relative_to(folder)): run for run in runs.find(folder)}


def test_states_and_figures(folder: Path) -> None:
    found = listed(folder)
    states = {name: run.state for name, run in found.items()}
    assert states == {"bad": "failed", "good": "finished", "good/retrain": "finished", "killed": "interrupted"}
    assert found["good"].epochs == (1, 1)
    assert found["killed"].epochs == (1, 3)
    assert found["killed"].settings["strategy"] == "gdas"
    result = json.loads((folder / "good" / "retrain" / "result.json").read_text())
    assert found["good/retrain"].results["test_accuracy"] == result["test_accuracy"]
    assert found["bad"].failure.startswith("NAS811 ")
    for run in found.values():
        assert run.changed == max(item.stat().st_mtime for item in run.path.iterdir() if item.is_file())


def test_a_table_and_json(folder: Path) -> None:
    text = CliRunner().invoke(app, ["runs", str(folder)]).output
    assert [line.split()[0] for line in text.splitlines()][:2] == ["run", str(folder / "bad")]
    assert "bad failed: NAS811" in text
    rows = json.loads(CliRunner().invoke(app, ["runs", str(folder), "--json"]).output)
    killed = next(row for row in rows if row["folder"].endswith("killed"))
    assert (killed["state"], killed["epochs"], killed["space"]) == ("interrupted", {"done": 1, "of": 3}, "tiny")


def test_listing_needs_no_torch(folder: Path) -> None:
    root = Path(__file__).parents[2]
    code = (
        f"import sys; sys.path.insert(0, {str(root)!r}); from nasdsl.runs import index; index.find({str(folder)!r}); "
    )
    code += "sys.exit('torch' in sys.modules)"
    import subprocess
    import sys

    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_two_runs_side_by_side(folder: Path, tmp_path: Path) -> None:
    space = nasdsl.load("tiny", channels=6)
    nasdsl.search(space, strategy="random", options={"candidates": 2}, out=tmp_path / "r", epochs=1, seed=7, **SHORT)
    one, two = folder / "good", tmp_path / "r"
    text = CliRunner().invoke(app, ["runs", str(one), str(two), "--json"]).output
    found = json.loads(text)["differences"]
    assert found["space"] == {"tiny.channels": [4, 6]}
    assert found["settings"]["strategy"] == ["darts", "random"]
    assert found["settings"]["seed"] == [0, 7]
    assert found["settings"]["options.candidates"] == [None, 2]
    assert "limit" not in found["settings"]
    decisions = [json.loads((run / "architecture.json").read_text())["decisions"] for run in (one, two)]
    assert found["decisions"] == {
        key: [decisions[0][key], decisions[1][key]] for key in decisions[0] if decisions[0][key] != decisions[1][key]
    }
    params = [json.loads((run / "result.json").read_text())["params"] for run in (one, two)]
    assert found["results"]["params"] == params
    shown = CliRunner().invoke(app, ["runs", str(one), str(two)]).output
    assert "tiny.channels" in shown
    same = CliRunner().invoke(app, ["runs", str(one), str(one)]).output
    assert "decisions: the same" in same


def test_a_run_under_way_is_said_to_be(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    config = tmp_path / "r" / "config.json"
    config.parent.mkdir()
    config.write_bytes((folder / "killed" / "config.json").read_bytes())
    assert listed(tmp_path)["r"].state == "interrupted"
    with locked(config):
        assert listed(tmp_path)["r"].state == "running"
    assert listed(tmp_path)["r"].state == "interrupted"


def test_a_failure_is_forgotten_when_the_run_goes_on(folder: Path, tmp_path: Path) -> None:
    space, settings = nasdsl.load("tiny", channels=4), {"epochs": 1, **SHORT}
    nasdsl.search(space, out=tmp_path / "r", **settings)
    (tmp_path / "r" / "result.json").unlink()
    (tmp_path / "r" / "failure.json").write_bytes((folder / "bad" / "failure.json").read_bytes())
    assert listed(tmp_path)["r"].state == "failed"
    nasdsl.search(space, out=tmp_path / "r", resume=True, **settings)
    assert listed(tmp_path)["r"].state == "finished"
    assert not (tmp_path / "r" / "failure.json").exists()


@pytest.mark.parametrize(
    ("files", "state"),
    [
        ({"config.json": "{"}, None),
        ({"config.json": "[" * 100_000}, None),
        ({"config.json": '{"format": "other"}', "checkpoint.pt": ""}, None),
        ({"config.json": "[1]"}, None),
        ({"config.json": "\udcff"}, None),
        ({"config.json": "", "checkpoint.pt": ""}, "damaged"),
        ({"config.json": '{"format": "nasdsl-run"}'}, "interrupted"),
        ({"config.json": '{"format": "nasdsl-run", "space": 3, "settings": [], "epochs": "x"}'}, "interrupted"),
        ({"config.json": '{"format": "nasdsl-run"}', "metrics.jsonl": '{"epoch": 2}\n{"epo'}, "interrupted"),
        ({"config.json": '{"format": "nasdsl-run"}', "metrics.jsonl": "[]\n3", "result.json": "nu"}, "interrupted"),
        ({"config.json": '{"format": "nasdsl-run"}', "failure.json": "[3]"}, "failed"),
        ({"config.json": '{"format": "nasdsl-run"}', "result.json": '{"params": "x", "architecture": 3}'}, "finished"),
    ],
)
def test_half_written_and_foreign_folders(files: dict[str, str], state: str | None, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    for name, text in files.items():
        (tmp_path / "r" / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert {name: run.state for name, run in listed(tmp_path).items()} == ({"r": state} if state else {})
    for arguments in ([str(tmp_path)], [str(tmp_path), "--json"]):
        assert CliRunner().invoke(app, ["runs", *arguments]).exit_code == 0


def test_odd_places(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "config.json").mkdir()
    assert runs.find(tmp_path) == []
    for wrong in ([str(tmp_path / "none")], [str(folder / "good" / "config.json")]):
        run = command("runs", *wrong)
        assert run.returncode == 2
        assert "NAS807" in run.stderr
        assert "Traceback" not in run.stderr
    run = command("runs", str(folder / "good"), str(tmp_path))
    assert run.returncode == 2
    assert "is not a run folder" in run.stderr
