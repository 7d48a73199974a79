"""`nasdsl diff`: what differs between two spaces, and what can be said of containment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import nasdsl
from nasdsl.cli import main as cli

HEAD = "space s on x: image[4, 8, 8] = x -> "
CASES = {
    "equal": ("(conv(3) | skip)", "(conv(3) | skip)", "equal", {}),
    "narrowed": ("(conv(3) | skip | bn)", "(conv(3) | skip)", "first contains second", {"s.out": "narrowed"}),
    "widened": ("(conv(3) | skip)", "(conv(3) | skip | bn)", "second contains first", {"s.out": "widened"}),
    "changed": ("(conv(3) | skip)", "(conv(5) | skip)", "overlapping", {"s.out": "changed"}),
    "added": ("(conv(3) | skip)", "(conv(3) | skip) -> ((bn | relu) as last)", "cannot be told", {}),
    "inside": ("(conv(3) | inner)", "(conv(3) | bn | inner)", "second contains first", {"s.out": "widened"}),
}
BLOCKS = "block inner on t = t -> (relu | gelu)\n"


@pytest.mark.parametrize("name", CASES)
def test_relations(name: str, tmp_path: Path) -> None:
    one, two, relation, kinds = CASES[name]
    spaces = []
    for number, text in enumerate((one, two)):
        path = tmp_path / f"s{number}.nas"
        path.write_text(BLOCKS + HEAD + text + "\n")
        spaces.append(nasdsl.load(path))
    found = spaces[0].difference(spaces[1])
    assert found.relation == relation
    assert {change.key: change.kind for change in found.changes} == kinds


def test_subsets_by_their_sizes(tmp_path: Path) -> None:
    spaces = []
    for how in ("2 of", "some of"):
        (tmp_path / "s.nas").write_text(HEAD.replace("x ->", f"sum({how} [x, x -> conv(3), x -> bn])") + "\n")
        spaces.append(nasdsl.load(tmp_path / "s.nas"))
    [change] = spaces[0].difference(spaces[1]).changes
    assert (change.kind, change.takes) == ("widened", ("2", "1 to 3"))
    assert spaces[1].difference(spaces[0]).relation == "first contains second"


def run(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["nasdsl", *arguments])
    status = 0
    try:
        cli.main()
    except SystemExit as stop:
        status = int(stop.code or 0)
    return status, capsys.readouterr().out


def test_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "tiny", "tiny"], monkeypatch, capsys)[0] == 0
    status, text = run(["diff", "darts", "darts", "--set-b", "nodes=3", "--json"], monkeypatch, capsys)
    data = json.loads(text)
    assert status == 1
    assert data["parameters"] == {"nodes": [4, 3]}
    assert data["count"] == [{"count": 1_076_746_950_455_072_400}, {"count": (3 * 49 * 6 * 49 * 1 * 49) ** 2}]
    assert "normal.x[5]" in data["removed"]
    status, text = run(["diff", "tiny", "nasbench201"], monkeypatch, capsys)
    assert status == 1
    assert "~ inputs: image[1, 8, 8] -> image[3, 32, 32]" in text


def test_count(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["count", "darts"], monkeypatch, capsys) == (0, "1,076,746,950,455,072,400 architectures\n")
    data = json.loads(run(["count", "nasbench201", "--networks", "--json"], monkeypatch, capsys)[1])
    assert data == {"count": 15_625, "networks": {"graphs": 6_040, "expressions": 6_466}}
