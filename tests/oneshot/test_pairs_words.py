"""Every strategy on every shipped language model: as the table of strategies says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pairs import STRATEGIES, WORDS, check_pair
from shipped import NO_DROPOUT

import nasdsl

SENTENCE = "one two three one four two five one two six"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("words")
    for part, lines in (("train", 30), ("valid", 6), ("test", 6)):
        (folder / f"{part}.txt").write_text(f"{SENTENCE}\n" * lines)
    return folder


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_pair(strategy: str, name: str, corpus: Path, tmp_path: Path) -> None:
    check_pair(name, strategy, tmp_path, data=f"text:{corpus}", limit=72)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "strategy", "options"),
    [
        ("darts_rnn", "darts", {}),
        ("darts_rnn", "gdas", {}),
        ("enas_rnn", "enas", {"controller_steps": 2, "aggregate": 2, "samples": 2}),
        ("enas_rnn", "random", {"candidates": 3}),
    ],
)
def test_penn_treebank(name: str, strategy: str, options: dict[str, int], real_data: Path, tmp_path: Path) -> None:
    for part, lines in (("train", 150), ("valid", 10), ("test", 10)):
        whole = (real_data / "ptb" / f"ptb.{part}.txt").read_text().splitlines(keepends=True)
        (tmp_path / f"ptb.{part}.txt").write_text("".join(whole[:lines]))
    space = nasdsl.load(name, hidden=16, nodes=3, **NO_DROPOUT)
    settings: dict[str, Any] = {"data": f"ptb:{tmp_path}", "batch_size": 10, "epochs": 1}
    found = nasdsl.search(space, strategy=strategy, options=options, out=tmp_path / "search", **settings)
    settings |= {"epochs": 3, "options": {"optimiser": "adam", "lr": 0.02}}
    trained = nasdsl.retrain(space, found.architecture, out=tmp_path / "retrain", **settings)
    assert found.metrics[-1]["perplexity"] > 1
    assert trained.test_perplexity is not None
    vocabulary = len(set((tmp_path / "ptb.train.txt").read_text().split()))
    assert trained.test_perplexity < vocabulary / 3
