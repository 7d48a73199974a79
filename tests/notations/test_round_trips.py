"""Architectures through every notation and back, and texts through architectures."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nasdsl
from nasdsl import NasError, notations, registry
from nasdsl.space import Space

MODULE = str(Path(__file__).parent / "spaces" / "module_101.nas")
FITS: list[tuple[str, dict[str, Any], str]] = [
    ("darts", {}, "darts"),
    ("darts", {"nodes": 2}, "darts"),
    ("darts_imagenet", {}, "darts"),
    ("darts_rnn", {}, "darts-rnn"),
    ("darts_rnn", {"nodes": 3}, "darts-rnn"),
    ("enas_macro", {}, "enas-macro"),
    ("enas_macro", {"layers": 24}, "enas-macro"),
    ("enas_micro", {}, "enas-micro"),
    ("enas_micro", {"nodes": 3}, "enas-micro"),
    ("enas_rnn", {}, "enas-rnn"),
    (MODULE, {}, "nasbench101"),
    (MODULE, {"vertices": 5}, "nasbench101"),
    ("nasbench201", {}, "nasbench201"),
    ("nasbench201", {"nodes": 3}, "nasbench201"),
    ("nasbench201", {}, "nasbench201-index"),
    ("mobilenetv3_ofa", {}, "ofa"),
    ("resnet_elastic", {}, "ofa-resnet"),
    ("tiny", {}, "nasdsl"),
    ("darts", {}, "nasdsl"),
]


def name_of(case: Any) -> str | None:
    return Path(case).stem if isinstance(case, str) else None


@cache
def load(name: str, *parameters: tuple[str, Any]) -> Space:
    return nasdsl.load(name, **dict(parameters))


def test_every_notation_is_in_the_table() -> None:
    assert {notation for _, _, notation in FITS} == set(registry.names(notations.GROUP))
    for name in registry.names(notations.GROUP):
        assert notations.find(name).name == name


@pytest.mark.parametrize(("space", "parameters", "notation"), FITS, ids=name_of)
def test_round_trip(space: str, parameters: dict[str, Any], notation: str) -> None:
    loaded = load(space, *parameters.items())
    assert notation in notations.fitting(loaded)
    texts = set()
    for arch in loaded.sample(30, seed=5):
        text = notations.write(arch, loaded, notation)
        back = notations.read(text, loaded, notation)
        assert notations.write(back, loaded, notation) == text
        if notation == "nasbench101":  # vertices that are not needed leave no trace, and the others close ranks
            assert loaded.stats(back) == loaded.stats(arch)
        else:
            assert back == arch
            assert back.text() == arch.text()
        texts.add(text)
    assert len(texts) > 20


def test_what_fits() -> None:
    for space, parameters, _ in FITS:
        loaded = load(space, *parameters.items())
        expected = {notation for name, given, notation in FITS if (name, given) == (space, parameters)}
        assert set(notations.fitting(loaded)) == expected | {"nasdsl"}
    assert set(notations.fitting(load("hierarchical_nb201"))) == {"nasdsl"}
    assert set(notations.fitting(load("nasnet"))) == {"nasdsl"}


def test_a_space_of_another_name_fits_by_its_decisions(tmp_path: Path) -> None:
    path = tmp_path / "mine.nas"
    path.write_text(
        "choice edge = nor_conv_3 | skip | zero as none\n"
        "block nor_conv_3 on x = x -> relu -> conv(3) -> bn\n"
        "cell mine on a {\n  x = [a]\n  for i in 1 ..< 5 { x += [sum([t -> edge for t in x])] }\n  return x[-1]\n}\n"
        "space own on x: image[4, 8, 8] = x -> mine -> global_avg_pool -> linear(10)\n"
    )
    space = nasdsl.load(path)
    assert set(notations.fitting(space)) == {"nasbench201", "nasdsl"}
    text = notations.write(space.sample(1)[0], space, "nasbench201")
    assert text.count("~") == 10
    assert notations.read(text, space, "nasbench201") == space.sample(1)[0]
    with pytest.raises(NasError, match="NAS533") as failure:
        notations.read(text.replace("none", "avg_pool_3x3"), space, "nasbench201")
    assert failure.value.diagnostics[0].help == ("the space has `none`, `skip_connect`, `nor_conv_3x3`",)


def test_architectures_of_another_schema_are_refused() -> None:
    arch = load("darts", ("nodes", 2)).sample(1)[0]
    for notation in ("darts", "nasdsl"):
        with pytest.raises(NasError, match="NAS522"):
            notations.write(arch, load("darts"), notation)


def test_what_a_space_requires_is_asked_of_a_text(tmp_path: Path) -> None:
    source = (Path(nasdsl.__file__).parents[1] / "spaces" / "nasbench201.nas").read_text()
    path = tmp_path / "small.nas"
    path.write_text(
        source.replace("space nasbench201", "space small").replace(
            "{\n  x = image", "{\n  require params <= 400K\n  x = image"
        )
    )
    space = nasdsl.load(path)
    allowed = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
    assert space.stats(notations.read(allowed, space, "nasbench201"))["params"] == 73_306
    with pytest.raises(NasError, match="NAS526"):
        notations.read(allowed.replace("none", "nor_conv_3x3"), space, "nasbench201")


# Whatever a text holds, the answer is an architecture or a diagnostic.


@cache
def texts() -> list[tuple[str, str]]:
    return list(_texts())


def _texts() -> Iterator[tuple[str, str]]:
    for space, parameters, notation in FITS:
        if not parameters and notation != "nasdsl":
            yield notation, notations.write(load(space).sample(1, seed=1)[0], load(space), notation)


SPACES = {notation: space for space, parameters, notation in FITS if not parameters}
PIECES = [
    "|",
    "+",
    "~",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    ",",
    ":",
    "'",
    '"',
    "=",
    "0",
    "1",
    "99",
    "-1",
    "None",
    "\n",
    "\x00",
    "é",
    "#",
]


@st.composite
def changed(draw: st.DrawFn) -> tuple[str, str]:
    """A text of some notation from which pieces are cut, and in which others are put."""
    notation, text = draw(st.sampled_from(texts()))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        middle = draw(st.sampled_from([*PIECES, text[end : end + 9]]) | st.text(max_size=4))
        text = text[:start] + middle + text[end:]
    return notation, text


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changed())
def test_no_text_breaks_a_reader(case: tuple[str, str]) -> None:
    notation, text = case
    space = load(SPACES[notation])
    try:
        arch = notations.read(text, space, notation)
    except NasError as failure:
        [item] = failure.diagnostics
        assert item.code.startswith(("NAS53", "NAS526"))
        assert item.labels or not text.strip()
    else:
        assert notations.read(notations.write(arch, space, notation), space, notation) == arch
