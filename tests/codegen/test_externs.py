"""Other people's modules: permission, shapes, supernet and standalone source."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import nasdsl
from nasdsl import NasError

LAYERS = """
import torch
from torch import nn

class Gate(nn.Module):
    def __init__(self, ratio):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(ratio))

    def forward(self, x):
        return x * self.weight.sum()

class Both(nn.Module):
    def forward(self, a, b):
        return a + b, a

class Shorter(nn.Module):
    def forward(self, x):
        return x[:, :, 1:]
"""
SPACE = """
extern gate(ratio = 4) on x: image[C, H, W] -> image[C, H, W] = "my_layers:Gate"
extern both on x: image[C, H, W], y: image[C, H, W] -> image[C, H, W], image[C, H, W] = "my_layers:Both"
space s on x: image[3, 8, 8] {
  x = x -> (gate(2) | gate | conv(3))
  a, b = [x, x -> relu] -> both
  return sum([a, b]) -> global_avg_pool -> linear(10)
}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "my_layers.py").write_text(LAYERS)
    (tmp_path / "s.nas").write_text(SPACE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "my_layers", raising=False)
    return tmp_path


def code_of(failure: NasError) -> str:
    return failure.diagnostics[0].code


def test_nothing_is_imported_without_permission(folder: Path) -> None:
    space = nasdsl.load(folder / "s.nas")
    assert space.externs == ("my_layers:Both", "my_layers:Gate")
    assert space.count() == 3
    for build in (space.supernet, lambda: space.network(space.sample()[0])):
        with pytest.raises(NasError) as caught:
            build()
        assert code_of(caught.value) == "NAS702"
    assert "my_layers" not in sys.modules


def test_supernet_network_and_source(folder: Path) -> None:
    space = nasdsl.load(folder / "s.nas", allow_extern=True)
    supernet = space.supernet(seed=0)
    x = torch.randn(2, 3, 8, 8)
    for arch in space.sample(4, seed=1):
        network = space.network(arch)
        network.load_state_dict({k: v for k, v in supernet.state_dict().items() if k in network.state_dict()})
        assert torch.allclose(network(x), supernet(x, arch.choices), atol=1e-6)
        assert "from my_layers import Both as ExternBoth" in space.source(arch)
    assert space.stats()["not_counted"] == ["my_layers:Both", "my_layers:Gate"]


@pytest.mark.parametrize(
    ("target", "code", "word"),
    [
        ("my_layers:Shorter", "NAS704", "3x7x8"),
        ("my_layers:Missing", "NAS703", "Missing"),
        ("no_such_module:Gate", "NAS703", "Python path"),
        ("my_layers:torch", "NAS703", "cannot be constructed"),
    ],
)
def test_what_a_module_turns_out_to_be(folder: Path, target: str, code: str, word: str) -> None:
    text = f'extern f on x: image[C, H, W] -> image[C, H, W] = "{target}"\nspace s on x: image[3, 8, 8] = x -> f\n'
    (folder / "s.nas").write_text(text)
    space = nasdsl.load(folder / "s.nas", allow_extern=True)
    with pytest.raises(NasError) as caught:
        space.supernet()
    assert code_of(caught.value) == code
    assert word in str(caught.value)


def test_the_command_line_names_them_and_asks(folder: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "nasdsl.cli.main", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    space = str(folder / "s.nas")
    assert "my_layers:Gate" in run("check", space).stdout
    assert json.loads(run("check", space, "--json").stdout)["externs"] == ["my_layers:Both", "my_layers:Gate"]
    refused = run("search", space, "--data", "digits", "--epochs", "1", "-o", str(folder / "run"))
    assert refused.returncode == 1
    assert "NAS702" in refused.stderr
