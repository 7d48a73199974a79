"""What stands in a stranger's files does not steer the terminal, wherever it is shown."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nasdsl
from nasdsl.cli import main as cli
from nasdsl.diagnostics import Source, Span, diagnostic, render

ROOT = Path(__file__).parents[2]
# Colours, a window's title, clearing the screen, bell, backspace, overwriting the line, reading direction, ...
TEXT = "owned\x1b[31m\x1b]0;t\x07\x9b2J\b\r\u202e\u2028\u2066\x7f\x0b"
LONE = "\udc80"  # what Python makes of a byte that is no UTF-8
LINE = "x\nerror[NAS101] fake a line of another diagnostic"
ALL = TEXT + LONE + "\x00"
FILE = TEXT + LONE + "\n\t"  # what a file may be called
COLOUR = re.compile(r"\x1b\[(1;31|1;32|1;33|1;36|0)m")
Run = Callable[..., str]


def harmless(data: bytes) -> str:
    """The output as text, once it is known to hold nothing that a terminal obeys."""
    text = data.decode()
    bad = sorted({char for char in text if char not in "\n\t" and not char.isprintable()})
    assert not bad, (bad, text)
    assert not re.search(r"^error\[NAS101\] fake", text, re.MULTILINE), text
    assert "Traceback" not in text
    return text


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Runs a command in this process; returns what it writes, standard output before standard error."""

    def call(*arguments: object, given: bytes = b"") -> str:
        monkeypatch.setattr("sys.argv", ["nasdsl", *map(str, arguments)])
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given)))
        with pytest.raises(SystemExit):
            cli.main()
        shown = capsysbinary.readouterr()
        return harmless(shown.out + shown.err)

    return call


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Run:
    """As `run`, where both outputs are a terminal: there our own colours are allowed."""
    pty = pytest.importorskip("pty")

    def call(*arguments: object, given: bytes = b"") -> str:
        ours, theirs = pty.openpty()
        with open(theirs, "w", encoding="utf-8") as screen, monkeypatch.context() as patch:
            patch.setattr("sys.argv", ["nasdsl", *map(str, arguments)])
            patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given)))
            patch.setattr("sys.stdout", screen)
            patch.setattr("sys.stderr", screen)
            with pytest.raises(SystemExit):
                cli.main()
        shown = b""
        with contextlib.suppress(OSError):  # the end of a terminal
            while more := os.read(ours, 65_536):
                shown += more
        os.close(ours)
        return harmless(COLOUR.sub("", shown.decode()).replace("\r\n", "\n").encode())

    return call


def called(path: Path, text: str | bytes) -> Path:
    try:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    except OSError:
        pytest.skip("this file system has no such names")
    return path


# architecture files


def architecture(change: Callable[[dict[str, Any]], object]) -> str:
    data = nasdsl.load("tiny").sample(1, 0)[0].to_json()
    change(data)
    return json.dumps(data)


def key(data: dict[str, Any]) -> str:
    return next(iter(data["decisions"]))


ARCHITECTURES: dict[str, Callable[[dict[str, Any]], object]] = {
    "field": lambda data: data.update({ALL: 1}),
    "field that looks like another line": lambda data: data.update({LINE: 1}),
    "version": lambda data: data.update(version=ALL),
    "space": lambda data: data.update(space=ALL),
    "decision": lambda data: data["decisions"].update({ALL: "relu"}),
    "candidate": lambda data: data["decisions"].update({key(data): ALL}),
    "candidates": lambda data: data["decisions"].update({key(data): [ALL]}),
}


@pytest.mark.parametrize("what", ARCHITECTURES)
def test_architecture_files(what: str, run: Run, tmp_path: Path) -> None:
    path = called(tmp_path / "a.json", architecture(ARCHITECTURES[what]))
    shown = [run("stats", "tiny", "--arch", path)]
    shown.append(run("compile", "tiny", "--emit", "network", "--arch", path))
    shown.append(run("graph", "tiny", "--arch", path))
    shown.append(run("arch", "convert", "tiny", path))
    shown.append(run("export", "--arch", path, "--space", "tiny", "-o", tmp_path / "n.py"))
    for text in shown:
        assert "NAS52" in text
        assert "fake" in text or "owned" in text
    shown.append(run("export", "--arch", path, "-o", tmp_path / "n.py"))


def test_texts_in_other_notations(run: Run) -> None:
    for text in (ALL, f"|{TEXT}~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|a~0|b~1|c~2|"):
        given = text.encode("utf-8", "replace")
        assert "NAS53" in run("arch", "convert", "nasbench201", "-", "--from", "nasbench201", given=given)


