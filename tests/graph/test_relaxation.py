"""Which decisions have a weighted sum, and why the others have none: a small space for each reason."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import nasdsl
from nasdsl.space import Space

IMAGE = "space s on x: image[4, 8, 8] "
SEQUENCE = "space s on x: sequence[5, 6] "
ENDS = IMAGE + "{\n  s = [x -> conv(1)]\n  for i in 1 .. 3 { s += [one of s -> conv(3)] }\n  return "
TAKEN = "it decides the size of a tensor and which operation takes it"
SIZES = "its branches produce tensors of different sizes"
UNUSED = "it determines `unused`, for which a mixture is not defined"


def searched(name: str, operation: str) -> str:
    return f"a mixture is not defined for a searched `{name}` of `{operation}`"


# A space, and for each decision without a mixture the reason and the text of its place.
REASONS: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "stride": (
        IMAGE + "= x -> conv(1 | 3, 4, 1 | 2) -> global_avg_pool",
        {"s.out.stride": (searched("stride", "conv"), "conv(1 | 3, 4, 1 | 2)")},
    ),
    "stride of a pool": (
        IMAGE + "= x -> max_pool(3 | 5, 1 | 2) -> global_avg_pool",
        {"s.out.stride": (searched("stride", "max_pool"), "max_pool(3 | 5, 1 | 2)")},
    ),
    "dilation": (
        IMAGE + "= x -> conv(3, dilation = 1 | 2)",
        {"s.out.dilation": (searched("dilation", "conv"), "conv(3, dilation = 1 | 2)")},
    ),
    "heads": (
        SEQUENCE + "= x -> attention(1 | 2, 3) -> linear(4)",
        {"s.out.heads": (searched("heads", "attention"), "attention(1 | 2, 3)")},
    ),
    "width of patches": (
        IMAGE + "= x -> patches(2, 3 | 5) -> linear(4)",
        {"s.out.width": (searched("width", "patches"), "patches(2, 3 | 5)")},
    ),
    "features that are normalised": (
        SEQUENCE + "{\n  w = 4 | 6\n  return x -> linear(w) -> layer_norm -> linear(3 | 5)\n}",
        {"s.w": (searched("features", "layer_norm"), "layer_norm")},
    ),
    "a size that decides": (
        IMAGE + "{\n  w = 4 | 8\n  y = x -> conv(1, w)\n  return y -> conv(3, 5) if w == 4 else y -> conv(1, 5)\n}",
        {"s.w": (TAKEN, "conv(1, 5)")},
    ),
    "a part of a concatenation": (
        IMAGE + "= concat(some of [x, x -> conv(3)]) -> conv(1, 4)",
        {"s.out": ("a mixture is not defined for `concat` of a picked list", "concat(some of [x, x -> conv(3)])")},
    ),
    # the only candidate of `s[1]`, which uses the first element whatever is decided, settles nothing
    "what is unused": (
        ENDS + "sum(unused(s))\n}",
        dict.fromkeys(("s.s[2]", "s.s[3]"), (UNUSED, "sum(unused(s))")),
    ),
    "the size of what is unused": (
        ENDS + "concat(unused(s)) -> bn -> conv(1, 4)\n}",
        dict.fromkeys(("s.s[2]", "s.s[3]"), (UNUSED, "concat(unused(s))")),
    ),
    "pixels of branches": (
        IMAGE + "{\n  small = false | true\n  y = x -> conv(3, 4, 2) if small else x -> conv(3)\n"
        "  return y -> global_avg_pool -> linear(4)\n}",
        {"s.small": (SIZES, "x -> conv(3, 4, 2) if small else x -> conv(3)")},
    ),
    "channels of branches": (
        IMAGE + "{\n  y = [x -> conv(3, 8), x -> conv(3, 4)][0 | 1]\n  return y -> global_avg_pool -> linear(4)\n}",
        {"s.y": (SIZES, "[x -> conv(3, 8), x -> conv(3, 4)][0 | 1]")},
    ),
    "two at once": (
        IMAGE + "= concat(some of [x, x -> conv(3, 4, dilation = 1 | 2)]) -> (conv(1, 4) | conv(3, 4))",
        {
            "s.out": (
                "a mixture is not defined for `concat` of a picked list",
                "concat(some of [x, x -> conv(3, 4, dilation = 1 | 2)])",
            ),
            "s.out.out.dilation": (searched("dilation", "conv"), "conv(3, 4, dilation = 1 | 2)"),
        },
    ),
}
# Spaces of which every decision has one.
MIXTURES = {
    "operations": IMAGE + "= x -> (conv(3) | conv(5) | ~zero | skip)",
    "branches": IMAGE + "{\n  deep = false | true\n  if deep { x = x -> conv(3) -> bn }\n  return x -> relu\n}",
    "kernel and channels": IMAGE + "= x -> conv(1 | 3, 4 | 8) -> bn -> relu -> conv(3, 5)",
    "each channel": IMAGE + "= x -> conv(1, 4 | 8) -> depthwise(3 | 5) -> global_avg_pool -> linear(4)",
    "pools": IMAGE + "= x -> max_pool(3 | 5) -> avg_pool(3 | 5)",
    "widths": "space s on x: vector[6] = x -> linear(4 | 6) -> relu -> linear(3 | 5) -> linear(2)",
    "subsets": IMAGE + "= mean([x, sum(some of [x, x -> conv(3), x -> conv(1)])])",
    "depth": IMAGE + "{\n  d = one of (0 .. 2)\n  for i in 0 ..< d { x = x -> conv(3) }\n  return x\n}",
}


def space(tmp_path: Path, text: str) -> Space:
    (tmp_path / "s.nas").write_text(text + "\n")
    return nasdsl.load(tmp_path / "s.nas")


@pytest.mark.parametrize("name", REASONS)
def test_reasons(name: str, tmp_path: Path) -> None:
    text, expected = REASONS[name]
    found = space(tmp_path, text).without_mixture
    assert {key: (reason, span.text) for key, (reason, span) in found.items()} == expected


def test_only_decisions_have_reasons(tmp_path: Path) -> None:
    """What is unused is no decision, though a size that has no mixture follows from it."""
    text = "{\n  s = [x -> linear(6)]\n  for i in 1 .. 2 { s += [one of s -> linear(6)] }\n"
    made = space(tmp_path, SEQUENCE + text + "  return concat(unused(s)) -> layer_norm -> linear(3)\n}")
    assert set(made.without_mixture) == {"s.s[2]"}


@pytest.mark.parametrize("name", MIXTURES)
def test_a_mixture_of_one_candidate_is_that_candidate(name: str, tmp_path: Path) -> None:
    made = space(tmp_path, MIXTURES[name])
    assert made.without_mixture == {}
    net = made.supernet(seed=0).double().eval()
    x = torch.randn(2, *made.input_shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for arch in made.sample(4, seed=3):
        choices = {decision.key: arch.choices.get(decision.key, decision.real[0]) for decision in made.decisions}
        weights = {}
        for decision in made.decisions:
            choice = choices[decision.key]
            taken = choice if isinstance(choice, tuple) else (choice,)
            weights[decision.key] = torch.tensor([float(i in taken) for i in range(len(decision.labels))]).double()
        mixture, path = net(x, weights), net(x, choices)
        if mixture.shape != path.shape:  # narrower: the others are silenced
            assert not mixture[:, path.shape[1] :].any()
            mixture = mixture[:, : path.shape[1]]
        assert torch.allclose(mixture, path)
