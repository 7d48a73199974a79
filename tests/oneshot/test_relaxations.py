"""Relaxations against the distributions and gradients that define them."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch.distributions import Beta, Categorical, kl_divergence
from torch.distributions import Dirichlet as Distribution

from nasdsl.oneshot.mixture.relaxations import BinaryGates, Dirichlet, Gumbel, Softmax
from nasdsl.oneshot.mixture.sparse_mixture import Mix
from nasdsl.oneshot.mixture.temperatures import exponential, linear

ALPHA = torch.tensor([0.3, -1.0, 1.2, 0.0], dtype=torch.float64)
DRAWS = 20_000


def seeded(rule: Any, seed: int = 0) -> Any:
    rule.generator = torch.Generator().manual_seed(seed)
    return rule


def alpha() -> torch.Tensor:
    return ALPHA.clone().requires_grad_()


def test_softmax_and_gates() -> None:
    rule = Softmax()
    assert torch.equal(rule.relaxed(ALPHA, "one", 0).weight, ALPHA.softmax(0))
    assert torch.equal(rule.relaxed(ALPHA, "gates", 0).weight, ALPHA.sigmoid())


@pytest.mark.parametrize("tau", [0.1, 1.0, 5.0])
def test_gumbel_maximum_has_the_softmax_distribution_at_every_temperature(tau: float) -> None:
    rule = seeded(Gumbel(lambda at: tau, hard=True))
    counts = torch.zeros(4, dtype=torch.float64)
    for _ in range(DRAWS):
        weight, active = rule.fixed(ALPHA, "one", 0)
        assert weight.sum() == 1
        assert active == (int(weight.argmax()),)
        counts += weight
    assert (counts / DRAWS - ALPHA.softmax(0)).abs().max() < 0.015


def test_gumbel_gates_are_bernoulli() -> None:
    rule = seeded(Gumbel(lambda at: 0.7, hard=True))
    mean = torch.stack([rule.fixed(ALPHA, "gates", 0).weight for _ in range(DRAWS)]).mean(0)
    assert (mean - ALPHA.sigmoid()).abs().max() < 0.015


def test_soft_gumbel_is_the_concrete_density() -> None:
    """The log-density of torch's Concrete variable has mean -entropy: compare with draws of torch itself."""
    tau = 0.6
    rule = seeded(Gumbel(lambda at: tau, hard=False))
    ours = torch.stack([rule.fixed(ALPHA, "one", 0).weight for _ in range(DRAWS)])
    torch.manual_seed(0)
    law = torch.distributions.RelaxedOneHotCategorical(torch.tensor(tau, dtype=torch.float64), logits=ALPHA)
    theirs = law.sample(torch.Size([DRAWS]))
    assert (ours.mean(0) - theirs.mean(0)).abs().max() < 0.01
    assert (ours.var(0) - theirs.var(0)).abs().max() < 0.01
    assert abs(float(law.log_prob(ours).mean() - law.log_prob(theirs).mean())) < 0.06


def test_hard_gumbel_has_the_gradient_of_the_soft_sample() -> None:
    outputs = torch.tensor([1.0, -2.0, 0.5, 3.0], dtype=torch.float64)
    gradients = []
    for hard in (True, False):
        parameter = alpha()
        weight = seeded(Gumbel(lambda at: 0.8, hard=hard), 5).relaxed(parameter, "one", 0).weight
        (weight * outputs).sum().backward()
        gradients.append(parameter.grad)
        if hard:
            assert sorted(weight.tolist()) == [0, 0, 0, 1]
    assert torch.allclose(*gradients)  # type: ignore[arg-type]


def test_dirichlet_moments_and_pathwise_gradient() -> None:
    rule = seeded(Dirichlet())
    parameter = alpha()
    concentration = rule.concentration(parameter, "one")
    assert torch.allclose(concentration, torch.where(ALPHA > 0, ALPHA + 1, ALPHA.exp()))
    law = Distribution(concentration.detach())
    draws = torch.stack([rule.relaxed(parameter, "one", 0).weight for _ in range(DRAWS)])
    assert (draws.mean(0).detach() - law.mean).abs().max() < 0.01
    assert (draws.var(0).detach() - law.variance).abs().max() < 0.01
    outputs = torch.tensor([1.0, -2.0, 0.5, 3.0], dtype=torch.float64)
    [estimate] = torch.autograd.grad((draws.mean(0) * outputs).sum(), parameter)
    [exact] = torch.autograd.grad((concentration / concentration.sum() * outputs).sum(), parameter)
    assert (estimate - exact).abs().max() < 0.02


def test_dirichlet_gates_are_beta() -> None:
    rule = seeded(Dirichlet())
    draws = torch.stack([rule.fixed(ALPHA, "gates", 0).weight for _ in range(DRAWS)])
    law = Beta(*rule.concentration(ALPHA, "gates").unbind(-1))
    assert (draws.mean(0) - law.mean).abs().max() < 0.01
    assert torch.allclose(rule.probabilities(ALPHA, "gates"), law.mean)


