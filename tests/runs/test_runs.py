"""Runs: searched, killed, resumed, refused."""

from __future__ import annotations

import errno
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from small import batch, started

import nasdsl
from nasdsl import NasError
from nasdsl.oneshot.strategies.darts import derive_choices
from nasdsl.runs.checkpoint import Checkpoint
from nasdsl.runs.config import RunConfig, SpaceRecord
from nasdsl.runs.folder import RunFolder
from nasdsl.runs.tensorboard import Events
from nasdsl.training.loop import Loop

SMALL = {"limit": 200, "batch_size": 20, "epochs": 2}


def code_of(failure: pytest.ExceptionInfo[NasError]) -> str:
    return failure.value.diagnostics[0].code


def checkpoint(folder: Path) -> dict[str, Any]:
    return torch.load(folder / "checkpoint.pt", weights_only=True)


@pytest.mark.parametrize("strategy", ["darts", "random"])
@pytest.mark.parametrize("space", ["tiny", "nasbench201"])
def test_search_and_retrain(space: str, strategy: str, tmp_path: Path) -> None:
    loaded = nasdsl.load(space, channels=4)
    options = {"candidates": 3} if strategy == "random" else {}
    found = nasdsl.search(
        loaded, strategy=strategy, out=tmp_path / "s", options=options, limit=80, batch_size=20, epochs=1
    )
    assert loaded.read_architecture(tmp_path / "s" / "architecture.json") == found.architecture
    assert [row["epoch"] for row in found.metrics] == [1]
    trained = nasdsl.retrain(loaded, found.architecture, out=tmp_path / "r", limit=80, batch_size=20, epochs=1)
    assert 0 <= trained.test_accuracy <= 1
    assert trained.params == loaded.stats(found.architecture)["params"]
    assert (tmp_path / "r" / "weights.safetensors").is_file()
    scope: dict[str, Any] = {}
    exec((tmp_path / "r" / "network.py").read_text(), scope)
    from safetensors.torch import load_file

    scope["Network"]().load_state_dict(load_file(tmp_path / "r" / "weights.safetensors"))


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["darts", "random"])
def test_killed_and_resumed_ends_as_the_unbroken_run(strategy: str, tmp_path: Path) -> None:
    base = [sys.executable, "-m", "nasdsl", "search", "tiny", "--strategy", strategy, "--epochs", "12", "--seed", "4"]
    base += ["--limit", "600", "--batch-size", "20", "--quiet"]
    if strategy == "random":
        base += ["--option", "candidates=4"]
    root = str(Path(__file__).parents[2])
    env = {**os.environ, "PYTHONPATH": root, "OMP_NUM_THREADS": "1"}
    subprocess.run([*base, "-o", str(tmp_path / "whole")], check=True, env=env)
    broken = tmp_path / "broken"
    process = subprocess.Popen([*base, "-o", str(broken)], env=env)
    deadline = time.monotonic() + 120
    while not (broken / "checkpoint.pt").exists():
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (broken / "architecture.json").exists()
    subprocess.run([*base, "-o", str(broken), "--resume"], check=True, env=env)
    assert (broken / "architecture.json").read_bytes() == (tmp_path / "whole" / "architecture.json").read_bytes()
    one, two = checkpoint(broken)["state"]["net"], checkpoint(tmp_path / "whole")["state"]["net"]
    assert all(torch.equal(one[name], two[name]) for name in two)
    rows = (broken / "metrics.jsonl").read_text()
    assert rows == (tmp_path / "whole" / "metrics.jsonl").read_text()


@pytest.mark.slow
def test_interrupt_writes_a_checkpoint(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "nasdsl", "search", "tiny", "--epochs", "500", "-o", str(tmp_path / "r")]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "r" / "checkpoint.pt").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, text = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "--resume" in text
    assert checkpoint(tmp_path / "r")["format"] == "nasdsl-checkpoint"


@pytest.mark.slow
def test_interrupt_after_training_ends_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "nasdsl", "search", "tiny", "--strategy", "random", "--epochs", "1"]
    command += ["--limit", "200", "--option", "candidates=1000000", "-o", str(tmp_path / "r")]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "r" / "checkpoint.pt").exists():
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, text = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert "Traceback" not in text
    assert not (tmp_path / "r" / "architecture.json").exists()


def test_folder_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(NasError) as failure:
        nasdsl.search("tiny", out=tmp_path, **SMALL)
    assert code_of(failure) == "NAS806"
    nasdsl.search("tiny", out=tmp_path, force=True, limit=40, batch_size=20, epochs=1)
    assert (tmp_path / "mine.txt").read_text() == "precious"


