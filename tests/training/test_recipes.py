"""Recipes, and the parts that a training is made of."""

from __future__ import annotations

import json
import math
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import nasdsl
from nasdsl import NasError
from nasdsl.data.augmentation import cutout
from nasdsl.options.settings import parse_options
from nasdsl.options.training import TrainOptions
from nasdsl.passes.restrict import derive
from nasdsl.tasks.base import Batch, Task
from nasdsl.training import recipes
from nasdsl.training.averaging import Patience, WeightAverage
from nasdsl.training.drop_path import DropPath, dropped, paths
from nasdsl.training.retrain import _planned
from nasdsl.training.schedules import learning_rate, optimiser
from nasdsl.training.trainer import Trainer

SMOOTH = {"label_smoothing": 0.1, "auxiliary": 0.4, "clip": 5}
RESTARTS = {"schedule": "restarts", "restart": 10, "restart_growth": 2, "nesterov": True, "clip": 0}
# As the papers and the authors' own scripts have them: the space, its parameters, settings, options.
PUBLISHED: dict[str, tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "darts-cifar": (
        "darts",
        {"channels": 36, "layers": 20, "auxiliary": True},
        {"data": "cifar10", "epochs": 600, "batch_size": 96},
        {"lr": 0.025, "weight_decay": 3e-4, "clip": 5, "cutout": 16, "auxiliary": 0.4, "drop_path": 0.2},
    ),
    "darts-imagenet": (
        "darts_imagenet",
        {"channels": 48, "layers": 14, "auxiliary": True},
        {"epochs": 250, "batch_size": 128},
        {"lr": 0.1, "weight_decay": 3e-5, "schedule": "step", "step_epochs": 1, "step_factor": 0.97, **SMOOTH},
    ),
    "pdarts-cifar": (
        "darts",
        {"channels": 36, "layers": 20, "auxiliary": True},
        {"data": "cifar10", "epochs": 600, "batch_size": 128},
        {"lr": 0.025, "weight_decay": 3e-4, "clip": 5, "cutout": 16, "auxiliary": 0.4, "drop_path": 0.3},
    ),
    "pdarts-imagenet": (
        "darts_imagenet",
        {"channels": 48, "layers": 14, "auxiliary": True},
        {"epochs": 250, "batch_size": 1024},
        {"lr": 0.5, "weight_decay": 3e-5, "schedule": "linear", "warmup": 5, **SMOOTH},
    ),
    "pcdarts-cifar": (
        "darts",
        {"channels": 36, "layers": 20, "auxiliary": True},
        {"data": "cifar10", "epochs": 600, "batch_size": 96},
        {"lr": 0.025, "weight_decay": 3e-4, "clip": 5, "cutout": 16, "auxiliary": 0.4, "drop_path": 0.3},
    ),
    "pcdarts-imagenet": (
        "darts_imagenet",
        {"channels": 48, "layers": 14, "auxiliary": True},
        {"epochs": 250, "batch_size": 256},
        {"lr": 0.1, "weight_decay": 3e-5, "schedule": "linear", "warmup": 0, **SMOOTH},
    ),
    "proxylessnas-imagenet": (
        "proxylessnas",
        {},
        {"epochs": 300, "batch_size": 256},
        {"lr": 0.05, "nesterov": True, "weight_decay": 4e-5, "decay_vectors": False, "schedule": "cosine", "clip": 0},
    ),
    "spos-imagenet": (
        "spos_shufflenet",
        {"drop": 0.1},
        {"epochs": round(300_000 * 1024 / 1_281_167), "batch_size": 1024},
        {"lr": 0.5, "nesterov": False, "weight_decay": 4e-5, "decay_vectors": False, "schedule": "linear", "clip": 0},
    ),
    "enas-macro": (
        "enas_macro",
        {"filters": 96, "drop": 0.5},
        {"data": "cifar10", "epochs": 10 + 20 + 40 + 80 + 160, "batch_size": 100},
        {"lr": 0.05, "lr_end": 0.001, "weight_decay": 4e-4, "drop_path": 0, "cutout": 0, **RESTARTS},
    ),
    "enas-micro": (
        "enas_micro",
        {"filters": 36, "layers": 15, "drop": 0.2, "auxiliary": True},
        {"data": "cifar10", "epochs": 10 + 20 + 40 + 80 + 160 + 320, "batch_size": 144},
        {"lr_end": 0.0001, "weight_decay": 4e-4, "cutout": 16, "auxiliary": 0.4, "drop_path": 0.4, **RESTARTS},
    ),
    "darts-ptb": (
        "darts_rnn",
        {"hidden": 850, "steps": 35, "drop_words": 0.2, "drop_output": 0.75},
        {"epochs": 8000, "batch_size": 64},
        {"lr": 20, "clip": 0.25, "weight_decay": 8e-7, "slowness": 1e-3, "average_after": 5, "keep_best": True},
    ),
    "enas-ptb": (
        "enas_rnn",
        {"hidden": 800, "steps": 35, "drop_words": 0.175, "drop_output": 0.75},
        {"epochs": 3000, "batch_size": 64},
        {"lr": 20, "clip": 0.25, "weight_decay": 2 * 8e-7, "activation": 0.7, "average_after": 10, "keep_best": False},
    ),
    "digits": ("tiny", {}, {"data": "digits", "epochs": 30}, {"label_smoothing": 0.1}),
}


