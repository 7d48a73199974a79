"""What holds for every strategy: it meets what a space requires, is resumed exactly, and bears any options."""

from __future__ import annotations

import copy
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import torch
from pairs import QUICK, STRATEGIES
from resuming import Killed, equal, options, resumable
from shipped import SMALL
from small import batch, started

import nasdsl
from nasdsl import NasError, registry

CONSTRAINED = """
choice edge = conv(3) | conv(1) | skip
cell body on a = a -> (edge as first) -> (edge as second) -> (edge as third)
space small(channels = 4, classes = 10) on x: image[1, 8, 8] {
  require count(skip in body) >= 2
  require params <= 200
  return x -> conv(3, channels) -> bn -> body -> global_avg_pool -> linear(classes)
}
"""


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_the_space_requires_is_met(strategy: str, tmp_path: Path) -> None:
    (tmp_path / "s.nas").write_text(CONSTRAINED)
    space = nasdsl.load(tmp_path / "s.nas")
    assert space.count() == 3 + 1  # two skips and a 1x1 convolution, or three skips; a 3x3 has too many parameters
    made = options(strategy, "s")
    try:
        found = nasdsl.search(space, strategy=strategy, options=made, out=tmp_path / "r", limit=24, epochs=1)
    except NasError as failure:
        if failure.diagnostics[0].code != "NAS810":
            raise
        return
    assert space.unmet(found.architecture) is None
    assert sum(choice == 2 for choice in found.architecture.choices.values()) >= 2


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_killed_anywhere_and_resumed_ends_as_the_unbroken_run(
    strategy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, chosen = resumable(strategy)
    space = nasdsl.load(name, **SMALL[name])
    settings = {"strategy": strategy, "options": chosen, "limit": 36, "batch_size": 6, "epochs": 2, "seed": 3}
    settings["checkpoint_seconds"] = 0.0
    whole = nasdsl.search(space, out=tmp_path / "whole", **settings)
    kind = registry.find("nasdsl.strategies", strategy)
    original = kind.step
    steps = 3 * len(whole.metrics)
    for at in sorted({2, steps - 2}):  # in the first epoch, and in the last stage
        count = 0

        def step(self: Any, *batches: Any, at: int = at) -> dict[str, float]:
            nonlocal count
            count += 1
            if count == at:
                raise Killed
            return original(self, *batches)

        monkeypatch.setattr(kind, "step", step)
        out = tmp_path / f"broken-{at}"
        with pytest.raises(Killed):
            nasdsl.search(space, out=out, **settings)
        monkeypatch.setattr(kind, "step", original)
        torch.manual_seed(99)  # a new process starts anywhere
        nasdsl.search(space, out=out, resume=True, **settings)
        for file in ("architecture.json", "metrics.jsonl", "result.json"):
            assert (out / file).read_bytes() == (tmp_path / "whole" / file).read_bytes(), (file, at)
        one, two = (
            torch.load(folder / "checkpoint.pt", weights_only=True)["state"] for folder in (out, tmp_path / "whole")
        )
        assert equal(one, two)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_state_holds_what_the_strategy_changes(strategy: str) -> None:
    """What a step and an epoch change, loading an earlier state undoes."""
    name, chosen = resumable(strategy)
    space = nasdsl.load(name, **SMALL[name])

    def outcome(made: Any) -> Any:
        metrics = made.step(batch(space, 1, 6), batch(space, 2, 6))
        return metrics, made.state_dict()

    made = started(strategy, space, **chosen)
    made.step(batch(space, 3, 6), batch(space, 4, 6))
    made.epoch_end(0)
    saved = copy.deepcopy(made.state_dict())
    torch.manual_seed(0)
    wanted = copy.deepcopy(outcome(made))
    other = started(strategy, space, **chosen)
    other.load_state_dict(saved)
    torch.manual_seed(0)
    assert equal(outcome(other), wanted)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_option_works_at_its_bounds_and_is_refused_beyond(strategy: str) -> None:
    name, chosen = resumable(strategy)
    space, kind = nasdsl.load(name, **SMALL[name]), registry.find("nasdsl.strategies", strategy)
    for item in fields(kind.Options):
        if item.default and isinstance(item.default, str):
            with pytest.raises(NasError, match=f"option `{item.name}` is empty"):
                kind(**{**chosen, item.name: ""})
        for bound, beyond in (("least", -1), ("most", 1)):
            value = item.metadata.get(bound)
            if value is None:
                continue
            inside, outside = value, value + beyond
            if isinstance(item.default, tuple):
                inside, outside = (tuple([number] * len(item.default)) for number in (value, outside))
            made = started(strategy, space, epochs=2, **{**chosen, item.name: inside})
            for epoch in range(2):
                assert made.step(batch(space, 1, 6), batch(space, 2, 6))["loss"] > 0
                made.epoch_end(epoch)
            assert space.unmet(made.derive()) is None
            with pytest.raises(NasError, match=f"option `{item.name}` must be at {bound} "):
                kind(**{**chosen, item.name: outside})


@pytest.mark.parametrize(
    ("strategy", "given"),
    [
        ("darts", {"lr": 1e30, "order": 2}),
        ("drnas", {"alpha_scale": 1e30}),
        ("drnas", {"lr": 1e30}),
        ("enas", {"lr_controller": 1e30}),
        ("enas", {"temperature": 1e-300}),
        ("fbnet", {"cost_power": 1e30}),
        ("proxyless", {"weight_decay": 1e30}),
        ("spos", {"lr": 1e30}),
    ],
)
def test_what_diverges_is_said_to(strategy: str, given: dict[str, float], tmp_path: Path) -> None:
    settings = {"limit": 60, "batch_size": 6, "epochs": 2, "out": tmp_path / "r"}
    with pytest.raises(NasError) as failure:
        nasdsl.search("tiny", strategy=strategy, options={**QUICK.get(strategy, {}), "clip": 0, **given}, **settings)
    assert failure.value.diagnostics[0].code == "NAS811"
    assert "infinite or NaN" in failure.value.diagnostics[0].message
    assert (tmp_path / "r" / "failure.json").is_file()
