"""Strategies over mixtures against the equations of their papers."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from small import batch, in_double, started, tiny
from torch.func import functional_call

import nasdsl
from nasdsl import NasError
from nasdsl.graph.identities import identities
from nasdsl.oneshot.mixture import unrolled
from nasdsl.oneshot.mixture.cost_terms import ExpectedCost, TableCost
from nasdsl.oneshot.mixture.derivation import derive_choices, with_few_skips
from nasdsl.oneshot.mixture.relaxations import roles
from nasdsl.oneshot.mixture.stages import strongest
from nasdsl.space import Space
from nasdsl.tasks.metrics import cross_entropy

pytestmark = pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step")


def exact_unrolled(darts: Any, train: Any, valid: Any) -> dict[str, torch.Tensor]:
    """Autograd through one step of SGD with momentum and weight decay, as the optimiser takes it.

    What clipping scales the gradient by counts as a constant.
    """
    weights = dict(darts.net.named_parameters())
    buffers = {name: value.clone() for name, value in darts.net.named_buffers()}
    [group] = darts.optimiser.param_groups

    def loss(values: Any, data: Any) -> torch.Tensor:
        copies = {name: value.clone() for name, value in buffers.items()}
        logits = functional_call(darts.net, {**values, **copies}, (data.inputs, darts.choices(darts.draw())))
        return cross_entropy(logits, data.targets)

    gradients = torch.autograd.grad(loss(weights, train), list(weights.values()), create_graph=True)
    norm = float(torch.cat([gradient.detach().flatten() for gradient in gradients]).norm())
    scale = min(1.0, darts.options.clip / norm) if darts.options.clip_virtual else 1.0
    ahead = {}
    for (name, value), gradient in zip(weights.items(), gradients, strict=True):
        gradient = scale * gradient
        velocity = darts.optimiser.state[value]["momentum_buffer"]
        ahead[name] = value - group["lr"] * (group["momentum"] * velocity + gradient + group["weight_decay"] * value)
    found = torch.autograd.grad(loss(ahead, valid), list(darts.alphas.values()))
    return dict(zip(darts.alphas, found, strict=True))


SMOOTH = """space smooth(channels = 3) on x: image[1, 8, 8] {
  for i in 1 .. 2 { x = x -> (conv(3, channels) | conv(5, channels) | sep(channels)) -> bn -> tanh }
  return x -> global_avg_pool -> linear(10)
}
block sep(c) on x = x -> conv(1, c) -> tanh -> conv(3, c)
"""

STRIDE = """space strided(c = 4) on x: image[1, 8, 8] {
  s = 1 | 2
  return x -> conv(3, c, stride = s) -> bn -> relu -> global_avg_pool -> linear(10)
}
"""


def relative_errors(space: Space, **options: Any) -> tuple[float, float]:
    """Of the second-order gradient, and how large the part is that the first order lacks."""
    options = {"order": 2, "lr": 0.1, "weight_decay": 0.05, "alpha_scale": 0.5, **options}
    darts = started("darts", space, double=True, **options)
    in_double(darts)
    darts.net.train()
    train, valid = (batch(space, seed, 6, torch.float64) for seed in (1, 2))
    for seed in (5, 6):  # so that there is momentum
        darts.train_weights(batch(space, seed, 6, torch.float64), darts.choices(darts.draw_fixed()))
    exact = exact_unrolled(darts, train, valid)
    found, _, _ = darts.gradients(train, valid)
    first, _, _ = super(type(darts), darts).gradients(train, valid)

    def flat(table: Any) -> torch.Tensor:
        return torch.cat([table[key].flatten() for key in exact])

    whole = flat(exact).norm()
    return float((flat(found) - flat(exact)).norm() / whole), float((flat(first) - flat(exact)).norm() / whole)


def test_second_order_gradient_is_that_of_the_unrolled_step(tmp_path: Path) -> None:
    (tmp_path / "smooth.nas").write_text(SMOOTH)
    second, first = relative_errors(nasdsl.load(tmp_path / "smooth.nas"))
    assert second <= 1e-4
    assert first > 0.01


def test_second_order_gradient_through_a_step_that_is_clipped(tmp_path: Path) -> None:
    (tmp_path / "smooth.nas").write_text(SMOOTH)
    space = nasdsl.load(tmp_path / "smooth.nas")
    second, first = relative_errors(space, clip=0.2, lr=0.5, clip_virtual=True)
    assert second <= 1e-4
    assert first > 0.1


@pytest.mark.parametrize("name", ["tiny", "darts"])
def test_second_order_gradient_with_kinks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """ReLU and max pooling have kinks that a difference of the published width steps over: here a narrow one."""
    monkeypatch.setattr(unrolled, "RADIUS", 1e-7)
    space = tiny() if name == "tiny" else nasdsl.load("darts", channels=2, layers=3, nodes=2, stem=1)
    second, first = relative_errors(space)
    assert second <= 1e-4
    assert first > 0.01


def test_the_virtual_step_is_the_step_that_is_taken() -> None:
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.randn(5, dtype=torch.float64))
    optimiser = torch.optim.SGD([weight], 0.1, momentum=0.9, weight_decay=0.3)
    for _ in range(3):
        weight.grad = torch.randn(5, dtype=torch.float64)
        velocity = optimiser.state[weight].get("momentum_buffer")
        ahead = unrolled.virtual_step(
            {"w": weight.detach().clone()},
            {"w": weight.grad},
            {} if velocity is None else {"w": velocity.clone()},
            0.1,
            0.9,
            0.3,
        )
        optimiser.step()
        assert torch.allclose(ahead["w"], weight.detach())


def test_second_order_leaves_weights_and_statistics() -> None:
    space = tiny()
    darts = started("darts", space, order=2)
    before = {name: value.clone() for name, value in darts.net.state_dict().items()}
    darts.net.train()
    darts.gradients(batch(space, 1), batch(space, 2))
    assert all(torch.equal(value, before[name]) for name, value in darts.net.state_dict().items())


# PC-DARTS


def test_edges_are_normalised_within_a_node() -> None:
    space = nasdsl.load("darts", channels=4, layers=3, nodes=2)
    strategy = started("pcdarts", space)
    with torch.no_grad():
        strategy.alphas["normal.x[3]"].copy_(torch.tensor([1.0, 0.0, 3.0]))
    weights = strategy.choices(strategy.draw())
    assert torch.allclose(weights["normal.x[3]"], torch.tensor([1.0, 0.0, 3.0]).softmax(0))
    assert torch.allclose(weights["normal.x[2]"].sum(), torch.tensor(1.0))


def test_edges_are_ranked_by_both_weights() -> None:
    space = nasdsl.load("darts", nodes=2)
    probabilities = {d.key: torch.full((8,), 0.125) for d in space.decisions if d.kind == "one"}
    for edge, strength in enumerate((0.6, 0.5, 0.4)):
        probabilities[f"normal.x[3].edge[{edge}]"] = torch.tensor([0.0, strength] + [(1 - strength) / 6] * 6)
    edges = {"normal.x[3]": torch.tensor([0.1, 0.4, 0.5])}
    assert derive_choices(space.decisions, probabilities, space.nested)["normal.x[3]"] == (0, 1)
    assert derive_choices(space.decisions, probabilities, space.nested, edges)["normal.x[3]"] == (1, 2)


def test_one_of_several_tensors_is_an_edge_too(tmp_path: Path) -> None:
    """DARTS's recurrent cell sums all predecessors of a node and keeps that of the strongest operation."""
    (tmp_path / "s.nas").write_text("""
choice op = ~zero() | conv(3) | conv(1)
choice whole = twice | conv(3)
block twice on x = x -> (conv(1) | conv(3)) -> bn
space s(channels = 3) on x: image[3, 8, 8] {
  seen = [x]
  for i in 1 .. 2 { seen += [one of [t -> op for t in seen] -> bn] }
  return seen[2] -> whole -> global_avg_pool -> linear(10)
}
""")
    space = nasdsl.load(tmp_path / "s.nas")
    found = {key.partition(".")[2]: role for key, role in roles(space).items()}
    edges = {name for name, role in found.items() if role == "edges"}
    assert edges == {"seen[1]", "seen[2]"}
    assert found["whole"] == "one"  # a choice among operations, though one of them decides on
    for strategy in ("darts", "pcdarts"):
        made = started(strategy, space, **({"channels": 1} if strategy == "pcdarts" else {}))
        weights = made.choices(made.draw())["s.seen[2]"]
        assert torch.allclose(weights, torch.ones(2) if strategy == "darts" else torch.full((2,), 0.5), atol=1e-2)
        with torch.no_grad():
            made.alphas["s.seen[2].op[0]"].copy_(torch.tensor([9.0, 1.0, 0.0]))  # the phantom does not count
            made.alphas["s.seen[2].op[1]"].copy_(torch.tensor([0.0, 0.0, 1.0]))
        choices = made.derive().choices
        assert choices["s.seen[2]"] == 1
        assert choices["s.seen[2].op[1]"] == 2


