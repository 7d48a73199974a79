"""The canonical layout: what it looks like, that it is stable, and that it changes nothing but the layout."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from programs import programs

from nasdsl import NasError
from nasdsl.diagnostics import Source
from nasdsl.syntax import ast, formatter
from nasdsl.syntax.formatter import format_source
from nasdsl.syntax.forms import Forms
from nasdsl.syntax.parser import parse

ROOT = Path(__file__).parents[2]
CASES = re.split(r"^#{20,} (.*)\n", (Path(__file__).parent / "layouts.txt").read_text(), flags=re.MULTILINE)[1:]
CASES = list(zip(CASES[::2], CASES[1::2], strict=True))


def format_text(text: str, width: int = 120) -> str:
    return format_source(Source("case.nas", text), width)


def tree(text: str) -> ast.Module:
    return parse(Source("case.nas", text))


def comments(text: str) -> list[str]:
    return sorted(span.text.rstrip() for span in tree(text).comments)


def texts() -> dict[str, str]:
    """Everything in the project that parses."""
    found = {str(path.relative_to(ROOT)): path.read_text() for path in ROOT.glob("spaces/**/*.nas")}
    found |= {str(path.relative_to(ROOT)): path.read_text() for path in ROOT.glob("tests/bad/*.nas")}
    for path in (ROOT / "README.md", *ROOT.glob("grammars/*.md"), *ROOT.glob("nasdsl/diagnostics/explanations/*.md")):
        for i, text in enumerate(re.findall(r"```nas[^\n]*\n(.*?)```", path.read_text(), re.DOTALL)):
            found[f"{path.name}-{i}"] = text
    return {name: text for name, text in found.items() if parses(text)}


def parses(text: str) -> bool:
    try:
        tree(text)
    except NasError:
        return False
    return True


TEXTS = texts()


@pytest.mark.parametrize(
    ("before", "after"), [case[1].split("----\n") for case in CASES], ids=[case[0] for case in CASES]
)
def test_layout(before: str, after: str) -> None:
    assert format_text(before) == after
    assert format_text(after) == after


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("width", [120, 30])
def test_same_tree_same_comments_and_stable(name: str, width: int) -> None:
    once = format_text(TEXTS[name], width)
    assert ast.dump(tree(once)) == ast.dump(tree(TEXTS[name]))
    assert comments(once) == comments(TEXTS[name])
    assert format_text(once, width) == once


def test_there_are_texts() -> None:
    assert len(TEXTS) > 150


@pytest.mark.parametrize("path", sorted(ROOT.glob("spaces/**/*.nas")), ids=lambda path: path.stem)
def test_shipped_spaces_are_in_canonical_form(path: Path) -> None:
    assert format_text(path.read_text()) == path.read_text()


@pytest.mark.parametrize("path", sorted(ROOT.glob("nasdsl/diagnostics/explanations/*.md")), ids=lambda path: path.stem)
def test_examples_of_pages_are_in_canonical_form(path: Path) -> None:
    for text in re.findall(r"```nas[^\n]*\n(.*?)```", path.read_text(), re.DOTALL):
        assert not parses(text) or format_text(text) == text


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
def test_random_programs(text: str) -> None:
    once = format_text(text)
    assert ast.dump(tree(once)) == ast.dump(tree(text))
    assert comments(once) == comments(text)
    assert format_text(once) == once
    assert all(line == line.rstrip() for line in once.splitlines())


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
def test_random_programs_of_windows(text: str) -> None:
    assert format_text(text.replace("\n", "\r\n")) == format_text(text)


@pytest.mark.parametrize(("text", "canonical"), [("", ""), (" \n\n", ""), ("\n\n# only this", "# only this\n")])
def test_files_without_definitions(text: str, canonical: str) -> None:
    assert format_text(text) == canonical


def test_every_kind_of_node_has_a_layout() -> None:
    kinds = [kind for kind in vars(ast).values() if isinstance(kind, type) and issubclass(kind, ast.Node)]
    parts = {ast.Node, ast.Block, ast.Module}  # laid out by what they are a part of, or by `formatter.py`
    assert [
        kind.__name__ for kind in kinds if kind not in parts and not hasattr(Forms, f"on_{kind.__name__.lower()}")
    ] == []


def test_an_unknown_node_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Strange(ast.Node):
        pass

    module = tree("choice c = relu")
    vars(module.definitions[0])["body"] = Strange(module.definitions[0].body.span)
    monkeypatch.setattr(formatter, "parse", lambda source: module)
    with pytest.raises(NasError, match=r"NAS901.*has no rule for `Strange`"):
        format_text("choice c = relu")


def test_what_a_layout_leaves_out_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Forms, "on_alternative", lambda self, node: self.node(node.value))
    with pytest.raises(NasError, match="NAS901"):
        format_text("choice c = ~relu | conv(3) as three")


def test_a_changed_meaning_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formatter._File, "run", lambda self: "choice c = tanh\n")
    with pytest.raises(NasError, match="NAS901"):
        format_text("choice c = relu")
    monkeypatch.setattr(formatter._File, "run", lambda self: "choice c = (\n")
    with pytest.raises(NasError, match="NAS901"):
        format_text("choice c = relu")


def test_deep_texts_end_in_a_diagnostic() -> None:
    with pytest.raises(NasError, match="NAS105"):
        format_text("choice c = " + "-" * 3000 + "1")
