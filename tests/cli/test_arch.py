"""`nasdsl arch`: files, texts and standard input; exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BEST = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|"


def nasdsl(*arguments: str, given: bytes = b"", cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from nasdsl.cli.main import main; main()"
    command = [sys.executable, "-c", code, "arch", *arguments]
    return subprocess.run(command, capture_output=True, input=given, cwd=cwd)


def test_convert(tmp_path: Path) -> None:
    text = nasdsl("convert", "nasbench201", "6111", "--from", "nasbench201-index", "--to", "nasbench201")
    assert text.stdout.decode() == BEST + "\n"
    file = tmp_path / "best.json"
    done = nasdsl("convert", "nasbench201", BEST, "--from", "nasbench201", "-o", str(file))
    assert (done.returncode, done.stdout) == (0, b"")
    assert json.loads(file.read_text())["space"] == "nasbench201"
    from_file = nasdsl("convert", "nasbench201", "best.json", "--to", "nasbench201-index", cwd=tmp_path)
    assert from_file.stdout == b"6111\n"
    from_input = nasdsl("convert", "nasbench201", "-", "--to", "nasbench201-index", given=file.read_bytes())
    assert from_input.stdout == b"6111\n"


def test_set(tmp_path: Path) -> None:
    """A parameter that changes which decisions exist."""
    cell = "Genotype(normal={0}, normal_concat=[2], reduce={0}, reduce_concat=[2])".format([("skip_connect", 0)] * 2)
    cell = cell.replace("('skip_connect', 0)]", "('skip_connect', 1)]")
    assert nasdsl("convert", "darts", cell, "--from", "darts", "--set", "nodes=1").returncode == 0
    wrong = nasdsl("convert", "darts", cell, "--from", "darts")
    assert wrong.returncode == 1
    assert b"help: pass `--set nodes=1`" in wrong.stderr


def test_no_torch() -> None:
    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from nasdsl.cli.main import app
try:
    app(["arch", "convert", "nasbench201", "{BEST}", "--from", "nasbench201"])
except SystemExit as stop:
    assert not stop.code, stop.code
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_notations() -> None:
    assert set(json.loads(nasdsl("notations", "nasbench201", "--json").stdout)) == {
        "nasbench201", "nasbench201-index", "nasdsl",
    }  # fmt: skip
    lines = nasdsl("notations", "tiny").stdout.decode().splitlines()
    assert [line.split()[0] for line in lines] == ["nasdsl"]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (
            ["nasbench201", BEST, "--from", "nasbench21"],
            2,
            "[NAS805] unknown-plugin: unknown notation",
        ),
        (["tiny", BEST, "--from", "nasbench201"], 1, "[NAS532]"),
        (["tiny", "--from", "nasbench201", "--", "-1"], 1, "[NAS532]"),
        (["nasbench201", "best.json"], 1, "[NAS209] unreadable: file `best.json` not found"),
        (["nasbench201", "runs/a/best"], 1, "[NAS209]"),
        (["nasbench201", BEST], 1, "use `--from` for a text"),
        (["nasbench201", "{}"], 1, "[NAS521]"),
        (["nasbench201", "x\x1by|", "--from", "nasbench201"], 1, "[NAS534]"),
        (["nasbench201", "6111", "--from", "nasbench201-index", "-o", "/nonexistent/a.json"], 2, "[NAS603]"),
        (["nowhere", BEST], 1, "[NAS206]"),
    ],
)
def test_bad_usage(arguments: list[str], status: int, words: str) -> None:
    run = nasdsl("convert", *arguments)
    assert run.returncode == status
    assert words in run.stderr.decode()
    assert "Traceback" not in run.stderr.decode()
    assert "\x1b" not in run.stderr.decode()


def test_bad_input() -> None:
    run = nasdsl("convert", "nasbench201", "-", given=b"\xff")
    assert run.returncode == 1
    assert b"[NAS106] encoding: standard input is not UTF-8 text" in run.stderr
    assert b"`standard input` is empty" in nasdsl("convert", "darts", "-", "--from", "darts").stderr
