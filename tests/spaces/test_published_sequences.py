"""Published architectures over sequences have the parameters of their authors' code."""

from __future__ import annotations

import nasdsl

# experiments/subnet/AutoFormer-T.yaml of a public copy of the authors' code: width 192, 13 layers
AUTOFORMER_RATIOS = (3.5, 3.5, 3.0, 3.5, 3.0, 3.0, 4.0, 4.0, 3.5, 4.0, 3.5, 4.0, 3.5)
AUTOFORMER_HEADS = (3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 3, 3)
# DARTS_V2 of the authors' rnn/genotypes.py: activation and predecessor of every node
DARTS_V2 = ("sigmoid", 0, "relu", 1, "relu", 1, "identity", 1, "tanh", 2, "sigmoid", 5, "tanh", 3, "relu", 5)
# scripts/ptb_final.sh of the ENAS authors: 0 tanh, 1 relu, 2 identity, 3 sigmoid
ENAS_ARC = (0, 0, 0, 1, 1, 2, 1, 2, 0, 2, 0, 5, 1, 1, 0, 6, 1, 8, 1, 8, 1, 8, 1)


def chosen(space: nasdsl.Space, labels: dict[str, str]) -> dict[str, int]:
    decisions = {decision.key: decision for decision in space.decisions}
    return {key: decisions[key].labels.index(label) for key, label in labels.items()}


def autoformer_tiny(**settings: int) -> int:
    space = nasdsl.load("autoformer_tiny", **settings)
    labels = {"autoformer_tiny.d": "192", "autoformer_tiny.depth": "13"}
    for i, (ratio, heads) in enumerate(zip(AUTOFORMER_RATIOS, AUTOFORMER_HEADS, strict=True)):
        labels |= {f"autoformer_tiny.encoder[{i}].ratio": str(ratio), f"autoformer_tiny.encoder[{i}].heads": str(heads)}
    return space.stats(space.architecture(chosen(space, labels)))["params"]


def test_autoformer_tiny() -> None:
    """The paper's 5.7M leaves out the four tables of relative positions of each layer."""
    assert autoformer_tiny() == 5_867_944
    assert autoformer_tiny() - 13 * 4 * 30 * 64 == autoformer_tiny(relative=0) == 5_768_104


def test_autoformer_of_the_paper() -> None:
    assert nasdsl.load("autoformer_tiny", least_ratio=3.5).count() == 1_056_964_608


def test_darts_rnn() -> None:
    """The paper's 23M: 10,000 words of 850 features, tied, and the bias of the decoder."""
    space = nasdsl.load("darts_rnn", hidden=850)
    labels: dict[str, str] = {}
    for i, (activation, source) in enumerate(zip(DARTS_V2[::2], DARTS_V2[1::2], strict=True), 1):
        labels |= {f"recurrent.s[{i}]": str(source), f"recurrent.s[{i}].step[{source}]": activation}
    architecture = space.architecture(chosen(space, labels))
    assert architecture.decisions["recurrent.s[8].step[5]"] == "relu"
    assert space.stats(architecture)["params"] == 1700 * 1700 + 8 * 850 * 1700 + 10_000 * 850 + 10_000 == 22_960_000


def test_enas_rnn() -> None:
    """The derived network has one matrix a node, as the authors' code has for a fixed arc."""
    space = nasdsl.load("enas_rnn", hidden=748)
    names = ("tanh", "relu", "identity", "sigmoid")
    labels = {"recurrent.first": names[ENAS_ARC[0]]}
    for i, (source, activation) in enumerate(zip(ENAS_ARC[1::2], ENAS_ARC[2::2], strict=True), 1):
        labels |= {f"recurrent.s[{i}]": str(source), f"recurrent.s[{i}].later[{source}]": names[activation]}
    params = space.stats(space.architecture(chosen(space, labels)))["params"]
    assert params == 1496 * 1496 + 11 * 748 * 1496 + 10_000 * 748 == 22_027_104
