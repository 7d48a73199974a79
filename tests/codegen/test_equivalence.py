"""Supernet under one-hot weights == path execution == derived network == standalone source."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from typing import Any

import pytest
import torch
from shipped import SMALL, SPACES

import nasdsl
from nasdsl.graph.architecture import Architecture
from nasdsl.runtime.transfer import transfer
from nasdsl.space import Space


def one_hot(space: Space, arch: Architecture) -> dict[str, torch.Tensor]:
    """Full mixture weights; decisions that are not live get some corner, which must not matter."""
    weights: dict[str, torch.Tensor] = {}
    for decision in space.decisions:
        weight = torch.zeros(len(decision.labels), dtype=torch.double)
        default: Any = decision.real[-1] if decision.kind == "one" else decision.real[: decision.least]
        chosen = arch.choices.get(decision.key, default)
        weight[[chosen] if isinstance(chosen, int) else list(chosen)] = 1
        weights[decision.key] = weight
    return weights


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("searching", [False, True])
@pytest.mark.parametrize("name", SPACES)
def test_all_forms_agree(name: str, searching: bool, training: bool) -> None:
    space = nasdsl.load(name, **SMALL[name])
    supernet = space.supernet(searching=searching, seed=0).double()
    state = {key: value.clone() for key, value in supernet.state_dict().items()}
    torch.manual_seed(1)
    images = torch.randn(3, *space.input_shape, dtype=torch.double)
    for arch in space.sample(4, seed=7):
        supernet.load_state_dict(state)  # batch-norm moves its statistics in training
        supernet.train(training)
        with torch.no_grad():
            path = supernet(images, arch.choices)
            supernet.load_state_dict(state)
            mixture = supernet(images, one_hot(space, arch))
            supernet.load_state_dict(state)
            network = space.network(arch, searching=searching).double()
            assert transfer(supernet, network, space.slices(arch, searching)) == []
            derived = network.train(training)(images)
        assert (path - mixture).abs().max() <= 1e-10
        assert (path - derived).abs().max() <= 1e-10


@pytest.mark.parametrize("name", SPACES)
def test_gradients_agree(name: str) -> None:
    """Under one-hot weights the shared weights get the gradients of the derived network."""
    space = nasdsl.load(name, **SMALL[name])
    supernet = space.supernet(seed=0).double().eval()
    [arch] = space.sample(1, seed=11)
    network = space.network(arch, searching=True).double().eval()
    transfer(supernet, network, space.slices(arch, True))
    images = torch.randn(2, *space.input_shape, dtype=torch.double)
    supernet(images, one_hot(space, arch)).square().sum().backward()
    network(images).square().sum().backward()
    gradients = {key: value.grad for key, value in supernet.named_parameters()}
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None
        shared = gradients[key]
        assert shared is not None, key
        part = shared[tuple(slice(0, size) for size in parameter.shape)]
        assert torch.allclose(part, parameter.grad, rtol=1e-9, atol=1e-9), key


@pytest.mark.parametrize("name", SPACES)
def test_path_runs_only_what_is_chosen(name: str) -> None:
    space = nasdsl.load(name, **SMALL[name])
    supernet, [arch] = space.supernet(seed=0), space.sample(1, seed=5)
    supernet(torch.randn(2, *space.input_shape), arch.choices).sum().backward()
    touched = {key for key, value in supernet.named_parameters() if value.grad is not None}
    wanted = {key for key, _ in space.network(arch, searching=True).named_parameters()}
    assert touched == wanted


@pytest.mark.parametrize("name", SPACES)
def test_standalone_source_needs_torch_alone(name: str, tmp_path: Any) -> None:
    space = nasdsl.load(name, **SMALL[name])
    [arch] = space.sample(1, seed=2)
    source = space.source(arch)
    assert "nasdsl" not in "\n".join(line for line in source.splitlines() if "import" in line)
    (tmp_path / "network.py").write_text(source)
    network = space.network(arch, seed=0).double().eval()
    images = torch.randn(2, *space.input_shape, dtype=torch.double)
    torch.save({"net": network.state_dict(), "x": images, "y": network(images).detach()}, tmp_path / "saved.pt")
    code = """
import sys, torch
sys.path.insert(0, ".")
from network import Network
saved = torch.load("saved.pt", weights_only=True)
net = Network().double().eval()
net.load_state_dict(saved["net"])
assert (net(saved["x"]) - saved["y"]).abs().max() <= 1e-10
assert not any(name.split(".")[0] == "nasdsl" for name in sys.modules)
"""
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, env=clean)


@pytest.mark.parametrize("name", SPACES)
def test_source_is_byte_equal_across_hash_seeds(name: str, tmp_path: Any) -> None:
    code = f"""
import sys, nasdsl
space = nasdsl.load("{name}")
sys.stdout.write(space.supernet_source() + space.source(space.sample(1, seed=1)[0]) + space.fingerprint)
"""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    texts = set()
    for seed, folder in (("0", tmp_path), ("1", root)):
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": root}
        run = subprocess.run([sys.executable, "-c", code], check=True, env=env, cwd=folder, capture_output=True)
        texts.add(run.stdout)
    assert len(texts) == 1


def test_traceback_shows_the_place_in_the_file() -> None:
    space = nasdsl.load("tiny")
    with pytest.raises(RuntimeError) as caught:
        space.network(space.sample(1)[0])(torch.randn(2, 3, 8, 8))
    assert "tiny.nas:" in "".join(traceback.format_exception(caught.value))
