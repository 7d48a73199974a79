"""Every code has its page, and every example in a page does what the page says."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from commands import run

import nasdsl
from nasdsl import compiler
from nasdsl.diagnostics import explanations
from nasdsl.diagnostics.codes import CODES

# No text or short command leads there: not reported yet, several processes, a missing package, a fault of the compiler.
WITHOUT_EXAMPLE = {"NAS537", "NAS812", "NAS817", "NAS818", "NAS901"}
SLOW = {"NAS524"}  # a minute until the limit is met
BLOCK = re.compile(r"^```([\w-]+) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def pages() -> dict[str, str]:
    return {code: page.text for code in CODES if (page := explanations.find(code))}


def codes_of(path: Path) -> set[str]:
    """The codes of all that is said of a file: errors, or warnings and notes."""
    try:
        return {item.code for item in compiler.check(compiler.open_space(str(path))).warnings}
    except nasdsl.NasError as failure:
        return {item.code for item in failure.diagnostics}


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert {path.stem for path in explanations.FOLDER.glob("*.md")} == set(CODES)


def test_every_page_shows_its_code() -> None:
    for code, text in pages().items():
        shown = any(mark in text for mark in ("```nas-error", f"[{code}]", "```python\n"))
        assert shown or code in WITHOUT_EXAMPLE, code


@pytest.mark.parametrize("code", [code for code, text in pages().items() if "```nas" in text])
def test_spaces_in_pages(code: str, tmp_path: Path) -> None:
    for section in re.split(r"^Right\b", pages()[code], flags=re.MULTILINE):
        blocks = [block for block in BLOCK.findall(section) if block[0].startswith("nas")]
        for _, name, text in blocks:
            (tmp_path / (name or "example.nas")).write_text(text)
        for kind, name, _ in blocks[:1]:  # the others are files that the first one uses
            assert codes_of(tmp_path / (name or "example.nas")) == ({code} if kind == "nas-error" else set())


@pytest.mark.parametrize("code", [code for code, text in pages().items() if "```console" in text and code not in SLOW])
def test_commands_in_pages(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = pages()[code]
    assert re.search(rf"^error\[{code}\]", text, re.MULTILINE)
    example = tmp_path / "example.nas"
    for kind, _, body in BLOCK.findall(text):
        if kind == "nas" and not example.exists():  # the first; what is right comes after
            example.write_text(body)
        elif kind == "console":
            for command, expected in re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", body, re.MULTILINE):
                words = shlex.split(command)
                if words[0] != "nasdsl":
                    subprocess.run(["bash", "-c", command], check=True)
                    continue
                status, spoken = run(words[1:], monkeypatch, capfd)
                assert (status != 0) == ("error[" in expected)
                pattern = r".*".join(re.escape(part) for part in expected.split("..."))
                assert re.search(pattern, spoken, re.DOTALL), spoken


@pytest.mark.parametrize("code", [code for code, text in pages().items() if "```python" in text])
def test_code_in_pages(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    wrong, _, right = pages()[code].partition("Right")
    names: dict[str, object] = {}
    for part, fails in ((wrong, True), (right, False)):
        for kind, name, body in BLOCK.findall(part):
            if name or kind == "nas":
                (tmp_path / (name or "example.nas")).write_text(body)
        sys.modules.pop("mylayers", None)
        for body in [body for kind, name, body in BLOCK.findall(part) if kind == "python" and not name]:
            if not fails:
                exec(body, names)
                continue
            with pytest.raises(nasdsl.NasError) as failure:
                exec(body, names)
            assert {item.code for item in failure.value.diagnostics} == {code}


@pytest.mark.parametrize("name", ["NAS402", "nas402", "shape-mismatch", " Shape-Mismatch "])
def test_names_of_a_page(name: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    status, text = run(["explain", name], monkeypatch, capfd)
    assert status == 0
    assert text.startswith("NAS402 shape-mismatch: ")
    assert "sum([a -> conv(1, 32), b])" in text


def test_json(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    page = json.loads(run(["explain", "NAS501", "--json"], monkeypatch, capfd)[1])
    assert (page["code"], page["slug"]) == ("NAS501", "repeated-alternative")
    assert "```nas-error" in page["text"]
    rows = json.loads(run(["explain", "--json"], monkeypatch, capfd)[1])
    assert [row["code"] for row in rows] == list(CODES)


def test_list_of_all(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    lines = run(["explain"], monkeypatch, capfd)[1].splitlines()
    assert [line.split()[:2] for line in lines] == [[code, item.slug] for code, item in CODES.items()]


@pytest.mark.parametrize(
    ("name", "near"), [("NAS40", "`NAS40"), ("shape-mismatsch", "`shape-mismatch`"), ("", "lists")]
)
def test_unknown(name: str, near: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    status, text = run(["explain", name], monkeypatch, capfd)
    assert status == 2
    assert "error[NAS601]" in text
    assert near in text


def test_a_terminal_is_told_of_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.nas"
    bad.write_text("space s on x: image[1, 8, 8] {\n  a = x -> conf(3)\n  return a -> linaer(3)\n}\n")
    line = "nasdsl explain NAS201 tells more"
    assert line not in run(["check", str(bad)], monkeypatch, capfd)[1]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert run(["check", str(bad)], monkeypatch, capfd)[1].count(line) == 1
    for command in ("check", "stats"):
        assert line not in run([command, str(bad), "--json"], monkeypatch, capfd)[1]
