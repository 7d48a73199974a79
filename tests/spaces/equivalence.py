"""Every form of a space agrees: path, mixture under one-hot weights, derived network."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from nasdsl.graph.architecture import Architecture
from nasdsl.runtime.transfer import transfer
from nasdsl.space import Space

VOCABULARY = 40


def inputs(space: Space, batch: int = 3) -> list[Tensor]:
    torch.manual_seed(1)
    return [
        torch.randint(0, VOCABULARY, (batch, *shape))
        if kind == "tokens"
        else torch.randn(batch, *shape, dtype=torch.double)
        for kind, shape in space.input_types
    ]


def flat(result: Any) -> Tensor:
    return torch.cat([part.flatten() for part in (result if isinstance(result, tuple) else (result,))])


def one_hot(space: Space, arch: Architecture) -> dict[str, Tensor]:
    """Full mixture weights; decisions that are not live get some corner, which must not matter."""
    weights: dict[str, Tensor] = {}
    for decision in space.decisions:
        weight = torch.zeros(len(decision.labels), dtype=torch.double)
        default: Any = decision.real[-1] if decision.kind == "one" else decision.real[: decision.least]
        chosen = arch.choices.get(decision.key, default)
        weight[[chosen] if isinstance(chosen, int) else list(chosen)] = 1
        weights[decision.key] = weight
    return weights


def check_forms_agree(space: Space, *, n: int, searching: bool, training: bool, mixture: bool, seed: int = 7) -> None:
    """For `n` sampled architectures, in float64, to 1e-10."""
    supernet = space.supernet(searching=searching, seed=0).double().train(training)
    state = {key: value.clone() for key, value in supernet.state_dict().items()}
    given = inputs(space)
    for arch in space.sample(n, seed=seed):
        with torch.no_grad():
            supernet.load_state_dict(state)  # batch-norm moves its statistics in training
            path = flat(supernet(*given, arch.choices))
            supernet.load_state_dict(state)
            network = space.network(arch, searching=searching).double().train(training)
            assert transfer(supernet, network, space.slices(arch, searching)) == []
            assert (path - flat(network(*given))).abs().max() <= 1e-10, arch.decisions
            if mixture:
                supernet.load_state_dict(state)
                assert (path - flat(supernet(*given, one_hot(space, arch)))).abs().max() <= 1e-10, arch.decisions
        if not searching:
            assert sum(p.numel() for p in network.parameters()) == space.stats(arch)["params"]


def check_gradients(space: Space) -> None:
    """The supernet runs backward: what a path uses gets a gradient."""
    supernet = space.supernet(seed=0).double()
    [arch] = space.sample(1, seed=5)
    flat(supernet(*inputs(space), arch.choices)).square().sum().backward()
    touched = {key for key, value in supernet.named_parameters() if value.grad is not None}
    wanted = {key for key, _ in space.network(arch, searching=True).named_parameters()}
    assert touched == wanted
