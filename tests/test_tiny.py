"""The whole pipeline once, in a few seconds: start here when something is broken."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from shipped import SPACES

import nasdsl


def test_from_text_to_tensor() -> None:
    space = nasdsl.load("tiny")
    assert space.count() == 192
    [arch] = space.sample(1, seed=3)
    images = torch.randn(2, *space.input_shape)
    assert space.supernet(seed=0)(images, arch.choices).shape == (2, 10)
    net = space.network(arch)
    assert net(images).shape == (2, 10)
    assert sum(p.numel() for p in net.parameters()) == space.stats(arch)["params"]


@pytest.mark.parametrize("command", ["check", "stats", "graph", "sample"])
@pytest.mark.parametrize("space", SPACES)
def test_front_end_needs_no_torch(command: str, space: str) -> None:
    code = f"""
import sys
from nasdsl.cli.main import app
try:
    app(["{command}", "{space}"])
except SystemExit as stop:
    assert not stop.code, stop.code
assert "torch" not in sys.modules
assert "networkx" not in sys.modules or "{command}" != "check"
"""
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
