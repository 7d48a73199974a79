"""Language models: data, segments, state, search and training."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch

import nasdsl
from nasdsl import NasError, registry
from nasdsl.data.text import ptb, text
from nasdsl.oneshot.base import OneShot
from nasdsl.options.settings import RetrainSettings
from nasdsl.options.training import TrainOptions
from nasdsl.passes.restrict import derive
from nasdsl.space import Space
from nasdsl.tasks import task_for
from nasdsl.tasks.language import LanguageModel, Streams, TextBatch
from nasdsl.training.trainer import Trainer

CPU = torch.device("cpu")
WORDS = [f"w{i}" for i in range(12)]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Sentences in which most words follow from the one before."""
    rng, folder = random.Random(0), tmp_path / "data"
    folder.mkdir()
    for part, lines in (("train", 60), ("valid", 20), ("test", 20)):
        sentences = []
        for _ in range(lines):
            at = rng.randrange(12)
            sentences.append(" ".join(WORDS[(at + 5 * i) % 12] for i in range(9)))
        (folder / f"{part}.txt").write_text("\n".join(sentences) + "\n")
    return folder


def small(name: str = "darts_rnn", **parameters: Any) -> Space:
    return nasdsl.load(name, hidden=8, nodes=3, drop_words=0.0, **{"steps": 5, "drop_output": 0.1, **parameters})


def code(failure: pytest.ExceptionInfo[NasError]) -> str:
    return failure.value.diagnostics[0].code


def test_vocabulary_is_that_of_the_training_file(tmp_path: Path) -> None:
    for part, content in (("train", "a b\nb c\n"), ("valid", "c a\n"), ("test", "d a\n\n")):
        (tmp_path / f"{part}.txt").write_text(content)
        (tmp_path / f"ptb.{part}.txt").write_text(content)
    found = text(tmp_path, str(tmp_path))
    assert found.vocabulary == ("a", "b", "<eos>", "c", "<unk>")
    assert found.train.tolist() == [0, 1, 2, 1, 3, 2]
    assert found.valid.tolist() == [3, 0, 2]
    assert found.test.tolist() == [4, 0, 2, 2]
    assert ptb(tmp_path, str(tmp_path)).vocabulary == found.vocabulary


@pytest.mark.parametrize(
    ("make", "wanted", "word"),
    [
        (lambda folder: (folder / "valid.txt").unlink(), "NAS801", "valid.txt"),
        (lambda folder: (folder / "train.txt").write_bytes(b"\xff\xfe\xff"), "NAS802", "UTF-8"),
        (lambda folder: (folder / "test.txt").write_text(""), "NAS802", "is empty"),
        (lambda folder: (folder / "valid.txt").write_text("a b c"), "NAS804", "too few"),
    ],
)
def test_wrong_texts(make: Any, wanted: str, word: str, corpus: Path, tmp_path: Path) -> None:
    make(corpus)
    with pytest.raises(NasError) as failure:
        nasdsl.search(small(), data=f"text:{corpus}", batch_size=8, out=tmp_path / "r")
    assert code(failure) == wanted
    assert word in str(failure.value)
    assert not (tmp_path / "r").exists()


def test_segments_cover_the_streams_in_order() -> None:
    part = Streams(torch.arange(48), 2, 5, 0, "train", CPU)
    segments = [part.batch(0, step) for step in range(part.steps_of(0))]
    assert [tuple(item.inputs.shape) for item in segments] == [(2, 5)] * 4
    assert torch.equal(torch.cat([item.inputs for item in segments], 1), torch.arange(48).view(2, 24)[:, :20])
    assert all(torch.equal(item.targets, item.inputs + 1) for item in segments)
    assert [item.first for item in segments] == [True, False, False, False]
    assert part.batch(0, 4).first
    part.rest = True
    read = torch.cat([item.targets for item in part.in_order()], 1)
    assert torch.equal(read, torch.arange(48).view(2, 24)[:, 1:])


def test_segments_of_random_length_cover_the_streams_too() -> None:
    part = Streams(torch.arange(2000), 2, 20, 3, "train", CPU)
    part.vary = True
    segments = [part.batch(1, step) for step in range(part.steps_of(1))]
    assert torch.equal(torch.cat([item.targets for item in segments], 1), torch.arange(2000).view(2, 1000)[:, 1:])
    assert len({item.inputs.shape[1] for item in segments}) > 5
    assert all(item.share == item.inputs.shape[1] / 20 for item in segments)
    assert part.bounds(0) != part.bounds(1)
    fresh = Streams(torch.arange(2000), 2, 20, 3, "train", CPU)
    fresh.vary = True
    assert part.bounds(1) == fresh.bounds(1)