@pytest.mark.parametrize("name", recipes.names())
def test_recipes_are_as_published(name: str) -> None:
    space, parameters, settings, options = PUBLISHED[name]
    found, planned, o, notes = _planned(nasdsl.load(space), {"recipe": name})
    assert not notes
    assert {key: planned.parameters[key] for key in parameters} == parameters
    assert {key: getattr(found, key) for key in settings} == settings
    assert {key: getattr(o, key) for key in options} == options


def test_the_user_counts_before_the_recipe() -> None:
    given = {"recipe": "darts-cifar", "epochs": 3, "options": {"cutout": "8"}}
    settings, space, o, _ = _planned(nasdsl.load("darts", channels=16), given)
    assert (settings.epochs, settings.batch_size, o.cutout, o.drop_path) == (3, 96, 8, 0.2)
    assert (space.parameters["channels"], space.parameters["layers"]) == (16, 20)
    _, _, _, notes = _planned(nasdsl.load("tiny"), {"recipe": "darts-cifar"})
    assert "`tiny` has no parameter `auxiliary`, which the recipe sets" in notes


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("epochs = 'many'", "must be an integer"),
        ("epoch = 3", "did you mean `epochs`"),
        ("options = 3", "must be a table"),
        ("[options]\ncutot = 3", "did you mean `cutout`"),
        ("x = ", "not valid TOML"),
    ],
)
def test_wrong_recipes(content: str, word: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(content)
    with pytest.raises(NasError) as failure:
        _planned(nasdsl.load("tiny"), {"recipe": str(path)})
    assert failure.value.diagnostics[0].code == "NAS601"
    assert word in str(failure.value)


def test_unknown_recipe() -> None:
    with pytest.raises(NasError) as failure:
        recipes.find("darts-cifr")
    assert failure.value.diagnostics[0].code == "NAS805"
    assert "darts-cifar" in str(failure.value)


def options(**given: Any) -> TrainOptions:
    return parse_options(TrainOptions, given, "training")


def torch_rates(scheduler: Any, optimiser: torch.optim.Optimizer, epochs: int) -> list[float]:
    rates = []
    for _ in range(epochs):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize(
    ("given", "make"),
    [
        ({"schedule": "cosine", "lr_end": 0.1}, lambda s, o: s.CosineAnnealingLR(o, 20, 0.1)),
        ({"schedule": "step", "step_epochs": 3, "step_factor": 0.5}, lambda s, o: s.StepLR(o, 3, 0.5)),
        ({"schedule": "linear", "lr_end": 0.4}, lambda s, o: s.LinearLR(o, 1.0, 0.2, 20)),
        (
            {"schedule": "restarts", "restart": 4, "lr_end": 0.1},
            lambda s, o: s.CosineAnnealingWarmRestarts(o, 4, 2, 0.1),
        ),
        ({"schedule": "constant"}, lambda s, o: s.ConstantLR(o, 1.0)),
    ],
)
def test_schedules_are_those_of_torch(given: dict[str, Any], make: Any) -> None:
    sgd = torch.optim.SGD([nn.Parameter(torch.zeros(1))], 2.0)
    wanted = torch_rates(make(torch.optim.lr_scheduler, sgd), sgd, 20)
    o = options(lr=2.0, **given)
    assert [learning_rate(o, epoch, 20) for epoch in range(20)] == pytest.approx(wanted)
    warm = options(lr=2.0, warmup=4, **given)
    assert [learning_rate(warm, epoch, 24) for epoch in range(24)] == pytest.approx([0.4, 0.8, 1.2, 1.6, *wanted])


def test_optimisers() -> None:
    weights = [nn.Parameter(torch.zeros(2))]
    sgd = optimiser(weights, options(momentum=0.5, nesterov=True)).param_groups[0]
    assert (sgd["momentum"], sgd["nesterov"], sgd["weight_decay"]) == (0.5, True, 3e-4)
    adam = optimiser(weights, options(optimiser="adam", beta1=0.5, eps=1e-3))
    assert isinstance(adam, torch.optim.Adam)
    assert (adam.param_groups[0]["betas"], adam.param_groups[0]["eps"]) == ((0.5, 0.999), 1e-3)
    rms = optimiser(weights, options(optimiser="rmsprop", decay=0.8))
    assert isinstance(rms, torch.optim.RMSprop)
    assert (rms.param_groups[0]["alpha"], rms.param_groups[0]["momentum"]) == (0.8, 0.9)


def test_vectors_are_decayed_or_not() -> None:
    net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    for decays in (True, False):
        groups = optimiser(net.parameters(), options(weight_decay=0.1, decay_vectors=decays)).param_groups
        decayed = [weight.shape for group in groups if group["weight_decay"] for weight in group["params"]]
        assert decayed == ([(2, 3), (2,), (2,), (2,)] if decays else [(2, 3)])
        assert sum(len(group["params"]) for group in groups) == 4


def test_cutout_cuts_one_square() -> None:
    torch.manual_seed(0)
    holes = cutout(torch.ones(500, 3, 12, 10), 4) == 0
    assert torch.equal(holes[:, 0], holes[:, 2])
    rows, columns = holes[:, 0].any(2).sum(1), holes[:, 0].any(1).sum(1)
    assert torch.equal(holes[:, 0].sum((1, 2)), rows * columns)
    assert rows.max() == columns.max() == 4
    assert rows.min() == 2  # at the border half of it falls outside
    assert holes.any(0).all()  # it reaches every pixel


def test_drop_path_leaves_identities_and_keeps_the_mean() -> None:
    space = nasdsl.load("darts", channels=4, layers=3, nodes=2)
    skip = {d.key: d.labels.index("skip") if d.kind == "one" else d.real[:2] for d in space.decisions}
    graph = derive(space.graph(False), space.architecture(skip).choices)
    # the skip-connections of stride 2 are convolutions: four in each of the two reductions
    assert len(list(paths(graph))) == 8
    assert {place for _, place in paths(graph)} == {2 / 3, 1.0}
    net = space.network(space.architecture(skip), seed=0)
    drops = DropPath(net, graph, by_depth=True)
    x = torch.randn(4, *space.input_shape)
    net.train()
    plain = net(x)
    assert torch.equal(net(x), plain)
    drops.rate = 0.6
    assert not torch.equal(net(x), plain)
    net.eval()
    shown, drops.rate = net(x), 0.0
    assert torch.equal(net(x), shown)
    torch.manual_seed(0)
    many = dropped(torch.ones(20_000, 2), 0.3)
    assert torch.equal(many[:, 0], many[:, 1])
    assert many.unique().tolist() == pytest.approx([0.0, 1 / 0.7])
    assert abs(float(many.mean()) - 1) < 0.02


def test_a_path_that_no_sum_takes_is_not_dropped() -> None:
    space = nasdsl.load("tiny", channels=4)
    assert not list(paths(derive(space.graph(False), space.sample()[0].choices)))


def test_averages() -> None:
    net = nn.Linear(1, 1, bias=False)
    moving, mean = WeightAverage(0.9), WeightAverage(None)
    seen = []
    for value in (1.0, 4.0, 7.0):
        nn.init.constant_(net.weight, value)
        moving.update(net)
        mean.update(net)
        seen.append(value)
    with mean.shown(net):
        assert float(net.weight.detach()) == pytest.approx(4.0)
    assert float(net.weight.detach()) == 7.0
    with moving.shown(net):
        assert float(net.weight.detach()) == pytest.approx(0.9 * (0.9 * 1 + 0.1 * 4) + 0.1 * 7)


def test_averaging_starts_when_the_loss_stopped_falling() -> None:
    """As in the authors' code: more than n losses before, and this one above the least of all but the last n."""
    patience = Patience(2)
    assert [patience.watch(loss) for loss in (5.0, 4.0, 3.0, 3.5, 3.6, 3.6, 9.0)] == [False] * 5 + [True, False]


class Fixed(Task):
    """Two results, of which one is an auxiliary head's."""

    notes: list[str] = []  # noqa: RUF012

    def results(self, call: Any, batch: Any, *choices: Any) -> dict[str, torch.Tensor]:
        logits = call(batch.inputs)
        return {"logits": logits, "aux": 2 * logits}

    def search_parts(self, *_: Any) -> Any: ...

    def training_parts(self, *_: Any) -> Any: ...


def trainer(o: TrainOptions, epochs: int = 4) -> Trainer:
    space = nasdsl.load("tiny", channels=4)
    torch.manual_seed(0)
    return Trainer(nn.Linear(3, 2), space.graph(False), Fixed(), o, epochs, nullcontext)


def test_an_update_is_the_mean_of_its_batches_with_the_auxiliary_loss() -> None:
    o = options(lr=0.1, momentum=0.0, weight_decay=0.0, clip=0.0, auxiliary=0.4, label_smoothing=0.1, batches=2)
    made, x, y = trainer(o), torch.randn(8, 3), torch.arange(8) % 2
    before = [p.detach().clone() for p in made.net.parameters()]
    logits = made.net(x)
    loss = nn.functional.cross_entropy(logits, y, label_smoothing=0.1)
    whole = loss + 0.4 * nn.functional.cross_entropy(2 * logits, y, label_smoothing=0.1)
    gradients = torch.autograd.grad(whole, list(made.net.parameters()))
    row = made.update(0, [Batch(x[:4], y[:4]), Batch(x[4:], y[4:])])
    assert row["loss"] == pytest.approx(float(loss.detach()))
    for old, new, gradient in zip(before, made.net.parameters(), gradients, strict=True):
        assert torch.allclose(new, old - 0.1 * gradient, atol=1e-6)


def test_label_smoothing_shares_a_part_among_all_classes() -> None:
    made, logits = trainer(options(label_smoothing=0.1)), torch.randn(5, 10, dtype=torch.float64)
    target = torch.tensor([3, 1, 4, 1, 5])
    wanted = 0.9 * nn.functional.one_hot(target, 10) + 0.1 / 10
    loss = -(wanted * logits.float().log_softmax(1)).sum(1).mean()
    assert float(made._loss(logits, target)) == pytest.approx(float(loss), rel=1e-6)


def test_the_moving_average_is_what_is_kept() -> None:
    made, x = trainer(options(ema=0.9, lr=0.5)), torch.randn(8, 3)
    shown = None
    for epoch in range(3):
        made.update(epoch, [Batch(x, torch.arange(8) % 2)])
        weight = made.net.get_parameter("weight").detach().clone()
        shown = weight if shown is None else 0.9 * shown + 0.1 * weight
    assert shown is not None
    made.finish()
    assert torch.allclose(made.net.get_parameter("weight"), shown, atol=1e-6)


def test_gradients_are_clipped() -> None:
    made = trainer(options(lr=1.0, momentum=0.0, weight_decay=0.0, clip=1e-3))
    before = torch.cat([p.detach().flatten() for p in made.net.parameters()])
    made.update(0, [Batch(100 * torch.randn(8, 3), torch.arange(8) % 2)])
    after = torch.cat([p.detach().flatten() for p in made.net.parameters()])
    assert float((after - before).norm()) == pytest.approx(1e-3, rel=1e-3)


SMALL = {"limit": 60, "batch_size": 10, "seed": 3, "checkpoint_seconds": 0.0}


def test_a_recipe_is_resumed_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space = nasdsl.load("darts", channels=4, layers=3, nodes=2, stem=1)
    arch = space.sample(seed=1)[0]
    settings: dict[str, Any] = {"recipe": "darts-cifar", "data": "digits", "epochs": 2, **SMALL}
    settings["options"] = {"ema": 0.9, "cutout": 8, "drop_path": 0.5, "batches": 2}
    whole = nasdsl.retrain(space, arch, out=tmp_path / "whole", **settings)
    config = json.loads((tmp_path / "whole" / "config.json").read_text())
    assert config["settings"]["recipe"] == "darts-cifar"
    assert config["settings"]["options"]["auxiliary"] == 0.4
    assert config["space"]["parameters"]["auxiliary"] is True
    assert config["space"]["parameters"]["layers"] == 3
    result = json.loads((tmp_path / "whole" / "result.json").read_text())
    assert result["params"] > result["params_without_auxiliary"] == space.stats(arch)["params"]
    original, count = Trainer.update, 0

    def update(self: Trainer, *arguments: Any) -> dict[str, float]:
        nonlocal count
        count += 1
        if count == 5:
            raise KeyboardInterrupt
        return original(self, *arguments)

    monkeypatch.setattr(Trainer, "update", update)
    with pytest.raises(KeyboardInterrupt):
        nasdsl.retrain(space, arch, out=tmp_path / "broken", **settings)
    monkeypatch.setattr(Trainer, "update", original)
    torch.manual_seed(99)
    nasdsl.retrain(space, arch, out=tmp_path / "broken", resume=True, **settings)
    for file in ("metrics.jsonl", "result.json", "weights.safetensors"):
        assert (tmp_path / "broken" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes(), file
    with pytest.raises(NasError) as failure:
        nasdsl.retrain(space, arch, out=tmp_path / "broken", resume=True, **{**settings, "options": {"ema": 0.8}})
    assert failure.value.diagnostics[0].code == "NAS809"
    assert whole.test_perplexity is None
    assert whole.metrics[-1]["loss"] < math.inf


@pytest.mark.parametrize("name", ["activation", "average_after", "vary_length", "keep_best"])
def test_options_of_language_models_are_refused_for_images(name: str, tmp_path: Path) -> None:
    space = nasdsl.load("tiny", channels=4)
    with pytest.raises(NasError, match="for language models"):
        nasdsl.retrain(
            space, space.sample()[0], out=tmp_path / "r", options={name: True if name[0] in "vk" else 1}, **SMALL
        )
    assert not (tmp_path / "r").exists()


def test_the_auxiliary_head_has_the_published_size() -> None:
    """476,426 parameters beside DARTS's network for CIFAR-10, whatever its cells."""
    _, space, _, _ = _planned(nasdsl.load("darts"), {"recipe": "darts-cifar"})
    arch = space.sample(seed=4)[0]
    bare = space.rebind(auxiliary=False)
    assert space.stats(arch)["params"] - bare.stats(bare.architecture(arch.choices))["params"] == 476_426
