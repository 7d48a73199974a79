"""Pairs of a shipped space and a strategy: what the strategy says to the space, and a short run of it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from shipped import SHIPPED

import nasdsl
from nasdsl import NasError, registry
from nasdsl.data import images as datasets
from nasdsl.data.images import DataSet
from nasdsl.diagnostics import Diagnostic
from nasdsl.space import Space
from nasdsl.tasks import images, language

TABLE = Path(__file__).parents[1] / "spaces" / "STRATEGIES.md"
STRATEGIES = sorted(registry._BUILT_IN["nasdsl.strategies"])
EVOLUTION = {"population": 2, "generations": 2, "recalibration": 1}
QUICK: dict[str, dict[str, Any]] = {
    "enas": {"controller_steps": 1, "aggregate": 2, "samples": 2},
    "random": {"candidates": 2},
    "rsps": {"candidates": 3, "finalists": 2},
    "spos": EVOLUTION,
    "fairnas": EVOLUTION,
    "sandwich": EVOLUTION,
    "pdarts": {"add": (0, 1, 2)},
}
# In several lists, since one worker of the tests takes a whole file: test_pairs_*.py.
CELLS = ("tiny", "darts", "nasbench201", "nasbench101", "enas_macro", "hierarchical_nb201", "enas_micro", "nasnet")
CELLS += ("amoebanet", "pnas")
CHAINS = ("darts_imagenet", "nats_size", "proxylessnas", "fbnet", "spos_shufflenet", "mobilenetv3_ofa")
CHAINS += ("resnet_elastic", "autoformer_tiny", "autoformer_small", "autoformer_base")
WORDS = ("darts_rnn", "enas_rnn")
NO_DATA = ("unet", "fpn", "text_classifier")


class Verdict(NamedTuple):
    """`word` is "yes", "option" or "no"; `options` are those with which it works then, `refusal` what is said."""

    word: str
    options: dict[str, str]
    refusal: Diagnostic | None


@cache
def small(name: str) -> Space:
    """A space in a size for training; a space compiles once for all strategies."""
    row = SHIPPED[name]
    classes = {"classes": 10} if "classes" in row.small else {}  # of the digits: others would mean compiling again
    return nasdsl.load(name, **{**row.small, **(row.searched or {}), **classes})


def refused(strategy: str, space: Space, options: dict[str, Any]) -> Diagnostic | None:
    return registry.find("nasdsl.strategies", strategy)(**options).refuses(space)


def verdict(strategy: str, space: Space, options: dict[str, Any]) -> Verdict:
    """With the first option that the refusal itself offers, where that is enough."""
    refusal = refused(strategy, space, options)
    if refusal is None:
        return Verdict("yes", {}, None)
    for name, value in re.findall(r"--option (\w+)=(\S+)", " ".join(refusal.help)):
        if refused(strategy, space, {**options, name: value}) is None:
            return Verdict("option", {name: value}, refusal)
    return Verdict("no", {}, refusal)


def refuses(space: Space) -> str | None:
    """Why there are no data for a space, or None."""
    return images.refuses(space) and language.refuses(space) and str(images.refuses(space))


def words_of(name: str) -> dict[str, str]:
    """What the table says of a space: strategy to "yes", "option" or "no"."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.read_text().splitlines()]
    [head] = [row for row in rows if row[0] == "space"]
    [row] = [row for row in rows if row[0] == f"`{name}`"]
    return dict(zip(head[1:], row[1:], strict=True))


def few_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """`digits` with twelve images to train on and six to test with."""
    whole = datasets.digits(Path(), "")
    parts = (whole.train.take(torch.arange(12)), whole.test.take(torch.arange(6)))
    monkeypatch.setattr(datasets, "digits", lambda *_: DataSet(*parts, whole.classes))


def check_pair(name: str, strategy: str, folder: Path, **settings: Any) -> None:
    """The pair does what the table says: it searches, derives and trains what was found, or is refused at once."""
    space, options = small(name), dict(QUICK.get(strategy, {}))
    word, more, refusal = verdict(strategy, space, options)
    assert word == words_of(name)[strategy]
    settings = {"batch_size": 6, "epochs": 1, "checkpoint_seconds": 1e9, **settings}
    if refusal is not None:
        with pytest.raises(NasError) as failure:
            nasdsl.search(space, strategy=strategy, options=options, out=folder / "search", **settings)
        assert failure.value.diagnostics == (refusal,)
        assert refusal.code == "NAS810"
        assert refusal.labels  # where the decision is that does not suit
        assert refusal.help
        assert not (folder / "search").exists()
    if word == "no":
        return
    found = nasdsl.search(space, strategy=strategy, options={**options, **more}, out=folder / "search", **settings)
    assert all(row["loss"] > 0 for row in found.metrics)
    assert space.read_architecture(folder / "search" / "architecture.json") == found.architecture
    trained = nasdsl.retrain(space, found.architecture, out=folder / "retrain", **settings)
    assert trained.params == space.stats(found.architecture)["params"]
    assert trained.metrics[-1]["loss"] > 0
    if name in WORDS:
        assert trained.test_perplexity is not None
        assert trained.test_perplexity > 1
    else:
        assert trained.test_accuracy is not None
        assert 0 <= trained.test_accuracy <= 1