def task_of(space: Space, corpus: Path) -> tuple[LanguageModel, Space]:
    task, space = task_for(space, RetrainSettings(data=f"text:{corpus}"), CPU)
    assert isinstance(task, LanguageModel)
    return task, space


def test_state_goes_on_within_a_stream(corpus: Path) -> None:
    task, space = task_of(small(), corpus)
    assert space.parameters["vocabulary"] == 13
    net = space.network(space.sample()[0], seed=0).eval()
    part = Streams(task.text.train[:82], 2, 5, 0, "a", CPU)
    pieces = torch.cat([task.logits(net, part.batch(0, step)).view(2, 5, -1) for step in range(8)], 1)
    whole = net(part.table[:, :40], torch.zeros(2, 8))[0]
    assert torch.allclose(pieces, whole, atol=1e-6)
    assert torch.equal(task.logits(net, part.batch(0, 0)).view(2, 5, -1), pieces[:, :5])  # an epoch starts at zero
    drawn = part.draw(random.Random(1))
    kept = dict(task.states)
    task.logits(net, drawn)
    assert task.states == kept


def test_passes_over_one_segment_start_from_one_state(corpus: Path) -> None:
    task, space = task_of(small(), corpus)
    one, other = (space.network(space.sample()[0], seed=seed).eval() for seed in (0, 1))
    part = Streams(task.text.train[:82], 2, 5, 0, "a", CPU)
    task.logits(one, part.batch(0, 0))
    expected = one(part.batch(0, 1).inputs, task.states["a"])
    task.logits(other, part.batch(0, 1))
    virtual = task.states["a"]
    found = task.logits(one, part.batch(0, 1))
    assert torch.equal(found, expected[0].flatten(0, 1))
    assert torch.equal(task.states["a"], expected[1])  # the last pass hands its own on
    assert not torch.equal(virtual, expected[1])
    task.logits(one, part.batch(0, 2))
    task.logits(one, part.batch(1, 0))  # the next epoch, from zeros
    assert torch.equal(task.states["a"], one(part.batch(1, 0).inputs, torch.zeros(2, 8))[1])


FOUR = """
choice activation = tanh | silu | sigmoid | identity
cell step on x, h = concat([x, h]) -> linear(width(h)) -> activation
space s(vocabulary = 13) on text: tokens[5], state: vector[8] {
  share table = embedding(vocabulary, 8)
  states, last = [text -> table, state] -> scan(step)
  return scores = states -> transposed(table) -> bias, state = last
}
"""