def test_warmup_trains_weights_only() -> None:
    space = tiny()
    strategy = started("pcdarts", space, epochs=10)
    seen = []
    for epoch in range(10):
        before = {key: alpha.detach().clone() for key, alpha in strategy.alphas.items()}
        metrics = strategy.step(batch(space, 1), batch(space, 2))
        moved = any(not torch.equal(alpha, before[key]) for key, alpha in strategy.alphas.items())
        assert moved == ("valid_loss" in metrics)
        seen.append(moved)
        strategy.epoch_end(epoch)
    assert seen == [False] * 3 + [True] * 7


# GDAS, SNAS


def test_gdas_runs_one_candidate_of_a_decision() -> None:
    space = nasdsl.load("nasbench201", channels=4, cells=1)
    strategy = started("gdas", space)
    drawn = strategy.draw_fixed()
    strategy.net(batch(space, 1).inputs, strategy.choices(drawn)).sum().backward()
    touched = {name for name, value in strategy.net.named_parameters() if value.grad is not None}
    arch = space.architecture({key: int(item.weight.argmax()) for key, item in drawn.items()})
    assert touched == {name for name, _ in space.network(arch, searching=True).named_parameters()}


def test_gdas_temperature_falls_linearly() -> None:
    strategy = started("gdas", tiny(), epochs=12)
    seen = []
    for epoch in range(12):
        seen.append(strategy.rule.temperature(strategy.at))
        strategy.epoch_end(epoch)
    assert seen == pytest.approx([10 - 0.9 * i for i in range(12)])


