"""Mixed precision, accumulation and clipping: what they compute, and that they are recorded and resumed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from pairs import STRATEGIES
from resuming import Killed, equal, options, resumable
from shipped import SMALL
from small import batch, in_double, started

import nasdsl
from nasdsl import NasError, registry
from nasdsl.training.device import autocast

# Without batch-norm, whose statistics are those of each part.
PLAIN = """space plain(classes = 10) on x: image[1, 8, 8] {
  width = 3 | 6
  x = x -> (conv(1, 4) | conv(3, 4)) -> relu
  return x -> global_avg_pool -> linear(width) -> relu -> linear(classes)
}
"""
SHORT: dict[str, Any] = {"limit": 36, "batch_size": 6, "epochs": 2, "seed": 3, "device": "cpu"}


@pytest.fixture
def plain(tmp_path: Path) -> nasdsl.space.Space:
    (tmp_path / "plain.nas").write_text(PLAIN)
    return nasdsl.load(tmp_path / "plain.nas")


@pytest.mark.parametrize(
    ("strategy", "chosen"),
    [
        ("darts", {}),
        ("darts", {"order": 2}),
        ("snas", {}),
        ("gdas", {}),
        ("fbnet", {}),
        ("drnas", {}),
        ("proxyless", {"cost_weight": 0.1}),
        ("random", {}),
        ("fairnas", {}),
        ("sandwich", {}),
    ],
)
def test_parts_give_the_gradient_of_the_whole_batch(strategy: str, chosen: dict[str, Any], plain: Any) -> None:
    """In float64 three steps end at the same weights and parameters, to 1e-10, and log the same figures."""

    def run(parts: int) -> tuple[Any, dict[str, Any]]:
        torch.manual_seed(0)
        made = started(strategy, plain, double=True, **chosen)
        if hasattr(made, "alphas"):
            in_double(made)
            made.alpha_optimiser = torch.optim.Adam(list(made.alphas.values()), 0.01)
        made.context.accumulate = parts
        for seed in range(3):
            metrics = made.step(batch(plain, seed, 8, torch.float64), batch(plain, 10 + seed, 8, torch.float64))
        return made, metrics

    (one, whole), (two, divided) = run(1), run(4)
    assert whole == pytest.approx(divided, rel=1e-10)
    for name, value in one.net.state_dict().items():
        assert torch.allclose(value, two.net.state_dict()[name], rtol=0, atol=1e-10), name
    for key, alpha in getattr(one, "alphas", {}).items():
        assert torch.allclose(alpha, two.alphas[key], rtol=0, atol=1e-8), key


@pytest.mark.parametrize("clip", [0.0, 1e-3])
def test_clipping(clip: float, plain: Any) -> None:
    """SGD without momentum moves the weights by lr * gradient: at most lr * clip, and by all of it where clip is 0."""
    made = started("random", plain, clip=clip, momentum=0.0, weight_decay=0.0, lr=0.5)
    before = {name: value.detach().clone() for name, value in made.net.named_parameters()}
    made.step(batch(plain, 1), batch(plain, 2))
    moved = torch.cat([(value.detach() - before[name]).flatten() for name, value in made.net.named_parameters()]).norm()
    if clip:
        assert moved == pytest.approx(0.5 * clip, rel=1e-3)
    else:
        gradient = torch.cat([p.grad.flatten() for p in made.net.parameters() if p.grad is not None]).norm()
        assert moved == pytest.approx(0.5 * float(gradient), rel=1e-3)
        assert gradient > 1e-2


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_in_bfloat16(strategy: str, tmp_path: Path) -> None:
    """It ends, computes otherwise than in float32, and keeps its weights in float32."""
    name, chosen = resumable(strategy)
    space = nasdsl.load(name, **SMALL[name])
    settings = {**SHORT, "strategy": strategy, "options": chosen, "epochs": 1}
    losses = []
    for precision in ("float32", "bfloat16"):
        out = tmp_path / precision
        found = nasdsl.search(space, out=out, precision=precision, **settings)
        losses.append(found.metrics[0]["loss"])
        assert json.loads((out / "config.json").read_text())["settings"]["precision"] == precision
        net = torch.load(out / "checkpoint.pt", weights_only=True)["state"]["net"]
        assert {value.dtype for value in net.values() if value.is_floating_point()} == {torch.float32}
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.1)


@pytest.mark.parametrize(("strategy", "more"), [("darts", {"order": 2}), ("snas", {}), ("enas", {}), ("sandwich", {})])
def test_resumed_in_parts_and_bfloat16(
    strategy: str, more: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = nasdsl.load("tiny", **SMALL["tiny"])
    settings = {**SHORT, "strategy": strategy, "options": {**options(strategy, "tiny"), **more}}
    settings |= {"accumulate": 2, "precision": "bfloat16", "checkpoint_seconds": 0.0}
    nasdsl.search(space, out=tmp_path / "whole", **settings)
    kind = registry.find("nasdsl.strategies", strategy)
    original, count = kind.step, 0

    def step(self: Any, *batches: Any) -> Any:
        nonlocal count
        count += 1
        if count == 5:
            raise Killed
        return original(self, *batches)

    monkeypatch.setattr(kind, "step", step)
    with pytest.raises(Killed):
        nasdsl.search(space, out=tmp_path / "broken", **settings)
    monkeypatch.setattr(kind, "step", original)
    torch.manual_seed(99)
    nasdsl.search(space, out=tmp_path / "broken", resume=True, **settings)
    one, two = (
        torch.load(tmp_path / name / "checkpoint.pt", weights_only=True)["state"] for name in ("whole", "broken")
    )
    assert equal(one, two)
    with pytest.raises(NasError) as failure:
        nasdsl.search(space, out=tmp_path / "broken", resume=True, **{**settings, "accumulate": 3})
    assert failure.value.diagnostics[0].code == "NAS809"
    assert "accumulate (was 2, now 3)" in str(failure.value)


def test_retraining_in_parts_and_bfloat16(tmp_path: Path) -> None:
    space = nasdsl.load("tiny", channels=4)
    arch = space.sample()[0]
    nasdsl.retrain(space, arch, out=tmp_path / "r", accumulate=3, precision="bfloat16", **SHORT)
    settings = json.loads((tmp_path / "r" / "config.json").read_text())["settings"]
    assert (settings["accumulate"], settings["precision"]) == (3, "bfloat16")


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"precision": "bfloat"}, "did you mean `bfloat16`"),
        ({"precision": 16}, "a string"),
        ({"accumulate": 0}, "positive integer"),
        ({"accumulate": 2.5}, "an integer"),
        ({"accumulate": 4}, "--batch-size 4"),
        ({"accumulate": 7}, "at least 7"),
    ],
)
def test_wrong_settings(settings: dict[str, Any], word: str, tmp_path: Path) -> None:
    with pytest.raises(NasError) as failure:
        nasdsl.search("tiny", out=tmp_path / "r", **{**SHORT, **settings})
    assert failure.value.diagnostics[0].code == "NAS601"
    assert word in str(failure.value)
    assert not (tmp_path / "r").exists()


def test_automatic_precision_on_a_cpu_is_single() -> None:
    with autocast(torch.device("cpu"))():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
    with autocast(torch.device("cpu"), "bfloat16")():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16
