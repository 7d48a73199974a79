"""Strategies over paths, evolution and the controller against what their papers define."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from small import batch, started, tiny
from torch import nn

import nasdsl
from nasdsl import NasError, registry
from nasdsl.oneshot.paths.controller import Controller, Shape
from nasdsl.oneshot.strategies.sandwich import distilled
from nasdsl.sampling import evolution
from nasdsl.space import Space

SUBSETS = """space subsets(c = 4) on x: image[1, 8, 8] {
  a = x -> conv(3, c)
  b = a -> (conv(3, c) | conv(5, c))
  d = sum([a] + any of [a -> conv(1, c), b])
  e = sum(2 of [a, b, d])
  return e -> global_avg_pool -> linear(10)
}
"""


def gradients(strategy: Any) -> dict[str, torch.Tensor]:
    return {name: value.grad.clone() for name, value in strategy.net.named_parameters() if value.grad is not None}


def without_update(strategy: Any) -> None:
    strategy.update = lambda: None


# FairNAS, sandwich


def test_every_candidate_is_trained_once_a_step() -> None:
    space = nasdsl.load("nasbench201", channels=4, cells=1)
    strategy = started("fairnas", space)
    for _ in range(5):
        paths = strategy.paths()
        assert len(paths) == 5
        for decision in space.decisions:
            assert sorted(path[decision.key] for path in paths) == list(decision.real)


def test_fairnas_adds_the_gradients_of_its_paths() -> None:
    space = nasdsl.load("nasbench201", channels=4, cells=1)
    strategy, twin = started("fairnas", space), started("fairnas", space)
    without_update(strategy)
    train = batch(space, 1)
    strategy.step(train, train)
    found = gradients(strategy)
    total: dict[str, torch.Tensor] = {}
    twin.net.train()
    for path in twin.paths():
        twin.net.zero_grad()
        twin.loss(train, path)[0].backward()
        for name, value in gradients(twin).items():
            total[name] = total.get(name, torch.zeros_like(value)) + value
    assert set(found) == set(total)
    assert all(torch.allclose(found[name], total[name], atol=1e-6) for name in found)


def test_sandwich_paths_are_largest_smallest_and_some_between() -> None:
    space = tiny()
    strategy = started("sandwich", space, between=3)
    largest, smallest, *others = strategy.paths()
    assert (largest["tiny.width"], smallest["tiny.width"]) == (2, 0)
    assert all(largest[key] == smallest[key] for key in largest if key != "tiny.width")
    assert len(others) == 3


def test_sandwich_distils_from_the_largest() -> None:
    space = tiny()
    strategy, twin = started("sandwich", space), started("sandwich", space)
    without_update(strategy)
    train = batch(space, 1)
    strategy.step(train, train)
    largest, *rest = twin.paths()
    twin.net.train()
    teacher = twin.net(train.inputs, largest)
    loss = F.cross_entropy(teacher, train.targets)
    soft = teacher.detach().softmax(1)
    for path in rest:
        loss = loss - (soft * twin.net(train.inputs, path).log_softmax(1)).sum(1).mean()
    loss.backward()
    found, wanted = gradients(strategy), gradients(twin)
    assert set(found) == set(wanted)
    assert all(torch.allclose(found[name], wanted[name], atol=1e-6) for name in found)


def test_distillation_is_zero_gradient_at_the_teacher() -> None:
    logits = torch.randn(4, 10, dtype=torch.float64, requires_grad=True)
    distilled(logits, logits.detach()).backward()
    assert logits.grad is not None
    assert logits.grad.abs().max() < 1e-12


@pytest.mark.parametrize(
    ("strategy", "space", "word"),
    [
        ("fairnas", "tiny", "tiny.width"),
        ("fairnas", "darts", "normal.x[2]"),
        ("sandwich", "nasbench201", "searched value"),
    ],
)
def test_refusals_name_the_reason(strategy: str, space: str, word: str, tmp_path: Path) -> None:
    with pytest.raises(NasError) as failure:
        nasdsl.search(space, strategy=strategy, out=tmp_path / "r", limit=40)
    [item] = failure.value.diagnostics
    assert item.code == "NAS810"
    assert word in item.message
    assert "spos" in item.help[0]
    assert not (tmp_path / "r").exists()


# SPOS, RSPS


def test_paths_are_uniform() -> None:
    strategy = started("spos", tiny())
    counts = Counter(strategy.draw().choices["tiny.x[2]"] for _ in range(4000))
    assert all(abs(count / 4000 - 0.25) < 0.03 for count in counts.values())


def test_recalibration_takes_the_mean_of_the_batches() -> None:
    space = tiny()
    strategy = started("spos", space)
    candidate = space.architecture({"tiny.x[1]": 0, "tiny.x[2]": 3, "tiny.x[3]": 3, "tiny.width": 0})
    batches = [batch(space, seed, 16) for seed in range(3)]
    strategy.recalibrate(candidate, batches)
    first = next(module for module in strategy.net.modules() if isinstance(module, nn.BatchNorm2d))
    with torch.no_grad():
        inside = [strategy.net.conv(item.inputs) for item in batches]
    assert first.running_mean is not None
    assert first.running_var is not None
    assert torch.allclose(first.running_mean, torch.stack([t.mean((0, 2, 3)) for t in inside]).mean(0), atol=1e-6)
    assert torch.allclose(first.running_var, torch.stack([t.var((0, 2, 3)) for t in inside]).mean(0), atol=1e-6)
    assert not strategy.net.training
    assert first.momentum == 0.1


@pytest.mark.parametrize("name", ["spos", "rsps", "random", "enas"])
def test_deriving_leaves_the_supernet_as_it_was(name: str) -> None:
    options = {
        "spos": {"population": 4, "generations": 2, "recalibration": 2},
        "rsps": {"candidates": 5, "finalists": 2},
        "random": {"candidates": 3},
        "enas": {"samples": 3},
    }[name]
    strategy = started(name, tiny(), **options)
    strategy.net.train()
    before = {key: value.clone() for key, value in strategy.net.state_dict().items()}
    one, two = strategy.derive(), strategy.derive()
    assert one == two
    assert strategy.net.training
    assert all(torch.equal(value, before[key]) for key, value in strategy.net.state_dict().items())


def test_rsps_compares_many_on_one_batch_and_few_on_all(monkeypatch: pytest.MonkeyPatch) -> None:
    strategy = started("rsps", tiny(), candidates=20, finalists=4)
    assert (type(strategy)().options.candidates, type(strategy)().options.finalists) == (1000, 10)
    calls: list[tuple[int, float]] = []
    whole = type(strategy).score

    def counted(self: Any, candidate: Any, batches: Any) -> float:
        calls.append((len(batches), whole(self, candidate, batches)))
        return calls[-1][1]

    monkeypatch.setattr(type(strategy), "score", counted)
    strategy.derive()
    assert [size for size, _ in calls] == [1] * 20 + [2] * 4
    assert strategy.best_score == max(value for size, value in calls if size == 2)


def plan(**changes: Any) -> evolution.EvolutionPlan:
    return evolution.EvolutionPlan(**{"population": 10, "generations": 8, "parents": 4, "mutation": 0.2, **changes})


def test_evolution_finds_the_optimum_of_a_small_space() -> None:
    space = tiny()
    target = {"tiny.x[1]": 2, "tiny.x[2]": 0, "tiny.x[3]": 3, "tiny.width": 1}
    measured: list[Any] = []

    def fitness(candidate: Any) -> float:
        measured.append(candidate)
        return sum(candidate.choices[key] == value for key, value in target.items())

    found = evolution.evolve(space, fitness, lambda _: True, plan(), random.Random(0))
    assert found is not None
    assert found[0] == 4
    assert found[1].choices == target
    assert len(set(measured)) == len(measured) <= 80


def test_evolution_ends_when_everything_was_measured() -> None:
    space = tiny()
    found = evolution.evolve(
        space, lambda _: 0.0, lambda _: True, plan(population=500, generations=50), random.Random(0)
    )
    assert found is not None


def test_evolution_keeps_to_the_limit(tmp_path: Path) -> None:
    space = tiny()
    costs = sorted(space.stats(arch)["macs"] for arch in space.sample(300, seed=0))
    limit = costs[len(costs) // 4]
    strategy = started("spos", space, population=4, generations=3, recalibration=1, max_macs=limit)
    assert space.stats(strategy.derive())["macs"] <= limit
    with pytest.raises(NasError) as failure:
        started("spos", space, population=2, generations=2, recalibration=1, max_params=1).derive()
    assert failure.value.diagnostics[0].code == "NAS810"


def test_a_limit_that_no_network_keeps_is_refused_before_the_search(tmp_path: Path) -> None:
    space = tiny()
    least = space.stats()["params"]["least"]
    assert registry.find("nasdsl.strategies", "spos")(max_params=least, max_macs=0).refuses(space) is None
    with pytest.raises(NasError, match=f"max_params={least}") as failure:
        nasdsl.search(space, strategy="spos", options={"max_params": least - 1}, out=tmp_path / "r")
    assert failure.value.diagnostics[0].code == "NAS810"
    assert not (tmp_path / "r").exists()


def test_mutation_and_crossover() -> None:
    space = nasdsl.load("enas_macro", layers=6, filters=4)
    rng = random.Random(0)
    one, two = evolution.random_genome(space, rng), evolution.random_genome(space, rng)
    assert evolution.mutated(space, one, 0.0, rng) == one
    child = evolution.crossed(space, one, two, rng)
    assert all(child[key] in (one[key], two[key]) for key in child)
    changed = [
        sum(evolution.mutated(space, one, 0.5, rng)[key] != one[key] for key in one) / len(one) for _ in range(200)
    ]
    assert 0.3 < sum(changed) / len(changed) < 0.5  # some are drawn as they were
    for genome in (child, evolution.mutated(space, one, 1.0, rng)):
        space.architecture(genome)


# ENAS


def subsets(folder: Path) -> Space:
    (folder / "subsets.nas").write_text(SUBSETS)
    return nasdsl.load(folder / "subsets.nas")


def tables(space: Space) -> list[dict[str, Any]]:
    """All complete tables of choices."""
    options: list[list[Any]] = []
    for decision in space.decisions:
        if decision.kind == "one":
            options.append(list(decision.real))
        else:
            sizes = range(decision.least, decision.most + 1)
            options.append([row for size in sizes for row in itertools.combinations(decision.real, size)])
    keys = [decision.key for decision in space.decisions]
    return [dict(zip(keys, row, strict=True)) for row in itertools.product(*options)]


def controller(space: Space, seed: int = 0, scale: float = 6.0) -> Controller:
    torch.manual_seed(seed)
    made = Controller(space.decisions, Shape(units=8), 0.4).double()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(scale)  # far from uniform
    return made


@pytest.mark.parametrize("name", ["tiny", "subsets"])
def test_probabilities_add_up_to_one(name: str, tmp_path: Path) -> None:
    space = tiny() if name == "tiny" else subsets(tmp_path)
    made = controller(space)
    with torch.no_grad():
        probabilities = torch.stack([made(forced=table).log_probability.exp() for table in tables(space)])
    assert abs(float(probabilities.sum()) - 1) < 1e-10
    assert float(probabilities.max() / probabilities.min()) > 2


def test_draws_have_the_probabilities_and_entropy_that_it_says(tmp_path: Path) -> None:
    space = subsets(tmp_path)
    made = controller(space)
    generator = torch.Generator().manual_seed(1)
    counts: Counter[str] = Counter()
    surprise, number = 0.0, 4000
    with torch.no_grad():
        for _ in range(number):
            drawn = made(generator=generator)
            counts[repr(drawn.choices)] += 1
            surprise -= float(drawn.log_probability) / number
            assert torch.allclose(drawn.log_probability, made(forced=drawn.choices).log_probability)
        exact = {repr(table): float(made(forced=table).log_probability.exp()) for table in tables(space)}
    assert set(counts) <= set(exact)
    assert max(abs(counts[key] / number - value) for key, value in exact.items()) < 0.03
    entropy = -sum(value * torch.tensor(value).log().item() for value in exact.values())
    assert abs(surprise - entropy) < 0.1


@pytest.mark.parametrize("name", ["tiny", "subsets"])
def test_policy_gradient_is_exact_in_expectation(name: str, tmp_path: Path) -> None:
    """Sum over all tables of p (R - b) grad log p, by the surrogate, is the gradient of the mean reward."""
    space = tiny() if name == "tiny" else subsets(tmp_path)
    strategy = started("enas", space, skip_weight=0.0, units=8)
    made = strategy.controller = controller(space)
    parameters = list(made.parameters())
    all_tables = tables(space)
    generator = torch.Generator().manual_seed(0)
    rewards = torch.rand(len(all_tables), generator=generator, dtype=torch.float64).tolist()
    mean = torch.stack(
        [r * made(forced=table).log_probability.exp() for r, table in zip(rewards, all_tables, strict=True)]
    ).sum()
    exact = torch.autograd.grad(mean, parameters, allow_unused=True)
    total = torch.zeros((), dtype=torch.float64)
    for reward, table in zip(rewards, all_tables, strict=True):
        drawn = made(forced=table)
        total = total + drawn.log_probability.detach().exp() * strategy.surrogate(drawn, reward - 0.37)
    found = torch.autograd.grad(total, parameters, allow_unused=True)
    moved = 0
    for one, two in zip(exact, found, strict=True):
        if one is not None and two is not None:
            assert torch.allclose(one, -two, rtol=1e-7, atol=1e-10)
            moved += int(one.abs().max() > 1e-6)
    assert moved >= 4


def test_controller_learns_what_is_rewarded() -> None:
    space = tiny()
    strategy = started("enas", space, lr_controller=0.02, aggregate=10, baseline_decay=0.9, tanh_constant=2.5)

    def reward(candidate: Any) -> float:
        return float(candidate.choices["tiny.x[1]"] == 2) + float(candidate.choices["tiny.width"] == 0)

    for _ in range(100):
        strategy.train_controller(reward)
    drawn = [strategy.propose().choices for _ in range(100)]
    assert sum(item["tiny.x[1]"] == 2 for item in drawn) > 60
    assert sum(item["tiny.width"] == 0 for item in drawn) > 60


def test_baseline_is_a_moving_average_from_zero_of_reward_and_entropy() -> None:
    strategy = started("enas", tiny(), aggregate=1, entropy_weight=0.5, baseline_decay=0.9)
    with torch.no_grad():
        generator = torch.Generator()
        generator.set_state(strategy.noise.get_state())
        entropy = float(strategy.controller(generator=generator).entropy)
    strategy.train_controller(lambda _: 2.0)
    assert strategy.baseline == pytest.approx(0.1 * (2.0 + 0.5 * entropy))


def test_skip_penalty_is_the_divergence_from_the_target(tmp_path: Path) -> None:
    text = "\n".join(line for line in SUBSETS.splitlines() if "e = sum" not in line)
    (tmp_path / "free.nas").write_text(text.replace("return e", "return d").replace("subsets", "free"))
    space = nasdsl.load(tmp_path / "free.nas")
    made = controller(space)
    [free] = [d.key for d in space.decisions if d.kind == "subset"]
    before = made(generator=torch.Generator().manual_seed(0))
    picks = [(), (0,), (1,), (0, 1)]
    logs = torch.stack([made(forced={**before.choices, free: pick}).log_probability for pick in picks])
    given = logs.softmax(0)  # of the subset, given what was decided before
    inside = torch.stack([given[1] + given[3], given[2] + given[3]])
    wanted = (inside * (inside / 0.4).log() + (1 - inside) * ((1 - inside) / 0.6).log()).sum()
    assert torch.allclose(before.skip_penalty, wanted)
    assert float(wanted.detach()) > 0.01


def test_logits_are_bounded_by_the_constant() -> None:
    space = tiny()
    torch.manual_seed(0)
    made = Controller(space.decisions, Shape(units=8, tanh_constant=1.1, op_reduce=2.5, temperature=5.0), 0.4)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(1000)
    drawn = made()
    sizes = [len(d.real) for d in space.decisions]
    constant = 1.1 / 2.5
    worst = sum(-2 * constant - torch.tensor(float(size)).log().item() for size in sizes)
    assert worst - 1e-5 <= float(drawn.log_probability.detach()) < 0


def test_gates_are_a_softmax_over_the_score_and_its_negative(tmp_path: Path) -> None:
    """As in ENAS: squashed scores of at most c make a connection at most sigmoid(2 c) probable."""
    space = subsets(tmp_path)
    torch.manual_seed(0)
    made = Controller(space.decisions, Shape(units=8, tanh_constant=1.5), 0.4)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.mul_(1000)
        drawn = made(generator=torch.Generator().manual_seed(0))
    sure = torch.sigmoid(torch.tensor([3.0, -3.0]))
    divergence = (sure * (sure / torch.tensor([0.4, 0.6])).log()).sum()
    other = (sure * (sure / torch.tensor([0.6, 0.4])).log()).sum()
    possible = [float(first + second) / 2 for first in (divergence, other) for second in (divergence, other)]
    assert min(abs(float(drawn.skip_penalty) - value) for value in possible) < 1e-4


def test_controller_is_trained_after_each_epoch_and_weights_within_it() -> None:
    space = tiny()
    strategy = started("enas", space, controller_steps=2, aggregate=3)
    before = {key: value.clone() for key, value in strategy.controller.state_dict().items()}
    strategy.step(batch(space, 1), batch(space, 2))
    assert all(torch.equal(value, before[key]) for key, value in strategy.controller.state_dict().items())
    weights = {name: value.clone() for name, value in strategy.net.state_dict().items()}
    metrics = strategy.epoch_end(0)
    assert set(metrics) == {"reward", "baseline"}
    assert any(not torch.equal(value, before[key]) for key, value in strategy.controller.state_dict().items())
    assert all(torch.equal(value, weights[name]) for name, value in strategy.net.state_dict().items())
