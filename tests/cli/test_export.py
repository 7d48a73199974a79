"""`nasdsl export`: files for use elsewhere compute what the network computes."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner, Result

import nasdsl
from nasdsl import NasError
from nasdsl.cli.main import app
from nasdsl.runs import export as exporting

ONNX = all(find_spec(name) for name in ("onnx", "onnxscript", "onnxruntime"))
needs_onnx = pytest.mark.skipif(not ONNX, reason="onnx, onnxscript or onnxruntime is not installed")
SHORT: dict[str, Any] = {"limit": 40, "batch_size": 10, "epochs": 1, "device": "cpu"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("run") / "r"
    space = nasdsl.load("tiny", channels=4)
    found = nasdsl.search(space, out=root, **SHORT)
    nasdsl.retrain(space, found.architecture, out=root / "retrain", **SHORT)
    return root


def export(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["export", *map(str, arguments)])


def code_of(result: Result) -> str:
    assert isinstance(result.exception, NasError), result.output
    return result.exception.diagnostics[0].code


def network(run: Path) -> torch.nn.Module:
    from safetensors.torch import load_file

    space = nasdsl.load("tiny", channels=4)
    net = space.network(space.read_architecture(run / "architecture.json"))
    net.load_state_dict(load_file(run / "weights.safetensors"))
    return net.eval()


def test_source_and_weights_stand_alone(run: Path, tmp_path: Path) -> None:
    """In a process that has no nasdsl."""
    assert export(run / "retrain", "-o", tmp_path / "net.py").exit_code == 0
    assert export(run / "retrain", "--format", "safetensors", "-o", tmp_path / "net.safetensors").exit_code == 0
    images = torch.randn(3, 1, 8, 8)
    torch.save(images, tmp_path / "x.pt")
    code = (
        "import sys, torch; sys.modules['nasdsl'] = None\n"
        "from net import Network\nfrom safetensors.torch import load_file\n"
        "net = Network(); net.load_state_dict(load_file('net.safetensors')); net.eval()\n"
        "torch.save(net(torch.load('x.pt')), 'y.pt')"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, env={"PYTHONPATH": str(tmp_path)})
    assert torch.allclose(torch.load(tmp_path / "y.pt"), network(run / "retrain")(images))


def test_torch_export(run: Path, tmp_path: Path) -> None:
    result = export(run / "retrain", "--format", "torch", "-o", tmp_path / "n.pt2", "--json")
    report = json.loads(result.output)
    assert "batches of 2 and 3" in report["checked"]
    assert "trained" in report["weights"]
    images = torch.randn(5, 1, 8, 8)
    found = torch.export.load(tmp_path / "n.pt2").module()(images)
    assert torch.allclose(found, network(run / "retrain")(images), atol=1e-6)


@needs_onnx
def test_onnx(run: Path, tmp_path: Path) -> None:
    import onnx
    import onnxruntime

    result = export(run / "retrain", "--format", "onnx", "-o", tmp_path / "n.onnx")
    assert "opset 18" in result.output
    assert "onnxruntime: outputs within" in result.output
    opsets = {item.domain: item.version for item in onnx.load(tmp_path / "n.onnx").opset_import}
    assert opsets[""] == 18
    images = torch.randn(5, 1, 8, 8)
    session = onnxruntime.InferenceSession(tmp_path / "n.onnx", providers=["CPUExecutionProvider"])
    [found] = session.run(["output"], {"input": images.numpy()})
    assert torch.allclose(torch.from_numpy(found), network(run / "retrain")(images), atol=1e-5)


# Tokens and a state, several images and outputs, attention, a U: what an exporter may stumble over.
OTHERS: dict[str, dict[str, Any]] = {
    "darts_rnn": {"vocabulary": 40, "hidden": 6, "steps": 4, "nodes": 3},
    "fpn": {"channels": 4, "size": 8},
    "autoformer_tiny": {"classes": 4, "size": 32, "least_depth": 1, "most_depth": 3, "head_dim": 4, "relative": 1},
    "unet": {"channels": 4, "size": 16},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("format", ["torch", pytest.param("onnx", marks=needs_onnx)])
def test_other_spaces(name: str, format: str, tmp_path: Path) -> None:
    space = nasdsl.load(name, **OTHERS[name])
    trained = exporting.of_architecture(space, space.sample(1, seed=1)[0])
    made = exporting.export(trained, format, tmp_path / "n")
    assert "outputs within" in made.checked
    assert made.path.stat().st_size > 1000


def test_a_search_gives_its_shared_weights(run: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    result = export(run, "--format", "safetensors", "-o", tmp_path / "n.safetensors")
    assert "shared weights of the search" in result.output
    shared = torch.load(run / "checkpoint.pt", weights_only=True)["state"]["net"]
    found = load_file(tmp_path / "n.safetensors")
    whole = [name for name in found if found[name].shape == shared[name].shape]
    assert whole
    assert all(torch.equal(found[name], shared[name]) for name in whole)


def test_an_architecture_with_weights(run: Path, tmp_path: Path) -> None:
    arch, weights = run / "retrain" / "architecture.json", run / "retrain" / "weights.safetensors"
    common = ["--arch", arch, "--format", "safetensors", "-o", tmp_path / "n.safetensors"]
    assert "fresh weights" in export(*common).output
    assert export(*common, "--weights", weights, "--space", "tiny").exit_code == 0
    from safetensors.torch import load_file

    one, two = load_file(tmp_path / "n.safetensors"), load_file(weights)
    assert all(torch.equal(one[name], two[name]) for name in two)


def test_what_computes_something_else_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space = nasdsl.load("tiny", channels=4)
    trained = exporting.of_architecture(space, space.sample()[0])
    original = torch.export.export
    other = space.network(trained.architecture, seed=1).eval()
    monkeypatch.setattr(torch.export, "export", lambda net, *args, **more: original(other, *args, **more))
    with pytest.raises(NasError) as failure:
        exporting.export(trained, "torch", tmp_path / "n.pt2")
    assert failure.value.diagnostics[0].code == "NAS818"
    assert not list(tmp_path.iterdir())


def test_without_the_packages(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "find_spec", lambda name: None if name.startswith("onnx") else find_spec(name))
    result = export(run / "retrain", "--format", "onnx", "-o", tmp_path / "n.onnx")
    assert code_of(result) == "NAS812"
    assert "pip install 'nasdsl[export]'" in str(result.exception)
    if ONNX:
        only = lambda name: None if name == "onnxruntime" else find_spec(name)  # noqa: E731
        monkeypatch.setattr(exporting, "find_spec", only)
        assert "not run" in export(run / "retrain", "--format", "onnx", "-o", tmp_path / "n.onnx").output


@needs_onnx
def test_an_opset_that_there_is_none_of(run: Path, tmp_path: Path) -> None:
    result = export(run / "retrain", "--format", "onnx", "--opset", "99", "-o", tmp_path / "n.onnx")
    assert code_of(result) == "NAS818"
    assert not (tmp_path / "n.onnx").exists()


def test_wrong_input(run: Path, tmp_path: Path) -> None:
    assert code_of(export()) == "NAS601"
    assert code_of(export(run, "--arch", run / "architecture.json")) == "NAS601"
    assert code_of(export(run, "--weights", "w.pt")) == "NAS601"
    assert code_of(export(run, "--format", "onxn", "-o", tmp_path / "n")) == "NAS601"
    assert code_of(export(tmp_path)) == "NAS807"
    assert code_of(export("--arch", tmp_path / "none.json")) == "NAS521"
    assert code_of(export(run, "-o", tmp_path / "no" / "n.py")) == "NAS603"
    wrong = ["--arch", run / "architecture.json", "--weights", run / "retrain" / "architecture.json"]
    assert code_of(export(*wrong, "-o", tmp_path / "n.py")) == "NAS808"
    (tmp_path / "r").mkdir()
    for name in ("config.json", "space.nas", "checkpoint.pt"):
        (tmp_path / "r" / name).write_bytes((run / name).read_bytes())
    result = export(tmp_path / "r")
    assert code_of(result) == "NAS807"
    assert "interrupted" in str(result.exception)
    assert not (tmp_path / "n.py").exists()
