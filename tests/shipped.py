"""The shipped spaces, each with its size and with parameters that make it small: the one table of them."""

from __future__ import annotations

from typing import Any, NamedTuple


class Shipped(NamedTuple):
    """`count` as published or derived in the file; `small` are parameters for a test on a CPU.

    `searched` are more of them for tests that train whole supernets, which need not have every form of the space.
    """

    count: int
    small: dict[str, Any]
    mixture: bool = True
    searched: dict[str, Any] | None = None


N = 12**6  # cells of hierarchical_nb201
WORDS = {"vocabulary": 40, "hidden": 6, "steps": 4}
NO_DROPOUT = {"drop_words": 0.0, "drop_output": 0.0}  # masks are drawn anew by every form
VIT = {"classes": 4, "size": 32, "least_depth": 1, "most_depth": 3, "head_dim": 4, "relative": 1}
TINY_IMAGES = {"resolution": 32, "classes": 5}
TWO_BLOCKS = {"blocks": 2}

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
        5_229_943_396_058_757_337_940_161_399_357_440_000,
        {"filters": 4, "cells": 1, "blocks": 3},
        mixture=False,
        searched=TWO_BLOCKS,
    ),
    "amoebanet": Shipped(
        309_834_464_941_077_422_470_594_560_000,
        {"filters": 4, "cells": 1, "blocks": 3},
        mixture=False,
        searched=TWO_BLOCKS,
    ),
    "pnas": Shipped(556_627_761_561_600, {"filters": 4, "cells": 1, "blocks": 3}, searched=TWO_BLOCKS),
    "proxylessnas": Shipped(221_502_229_807_900_608, TINY_IMAGES),
    "fbnet": Shipped(984_770_902_183_611_232_881, TINY_IMAGES),
    "spos_shufflenet": Shipped(1_099_511_627_776, {**TINY_IMAGES, "drop": 0.0}),
    "mobilenetv3_ofa": Shipped(21_758_655_492_572_485_851, {**TINY_IMAGES, "width": 0.25, "drop": 0.0}),
    # 32 pixels would leave one: batch-norm over three values makes too much of rounding
    "resnet_elastic": Shipped(
        1_639_276_531_308, {"resolution": 64, "classes": 5, "base": 32}, searched={"resolution": 32}
    ),
    "text_classifier": Shipped(2_160, {"vocabulary": 40, "length": 6, "channels": 4, "drop": 0.0}, mixture=False),
}

SPACES = ("tiny", "darts", "nasbench201", "enas_macro")  # where four are enough
SMALL = {name: row.small for name, row in SHIPPED.items()}