def test_snas_trains_both_by_one_loss() -> None:
    space = tiny()
    strategy = started("snas", space, alpha_scale=0.3)
    twin = started("snas", space, alpha_scale=0.3)
    train = batch(space, 1)
    drawn = twin.draw()
    loss, _ = twin.loss(train, twin.choices(drawn))
    twin.net.train()
    wanted = torch.autograd.grad(twin.loss(train, twin.choices(drawn))[0], list(twin.alphas.values()))
    metrics = strategy.step(train, batch(space, 2))
    assert metrics["loss"] == pytest.approx(float(loss.detach()), rel=1e-5)
    for alpha, gradient in zip(strategy.alphas.values(), wanted, strict=True):
        assert torch.allclose(alpha.grad, gradient, atol=1e-6)
    assert any(value.grad is not None for value in strategy.net.parameters())


# P-DARTS and DrNAS


def pdarts(**options: Any) -> tuple[Space, Any]:
    space = nasdsl.load("darts", channels=2, layers=3, nodes=2, stem=1)
    return space, started("pdarts", space, epochs=2, add=(0, 1, 2), **options)


def test_stages_grow_and_candidates_shrink_as_published() -> None:
    space, strategy = pdarts()
    assert strategy.total_epochs(25) == 75
    counts, layers = [], []
    for epoch in range(6):
        if epoch % 2 == 0:
            edges = [key for key in strategy.kept if strategy.roles[key] == "one"]
            counts.append({len(strategy.alphas[key]) for key in edges})
            layers.append(strategy.stage_space(strategy.stage).parameters["layers"])
        strategy.step(batch(space, 1, 4), batch(space, 2, 4))
        strategy.epoch_end(epoch)
    assert counts == [{8}, {5}, {3}]
    assert layers == [3, 4, 5]
    choices = strategy.derive().choices
    assert all(isinstance(choices[key], int) for key in choices if "edge" in key)  # one is left at the end


def test_defaults_of_the_paper() -> None:
    from nasdsl.oneshot.strategies.pdarts import Pdarts

    options = Pdarts().options
    assert (options.add, options.keep) == ((0, 6, 12), (5, 3))
    assert (options.skip_dropout, options.skip_limit) == ((0.0, 0.4, 0.7), 2)
    assert (options.alpha_lr, options.lr, options.lr_end) == (6e-4, 0.025, 0.0)
    assert int(options.warmup * 25) == 10