# .nas files

BODY = "space s on x: image[1, 8, 8] = x -> "
FILES = {
    "use of a file": f'use "{TEXT}.nas"\n{BODY}conv(3)\n',
    "use of a file with an escape": f'use "x\\nerror[NAS101] fake: x.nas"\n{BODY}conv(3)\n',
    "character": BODY + TEXT,
    "comment beside an error": f"{BODY}conv_3  # {TEXT}\n",
    "name": f'{BODY}conv("{TEXT}")\n',
    "string that is never closed": f'{BODY}conv("{TEXT}\n',
    "keyword": f'{BODY}conv(3, act = "{TEXT}")\n',
    "default": f'space s(a = "{TEXT}") on x: image[1, 8, 8] = x -> conv(a)\n',
    "requirement": f"{BODY}(conv(3) | relu)\nrequire {TEXT}\n",
    "extern": f'extern e on x: image[c, h, w] -> image[c, h, w] = "{TEXT}"\n{BODY}e\n',
}


@pytest.mark.parametrize("what", FILES)
def test_nas_files(what: str, run: Run, terminal: Run, tmp_path: Path) -> None:
    path = called(tmp_path / "s.nas", FILES[what])
    assert "NAS" in run("check", path)
    assert "NAS" in terminal("check", path)
    run("check", path, "--json")


FINE = f'"""Says {TEXT}."""\n# {TEXT}\nspace s(text = "{TEXT}") on x: image[1, 8, 8] = x -> (conv(3)|relu)\n'


@pytest.mark.parametrize("stage", ["ast", "typed", "graph", "supernet"])
def test_listings(stage: str, run: Run, tmp_path: Path) -> None:
    path = called(tmp_path / "s.nas", FINE)
    run("compile", path, "--emit", stage)
    run("compile", path, "--emit", stage, "--set", f"text={TEXT}")


def test_other_listings(run: Run, tmp_path: Path) -> None:
    path = called(tmp_path / "s.nas", FINE)
    for command in (["check"], ["stats"], ["count"], ["sample"], ["graph"], ["diff", "tiny"], ["arch", "notations"]):
        run(*command, path)
    assert "owned" in run("diff", path, path, "--set-a", f"text={TEXT}")
    assert "\nerror" not in run("diff", path, path, "--set-a", f"text={LINE}")


def test_names_of_files(run: Run, terminal: Run, tmp_path: Path) -> None:
    names = [tmp_path / f"{name}.nas" for name in (FILE, LINE, "\udcff")]
    for path in names:
        for shown in (run, terminal):
            assert "NAS" in shown("check", called(path, "space"))
            assert "NAS" in shown("fmt", "--check", path)
            assert path.suffix in shown("fmt", called(path, BODY + "(conv(3)|relu)\n"))
            assert "NAS206" in shown("check", path.with_stem(path.stem + "2"))
            assert "NAS209" in shown("fmt", path.with_stem(path.stem + "2"))
        called(path, BODY + "(conv(3)|relu)\n")
        assert path.suffix in run("fmt", "--check", path)
        assert "+space" in run("fmt", "--diff", path)
        assert "NAS521" in run("stats", path, "--arch", path)
        assert "networks" in run("count", path, "--networks")
        assert "architectures" in run("diff", path, "tiny")
        assert "NAS603" in run("compile", path, "-o", path / "n.py")
        assert "NAS521" in run("export", "--arch", path, "--space", path, "-o", tmp_path / "n.py")
        assert path.suffix in run("check", "tiny", path)  # as a pattern of the shell puts it there
    assert ".nas" in run("fmt", "--check", tmp_path)


def test_formatting_copies_what_a_program_reads(
    terminal: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """From standard input to standard output byte for byte, and a patch that fits; on a terminal neither."""
    long = f"# {TEXT} \xe9\n{BODY}(conv(3)|relu)\n".replace("\r", "")
    for arguments, status in ((["fmt", "-"], 0), (["fmt", "--diff", "-"], 1)):
        monkeypatch.setattr("sys.argv", ["nasdsl", *arguments])
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(long.encode())))
        with pytest.raises(SystemExit) as stop:
            cli.main()
        assert stop.value.code == status
        assert long.splitlines(keepends=True)[0].encode().rstrip() in capsysbinary.readouterr().out
        assert "owned" in terminal(*arguments, given=long.encode())