def test_force_spares_what_no_run_wrote(tmp_path: Path) -> None:
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "mine.txt").write_text("precious")
    with pytest.raises(NasError) as failure:
        nasdsl.search("tiny", out=tmp_path, force=True, **SMALL)
    assert code_of(failure) == "NAS806"
    assert "`events`" in str(failure.value)
    assert (tmp_path / "events" / "mine.txt").read_text() == "precious"


def test_resume_and_force_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(NasError) as failure:
        nasdsl.search("tiny", out=tmp_path / "r", resume=True, force=True, **SMALL)
    assert code_of(failure) == "NAS601"


def test_retraining_is_resumed_with_its_own_architecture_only(tmp_path: Path) -> None:
    space, out = nasdsl.load("tiny", channels=4), tmp_path / "r"
    one, two = space.sample(2, seed=1)
    assert one != two
    nasdsl.retrain(space, one, out=out, **SMALL)
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    with pytest.raises(NasError) as failure:
        nasdsl.retrain(space, two, out=out, resume=True, **SMALL)
    assert code_of(failure) == "NAS809"
    with pytest.raises(NasError) as failure:
        nasdsl.search(space, out=out, resume=True, **SMALL)
    assert code_of(failure) == "NAS809"
    assert {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()} == before
    nasdsl.retrain(space, one, out=out, resume=True, **SMALL)


def test_nothing_is_written_where_there_is_nothing_to_inherit(tmp_path: Path) -> None:
    space = nasdsl.load("tiny", channels=4)
    with pytest.raises(NasError) as failure:
        nasdsl.retrain(space, space.sample()[0], out=tmp_path / "r", inherit=tmp_path / "none", **SMALL)
    assert code_of(failure) == "NAS808"
    assert not (tmp_path / "r").exists()


def test_resume_with_other_options_or_space(tmp_path: Path) -> None:
    out = tmp_path / "r"
    nasdsl.search("tiny", out=out, **SMALL)
    with pytest.raises(NasError) as failure:
        nasdsl.search("tiny", out=out, resume=True, seed=5, **SMALL)
    assert code_of(failure) == "NAS809"
    assert "seed" in str(failure.value)
    with pytest.raises(NasError) as failure:
        nasdsl.search("tiny", out=out, resume=True, options={"alpha_lr": 0.1}, **SMALL)
    assert "options.alpha_lr (was 0.0003, now 0.1)" in str(failure.value)
    assert "momentum" not in str(failure.value)
    with pytest.raises(NasError) as failure:
        nasdsl.search(nasdsl.load("tiny", channels=8), out=out, resume=True, **SMALL)
    assert code_of(failure) == "NAS809"
    with pytest.raises(NasError) as failure:
        nasdsl.search("tiny", out=tmp_path / "none", resume=True, **SMALL)
    assert code_of(failure) == "NAS809"


@pytest.mark.parametrize("content", [b"", b"rubbish", b"PK\x03\x04half a zip"])
def test_corrupt_checkpoint(content: bytes, tmp_path: Path) -> None:
    nasdsl.search("tiny", out=tmp_path / "r", **SMALL)
    (tmp_path / "r" / "checkpoint.pt").write_bytes(content)
    with pytest.raises(NasError) as failure:
        nasdsl.search("tiny", out=tmp_path / "r", resume=True, **SMALL)
    assert code_of(failure) == "NAS808"


def test_hostile_checkpoint_runs_nothing(tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "owned"),)

    nasdsl.search("tiny", out=tmp_path / "r", **SMALL)
    torch.save({"format": Hostile()}, tmp_path / "r" / "checkpoint.pt")
    with pytest.raises(NasError) as failure:
        nasdsl.search("tiny", out=tmp_path / "r", resume=True, **SMALL)
    assert code_of(failure) == "NAS808"
    assert not (tmp_path / "owned").exists()