def test_the_weakest_candidates_are_dropped_and_a_real_one_stays() -> None:
    decision = nasdsl.load("darts").decisions[0]
    weight = torch.tensor([0.3, 0.05, 0.2, 0.01, 0.04, 0.1, 0.2, 0.1])
    assert strongest(decision, tuple(range(8)), weight, 5) == (0, 2, 5, 6, 7)
    assert strongest(decision, (0, 2, 5), weight, 1) == (2,)


def test_stage_keeps_what_was_strongest() -> None:
    space, strategy = pdarts()
    wanted = {}
    with torch.no_grad():
        for number, (key, alpha) in enumerate(strategy.alphas.items()):
            alpha.copy_(torch.randn(len(alpha), generator=torch.Generator().manual_seed(number)))
            wanted[key] = tuple(sorted(alpha.topk(5).indices.tolist()))
    for epoch in range(2):
        strategy.epoch_end(epoch)
    assert all(strategy.kept[key] == value for key, value in wanted.items())
    assert space.schema_fingerprint == strategy.stage_space(1).schema_fingerprint


def test_skip_dropout_as_published() -> None:
    _, strategy = pdarts()
    strategy.context.epochs = 25
    strategy.stage = 2
    rates = []
    for epoch in range(25):
        strategy.epoch = epoch
        rates.append(strategy.dropout)
    assert rates[:10] == pytest.approx([0.7 * (24 - i) / 25 for i in range(10)])
    assert rates[10:] == pytest.approx([0.7 * math.exp(-0.2 * i) for i in range(15)])


def test_skip_dropout_is_on_identities_alone() -> None:
    space, strategy = pdarts(skip_dropout=(0.5, 0.5, 0.5))
    strategy.epoch = 1
    weights = strategy.choices(strategy.draw())
    dropped = {key for key, value in weights.items() if getattr(value, "dropout", None)}
    assert dropped == {d.key for d in space.decisions if "edge" in d.key} - {
        f"reduction.x[{node}].edge[{edge}]" for node in (2, 3) for edge in (0, 1)
    }  # those have a stride: their skip-connection has weights
    assert identities(space.graph())["normal.x[2].edge[0]"] == {3}


def test_at_most_two_skips_in_the_normal_cell() -> None:
    space = nasdsl.load("darts")
    skip = 3
    probabilities: dict[str, torch.Tensor] = {}
    generator = torch.Generator().manual_seed(0)
    for decision in space.decisions:
        if decision.kind == "one":
            values = torch.rand(8, generator=generator)
            values[skip] += 2
            probabilities[decision.key] = values / values.sum()
    keys = {key: skip for key in probabilities if key.startswith("normal")}

    def skips(limit: int, cell: str) -> int:
        live = space.architecture(with_few_skips(space, probabilities, keys, limit)).choices
        return sum(value == skip for key, value in live.items() if key.startswith(cell) and "edge" in key)

    assert [skips(limit, "normal") for limit in (8, 5, 2, 0)] == [8, 5, 2, 0]
    assert skips(2, "reduction") == 8
    free = derive_choices(space.decisions, probabilities, space.nested)
    assert with_few_skips(space, probabilities, keys, 8) == free


def test_a_decision_without_a_mixture_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "stride.nas").write_text(STRIDE)
    space = nasdsl.load(tmp_path / "stride.nas")
    [key] = space.without_mixture
    for strategy in ("darts", "gdas", "drnas", "fbnet"):
        with pytest.raises(NasError) as failure:
            nasdsl.search(space, strategy=strategy, out=tmp_path / "r", limit=40)
        [item] = failure.value.diagnostics
        assert item.code == "NAS810"
        assert f"`{key}`" in item.message
        assert "spos" in item.help[0]
    found = nasdsl.search(space, strategy="random", out=tmp_path / "r", limit=40, epochs=1, options={"candidates": 2})
    assert key in found.architecture.choices


def test_a_searched_number_keeps_all_candidates_and_is_weighed_whole() -> None:
    space = tiny()
    strategy = started("drnas", space, keep=2)
    strategy.epoch_end(0)
    assert {key: len(kept) for key, kept in strategy.kept.items()} == {
        "tiny.x[1]": 2, "tiny.x[2]": 2, "tiny.x[3]": 2, "tiny.width": 3,
    }  # fmt: skip
    weights = started("gdas", space)
    choices = weights.choices(weights.draw())
    assert isinstance(choices["tiny.width"], torch.Tensor)
    assert callable(choices["tiny.x[1]"])


def test_variant_of_nni() -> None:
    _, strategy = pdarts(variant="nni", skip_dropout=(0.5, 0.5, 0.5))
    assert not strategy.warming_up
    assert strategy.dropout == 0


