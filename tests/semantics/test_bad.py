"""Bad files and what is said of them.

Each file in tests/bad ends with the expected diagnostics as a comment; `NASDSL_UPDATE_GOLDEN=1` rewrites them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from nasdsl import NasError, compiler
from nasdsl.diagnostics import render
from nasdsl.semantics.scopes import Loader, find_space

FOLDER = Path(__file__).parents[1] / "bad"
FILES = sorted(path for path in FOLDER.glob("*.nas") if not path.stem.startswith("_"))
MARK = "# expect:\n"


def speak(text: str, path: Path) -> str:
    """The rendered diagnostics of a text, or an empty string."""
    from nasdsl.diagnostics import Source

    try:
        source = Source(path.name, text)
        scope = Loader().load(source, path)
        definition = find_space(scope, None, path.name)
        compiler.check(compiler.Located(source, path, scope, definition))
    except NasError as failure:
        spoken = "\n\n".join(render(item) for item in failure.diagnostics)
        return re.sub(r"(-->|:::) \S*/", r"\1 ", spoken)
    return ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_bad_file(path: Path) -> None:
    text, _, expected = path.read_text().partition(MARK)
    spoken = speak(text, path)
    block = "".join(f"#   {line}".rstrip() + "\n" for line in spoken.splitlines())
    if os.environ.get("NASDSL_UPDATE_GOLDEN") == "1":
        path.write_text(text + MARK + block)
        return
    assert spoken, "this file is no longer bad"
    assert block == expected


def test_many_kinds_of_mistakes_are_covered() -> None:
    codes = {code for path in FILES for code in re.findall(r"\[(NAS\d+)\]", path.read_text())}
    assert len(FILES) >= 40
    assert len(codes) >= 25
