"""Two processes search as one does on the same batches; one that fails ends all."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from shipped import SMALL

import nasdsl
from nasdsl.parallel.group import ProcessGroup
from nasdsl.tasks.base import Batch

pytestmark = pytest.mark.skipif(not dist.is_available() or not dist.is_gloo_available(), reason="torch has no gloo")

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BASE = {"limit": 36, "batch_size": 8, "epochs": 2, "seed": 3, "device": "cpu"}
EVOLUTION = {"population": 2, "generations": 2, "recalibration": 1}
# (space, settings), chosen so that every way in which gradients are made is there, and batch-norm in all.
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "first order": ("tiny", {"strategy": "darts"}),
    "second order": ("tiny", {"strategy": "darts", "options": {"order": 2}}),
    "single level": ("nasbench201", {"strategy": "snas"}),
    # Not on nasbench201: a path of `none` is constant over the images, and batch-norm makes its rounding large.
    "one candidate": ("tiny", {"strategy": "gdas"}),
    "gates, cost": ("tiny", {"strategy": "proxyless", "options": {"cost_weight": 0.1}}),
    "stages": ("nasbench201", {"strategy": "drnas", "options": {"keep": 2}}),
    "controller": ("tiny", {"strategy": "enas", "options": {"controller_steps": 2, "aggregate": 2, "samples": 2}}),
    "evolution": ("tiny", {"strategy": "spos", "options": EVOLUTION}),
    "several paths": ("nasbench201", {"strategy": "fairnas", "options": EVOLUTION}),
    "sandwich": ("tiny", {"strategy": "sandwich", "options": EVOLUTION}),
    "clipped": ("tiny", {"strategy": "darts", "options": {"clip": 0.1}}),
}
# Sums are taken in another order: what 2 * 2 steps may make of that, as a part of the largest weight of a tensor.
# Adam, which scales small gradients up, moves a strategy's own parameters by 1e-3 in these steps: a hundredth of that.
CLOSE = OWN_CLOSE = 1e-5


def case(space: str, out: Path, settings: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "space": space,
        "parameters": SMALL[space],
        "out": str(out),
        "settings": {**BASE, "checkpoint_seconds": 0.0, **settings},
        **more,
    }


def environment(port: int) -> dict[str, str]:
    more = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}
    return {**os.environ, "PYTHONPATH": str(ROOT), "GLOO_SOCKET_IFNAME": "lo", **more}


def run_in_two(folder: Path, cases: list[dict[str, Any]]) -> tuple[list[list[str | None]], list[int]]:
    """Runs the cases in two processes; returns what each came to in both (None: it came to nothing), and the exits."""
    plan = folder / "plan.json"
    plan.write_text(json.dumps(cases))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, str(HERE / "processes.py"), str(plan)]
    both = [
        subprocess.Popen([*command, str(rank)], env=environment(port), stderr=subprocess.PIPE, text=True)
        for rank in (0, 1)
    ]
    try:
        texts = [process.communicate(timeout=400)[1] for process in both]
    finally:
        for process in both:
            process.kill()
    found: list[list[str | None]] = []
    for number in range(len(cases)):
        files = [folder / f"{number}-{rank}" for rank in (0, 1)]
        found.append([file.read_text() if file.exists() else None for file in files])
    exits = [process.returncode for process in both]
    assert all(code in (0, 3) for code in exits), texts
    return found, exits


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[str | None]]]:
    """All cases in one pair of processes: the searches, one of them broken and resumed, and what is refused."""
    folder = tmp_path_factory.mktemp("two")
    (folder / "occupied").mkdir()
    (folder / "occupied" / "mine.txt").write_text("precious")
    darts = {"strategy": "darts"}
    cases = {name: case(space, folder / name, settings) for name, (space, settings) in CASES.items()}
    cases["parts"] = case("tiny", folder / "parts", {**darts, "accumulate": 2})
    cases["resumed"] = case("tiny", folder / "resumed", darts, at=4, resumed=True)
    cases["not divisible"] = case("tiny", folder / "not divisible", {**darts, "batch_size": 9})
    cases["one device"] = case("tiny", folder / "one device", {**darts, "device": "cuda:1"})
    cases["no device"] = case("tiny", folder / "no device", {**darts, "device": "cuda"})
    cases["occupied"] = case("tiny", folder / "occupied", darts)
    cases["after refusals"] = case("tiny", folder / "after refusals", darts)
    found, _ = run_in_two(folder, list(cases.values()))
    return folder, dict(zip(cases, found, strict=True))


def weights(folder: Path) -> dict[str, torch.Tensor]:
    """The shared weights, and the strategy's own parameters."""
    state = torch.load(folder / "checkpoint.pt", weights_only=True)["state"]
    own = {**state.get("alphas", {}), **state.get("controller", {})}
    return {**state["net"], **{f"own {name}": value for name, value in own.items()}}


