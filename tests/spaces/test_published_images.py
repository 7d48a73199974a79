"""Published architectures over images have the parameters of their authors' code, or of the source that is named."""

from __future__ import annotations

import pytest
import torch

import nasdsl
from nasdsl.space import Space


def chosen(space: Space, labels: dict[str, str]) -> dict[str, int]:
    decisions = {decision.key: decision for decision in space.decisions}
    return {key: decisions[key].labels.index(label) for key, label in labels.items()}


def params(space: Space, labels: dict[str, str]) -> int:
    return space.stats(space.architecture(chosen(space, labels)))["params"]


# (operation, predecessor) of the two inputs of every node, as the authors publish them
DARTS_V1 = (
    "sep3,1 sep3,0 | skip,0 sep3,1 | skip,0 sep3,1 | sep3,0 skip,2",
    "max,0 max,1 | skip,2 max,0 | max,0 skip,2 | skip,2 avg,0",
)
DARTS_V2 = (
    "sep3,0 sep3,1 | sep3,0 sep3,1 | sep3,1 skip,0 | skip,0 dil3,2",
    "max,0 max,1 | skip,2 max,1 | max,0 skip,2 | skip,2 max,1",
)
DARTS_OPS = {"sep3": "sep_conv(3)", "dil3": "dil_conv(3)", "skip": "skip", "max": "max_pool_3", "avg": "avg_pool_3"}


def genotype(space: Space, cells: tuple[str, str]) -> dict[str, int | tuple[int, ...]]:
    labels = {decision.key: decision.labels for decision in space.decisions}
    choices: dict[str, int | tuple[int, ...]] = {}
    for cell, text in zip(("normal", "reduction"), cells, strict=True):
        for node, pairs in enumerate(text.split("|"), 2):
            edges = {int(pair.split(",")[1]): DARTS_OPS[pair.split(",")[0]] for pair in pairs.split()}
            choices[f"{cell}.x[{node}]"] = tuple(sorted(edges))
            for source, op in edges.items():
                key = f"{cell}.x[{node}].edge[{source}]"
                choices[key] = labels[key].index(op)
    return choices


@pytest.mark.parametrize(("cells", "figure"), [(DARTS_V1, 4_510_432), (DARTS_V2, 4_718_752)])
def test_darts_for_imagenet(cells: tuple[str, str], figure: int) -> None:
    space = nasdsl.load("darts_imagenet")
    arch = space.architecture(genotype(space, cells))
    assert space.stats(arch)["params"] == figure
    assert sum(p.numel() for p in space.network(arch).parameters()) == figure


def test_auxiliary_head_of_darts() -> None:
    space = nasdsl.load("darts", channels=36, layers=20, auxiliary=True)
    arch = space.architecture(genotype(space, DARTS_V2))
    assert space.stats(arch)["params"] == 3_349_342 + 476_426
    network = nasdsl.load("darts", channels=4, layers=3, auxiliary=True).network(arch).eval()
    logits, auxiliary = network(torch.zeros(2, 3, 32, 32))
    assert logits.shape == auxiliary.shape == (2, 10)


def test_auxiliary_head_for_imagenet() -> None:
    """768 channels at 7x7: 1x1 to 128, 2x2 to 768 without batch-norm, 1000 classes."""
    plain, whole = (nasdsl.load("darts_imagenet", auxiliary=auxiliary) for auxiliary in (False, True))
    sizes = [space.stats(space.architecture(genotype(space, DARTS_V2)))["params"] for space in (plain, whole)]
    assert sizes[1] - sizes[0] == 768 * 128 + 2 * 128 + 128 * 4 * 768 + 769 * 1000


def test_nats_size() -> None:
    """Architecture 12 of the benchmark, 8:8:8:16:40; its interface prints 0.067378M and 7.991706M."""
    space = nasdsl.load("nats_size")
    labels = {f"nats_size.width[{i}]": str(width) for i, width in enumerate((8, 8, 8, 16, 40))}
    arch = space.architecture(chosen(space, labels))
    assert space.stats(arch) == {"params": 67_378, "macs": 7_991_706}