# runs


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Two runs, one finished and one failed, of which nothing is as a run writes it."""
    for name, more in ((f"one{FILE}", {"channels": ALL}), ("two\n  fake", {LINE: LINE, ALL: [ALL], "x": {ALL: ALL}})):
        folder = tmp_path / "runs" / name
        folder.mkdir(parents=True)
        settings = {"strategy": ALL, "data": LINE, "epochs": ALL, ALL: ALL, "options": {ALL: ALL, LINE: 1}}
        config = {"format": "nasdsl-run", "kind": ALL, "epochs": 3, "settings": {**settings, **more}, "inherit": ALL}
        config["space"] = {"name": ALL + LINE, "parameters": {**more, ALL: LINE}}
        (folder / "config.json").write_text(json.dumps(config))
        (folder / "metrics.jsonl").write_text(json.dumps({"epoch": 2, ALL: 0.5, LINE: 1}) + "\n")
        (folder / "architecture.json").write_text(json.dumps({"decisions": {ALL: ALL, LINE: LINE, **more}}))
        (folder / "space.nas").write_text(FINE)
    result = {"params": 3, "valid_accuracy": 0.5, ALL: 1, LINE: 2}
    (tmp_path / "runs" / f"one{FILE}" / "result.json").write_text(json.dumps(result))
    failure = [{"code": ALL, "message": f"{ALL}\n{LINE}"}]
    (tmp_path / "runs" / "two\n  fake" / "failure.json").write_text(json.dumps(failure))
    return tmp_path / "runs"


def test_tables_of_runs(runs: Path, run: Run, terminal: Run) -> None:
    one, two = runs / f"one{FILE}", runs / "two\n  fake"
    for shown in (run, terminal):
        text = shown("runs", runs)
        assert len(text.splitlines()) == 4  # the head, two runs, and why one failed
        assert text.count("owned") > 4
        text = shown("runs", one, two)
        assert not any(line.startswith(("  fake", "error")) for line in text.splitlines())
        assert text.count("owned") > 8
        shown("runs", two, one)
        shown("runs", runs / "none" / FILE)
        shown("runs", one, runs)
    run("runs", runs, "--json")
    run("runs", one, two, "--json")


def test_export_of_runs(runs: Path, run: Run, tmp_path: Path) -> None:
    for folder in (*sorted(runs.iterdir()), runs / FILE):
        assert "NAS" in run("export", folder, "-o", tmp_path / "n.py")
        assert "NAS" in run("export", folder, "--space", "tiny", "-o", tmp_path / "n.py")
    path = called(tmp_path / "a.json", architecture(lambda data: None))
    target = tmp_path / FILE
    assert "source, needs only torch" in run("export", "--arch", path, "-o", target)
    assert "NAS808" in run("export", "--arch", path, "--weights", target, "-o", tmp_path / "n.py")


# TOML


def quoted(text: str) -> str:
    """A text of TOML, which has no lone surrogates."""
    return json.dumps(text.replace(LONE, ""))


EXPERIMENTS = {
    "key": f"{quoted(ALL)} = 1",
    "key that looks like another line": f"{quoted(LINE)} = 1",
    "value": f"space = [{quoted(ALL)}]",
    "no TOML": f"# {TEXT}",
    "table": f"search = {quoted(ALL)}",
    "key of the search": f"[search]\n{quoted(ALL)} = 1",
    "space": f"space = {quoted(ALL)}",
    "strategy": f"[search]\nstrategy = {quoted(ALL)}",
    "epochs": f"[search]\nepochs = {quoted(ALL)}",
    "device": f"[search]\ndevice = {quoted(ALL)}",
    "option": f"[options]\n{quoted(ALL)} = 1",
    "value of an option": f"[options]\norder = {quoted(ALL)}",
    "parameter": f"[parameters]\n{quoted(ALL)} = 1",
    "value of a parameter": f"[parameters]\nchannels = {quoted(ALL)}",
    "data": f"[data]\nname = {quoted(ALL)}",
    "folder of data": f"[data]\nname = {quoted('folder:' + ALL)}",
}


@pytest.mark.parametrize("what", EXPERIMENTS)
def test_experiments(what: str, run: Run, tmp_path: Path) -> None:
    path = called(tmp_path / f"{FILE}.toml", EXPERIMENTS[what])
    space = [] if what == "space" else ["tiny"]
    assert "error[NAS" in run("search", *space, "--config", path, "-o", tmp_path / "r")


RECIPES = {
    "key": f"{quoted(ALL)} = 1",
    "value": f"epochs = {quoted(ALL)}",
    "texts": f"about = {quoted(ALL + LINE)}\npaper = {quoted(ALL)}\ndata = {quoted(ALL)}\n",
    "tables": f"[parameters]\n{quoted(LINE)} = {quoted(ALL)}\n[options]\nlr = {quoted(ALL + LINE)}\n",
}


@pytest.mark.parametrize("what", RECIPES)
def test_recipes(what: str, run: Run, tmp_path: Path) -> None:
    path = called(tmp_path / f"{FILE}.toml", RECIPES[what])
    text = run("recipes", path)
    assert "owned" in text
    assert "\nerror[NAS101]" not in text
    arch = called(tmp_path / "a.json", architecture(lambda data: None))
    assert "NAS" in run("retrain", "tiny", "--arch", arch, "--recipe", path, "--epochs", 1, "-o", tmp_path / "r")


def test_weights(run: Run, tmp_path: Path) -> None:
    import torch

    net = nasdsl.load("tiny", channels=4).supernet()
    path = tmp_path / "w.pt"
    torch.save({ALL: torch.zeros(1), LINE: torch.zeros(1)}, path)
    common = ["search", "tiny", "--set", "channels=4", "--weights", path, "-o", tmp_path / "r", "--limit", 20]
    assert "NAS808" in run(*common)
    torch.save({**net.state_dict(), ALL: torch.zeros(1), LINE: torch.zeros(1)}, path)
    assert "not in the supernet: `owned" in run(*common, "--epochs", 1, "--batch-size", 10)
    (tmp_path / "r" / "checkpoint.pt").write_bytes(ALL.encode("utf-8", "replace"))
    config = tmp_path / "r" / "config.json"
    assert "NAS80" in run(*common, "--epochs", 1, "--batch-size", 10, "--resume")
    data = json.loads(config.read_text())
    data["settings"][ALL] = LINE
    data["settings"]["seed"] = ALL
    config.write_text(json.dumps(data))
    assert "owned" in run(*common, "--epochs", 1, "--batch-size", 10, "--resume")
    data["kind"] = ALL
    config.write_text(json.dumps(data))
    assert "owned" in run(*common, "--epochs", 1, "--batch-size", 10, "--resume")


# the door itself


def test_a_diagnostic_keeps_to_its_lines() -> None:
    one = Source(f"a{LINE}", f"first {ALL}\n\tsecond\n")
    two = Source(f"b{ALL}", "third\n")
    labels = [(Span(one, 15, 20), LINE), (Span(two, 0, 2), ALL)]
    item = diagnostic("NAS101", f"{LINE}{ALL}", *labels, help=[LINE, ALL])
    plain, coloured = render(item), render(item, colour=True)
    assert COLOUR.sub("", coloured) == plain
    assert len(plain.splitlines()) == len(plain.split("\n")) == 10
    assert "| first owned\ufffd[31m" in plain
    assert plain.count("\nhelp: ") == 2
    harmless(plain.encode())
    harmless(COLOUR.sub("", coloured).encode())


def test_one_character_stays_one() -> None:
    from nasdsl.terminal import one_line, printable

    assert printable(ALL) == one_line(ALL) == "owned\ufffd[31m\ufffd]0;t" + "\ufffd" * 2 + "2J" + "\ufffd" * 9
    assert printable("a\n\tb \xe9 \u4e2d") == "a\n\tb \xe9 \u4e2d"
    assert one_line("a\n\tb") == "a  b"


def test_an_output_that_knows_only_ascii(tmp_path: Path) -> None:
    """For a file's name of no encoding, in a document and in a message."""
    (tmp_path / "s.nas").write_text('"""caf\xe9"""\n' + BODY + "conv(3)\n", encoding="utf-8")
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from nasdsl.cli.main import main; main()"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    for arguments, status in ((["compile", "s.nas", "--emit", "ast"], 0), (["check", b"caf\xc3\xa9\xff.nas"], 1)):
        command = [sys.executable, "-c", code, *arguments]
        done = subprocess.run(command, capture_output=True, cwd=tmp_path, env=environment)
        assert done.returncode == status, done.stderr
        assert rb"caf\xe9" in done.stdout + done.stderr


def test_all_output_goes_through_it() -> None:
    """What ruff does not see: streams, and the output of the libraries that draw."""
    others = re.compile(r"\bprint\(|std(out|err)\.(buffer|write)|\becho\(|Console\(")
    found = {
        str(path.relative_to(ROOT)): others.findall(text)
        for path in (ROOT / "nasdsl").rglob("*.py")
        if others.search(text := path.read_text(encoding="utf-8"))
    }
    assert set(found) == {"nasdsl/terminal.py", "nasdsl/training/loop.py"}
    assert len(found["nasdsl/training/loop.py"]) == 1  # the bar: numbers, and the name of a space