def check_as_one(alone: Any, found: list[str], folder: Path, figures: float) -> None:
    """What two processes found, and the run in `folder` that they left, against the search of one process."""
    assert found == [alone.architecture.text()] * 2
    one, two = weights(alone.folder), weights(folder)
    assert one.keys() == two.keys()
    for key, value in one.items():
        if value.is_floating_point():
            close = OWN_CLOSE if key.startswith("own ") else CLOSE * value.abs().max().clamp_min(1e-2)
            assert (value - two[key]).abs().max() <= close, key
        else:
            assert torch.equal(value, two[key]), key
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    for mine, other in zip(alone.metrics, rows, strict=True):
        assert mine == pytest.approx(other, rel=1e-3, abs=figures)


def test_batches_are_shared_without_rest() -> None:
    batch = Batch(torch.arange(16).view(8, 2), torch.arange(8))
    parts = batch.pieces(4)
    assert torch.equal(torch.cat([part.inputs for part in parts]), batch.inputs)
    assert torch.equal(torch.cat([part.targets for part in parts]), batch.targets)
    assert torch.equal(ProcessGroup(1, 2).share(batch).targets, torch.arange(4, 8))
    odd = Batch(torch.arange(7), torch.arange(7))
    assert len(ProcessGroup(1, 2).share_if_even(odd, 7)) == 7


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_two_processes_search_as_one(name: str, together: Any, tmp_path: Path) -> None:
    folder, results = together
    space, settings = CASES[name]
    alone = nasdsl.search(nasdsl.load(space, **SMALL[space]), out=tmp_path / "r", **BASE, **settings)
    check_as_one(alone, results[name], folder / name, figures=1e-4)


@pytest.mark.slow
def test_accumulation_in_two_processes_is_recorded_and_takes_as_many_steps(together: Any) -> None:
    folder, _ = together
    config = json.loads((folder / "parts" / "config.json").read_text())
    assert (config["settings"]["accumulate"], config["processes"]) == (2, 2)
    assert len((folder / "parts" / "metrics.jsonl").read_text().splitlines()) == 2


@pytest.mark.slow
def test_broken_and_resumed_in_two_processes(together: Any) -> None:
    folder, results = together
    assert results["resumed"] == results["first order"]
    one, two = weights(folder / "first order"), weights(folder / "resumed")
    assert all(torch.equal(one[name], two[name]) for name in one)
    metrics = [(folder / name / "metrics.jsonl").read_bytes() for name in ("first order", "resumed")]
    assert metrics[0] == metrics[1]


@pytest.mark.slow
def test_what_is_refused_leaves_nothing_and_the_processes_together(together: Any) -> None:
    folder, results = together
    assert results["not divisible"] == ["NAS601", "NAS601"]
    assert results["one device"] == ["NAS813", "NAS813"]
    if torch.cuda.device_count() == 0:
        assert results["no device"] == ["NAS813", "NAS813"]
    assert results["occupied"] == ["NAS806", "NAS817"]
    assert [path.name for path in (folder / "occupied").iterdir()] == ["mine.txt"]
    for name in ("not divisible", "one device", "no device"):
        assert not (folder / name / "config.json").exists() or torch.cuda.device_count() > 1
    assert results["after refusals"] == results["first order"]


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_one_that_ends_ends_the_other(rank: int, tmp_path: Path) -> None:
    found, exits = run_in_two(tmp_path, [case("tiny", tmp_path / "r", {"strategy": "darts"}, at=3, rank=rank)])
    assert found[0][1 - rank] == "NAS817"
    assert exits[rank] == 3
    assert not (tmp_path / "r" / "architecture.json").exists()
    assert (tmp_path / "r" / "checkpoint.pt").exists()


def torchrun(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "nasdsl"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    return subprocess.run([*command, *arguments], capture_output=True, text=True, env=env, timeout=400)


@pytest.mark.slow
def test_torchrun_searches_and_retrains(tmp_path: Path) -> None:
    settings = ["--limit", "40", "--batch-size", "8", "--epochs", "1", "--device", "cpu", "--set", "channels=4"]
    run = torchrun(
        "search", "tiny", *settings, "--retrain", "--retrain-epochs", "1", "--json", "-o", str(tmp_path / "r")
    )
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)  # one process speaks
    alone = nasdsl.load("tiny", channels=4)
    assert (
        alone.read_architecture(tmp_path / "r" / "architecture.json").to_json()["decisions"] == report["architecture"]
    )
    assert (tmp_path / "r" / "retrain" / "weights.safetensors").is_file()


@pytest.mark.slow
def test_torchrun_with_a_device_that_is_not_there(tmp_path: Path) -> None:
    run = torchrun("search", "tiny", "--device", "cuda:1", "-o", str(tmp_path / "r"))
    assert run.returncode != 0
    assert "NAS813" in run.stderr
    assert not (tmp_path / "r").exists()