# kernel/expansion of each block, `-` where it is left out; the GPU and CPU networks as in the pytorchcv collection
PROXYLESS = {
    "mobile": ("5/3 3/3 - - | 7/3 3/3 5/3 5/3 | 7/6 5/3 5/3 5/3 | 5/6 5/3 5/3 5/3 | 7/6 7/6 7/3 7/3 | 7/6", 4_080_512),
    "gpu": ("5/3 - - - | 7/3 - - 3/3 | 7/6 - - 5/3 | 5/6 - 3/3 5/3 | 7/6 7/6 7/6 5/6 | 7/6", 7_119_848),
    "cpu": ("3/6 3/3 3/3 3/3 | 3/6 3/3 3/3 5/3 | 3/6 - - 3/3 | 5/6 3/3 3/3 3/3 | 5/6 5/3 5/3 3/3 | 5/6", 4_361_648),
}


@pytest.mark.parametrize("target", PROXYLESS)
def test_proxylessnas(target: str) -> None:
    text, figure = PROXYLESS[target]
    space = nasdsl.load("proxylessnas", target=target)
    labels = {}
    for stage, blocks in enumerate(text.split("|")):
        for i, block in enumerate(blocks.split()):
            key = f"residual[{stage},{i}]" if i else f"candidate[{stage}]"
            kernel, _, expansion = block.partition("/")
            labels[f"proxylessnas.{key}"] = f"mb{expansion}_{kernel}x{kernel}" if expansion else "zero"
    arch = space.architecture(chosen(space, labels))
    assert space.stats(arch)["params"] == figure
    assert sum(p.numel() for p in space.network(arch).parameters()) == figure


FBNET_C = """k3_e1  k3_e6 skip k3_e1 k3_e1  k5_e6 k5_e3 k5_e6 k3_e6  k5_e6 k5_e3 k5_e6 k5_e6
             k5_e6 k5_e6 k5_e6 k5_e3  k5_e6 k5_e6 k5_e6 k5_e6  k3_e6"""


def test_fbnet() -> None:
    """FBNet-C, by the pytorchcv collection, which has no biases either; the paper says 5.5M."""
    space = nasdsl.load("fbnet")
    keys = [f"fbnet.layer[{s},{i}]" for s, n in enumerate((1, 4, 4, 4, 4, 4, 1)) for i in range(n)]
    assert params(space, dict(zip(keys, FBNET_C.split(), strict=True))) == 5_572_200


def test_spos() -> None:
    """The architecture that the authors published; the paper says 319M for it."""
    space = nasdsl.load("spos_shufflenet")
    found = (0, 0, 3, 1, 1, 1, 0, 0, 2, 0, 2, 1, 1, 0, 2, 0, 2, 1, 3, 2)
    keys = [f"spos_shufflenet.layer[{s},{i}]" for s, n in enumerate((4, 4, 8, 4)) for i in range(n)]
    assert round(space.stats(space.architecture(dict(zip(keys, found, strict=True))))["macs"] / 1e6) == 319


def mobilenetv3(width: float, kernels: str, expansions: str, depths: str) -> int:
    labels = {}
    for stage, depth in enumerate(depths):
        labels[f"mobilenetv3_ofa.stage[{stage}].depth"] = depth
        for i in range(4):
            unit = f"mobilenetv3_ofa.stage[{stage}].unit[{i}]"
            labels |= {f"{unit}.k": kernels[4 * stage + i], f"{unit}.e": expansions[4 * stage + i]}
    return params(nasdsl.load("mobilenetv3_ofa", width=width), labels)


@pytest.mark.parametrize(
    ("width", "kernels", "expansions", "depths", "figure"),
    [
        (1.0, "7" * 20, "6" * 20, "44444", 7_664_760),
        (1.0, "37355357733775375777", "46634464646343644634", "44443", 5_301_712),
        (1.2, "7" * 20, "6" * 20, "44444", 10_701_632),
        (1.2, "75333577555553357535", "36664644363433434343", "44432", 5_465_928),
    ],
)
def test_once_for_all(width: float, kernels: str, expansions: str, depths: str, figure: int) -> None:
    """Settings of 20 kernels, 20 expansions and 5 depths; figures of the package `ofa` 0.1.0 of the authors."""
    assert mobilenetv3(width, kernels, expansions, depths) == figure