def test_sampling_leaves_the_global_generator_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    rule = seeded(Dirichlet())
    one, two = rule.fixed(ALPHA, "one", 0).weight, rule.fixed(ALPHA, "one", 0).weight
    assert not torch.equal(one, two)
    assert torch.equal(torch.rand(2), expected)


def test_divergence_from_the_anchor(monkeypatch: pytest.MonkeyPatch) -> None:
    from small import batch, started, tiny

    space = tiny()
    drnas = started("drnas", space, anchor="kl", anchor_weight=0.5)
    wanted = sum(
        kl_divergence(Distribution(torch.nn.functional.elu(value) + 1), Distribution(torch.ones_like(value)))
        for value in drnas.alphas.values()
    )
    assert torch.allclose(drnas.divergence(), wanted)
    loss, _ = drnas.loss(batch(space, 1), space.sample(1)[0].choices)
    assert torch.allclose(drnas.objective(loss, {}), loss + 0.5 * wanted)


def test_binary_gates_draw_pairs_without_replacement_and_one_of_them() -> None:
    rule = seeded(BinaryGates())
    probability = ALPHA.softmax(0)
    pairs: dict[tuple[int, int], int] = {}
    first: dict[tuple[int, int], list[int]] = {}
    for _ in range(DRAWS):
        weight, active = rule.relaxed(ALPHA, "one", 0)
        assert active is not None
        assert len(set(active)) == 2
        key = tuple(sorted(active))
        pairs[key] = pairs.get(key, 0) + 1
        first.setdefault(key, []).append(int(weight.argmax()))
    for (i, j), count in pairs.items():
        p, q = float(probability[i]), float(probability[j])
        assert abs(count / DRAWS - (p * q / (1 - p) + q * p / (1 - q))) < 0.015
        share = sum(at == i for at in first[i, j]) / count
        assert abs(share - p / (p + q)) < 4 * math.sqrt(0.25 / count)


def test_binary_gates_gradient() -> None:
    """dL/dalpha_i = sum over j of dL/dg_j p_j (delta_ij - p_i), p among the two (eq. 4)."""
    rule, parameter = seeded(BinaryGates()), alpha()
    outputs = torch.tensor([1.0, -2.0, 0.5, 3.0], dtype=torch.float64)
    weight, active = rule.relaxed(parameter, "one", 0)
    (weight * outputs).sum().backward()
    p = ALPHA[list(active)].softmax(0)
    wanted = torch.zeros(4, dtype=torch.float64)
    for place, i in enumerate(active):
        for other, j in enumerate(active):
            wanted[i] += outputs[j] * p[other] * (float(i == j) - p[place])
    assert torch.allclose(parameter.grad, wanted)


def test_binary_gates_leave_the_probabilities_of_others() -> None:
    rule, parameter = seeded(BinaryGates()), alpha()
    _, active = rule.relaxed(parameter, "one", 0)
    before = parameter.detach().clone()
    with torch.no_grad():
        parameter[list(active)] += torch.tensor([0.7, -0.2], dtype=torch.float64)
    rule.updated({"d": before}, {"d": parameter})
    others = [i for i in range(4) if i not in active]
    assert torch.allclose(parameter.detach().softmax(0)[others], before.softmax(0)[others])
    ratio = parameter.detach()[list(active)] - before[list(active)]
    assert abs(float(ratio[0] - ratio[1]) - 0.9) < 1e-12


def test_binary_gates_train_weights_on_one_path() -> None:
    rule = seeded(BinaryGates())
    counts = torch.zeros(4, dtype=torch.float64)
    for _ in range(DRAWS):
        weight, active = rule.fixed(ALPHA, "one", 0)
        assert active == (int(weight.argmax()),)
        counts += weight
    assert (counts / DRAWS - Categorical(logits=ALPHA).probs).abs().max() < 0.015


def test_temperatures() -> None:
    assert [linear(10, 0.1)(at) for at in (0, 1)] == [10, pytest.approx(0.1)]
    assert exponential(1.0, 0.01)(0.5) == pytest.approx(0.1)


def test_mix_computes_only_what_is_active() -> None:
    ran: list[int] = []

    def candidate(i: int) -> Any:
        def run() -> torch.Tensor:
            ran.append(i)
            return torch.full((2,), float(i))

        return run

    weight = torch.tensor([0.0, 0.0, 1.0])
    terms = Mix(weight, (2,))((None, candidate(1), candidate(2)))
    assert ran == [2]
    assert torch.equal(sum(terms), torch.full((2,), 2.0))  # type: ignore[arg-type]
    only_phantom = Mix(torch.tensor([1.0, 0.0, 0.0]), (0,))((None, candidate(1), candidate(2)))
    assert torch.equal(only_phantom[0], torch.zeros(2))
    torch.manual_seed(0)
    dropped = Mix(torch.ones(1), None, {0: 0.5})((lambda: torch.ones(10_000),))[0]
    assert set(dropped.tolist()) == {0.0, 2.0}
    assert abs(float(dropped.mean()) - 1) < 0.05