@pytest.mark.parametrize("strategy", ["darts", "fairnas"])
def test_each_step_takes_all_its_passes_from_one_state(
    strategy: str, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four: of second order a virtual step, two for the Hessian and the step itself; of FairNAS a path each."""
    seen: dict[tuple[str, int], list[torch.Tensor]] = {}
    original = LanguageModel._state

    def state(self: LanguageModel, batch: TextBatch) -> torch.Tensor:
        found = original(self, batch)
        if batch.stream in ("weights", "architecture"):
            seen.setdefault((batch.stream, batch.at), []).append(found)
        return found

    monkeypatch.setattr(LanguageModel, "_state", state)
    settings: dict[str, Any] = {"data": f"text:{corpus}", "batch_size": 4, "epochs": 1, "limit": 120}
    if strategy == "darts":
        space, settings["options"] = small(), {"order": 2}
    else:
        (tmp_path / "s.nas").write_text(FOUR)
        space, settings["options"] = nasdsl.load(tmp_path / "s.nas"), QUICK["spos"]
    nasdsl.search(space, strategy=strategy, out=tmp_path / "r", **settings)
    steps = [items for (stream, _), items in seen.items() if stream == "weights"]
    assert len(steps) == 5
    assert {len(items) for items in steps} == {4}
    assert all(torch.equal(item, items[0]) for items in seen.values() for item in items)
    assert not any(torch.equal(items[0], steps[0][0]) for items in steps[1:])


def test_perplexity_of_a_network_that_knows_nothing(corpus: Path) -> None:
    task, _ = task_of(small(), corpus)
    logits, targets = torch.zeros(6, 13), torch.arange(6)
    score = task.score(task.tally(logits, targets) / 6)
    assert task.report("test", score) == {"test_perplexity": pytest.approx(13.0)}
    assert score == pytest.approx(80 / 13)
    assert task.figures({"loss": 0.0}) == {"perplexity": 1.0}


def test_activation_and_slowness(corpus: Path) -> None:
    task, space = task_of(small(drop_output=0.5), corpus)
    arch = space.sample()[0]
    net, graph = space.network(arch, seed=0), derive(space.graph(False), arch.choices)
    term = task.penalties(net, graph, TrainOptions(activation=2.0, slowness=3.0))
    assert term is not None
    part = Streams(task.text.train, 2, 5, 0, "a", CPU)
    seen: list[Any] = []
    net.locked_dropout_2.register_forward_hook(lambda _, given, output: seen.append((given[0], output)))  # type: ignore[operator]
    task.logits(net, part.batch(0, 0))
    [(raw, dropped)] = seen
    wanted = 2 * (dropped**2).mean() + 3 * ((raw[:, 1:] - raw[:, :-1]) ** 2).mean()
    assert torch.allclose(term(), wanted)
    assert not torch.equal(raw, dropped)


STRATEGIES = sorted(registry._BUILT_IN["nasdsl.strategies"])
QUICK: dict[str, dict[str, Any]] = {
    "enas": {"controller_steps": 1, "aggregate": 2, "samples": 2},
    "random": {"candidates": 2},
    "rsps": {"candidates": 3, "finalists": 2},
    "spos": {"population": 2, "generations": 2, "recalibration": 1},
    "pdarts": {"add": (0, 0, 0)},
}


@pytest.mark.parametrize("space", ["darts_rnn", "enas_rnn"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_searches_language_models_or_says_why_not(
    strategy: str, space: str, corpus: Path, tmp_path: Path
) -> None:
    settings = {
        "data": f"text:{corpus}",
        "limit": 120,
        "batch_size": 4,
        "epochs": 1,
        "options": QUICK.get(strategy, {}),
    }
    try:
        found = nasdsl.search(small(space), strategy=strategy, out=tmp_path / "r", **settings)
    except NasError as failure:
        [item] = failure.diagnostics
        assert item.code == "NAS810"
        assert item.help
        return
    assert strategy != "sandwich"
    assert found.metrics[-1]["perplexity"] > 1
    result = json.loads((tmp_path / "r" / "result.json").read_text())
    assert "valid_accuracy" not in result
    assert result.get("valid_perplexity") == found.valid_perplexity
    if found.valid_perplexity is None:
        assert strategy == "snas"  # it trains all parameters on one part
    else:
        assert found.valid_perplexity > 1


def test_search_is_resumed_exactly(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings: dict[str, Any] = {"data": f"text:{corpus}", "batch_size": 4, "epochs": 1, "checkpoint_seconds": 0.0}
    settings |= {"limit": 160, "options": {"order": 2}}
    nasdsl.search(small(), out=tmp_path / "whole", **settings)
    config = json.loads((tmp_path / "whole" / "config.json").read_text())
    assert config["settings"]["options"]["clip"] == 0.25  # the task's, where the user gave none
    original, count = OneShot.train_weights, 0

    def train_weights(self: OneShot, *arguments: Any) -> dict[str, float]:
        nonlocal count
        count += 1
        if count == 4:
            raise KeyboardInterrupt
        return original(self, *arguments)

    monkeypatch.setattr(OneShot, "train_weights", train_weights)
    with pytest.raises(KeyboardInterrupt):
        nasdsl.search(small(), out=tmp_path / "broken", **settings)
    monkeypatch.setattr(OneShot, "train_weights", original)
    torch.manual_seed(9)
    nasdsl.search(small(), out=tmp_path / "broken", resume=True, **settings)
    for file in ("architecture.json", "metrics.jsonl", "result.json"):
        assert (tmp_path / "broken" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()


def test_training_learns_and_is_resumed_exactly(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space = small()
    arch = space.sample(seed=2)[0]
    settings: dict[str, Any] = {"recipe": "darts-ptb", "data": f"text:{corpus}", "batch_size": 4, "epochs": 4}
    settings |= {"checkpoint_seconds": 0.0, "options": {"average_after": 1, "activation": 1e-3, "lr": 10}}
    whole = nasdsl.retrain(space, arch, out=tmp_path / "whole", **settings)
    assert whole.test_accuracy is None
    assert whole.test_perplexity is not None
    assert whole.test_perplexity < 9  # of 13 words
    assert whole.params == json.loads((tmp_path / "whole" / "result.json").read_text())["params"]
    assert {"perplexity", "valid_perplexity"} <= set(whole.metrics[-1])
    steps = [json.loads(line)["epoch"] for line in (tmp_path / "whole" / "metrics.jsonl").read_text().splitlines()]
    assert steps == [1, 2, 3, 4]
    original, count = Trainer.watch, 0

    def watch(self: Trainer, part: Any) -> dict[str, float]:
        nonlocal count
        count += 1
        if count == 3:
            raise KeyboardInterrupt
        return original(self, part)

    monkeypatch.setattr(Trainer, "watch", watch)
    with pytest.raises(KeyboardInterrupt):
        nasdsl.retrain(space, arch, out=tmp_path / "broken", **settings)
    monkeypatch.setattr(Trainer, "watch", original)
    torch.manual_seed(9)
    nasdsl.retrain(space, arch, out=tmp_path / "broken", resume=True, **settings)
    for file in ("metrics.jsonl", "result.json", "weights.safetensors"):
        assert (tmp_path / "broken" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes(), file


@pytest.mark.parametrize(
    ("space", "data", "word"),
    [
        ("text_classifier", "text", "returns a vector"),
        ("fpn", "digits", "takes image, image, image"),
        ("unet", "digits", "returns an image"),
        ("darts_rnn", "digits", "is a language model"),
        ("tiny", "text", "is a text"),
    ],
)
def test_what_no_data_fits_is_refused(space: str, data: str, word: str, corpus: Path, tmp_path: Path) -> None:
    name = f"text:{corpus}" if data == "text" else data
    with pytest.raises(NasError) as failure:
        nasdsl.search(nasdsl.load(space), strategy="random", data=name, out=tmp_path / "r")
    assert code(failure) == "NAS803"
    assert word in str(failure.value)
    assert not (tmp_path / "r").exists()


def test_a_vocabulary_that_the_user_set_too_small(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(NasError, match="13 words"):
        nasdsl.search(small(vocabulary=5), data=f"text:{corpus}", out=tmp_path / "r")


@pytest.mark.parametrize("name", ["cutout", "auxiliary", "resized_crop"])
def test_options_of_images_are_refused(name: str, corpus: Path, tmp_path: Path) -> None:
    space = small()
    given = {name: True if name[0] == "r" else 1}
    with pytest.raises(NasError, match="for images"):
        nasdsl.retrain(space, space.sample()[0], data=f"text:{corpus}", options=given, out=tmp_path / "r")


def test_the_supernet_learns_how_frequent_words_are(tmp_path: Path) -> None:
    """Of words that follow from nothing: batch-norm leaves no feature that is always there, the bias says it."""
    rng, folder = random.Random(0), tmp_path / "data"
    folder.mkdir()
    for part in ("train", "valid", "test"):
        words = rng.choices(["a", *WORDS], weights=[60, *[1] * 12], k=1500)
        (folder / f"{part}.txt").write_text(" ".join(words) + "\n")
    found = nasdsl.search(
        small(), data=f"text:{folder}", batch_size=10, epochs=3, options={"lr": 5, "lr_end": 5}, out=tmp_path / "r"
    )
    assert found.metrics[-1]["perplexity"] < 3  # of 14 words; their entropy allows 2.4
    assert found.valid_perplexity is not None
    assert found.valid_perplexity < 3


@pytest.mark.slow
def test_penn_treebank_slice(real_data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "slice"
    folder.mkdir()
    for part, lines in (("train", 1200), ("valid", 60), ("test", 60)):
        whole = (real_data / "ptb" / f"ptb.{part}.txt").read_text().splitlines(keepends=True)
        (folder / f"ptb.{part}.txt").write_text("".join(whole[:lines]))
    space = nasdsl.load("darts_rnn", hidden=32, nodes=3, drop_output=0.2)
    settings: dict[str, Any] = {"data": f"ptb:{folder}", "batch_size": 10, "epochs": 3}
    trained = nasdsl.retrain(space, space.sample(seed=1)[0], recipe="darts-ptb", out=tmp_path / "r", **settings)
    words = json.loads((tmp_path / "r" / "config.json").read_text())["space"]["parameters"]["vocabulary"]
    assert trained.test_perplexity is not None
    assert trained.test_perplexity < words / 4


@pytest.mark.slow
def test_penn_treebank_search_learns(real_data: Path, tmp_path: Path) -> None:
    space = nasdsl.load("darts_rnn", hidden=32, nodes=2, steps=5, drop_output=0.2)
    settings: dict[str, Any] = {"batch_size": 32, "epochs": 2, "limit": 24_000}
    found = nasdsl.search(space, data=f"ptb:{real_data / 'ptb'}", out=tmp_path / "r", **settings)
    assert found.metrics[0]["perplexity"] < 5000  # of 10,000 words
    assert found.metrics[1]["perplexity"] < 1200
    assert found.valid_perplexity is not None
    assert found.valid_perplexity < 1200


def test_streams_are_divided_with_a_state_each(corpus: Path) -> None:
    task, _ = task_of(small(), corpus)
    part, _ = task.search_parts(0.5, 4, 0)
    whole = part.batch(0, 0)
    first, second = whole.pieces(2)
    assert part.size == 4
    assert torch.equal(torch.cat([first.inputs, second.inputs]), whole.inputs)
    assert torch.equal(torch.cat([first.targets, second.targets]), whole.targets)
    assert (first.first, first.share) == (whole.first, whole.share)
    assert len({whole.stream, first.stream, second.stream}) == 3
    assert {item.stream for item in part.draw(random.Random(0)).pieces(2)} == {""}  # which keeps no state


def test_parts_one_after_another_are_one_batch(corpus: Path, tmp_path: Path) -> None:
    space, rows = small(drop_output=0.0), []
    for parts in (1, 2):
        trained = nasdsl.retrain(
            space, space.sample()[0], data=f"text:{corpus}", batch_size=4, epochs=1, limit=120,
            accumulate=parts, out=tmp_path / str(parts),
        )  # fmt: skip
        rows.append([trained.metrics[-1]["loss"], trained.test_perplexity])
    assert rows[1] == pytest.approx(rows[0], rel=1e-4)


@pytest.mark.parametrize(("strategy", "options"), [("darts", {}), ("darts", {"order": 2}), ("fairnas", QUICK["spos"])])
def test_parts_one_after_another_search_as_one_batch(
    strategy: str, options: dict[str, Any], corpus: Path, tmp_path: Path
) -> None:
    """Without batch-norm, of which a supernet such as that of `darts_rnn` takes the statistics of each part."""
    (tmp_path / "s.nas").write_text(FOUR)
    space, rows = nasdsl.load(tmp_path / "s.nas"), []
    for parts in (1, 2):
        found = nasdsl.search(
            space, strategy=strategy, data=f"text:{corpus}", batch_size=4, epochs=2, limit=120,
            accumulate=parts, options={"lr": 1.0, "lr_end": 1.0, **options}, out=tmp_path / str(parts),
        )  # fmt: skip
        rows.append(found.metrics[-1])
    assert rows[1] == pytest.approx(rows[0], rel=1e-4)


@pytest.mark.parametrize("space", ["darts_rnn", "enas_rnn"])
def test_half_precision_searches_and_trains(space: str, corpus: Path, tmp_path: Path) -> None:
    """What is multiplied is in bfloat16; the state that is handed on fits the next segment."""
    settings: dict[str, Any] = {"data": f"text:{corpus}", "batch_size": 4, "precision": "bfloat16"}
    strategy, options = ("darts", {"order": 2}) if space == "darts_rnn" else ("enas", QUICK["enas"])
    found = nasdsl.search(
        small(space), strategy=strategy, out=tmp_path / "r", epochs=1, limit=120, options=options, **settings
    )
    exact = nasdsl.search(
        small(space), strategy=strategy, out=tmp_path / "e", epochs=1, limit=120, options=options,
        **{**settings, "precision": "float32"},
    )  # fmt: skip
    assert found.metrics[-1]["loss"] == pytest.approx(exact.metrics[-1]["loss"], rel=0.1)
    assert found.metrics[-1]["loss"] != exact.metrics[-1]["loss"]
    chosen = {"lr": 10, "activation": 1e-3}
    trained = nasdsl.retrain(
        small(space), small(space).sample(seed=2)[0], recipe="darts-ptb", epochs=6, options=chosen,
        out=tmp_path / "t", **settings,
    )  # fmt: skip
    assert trained.test_perplexity is not None
    assert trained.test_perplexity < 9  # of 13 words