def resnet(first: str, width: str, ratio: str, depths: str, deep: str) -> int:
    labels = {"resnet_elastic.first": first, "resnet_elastic.width": width, "resnet_elastic.deep": deep}
    for stage, depth in enumerate(depths):
        labels |= {f"resnet_elastic.stage[{stage}].depth": depth, f"resnet_elastic.stage[{stage}].width": width}
        for i in range((4, 4, 6, 4)[stage]):
            labels[f"resnet_elastic.stage[{stage}].bottleneck[{i}].ratio"] = ratio
    return params(nasdsl.load("resnet_elastic"), labels)


def test_elastic_resnet() -> None:
    """ResNet-50-D, and the ends of the space; figures of the package `ofa` 0.1.0 of the authors."""
    assert resnet("32", "1.0", "0.25", "3463", "true") == 25_576_264
    assert resnet("32", "1.0", "0.35", "4464", "true") == 48_105_992
    assert resnet("24", "0.65", "0.2", "2242", "false") == 6_539_280


# input and operation, twice a node: 0 sep3, 1 sep5, 2 avg, 3 max, 4 identity
ENAS_ARC = {
    "normal": "0 2 0 0 | 0 4 0 1 | 0 4 1 1 | 1 0 0 1 | 0 2 1 1",
    "reduction": "1 0 1 0 | 0 3 0 2 | 1 1 3 1 | 1 0 0 4 | 0 3 1 1",
}


def enas_arc() -> dict[str, int]:
    choices = {}
    for cell, text in ENAS_ARC.items():
        for node, numbers in enumerate(text.split("|"), 2):
            left, left_op, right, right_op = map(int, numbers.split())
            choices |= {f"{cell}.left[{node}]": left, f"{cell}.left[{node}].op[{left}]": left_op}
            choices |= {f"{cell}.right[{node}]": right, f"{cell}.right[{node}].op[{right}]": right_op}
    return choices


def test_enas_micro_trains() -> None:
    """The cell that the authors published, in a small network: the loss of one batch falls."""
    space = nasdsl.load("enas_micro", layers=3, filters=4)
    network = space.network(space.architecture(enas_arc()), seed=0)
    torch.manual_seed(0)
    images, labels = torch.randn(16, 3, 32, 32), torch.arange(16) % 10
    optimiser = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
    losses = []
    for _ in range(8):
        loss = torch.nn.functional.cross_entropy(network(images), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


def test_enas_micro_parameters() -> None:
    """The published cell counts alike as data and as a network."""
    space = nasdsl.load("enas_micro", layers=15, filters=36)
    arch = space.architecture(enas_arc())
    counted = space.stats(arch)["params"]
    assert counted == sum(p.numel() for p in space.network(arch).parameters()) == 3_894_372


def test_the_auxiliary_classifier_of_enas_micro() -> None:
    """After layer 12 of 17, on 8x8 pixels of the published cell's five loose ends, each of 4 * 36 channels."""
    bare = nasdsl.load("enas_micro", layers=15, filters=36)
    space = bare.rebind(auxiliary=True, drop=0.2)
    arch = space.architecture(enas_arc())
    added = space.stats(arch)["params"] - bare.stats(bare.architecture(enas_arc()))["params"]
    # as in the authors' code: 1x1 to 128, batch-norm, 2x2 to 768, batch-norm, ten classes without bias
    assert added == 5 * 144 * 128 + 2 * 128 + 2 * 2 * 128 * 768 + 2 * 768 + 768 * 10 == 494_848
    text = space.source(arch)
    assert "nn.Dropout(0.2)" in text
    assert "Dropout" not in bare.source(bare.architecture(enas_arc()))
    assert space.graph(False).output_names == ("logits", "aux")


@pytest.mark.parametrize("layers", [1, 2, 3, 4, 6])
def test_enas_micro_of_any_depth_has_its_auxiliary_classifier(layers: int) -> None:
    space = nasdsl.load("enas_micro", layers=layers, filters=4, nodes=2, auxiliary=True)
    network = space.network(space.sample(seed=3)[0], seed=0)
    assert [part.shape for part in network(torch.zeros(2, 3, 32, 32))] == [(2, 10), (2, 10)]
