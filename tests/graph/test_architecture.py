"""Architecture files: canonical, and read strictly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from shipped import SPACES

import nasdsl
from nasdsl import NasError


@pytest.mark.parametrize("name", SPACES)
def test_round_trip(name: str, tmp_path: Path) -> None:
    space = nasdsl.load(name)
    for arch in space.sample(5, seed=4):
        arch.save(tmp_path / "a.json")
        assert space.read_architecture(tmp_path / "a.json") == arch
        assert space.read_architecture(tmp_path / "a.json").text() == arch.text()


def test_moves_to_other_parameters(tmp_path: Path) -> None:
    nasdsl.load("darts").sample(1)[0].save(tmp_path / "a.json")
    assert nasdsl.load("darts", channels=36, layers=20).read_architecture(tmp_path / "a.json")
    with pytest.raises(NasError, match="NAS52"):
        nasdsl.load("darts", nodes=3).read_architecture(tmp_path / "a.json")


def changed(change: dict[str, Any]) -> dict[str, Any]:
    data = nasdsl.load("darts").sample(1, seed=1)[0].to_json()
    decisions = change.pop("decisions", {})
    data |= change
    data["decisions"] = {k: v for k, v in {**data["decisions"], **decisions}.items() if v is not ...}
    return data


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"format": "other"}, "NAS521"),
        ({"version": 2}, "NAS521"),
        ({"version": True}, "NAS521"),
        ({"version": 1.0}, "NAS521"),
        ({"parameters": [1]}, "NAS521"),
        ({"fingerprint": 3}, "NAS521"),
        ({"comment": "mine"}, "NAS521"),
        ({"space": "tiny"}, "NAS522"),
        ({"schema": "0"}, "NAS522"),
        ({"decisions": {"normal.x[9]": [0, 1]}}, "NAS523"),
        ({"decisions": {"normal.x[2]": ...}}, "NAS523"),
        ({"decisions": {"normal.x[5]": [0, 9]}}, "NAS523"),
        ({"decisions": {"normal.x[5]": [0]}}, "NAS523"),
        ({"decisions": {"normal.x[5]": [1, 1]}}, "NAS523"),
        ({"decisions": {"normal.x[5]": [1, 0]}}, "NAS523"),
        ({"decisions": {"normal.x[5]": "all"}}, "NAS523"),
        ({"decisions": {"normal.x[2].edge[0]": "sep_cov(3)"}}, "NAS523"),
        ({"decisions": {"normal.x[2].edge[0]": "none"}}, "NAS523"),
        ({"decisions": {"normal.x[2].edge[0]": None}}, "NAS523"),
    ],
)
def test_strict(change: dict[str, Any], code: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(changed(change)))
    with pytest.raises(NasError) as failure:
        nasdsl.load("darts").read_architecture(tmp_path / "a.json")
    assert failure.value.diagnostics[0].code == code


def test_unknown_choice_is_named() -> None:
    with pytest.raises(NasError, match=r"tiny\.widht"):
        nasdsl.load("tiny").architecture({"tiny.widht": 0})


def test_decision_that_the_others_exclude(tmp_path: Path) -> None:
    data = changed({"decisions": {"normal.x[3]": [0, 1], "normal.x[3].edge[0]": "skip", "normal.x[3].edge[1]": "skip"}})
    data["decisions"]["normal.x[3].edge[2]"] = "skip"
    (tmp_path / "a.json").write_text(json.dumps(data))
    with pytest.raises(NasError, match="not part of this architecture"):
        nasdsl.load("darts").read_architecture(tmp_path / "a.json")


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, '"x"', "\x00"])
def test_not_an_architecture(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(NasError, match="NAS521"):
        nasdsl.load("tiny").read_architecture(tmp_path / "a.json")
