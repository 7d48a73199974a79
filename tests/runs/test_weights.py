"""Searches that start from one's own weights, and supernets saved and loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

import nasdsl
from nasdsl import NasError

SHORT: dict[str, Any] = {"limit": 40, "batch_size": 10, "epochs": 1, "device": "cpu"}


def fixed(**more: Any) -> dict[str, Any]:
    """A search whose weights stay as they were."""
    return {**SHORT, "options": {"lr": 0.0, "lr_end": 0.0}, **more}


def state(run: Path) -> dict[str, torch.Tensor]:
    return torch.load(run / "checkpoint.pt", weights_only=True)["state"]["net"]


def parameters(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value for name, value in tensors.items() if "running" not in name and "num_batches" not in name}


@pytest.mark.parametrize("form", ["safetensors", "plain", "wrapped", "parallel"])
def test_a_search_starts_from_the_weights_in_a_file(form: str, tmp_path: Path) -> None:
    space = nasdsl.load("tiny", channels=4)
    mine = {name: value + 0.25 for name, value in parameters(space.supernet(seed=5).state_dict()).items()}
    path = tmp_path / ("w.safetensors" if form == "safetensors" else "w.pt")
    if form == "safetensors":
        save_file(mine, path)
    elif form == "plain":
        torch.save(mine, path)
    else:
        prefix = "module." if form == "parallel" else ""
        torch.save({"epoch": 3, "state_dict": {prefix + name: value for name, value in mine.items()}}, path)
    nasdsl.search(space, out=tmp_path / "r", weights=path, **fixed())
    found = state(tmp_path / "r")
    assert all(torch.equal(found[name], value) for name, value in mine.items())
    notes = json.loads((tmp_path / "r" / "config.json").read_text())["notes"]
    assert any("not in the file: " in note and "running_mean" in note for note in notes)


def test_a_search_starts_from_another_and_says_what_does_not_fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nasdsl.search(nasdsl.load("tiny", channels=4), out=tmp_path / "a", **SHORT)
    before = state(tmp_path / "a")
    more = nasdsl.load("tiny", channels=4, classes=12)
    capsys.readouterr()
    nasdsl.search(more, out=tmp_path / "b", inherit=tmp_path / "a", quiet=False, **fixed())
    said = capsys.readouterr().err
    assert "of a different shape: `" in said
    after = state(tmp_path / "b")
    same = [name for name, value in parameters(before).items() if value.shape == after[name].shape]
    assert 0 < len(same) < len(parameters(before))
    assert all(torch.equal(before[name], after[name]) for name in same)
    with pytest.raises(NasError) as failure:
        nasdsl.search(more, out=tmp_path / "b", resume=True, **fixed())
    assert "started from different weights" in str(failure.value)
    nasdsl.search(more, out=tmp_path / "b", inherit=tmp_path / "a", resume=True, **fixed())


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (None, "weights file"),
        (b"rubbish", "damaged"),
        ({"a": 1}, "does not contain a table of weights"),
        ([torch.ones(2)], "does not contain a table of weights"),
        ({"other.weight": torch.ones(2)}, "`other.weight`"),
    ],
)
def test_files_that_hold_no_weights_for_it(content: Any, word: str, tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(NasError) as failure:
        nasdsl.search("tiny", out=tmp_path / "r", weights=path, **SHORT)
    assert failure.value.diagnostics[0].code == "NAS808"
    assert word in str(failure.value)
    assert not (tmp_path / "r").exists()


def test_a_file_of_weights_runs_nothing(tmp_path: Path) -> None:
    import os

    class Hostile:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "owned"),)

    torch.save({"weight": Hostile()}, tmp_path / "w.pt")
    with pytest.raises(NasError):
        nasdsl.search("tiny", out=tmp_path / "r", weights=tmp_path / "w.pt", **SHORT)
    assert not (tmp_path / "owned").exists()


def test_a_run_or_a_file(tmp_path: Path) -> None:
    with pytest.raises(NasError) as failure:
        nasdsl.search("tiny", out=tmp_path / "r", weights="a.pt", inherit="b", **SHORT)
    assert failure.value.diagnostics[0].code == "NAS601"
    with pytest.raises(NasError) as failure:
        nasdsl.search("tiny", out=tmp_path / "r", inherit=tmp_path, **SHORT)
    assert failure.value.diagnostics[0].code == "NAS808"


def test_a_supernet_saved_and_loaded(tmp_path: Path) -> None:
    space = nasdsl.load("tiny", channels=4)
    net, images = space.supernet(seed=1).eval(), torch.randn(2, 1, 8, 8)
    nasdsl.save_supernet(space, net, tmp_path / "s.safetensors")
    choices = space.sample()[0].choices
    again = nasdsl.load_supernet(space, tmp_path / "s.safetensors").eval()
    assert torch.equal(again(images, choices), net(images, choices))
    with pytest.raises(NasError) as failure:
        nasdsl.load_supernet(nasdsl.load("tiny", channels=5), tmp_path / "s.safetensors")
    assert failure.value.diagnostics[0].code == "NAS808"
    assert '"channels": 4' in str(failure.value)
    with pytest.raises(NasError) as failure:
        nasdsl.save_supernet(space, net, tmp_path / "none" / "s.safetensors")
    assert failure.value.diagnostics[0].code == "NAS603"


def test_the_supernet_of_a_run(tmp_path: Path) -> None:
    space = nasdsl.load("tiny", channels=4)
    nasdsl.search(space, out=tmp_path / "r", **SHORT)
    net = nasdsl.load_supernet(space, tmp_path / "r")
    saved = state(tmp_path / "r")
    assert all(torch.equal(value, saved[name]) for name, value in net.state_dict().items())
    torch.save({"linear1.weight": torch.ones(3)}, tmp_path / "other.pt")
    with pytest.raises(NasError) as failure:
        nasdsl.load_supernet(space, tmp_path / "other.pt")
    assert failure.value.diagnostics[0].code == "NAS808"
