"""Every shipped space checks, counts as published, compiles, runs forward and backward, and agrees with itself."""

from __future__ import annotations

import itertools

import pytest
from equivalence import check_forms_agree, check_gradients
from shipped import SHIPPED

import nasdsl
from nasdsl import resources


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
