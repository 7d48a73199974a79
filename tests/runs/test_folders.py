"""The files of a run: what was written before is read, and one process at a time writes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

import nasdsl
from nasdsl import NasError
from nasdsl.runs import index
from nasdsl.runs.checkpoint import Checkpoint
from nasdsl.runs.config import RunConfig
from nasdsl.runs.result import RunFailure, RunResult

ROOT = Path(__file__).parents[2]
SETTINGS: dict[str, Any] = {"limit": 40, "batch_size": 10, "device": "cpu", "epochs": 2, "seed": 3}
# As version 0.1.0 wrote it, to the letter.
CONFIG = """\
{
  "format": "nasdsl-run",
  "version": 1,
  "kind": "search",
  "space": {
    "name": "tiny",
    "parameters": {
      "channels": 4,
      "classes": 10
    },
    "fingerprint": "d010a85de3c8daa9bf7b8f7b786bdd7f",
    "schema": "bad003437d5ff4812230d304b124ab8f"
  },
  "settings": {
    "data": "digits",
    "data_dir": null,
    "limit": 40,
    "batch_size": 10,
    "seed": 3,
    "device": "cpu",
    "epochs": 2,
    "checkpoint_seconds": 60.0,
    "precision": "auto",
    "accumulate": 1,
    "strategy": "darts",
    "split": 0.5,
    "options": {
      "lr": 0.025,
      "lr_end": 0.001,
      "momentum": 0.9,
      "weight_decay": 0.0003,
      "clip": 5.0,
      "alpha_lr": 0.0003,
      "alpha_weight_decay": 0.001,
      "alpha_beta1": 0.5,
      "alpha_scale": 0.001,
      "warmup": 0.0,
      "order": 1,
      "clip_virtual": false
    }
  },
  "versions": VERSIONS,
  "epochs": 2,
  "parts": {
    "weights": 20,
    "architecture": 20,
    "test": 360
  },
  "notes": [],
  "processes": 1,
  "inherit": null
}
"""
ROW = '{"epoch": 1, "loss": 2.5, "accuracy": 0.25, "valid_loss": 2.25, "valid_accuracy": 0.125}\n'
RESULT = {"architecture": {"tiny.width": "128"}, "params": 2034, "macs": 7562, "valid_accuracy": 0.25}
FAILURE = [{"code": "NAS811", "message": "the loss became infinite or NaN in epoch 2"}]


def small() -> nasdsl.space.Space:
    return nasdsl.load("tiny", channels=4)


def earlier(folder: Path, whole: Path) -> Path:
    """A run after its first epoch, in the files that version 0.1.0 left; its weights are those of `whole`."""
    folder.mkdir()
    (folder / "config.json").write_text(CONFIG.replace("VERSIONS", "{}"))
    (folder / "space.nas").write_text(small().text)
    (folder / "metrics.jsonl").write_text(ROW)
    state = torch.load(whole / "checkpoint.pt", weights_only=True)["state"]
    checkpoint = {
        "format": "nasdsl-checkpoint",
        "fingerprint": "d010a85de3c8daa9bf7b8f7b786bdd7f",
        "epoch": 1,
        "step": 0,
        "sums": {},
        "rows": [json.loads(ROW)],
        "rng": torch.get_rng_state(),
        "state": state,
    }
    torch.save(checkpoint, folder / "checkpoint.pt")
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "whole"
    nasdsl.search(small(), out=out, **SETTINGS)
    return out


def test_a_configuration_is_written_as_ever(whole: Path) -> None:
    found = (whole / "config.json").read_text()
    versions = json.dumps(json.loads(found)["versions"], indent=2).replace("\n", "\n  ")
    assert found == CONFIG.replace("VERSIONS", versions)


def test_a_run_written_earlier_is_listed_and_goes_on(whole: Path, tmp_path: Path) -> None:
    folder = earlier(tmp_path / "r", whole)
    run = index.read(folder)
    assert (run.state, run.epochs, run.results["valid_accuracy"]) == ("interrupted", (1, 2), 0.125)
    (folder / "failure.json").write_text(json.dumps(FAILURE))
    assert index.read(folder).failure == "NAS811 the loss became infinite or NaN in epoch 2"
    one, two = (nasdsl.load_supernet(small(), run).state_dict() for run in (folder, whole))
    assert all(torch.equal(one[name], two[name]) for name in two)
    found = nasdsl.search(small(), out=folder, resume=True, **SETTINGS)
    assert found.metrics[0] == json.loads(ROW)
    assert [row["epoch"] for row in found.metrics] == [1, 2]
    assert (folder / "metrics.jsonl").read_text().startswith(ROW)
    assert index.read(folder).state == "finished"


@pytest.mark.parametrize(
    ("read", "data"),
    [
        (RunResult.from_json, RESULT),
        (RunFailure.from_json, FAILURE),
        (RunConfig.from_json, json.loads(CONFIG.replace("VERSIONS", '{"torch": "2"}'))),
    ],
)
def test_what_is_read_is_written_again(read: Callable[[Any], Any], data: Any) -> None:
    assert json.dumps(read(data).to_json()) == json.dumps(data)


def test_a_checkpoint_is_written_as_ever_and_read(whole: Path, tmp_path: Path) -> None:
    names = ["format", "fingerprint", "epoch", "step", "sums", "rows", "rng", "state"]
    data = torch.load(whole / "checkpoint.pt", weights_only=True)
    assert list(data) == names
    found = Checkpoint.read(whole / "checkpoint.pt")
    assert (found.epoch, found.step, found.rows) == (2, 0, data["rows"])
    (tmp_path / "c.pt").write_bytes(found.to_bytes())
    again = Checkpoint.read(tmp_path / "c.pt")
    assert list(torch.load(tmp_path / "c.pt", weights_only=True)) == names
    assert torch.equal(again.rng, data["rng"])
    assert all(torch.equal(again.net[name], value) for name, value in data["state"]["net"].items())


@pytest.mark.parametrize("name", ["epoch", "rows", "rng", "state"])
def test_a_checkpoint_without_a_part(name: str, whole: Path, tmp_path: Path) -> None:
    folder = earlier(tmp_path / "r", whole)
    data = torch.load(folder / "checkpoint.pt", weights_only=True)
    for wrong in ({key: value for key, value in data.items() if key != name}, {**data, name: "x"}):
        torch.save(wrong, folder / "checkpoint.pt")
        with pytest.raises(NasError, match=f"NAS808.*`{name}` is missing or malformed"):
            nasdsl.search(small(), out=folder, resume=True, **SETTINGS)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "NAS808"),
        ("[" * 100_000, "NAS808"),
        ("[1]", "NAS808"),
        ("{}", "NAS809"),
        ('{"format": "nasdsl-run"}', "NAS809"),
        ('{"format": "nasdsl-run", "kind": "search", "space": 3}', "NAS809"),
        ('{"format": "nasdsl-run", "kind": "search", "space": {"fingerprint": []}, "settings": 1}', "NAS809"),
    ],
)
def test_configurations_that_cannot_be_resumed(text: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(NasError) as failure:
        nasdsl.search(small(), out=tmp_path, resume=True, **SETTINGS)
    assert failure.value.diagnostics[0].code == code


@contextmanager
def another_process(code: str, *arguments: str) -> Iterator[None]:
    """Runs `code`, which says when it is ready, and ends it after the block."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        assert process.stdout.readline() == "ready\n"
        yield
        process.stdin.close()


