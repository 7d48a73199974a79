"""Language models in two processes: each keeps the states of its own streams, and both search as one does."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from test_distributed import EVOLUTION, check_as_one, run_in_two, weights

import nasdsl

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not dist.is_available() or not dist.is_gloo_available(), reason="torch has no gloo"),
]

# Dropout draws other numbers in each process: there is none.
SIZES = {"hidden": 6, "nodes": 2, "steps": 4, "drop_words": 0.0, "drop_output": 0.0}
BASE: dict[str, Any] = {"limit": 104, "batch_size": 8, "epochs": 2, "seed": 3, "device": "cpu"}
CONTROLLER = {"controller_steps": 2, "aggregate": 2, "samples": 2}
CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "first order": ("darts_rnn", "darts", {"alpha_lr": 3e-4}),
    "second order": ("darts_rnn", "darts", {"alpha_lr": 3e-4, "order": 2}),
    "controller": ("enas_rnn", "enas", CONTROLLER),
    "random": ("darts_rnn", "random", {"candidates": 3}),
    "evolution": ("enas_rnn", "spos", EVOLUTION),
}
RESUMED = ("first order", "controller", "evolution")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng, folder = random.Random(0), tmp_path_factory.mktemp("text")
    for part in ("train", "valid", "test"):
        lines = [" ".join(f"w{(at + 5 * i) % 12}" for i in range(9)) for at in rng.choices(range(12), k=30)]
        (folder / f"{part}.txt").write_text("\n".join(lines) + "\n")
    return folder


def settings(name: str, corpus: Path) -> dict[str, Any]:
    _, strategy, options = CASES[name]
    return {**BASE, "data": f"text:{corpus}", "strategy": strategy, "options": {"lr": 0.05, "lr_end": 0.05, **options}}


@pytest.fixture(scope="module")
def together(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[str | None]]]:
    folder = tmp_path_factory.mktemp("two")
    cases: dict[str, dict[str, Any]] = {}
    for name, (space, _, _) in CASES.items():
        whole = {"space": space, "parameters": SIZES, "out": str(folder / name), "settings": settings(name, corpus)}
        whole["settings"]["checkpoint_seconds"] = 0.0
        cases[name] = whole
        if name in RESUMED:
            cases[f"{name}, resumed"] = {**whole, "out": str(folder / f"{name}, resumed"), "at": 3, "resumed": True}
    found, _ = run_in_two(folder, list(cases.values()))
    return folder, dict(zip(cases, found, strict=True))


@pytest.mark.parametrize("name", CASES)
def test_two_processes_search_as_one(name: str, together: Any, corpus: Path, tmp_path: Path) -> None:
    folder, results = together
    alone = nasdsl.search(nasdsl.load(CASES[name][0], **SIZES), out=tmp_path / "r", **settings(name, corpus))
    check_as_one(alone, results[name], folder / name, figures=1e-3)


@pytest.mark.parametrize("name", RESUMED)
def test_broken_and_resumed_in_two_processes(name: str, together: Any) -> None:
    """Broken within an epoch: the states of both processes' streams are in the checkpoint of the first."""
    folder, results = together
    assert results[f"{name}, resumed"] == results[name]
    one, two = weights(folder / name), weights(folder / f"{name}, resumed")
    assert all(torch.equal(one[key], two[key]) for key in one)
    metrics = [(folder / run / "metrics.jsonl").read_bytes() for run in (name, f"{name}, resumed")]
    assert metrics[0] == metrics[1]
