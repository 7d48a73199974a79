"""Every example of the language reference and of the README is executed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from test_bad import speak

import nasdsl
from nasdsl.ir.program import KINDS
from nasdsl.ops.table import PRIMITIVES
from nasdsl.semantics.scopes import FUNCTIONS, MEASURES, QUANTIFIERS

ROOT = Path(__file__).parents[2]
EXAMPLES = [
    (f"{path.parent.name}-{number}", kind.strip(), text)
    for path in (ROOT / "grammars" / "README.md", ROOT / "README.md")
    for number, (kind, text) in enumerate(re.findall(r"```nas([^\n]*)\n(.*?)```", path.read_text(), re.DOTALL))
]


@pytest.mark.parametrize(("kind", "text"), [item[1:] for item in EXAMPLES], ids=[item[0] for item in EXAMPLES])
def test_example(kind: str, text: str, tmp_path: Path) -> None:
    spoken = speak(text, tmp_path / "example.nas")
    if kind.startswith("-error"):
        assert f"[{kind.split()[1]}]" in spoken
        return
    assert spoken == ""
    if kind == "-check":  # it needs more than this repository to run
        return
    (tmp_path / "example.nas").write_text(text)
    space = nasdsl.load(tmp_path / "example.nas")
    assert space.count() > 1
    assert all(item.severity == "note" for item in space.program.warnings)
    space.network(space.sample(1)[0])
    space.supernet()


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 25


def test_every_word_is_in_the_reference() -> None:
    text = (ROOT / "grammars" / "README.md").read_text()
    parameters = {parameter.name for primitive in PRIMITIVES.values() for parameter in primitive.parameters}
    words = {*PRIMITIVES, *parameters, *FUNCTIONS, *MEASURES, *QUANTIFIERS, *KINDS}
    assert sorted(word for word in words if not re.search(rf"`[^`\n]*\b{word}\b[^`\n]*`", text)) == []
