"""Every shipped space checks, counts as published, compiles, runs forward and backward, and agrees with itself."""

from __future__ import annotations

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


SHIPPED: dict[str, Shipped] = {
    "tiny": Shipped(192, {"channels": 4}),
    "darts": Shipped(1_076_746_950_455_072_400, {"channels": 4, "layers": 3, "nodes": 3}),
    "nasbench201": Shipped(15_625, {"channels": 4, "cells": 1}),
    "enas_macro": Shipped(160_618_186_625_454_535_808_756_219_904, {"filters": 4, "layers": 6}),
}


def test_the_table_is_whole() -> None:
    assert set(SHIPPED) == set(resources.shipped_spaces())


@pytest.mark.parametrize("name", SHIPPED)
def test_count(name: str) -> None:
    assert nasdsl.load(name).count() == SHIPPED[name].count


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_forms_agree(name: str) -> None:
    space = nasdsl.load(name, **SHIPPED[name].small)
    for searching in (True, False):
        for training in (True, False):
            mixture = SHIPPED[name].mixture
            check_forms_agree(space, n=5, searching=searching, training=training, mixture=mixture)
    check_gradients(space)