# A search that stands still in its second step.
SEARCH = """
import sys
import nasdsl
from nasdsl.oneshot.strategies.darts import Darts

original, count = Darts.step, 0

def step(self, *batches):
    global count
    count += 1
    if count == 2:
        print("ready", flush=True)
        sys.stdin.read()
    return original(self, *batches)

Darts.step = step
space = nasdsl.load("tiny", channels=4)
nasdsl.search(space, out=sys.argv[1], limit=40, batch_size=10, device="cpu", epochs=2, seed=3, checkpoint_seconds=0.0)
"""


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_under_way_in_another_process_is_left_alone(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    out = tmp_path / "r"
    with another_process(SEARCH, str(out)):
        (out / ".checkpoint.pt.a1b2c3d4").write_bytes(b"being written")
        before = contents(out)
        assert index.read(out).state == "running"
        for how in ("resume", "force"):
            with pytest.raises(NasError) as failure:
                nasdsl.search(small(), out=out, **{how: True}, **SETTINGS)
            [item] = failure.value.diagnostics
            assert item.code == "NAS806"
            assert item.message == f"another process is using the run in `{out}`"
        assert contents(out) == before
    assert index.read(out).state == "finished"
    nasdsl.search(small(), out=out, force=True, **SETTINGS)


LOCK = """
import fcntl, sys
file = open(sys.argv[1], "rb")
fcntl.flock(file, fcntl.LOCK_SH)
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_listing_does_not_keep_a_run_from_going_on(whole: Path, tmp_path: Path, monkeypatch: Any) -> None:
    """The lock that a listing holds for a moment is waited for."""
    pytest.importorskip("fcntl")
    from nasdsl.runs import lock

    folder = earlier(tmp_path / "r", whole)
    with another_process(LOCK, str(folder / "config.json")) as _, pytest.MonkeyPatch.context() as patch:
        patch.setattr(lock, "_TRIES", 2)
        with pytest.raises(NasError, match="another process"):
            nasdsl.search(small(), out=folder, resume=True, **SETTINGS)
    released: list[float] = []
    original = lock.time.sleep

    def sleep(seconds: float) -> None:
        released.append(seconds)
        held.close()
        original(0)

    import fcntl

    held = (folder / "config.json").open("rb")
    fcntl.flock(held, fcntl.LOCK_SH)
    monkeypatch.setattr(lock.time, "sleep", sleep)
    nasdsl.search(small(), out=folder, resume=True, **SETTINGS)
    assert len(released) == 1


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl")

    def refuse(*_: Any) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    nasdsl.search(small(), out=tmp_path / "r", **SETTINGS)
    assert index.read(tmp_path / "r").state == "finished"
