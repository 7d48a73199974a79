"""`as` names what is decided where it stands, and a warning says where a name would be needed."""

from __future__ import annotations

from pathlib import Path

import nasdsl

HEAD = """
choice edge = conv(3) | conv(5)
block twice on x { return x -> (edge as first) -> (edge as second) }
"""


def load(body: str, folder: Path) -> nasdsl.Space:
    path = folder / "labels.nas"
    path.write_text(f"{HEAD}space s on x: image[4, 8, 8] {{\n{body}\n  return x -> global_avg_pool\n}}")
    return nasdsl.load(path)


def test_a_choice_and_a_block_take_the_label(tmp_path: Path) -> None:
    space = load("for i in 0 ..< 2 { x = x -> (twice as a) -> (twice as b) }\n  x = x -> (edge as last)", tmp_path)
    inside = [f"s.{block}[{i}].{name}" for i in (0, 1) for block in "ab" for name in ("first", "second")]
    assert [decision.key for decision in space.decisions] == [*inside, "s.last"]
    assert space.program.warnings == []


def test_a_bar_takes_the_label(tmp_path: Path) -> None:
    space = load("x = x -> ((conv(1) | conv(3)) as one) -> ((conv(1) | conv(3)) as two)", tmp_path)
    assert [decision.key for decision in space.decisions] == ["s.one", "s.two"]


def test_one_warning_for_all_that_is_inside(tmp_path: Path) -> None:
    space = load("x = x -> twice -> twice -> twice", tmp_path)
    assert [item.code for item in space.program.warnings] == ["NAS507", "NAS507"]
    assert [decision.key for decision in space.decisions][2:4] == ["s.twice#2.first", "s.twice#2.second"]