@pytest.mark.parametrize(("name", "word"), [("tiny", "layers"), ("enas_macro", "same decisions")])
def test_pdarts_refuses_with_a_reason(name: str, word: str, tmp_path: Path) -> None:
    with pytest.raises(NasError) as failure:
        nasdsl.search(name, strategy="pdarts", out=tmp_path / "r", limit=40)
    [item] = failure.value.diagnostics
    assert item.code == "NAS810"
    assert word in item.message
    assert "add=0,0,0" in " ".join(item.help)
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize("channels", [(1, 1), (4, 2), (4, 1)])
def test_drnas_carries_weights_into_its_second_stage(channels: tuple[int, int]) -> None:
    space = nasdsl.load("nasbench201", channels=4, cells=1)
    strategy = started("drnas", space, keep=2, alpha_scale=0.5, channels=channels)
    before = {name: value.clone() for name, value in strategy.net.named_parameters()}
    alphas = {key: value.detach().clone() for key, value in strategy.alphas.items()}
    strategy.epoch_end(0)
    for name, value in strategy.net.named_parameters():
        old = before[name]
        assert torch.equal(value[tuple(slice(size) for size in old.shape)], old)
        assert all(
            new in (size, size * channels[0] // channels[1]) for new, size in zip(value.shape, old.shape, strict=True)
        )
    assert len(dict(strategy.net.named_parameters())) < len(before)
    for key, kept in strategy.kept.items():
        assert torch.equal(strategy.alphas[key].detach(), alphas[key][list(kept)])
        assert set(kept) == set(alphas[key].topk(2).indices.tolist())


# costs


def corner(space: Space, arch: Any, dtype: torch.dtype = torch.float64) -> dict[str, torch.Tensor]:
    weights = {}
    for decision in space.decisions:
        value = arch.choices.get(decision.key, ())
        weights[decision.key] = torch.zeros(len(decision.labels), dtype=dtype)
        weights[decision.key][[value] if isinstance(value, int) else list(value)] = 1
    return weights


@pytest.mark.parametrize("metric", ["params", "macs"])
@pytest.mark.parametrize("name", ["tiny", "darts", "nasbench201", "enas_macro"])
def test_expected_cost_of_one_architecture_is_its_cost(name: str, metric: str) -> None:
    from shipped import SMALL

    space = nasdsl.load(name, **SMALL[name])
    cost = ExpectedCost(space, metric)
    for arch in space.sample(5, seed=2):
        assert float(cost(corner(space, arch))) == pytest.approx(space.stats(arch)[metric], rel=1e-12)


@pytest.mark.parametrize("name", ["tiny", "nasbench201"])
def test_expected_cost_is_the_mean_over_independent_draws(name: str) -> None:
    """Exactly: by the sum over all architectures of a small space."""
    space = tiny() if name == "tiny" else nasdsl.load("nasbench201", channels=2, cells=1, nodes=3)
    generator = torch.Generator().manual_seed(0)
    weights = {
        d.key: torch.randn(len(d.labels), generator=generator, dtype=torch.float64).softmax(0).requires_grad_()
        for d in space.decisions
    }
    mean = torch.zeros((), dtype=torch.float64)
    for row in itertools.product(*(range(len(d.labels)) for d in space.decisions)):
        choices = dict(zip(weights, row, strict=True))
        probability = torch.stack([weights[key][i] for key, i in choices.items()]).prod()
        mean = mean + probability * space.stats(space.architecture(choices))["macs"]
    found = ExpectedCost(space, "macs")(weights)
    assert float(found.detach()) == pytest.approx(float(mean.detach()), rel=1e-10)
    found.backward()
    assert all(weight.grad is not None for weight in weights.values())


def test_shared_parts_count_once(tmp_path: Path) -> None:
    """`y` is computed once, however many candidates start from it: present unless neither needs it."""
    (tmp_path / "s.nas").write_text(
        "space s on x: image[1, 8, 8] {\n"
        "  a = x -> conv(3, 4)\n"
        "  y = a -> conv(3, 4)\n"
        "  p = y -> conv(1, 4) | a -> conv(5, 4)\n"
        "  q = y -> conv(3, 4) | a -> conv(7, 4)\n"
        "  return sum([p, q]) -> global_avg_pool -> linear(10)\n"
        "}\n"
    )
    space = nasdsl.load(tmp_path / "s.nas")
    cost = ExpectedCost(space, "params")
    weights = {d.key: torch.tensor([0.3, 0.7], dtype=torch.float64) for d in space.decisions}
    mean = 0.0
    for i in (0, 1):
        for j in (0, 1):
            choices = dict(zip(weights, (i, j), strict=True))
            mean += (0.3, 0.7)[i] * (0.3, 0.7)[j] * space.stats(space.architecture(choices))["params"]
    assert float(cost(weights)) == pytest.approx(mean, rel=1e-12)


def test_parts_shared_by_members_of_a_subset_count_once(tmp_path: Path) -> None:
    (tmp_path / "s.nas").write_text(
        "space s on x: image[1, 8, 8] {\n"
        "  a = x -> conv(3, 4)\n"
        "  y = a -> conv(3, 4)\n"
        "  s = sum([a] + any of [y -> conv(1, 4), y -> conv(5, 4), a -> conv(7, 4)])\n"
        "  return s -> global_avg_pool -> linear(10)\n"
        "}\n"
    )
    space = nasdsl.load(tmp_path / "s.nas")
    [key] = [d.key for d in space.decisions]
    gates = (0.3, 0.6, 0.2)
    mean = 0.0
    for picks in itertools.product((False, True), repeat=3):
        probability = math.prod(g if pick else 1 - g for g, pick in zip(gates, picks, strict=True))
        arch = space.architecture({key: tuple(i for i, pick in enumerate(picks) if pick)})
        mean += probability * space.stats(arch)["params"]
    weights = {key: torch.tensor(gates, dtype=torch.float64)}
    assert float(ExpectedCost(space, "params")(weights)) == pytest.approx(mean, rel=1e-12)


def test_fbnet_loss() -> None:
    space = tiny()
    strategy = started("fbnet", space)
    drawn = strategy.draw()
    weights = strategy.all_weights(drawn)
    loss = torch.tensor(2.0)
    cost = float(ExpectedCost(space, "macs")(weights).detach())
    assert float(strategy.objective(loss, weights).detach()) == pytest.approx(2 * 0.2 * math.log(cost) ** 0.6, rel=1e-5)


def test_fbnet_prefers_cheap_networks_where_the_loss_says_nothing() -> None:
    space = tiny()
    strategy = started("fbnet", space, alpha_lr=0.1)
    for _ in range(60):
        drawn = strategy.draw()
        whole = strategy.objective(torch.tensor(1.0), strategy.all_weights(drawn))
        found = torch.autograd.grad(whole, list(strategy.alphas.values()), allow_unused=True)
        strategy._update_alphas(dict(zip(strategy.alphas, found, strict=True)))
    least = min(space.stats(arch)["macs"] for arch in space.sample(400, seed=0))
    assert space.stats(strategy.derive())["macs"] == least


def test_cost_table(tmp_path: Path) -> None:
    space = tiny()
    labels = {d.key: d.labels for d in space.decisions}
    table = {"*": {label: i + 1.0 for i, label in enumerate(labels["tiny.x[1]"])}}
    table["tiny.width"] = dict.fromkeys(labels["tiny.width"], 10.0)
    path = tmp_path / "t.json"
    path.write_text(json.dumps(table))
    weights = {d.key: torch.full((len(d.labels),), 1 / len(d.labels)) for d in space.decisions}
    assert float(TableCost(space, str(path))(weights)) == pytest.approx(3 * 2.5 + 10)
    started("fbnet", space, table=str(path)).step(batch(space, 1), batch(space, 2))
    for text in ("[]", "{", '{"tiny.z": {}}', '{"*": {"skip": 1}}', '{"*": {"skip": "fast"}}'):
        path.write_text(text)
        with pytest.raises(NasError) as failure:
            TableCost(space, str(path))
        assert failure.value.diagnostics[0].code == "NAS601"


def test_proxyless_objective() -> None:
    space = tiny()
    strategy = started("proxyless", space, cost_weight=0.5)
    with torch.no_grad():
        strategy.alphas["tiny.x[1]"].copy_(torch.tensor([0.0, 2.0, 0.0, 0.0]))
    drawn = strategy.draw()
    wanted = 1 + 0.5 * (float(ExpectedCost(space, "macs")(strategy.weights()).detach()) / strategy.reference - 1)
    found = strategy.objective(torch.tensor(1.0), strategy.all_weights(drawn))
    assert float(found.detach()) == pytest.approx(wanted)
    assert wanted > 1