def test_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    run = tmp_path / "r"
    nasdsl.search("tiny", out=run, **SMALL)
    before = (run / "checkpoint.pt").read_bytes()
    config = RunConfig.read(run / "config.json")
    assert config is not None
    state = Checkpoint(config.space.fingerprint, 0, 0, {}, [], torch.get_rng_state(), {})
    with RunFolder.open(run, config, nasdsl.load("tiny"), resume=True) as folder:
        monkeypatch.setattr(os, "replace", full)
        with pytest.raises(NasError) as failure:
            folder.write_checkpoint(state)
    assert code_of(failure) == "NAS807"
    assert (run / "checkpoint.pt").read_bytes() == before
    assert not [path for path in run.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("limit", [600, 1500, 100_000])
def test_a_disk_that_takes_no_more(limit: int, tmp_path: Path) -> None:
    """The limit of a file's size stops, in turn, the configuration, the events and the checkpoint."""
    import resource

    command = [sys.executable, "-m", "nasdsl", "search", "tiny", "--limit", "80", "--epochs", "1", "--quiet"]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    run = subprocess.run(
        [*command, "-o", str(tmp_path / "r")], env=env, capture_output=True, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip
    assert run.returncode == 2
    assert "NAS807" in run.stderr
    assert "Traceback" not in run.stderr
    assert not (tmp_path / "r" / "checkpoint.pt").exists()
    assert not [path for path in (tmp_path / "r").iterdir() if path.name.startswith(".")]


def test_a_folder_that_became_read_only_is_said_before_an_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    def refuse(**_: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    nasdsl.search("tiny", out=tmp_path / "r", **SMALL)
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(NasError) as failure:
        nasdsl.search("tiny", out=tmp_path / "r", resume=True, **SMALL)
    assert code_of(failure) == "NAS807"


def test_unfinished_files_of_a_killed_run_are_removed(tmp_path: Path) -> None:
    nasdsl.search("tiny", out=tmp_path / "r", **SMALL)
    (tmp_path / "r" / ".checkpoint.pt.a1b2c3d4").write_bytes(b"half")
    (tmp_path / "r" / ".mine").write_text("precious")
    nasdsl.search("tiny", out=tmp_path / "r", resume=True, **SMALL)
    assert [path.name for path in (tmp_path / "r").iterdir() if path.name.startswith(".")] == [".mine"]


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "r").write_text("")
    with pytest.raises(NasError) as failure:
        nasdsl.search("tiny", out=tmp_path / "r", **SMALL)
    assert code_of(failure) == "NAS807"


def test_loss_that_explodes_stops(tmp_path: Path) -> None:
    with pytest.raises(NasError) as failure:
        nasdsl.search("tiny", out=tmp_path / "r", options={"lr": 1e30, "clip": 1e30}, **SMALL)
    assert code_of(failure) == "NAS811"
    assert not (tmp_path / "r" / "architecture.json").exists()


def test_weights_that_are_no_numbers_are_not_kept(tmp_path: Path) -> None:
    """The last step's update shows in no loss."""
    space = nasdsl.load("tiny")
    state = {"net": {"weight": torch.tensor([1.0, math.nan])}}
    with RunFolder.open(tmp_path / "r", RunConfig("search", SpaceRecord.of(space), {}), space) as run:
        loop = Loop(run, epochs=1, steps=1, seconds=60.0, title="", quiet=True)
        with pytest.raises(NasError) as failure:
            loop(lambda *_: {"loss": 1.0}, lambda *_: {}, lambda: state, lambda _: None, False)
    assert code_of(failure) == "NAS811"
    assert not (tmp_path / "r" / "checkpoint.pt").exists()


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    reader = EventAccumulator(str(folder)).Reload()
    return {tag: [(item.step, item.value) for item in reader.Scalars(tag)] for tag in reader.Tags()["scalars"]}


def test_events_of_a_resumed_run_replace_older_ones(tmp_path: Path) -> None:
    for first, value in ((0, 1.0), (1, 2.0)):
        events = Events(tmp_path, first)
        for epoch in range(first, 3):
            events.add_scalar("loss", value, epoch)
            events.flush()
    assert scalars(tmp_path) == {"loss": [(0, 1.0), (1, 2.0), (2, 2.0)]}


def test_events_hold_the_metrics_and_the_decisions(tmp_path: Path) -> None:
    found = nasdsl.search("tiny", out=tmp_path / "r", **SMALL)
    seen = scalars(tmp_path / "r" / "events")
    assert [value for _, value in seen["loss"]] == pytest.approx([row["loss"] for row in found.metrics])
    widths = [seen[f"decisions/tiny.width/{width}"] for width in (32, 64, 128)]
    assert sum(width[-1][1] for width in widths) == pytest.approx(1)
    assert found.valid_accuracy == found.metrics[-1]["valid_accuracy"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"strategy": "dart"}, "NAS805"),
        ({"data": "digit"}, "NAS805"),
        ({"options": {"alpha_rl": 1}}, "NAS601"),
        ({"options": {"lr": "fast"}}, "NAS601"),
        ({"epochs": 0}, "NAS601"),
        ({"split": 1.0}, "NAS804"),
        ({"split": 0.001, "limit": 20}, "NAS804"),
        ({"data": "cifar10", "data_dir": "/nonexistent/place"}, "NAS801"),
        ({"data": "folder:/nonexistent"}, "NAS801"),
        ({"data": "digits:8"}, "NAS601"),
        ({"data": "folder"}, "NAS801"),
        ({"data_dir": "/nonexistent/place"}, "NAS801"),
        ({"device": "cuda:99"}, "NAS813"),
        ({"device": "gpu"}, "NAS813"),
        ({"device": "meta"}, "NAS813"),
        ({"seed": -1}, "NAS601"),
        ({"seed": 2**32}, "NAS601"),
    ],
)
def test_wrong_options(options: dict[str, Any], code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nasdsl.data import images as datasets

    def offline(*_: Any) -> None:
        raise nasdsl.diagnostics.error("NAS801", "offline")

    monkeypatch.setattr(datasets, "_download", offline)
    with pytest.raises(NasError) as failure:
        nasdsl.search("tiny", out=tmp_path / "r", **options)
    assert code_of(failure) == code
    assert not (tmp_path / "r").exists()


def test_classes_that_the_user_set_too_low(tmp_path: Path) -> None:
    with pytest.raises(NasError) as failure:
        nasdsl.search(nasdsl.load("tiny", classes=5), out=tmp_path / "r", **SMALL)
    assert code_of(failure) == "NAS803"


def test_image_folder(tmp_path: Path) -> None:
    from torchvision.io import write_png

    for part, number in (("train", 12), ("test", 4)):
        for label in ("cat", "dog", "eel"):
            (tmp_path / "data" / part / label).mkdir(parents=True)
            for i in range(number):
                image = torch.full((3, 20, 24), i * 10, dtype=torch.uint8)
                write_png(image, str(tmp_path / "data" / part / label / f"{i}.png"))
    settings = {"data": f"folder:{tmp_path / 'data'}", "epochs": 1, "batch_size": 4}
    found = nasdsl.search("tiny", out=tmp_path / "s", **settings)
    assert found.architecture.parameters["classes"] == 3
    assert "converted" in (tmp_path / "s" / "config.json").read_text()
    (tmp_path / "data" / "train" / "cat" / "0.png").write_bytes(b"not a picture")
    with pytest.raises(NasError) as failure:
        nasdsl.search("tiny", out=tmp_path / "t", **settings)
    assert code_of(failure) == "NAS802"
    assert "0.png" in str(failure.value)
    (tmp_path / "data" / "test" / "eel").rename(tmp_path / "data" / "test" / "fox")
    (tmp_path / "data" / "train" / "cat" / "0.png").unlink()
    with pytest.raises(NasError) as failure:
        nasdsl.search("tiny", out=tmp_path / "t", **settings)
    assert code_of(failure) == "NAS803"
    assert "`eel` is only in `train`" in str(failure.value)


def test_darts_derivation_ranks_edges_by_probability() -> None:
    space = nasdsl.load("darts", nodes=2)
    probabilities = {d.key: torch.full((8,), 0.125) for d in space.decisions if d.kind == "one"}

    def say(key: str, candidate: int, strength: float) -> None:
        rest = (1 - strength) / 7
        probabilities[key] = torch.full((8,), rest)
        probabilities[key][candidate] = strength

    say("normal.x[3].edge[0]", 4, 0.5)
    say("normal.x[3].edge[1]", 0, 0.9)  # `none` is strong: its best real operation is weak
    say("normal.x[3].edge[2]", 5, 0.4)
    chosen = derive_choices(space.decisions, probabilities, space.nested)
    assert chosen["normal.x[3]"] == (0, 2)
    assert chosen["normal.x[3].edge[0]"] == 4
    assert chosen["normal.x[3].edge[1]"] != 0


def test_alphas_learn_from_the_validation_half() -> None:
    space = nasdsl.load("tiny", channels=4)

    def run(seed: int) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
        darts = started("darts", space)
        alphas = {key: value.detach().clone() for key, value in darts.alphas.items()}
        darts.step(batch(space, 3), batch(space, seed))
        gradients = {key: value.grad for key, value in darts.alphas.items()}
        assert all(not torch.equal(alphas[key], darts.alphas[key]) for key in alphas)
        return {key: value for key, value in gradients.items() if value is not None}, darts.state_dict()["alphas"]

    (one, kept), (two, _) = run(1), run(2)
    assert set(one) == set(kept)
    assert any(not torch.equal(one[key], two[key]) for key in one)


@pytest.mark.slow
def test_cifar10(real_data: Path, tmp_path: Path) -> None:
    settings = {"data": "cifar10", "data_dir": str(real_data), "limit": 2000}
    space = nasdsl.load("nasbench201", channels=8, cells=1)
    found = nasdsl.search(space, strategy="darts", out=tmp_path / "s", epochs=4, **settings)
    assert found.metrics[-1]["valid_accuracy"] > 0.2
