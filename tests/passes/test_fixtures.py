"""Each file in fixtures/ is a space, a line `# passes: ...`, and the graph before and after it.

`NASDSL_UPDATE_GOLDEN=1` rewrites them; then read what changed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from shown import shown

import nasdsl
from nasdsl.passes.pipeline import parse_passes, run

FOLDER = Path(__file__).parent / "fixtures"
BEFORE, AFTER = "# before\n", "# after\n"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.nas")), ids=lambda path: path.stem)
def test_before_and_after(path: Path) -> None:
    source = path.read_text().partition(BEFORE)[0]
    [line] = [line for line in source.splitlines() if line.startswith("# passes: ")]
    graph = nasdsl.load(path).graph()
    found = run(graph, parse_passes(line.removeprefix("# passes: "), graph))
    sections = [(BEFORE, graph), (AFTER, found)]
    text = source + "".join(
        title + "".join(f"#   {row}\n" for row in shown(item).splitlines()) for title, item in sections
    )
    if os.environ.get("NASDSL_UPDATE_GOLDEN"):
        path.write_text(text)
    assert path.read_text() == text
