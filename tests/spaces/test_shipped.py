"""Every shipped space checks, counts as published, compiles, runs forward and backward, and agrees with itself."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import pytest
from equivalence import check_forms_agree, check_gradients

import nasdsl
from nasdsl import resources


class Shipped(NamedTuple):
    """`count` as published or derived in the file; `small` are parameters for a test on a CPU."""

    count: int
    small: dict[str, Any]
    mixture: bool = True


N = 12**6  # cells of hierarchical_nb201
WORDS = {"vocabulary": 40, "hidden": 6, "steps": 4}
NO_DROPOUT = {"drop_words": 0.0, "drop_output": 0.0}  # masks are drawn anew by every form
VIT = {"classes": 4, "size": 32, "least_depth": 1, "most_depth": 3, "head_dim": 4, "relative": 1}
TINY_IMAGES = {"resolution": 32, "classes": 5}

SHIPPED: dict[str, Shipped] = {
    "tiny": Shipped(192, {"channels": 4}),
    "darts": Shipped(1_076_746_950_455_072_400, {"channels": 4, "layers": 3, "nodes": 3}),
    "nasbench201": Shipped(15_625, {"channels": 4, "cells": 1}),
    "nasbench101": Shipped(1_824_025, {"channels": 4, "modules": 1, "vertices": 5}),
    "enas_macro": Shipped(160_618_186_625_454_535_808_756_219_904, {"filters": 4, "layers": 6}),
    "darts_rnn": Shipped(2_642_411_520, {"nodes": 3, **WORDS, **NO_DROPOUT}),
    "enas_rnn": Shipped(669_692_775_628_800, {"nodes": 4, **WORDS, **NO_DROPOUT}, mixture=False),
    "autoformer_tiny": Shipped(280_804_921_344, VIT, mixture=False),
    "autoformer_small": Shipped(77_103_263_459_313, VIT, mixture=False),
    "autoformer_base": Shipped(6_245_364_340_204_353, VIT, mixture=False),
    "hierarchical_nb201": Shipped((N**2 + 2 * N**3) ** 3 * (2 * N + N**2) ** 2, {"channels": 4}),
    "unet": Shipped(68_173_824, {"channels": 4, "size": 16}, mixture=False),
    "fpn": Shipped(2_178_463_248, {"channels": 4, "size": 8}),
    "darts_imagenet": Shipped(1_076_746_950_455_072_400, {**TINY_IMAGES, "channels": 4, "layers": 3, "nodes": 3}),
    "nats_size": Shipped(32_768, {"classes": 4}, mixture=False),
    "enas_micro": Shipped(
        25_628_906_250_000_000_000_000_000, {"filters": 4, "layers": 3, "nodes": 4, "auxiliary": True}, mixture=False
    ),
    "nasnet": Shipped(
        5_229_943_396_058_757_337_940_161_399_357_440_000, {"filters": 4, "cells": 1, "blocks": 3}, mixture=False
    ),
    "amoebanet": Shipped(
        309_834_464_941_077_422_470_594_560_000, {"filters": 4, "cells": 1, "blocks": 3}, mixture=False
    ),
    "pnas": Shipped(556_627_761_561_600, {"filters": 4, "cells": 1, "blocks": 3}),
    "proxylessnas": Shipped(221_502_229_807_900_608, TINY_IMAGES),
    "fbnet": Shipped(984_770_902_183_611_232_881, TINY_IMAGES),
    "spos_shufflenet": Shipped(1_099_511_627_776, {**TINY_IMAGES, "drop": 0.0}),
    "mobilenetv3_ofa": Shipped(21_758_655_492_572_485_851, {**TINY_IMAGES, "width": 0.25, "drop": 0.0}),
    # 32 pixels would leave one: batch-norm over three values makes too much of rounding
    "resnet_elastic": Shipped(1_639_276_531_308, {"resolution": 64, "classes": 5, "base": 32}),
    "text_classifier": Shipped(2_160, {"vocabulary": 40, "length": 6, "channels": 4, "drop": 0.0}, mixture=False),
}


def test_the_table_is_whole() -> None:
    assert set(SHIPPED) == set(resources.shipped_spaces())


@pytest.mark.parametrize("name", SHIPPED)
def test_count(name: str) -> None:
    assert nasdsl.load(name).count() == SHIPPED[name].count


@pytest.mark.parametrize("name", SHIPPED)
def test_nothing_to_warn_of(name: str) -> None:
    assert nasdsl.load(name).program.warnings == []


@pytest.mark.parametrize("name", SHIPPED)
def test_mixture(name: str) -> None:
    assert (not nasdsl.load(name, **SHIPPED[name].small).without_mixture) == SHIPPED[name].mixture


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_forms_agree(name: str) -> None:
    space = nasdsl.load(name, **SHIPPED[name].small)
    for seed, (searching, training) in enumerate(itertools.product((True, False), repeat=2)):  # 20 architectures
        mixture = SHIPPED[name].mixture
        check_forms_agree(space, n=5, searching=searching, training=training, mixture=mixture, seed=seed)
    check_gradients(space)
