"""Nothing of a stranger's runs: spaces, architectures and run folders are data, whatever reads them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import nasdsl
from nasdsl import NasError, registry
from nasdsl.cli.main import main
from nasdsl.passes.restrict import restrict

STRATEGIES = sorted(registry.names("nasdsl.strategies"))
SPACE = """
extern gate(word) on x: image[C, H, W] -> image[C, H, W] = "stranger:Gate"
choice edge = conv(3) | conv(1) | skip
cell body on a = a -> (edge as first) -> (edge as second)
space s(channels = 8, classes = 10, word = "a") on x: image[1, 8, 8] {
  x = x -> gate(word) -> conv(3, channels) -> bn -> body
  return x -> global_avg_pool -> linear(classes)
}
"""
STRANGER = """
import pathlib
from torch import nn

pathlib.Path({mark!r}).write_text("imported")


class Gate(nn.Module):
    def __init__(self, word):
        super().__init__()

    def forward(self, x):
        return x
"""
QUICK: dict[str, Any] = {"limit": 24, "epochs": 1, "batch_size": 8}
OPTIONS: dict[str, dict[str, Any]] = {
    "drnas": {"keep": 2},
    "pdarts": {"add": (0, 0, 0), "depth": "channels"},
    "random": {"evaluate": 2},
}


class Folder:
    """A space with somebody's module beside it, and a file that is there once something of it ran."""

    def __init__(self, path: Path):
        self.path, self.space, self.mark = path, path / "s.nas", path / "ran"
        self.space.write_text(SPACE)
        (path / "stranger.py").write_text(STRANGER.format(mark=str(self.mark)))

    def forget(self) -> None:
        sys.modules.pop("stranger", None)
        self.mark.unlink(missing_ok=True)

    def refuses(self, action: Callable[[], object], code: str = "NAS702") -> None:
        self.forget()
        with pytest.raises(NasError) as caught:
            action()
        assert not self.mark.exists()
        assert caught.value.diagnostics[0].code == code


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    found = Folder(tmp_path)
    found.forget()
    return found


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_no_strategy_imports_what_nobody_allowed(folder: Folder, strategy: str) -> None:
    if strategy == "sandwich":  # it searches sizes
        folder.space.write_text(SPACE.replace("conv(3, channels)", "conv(3, 4 | 8)"))
    chosen = {name: value for name, value in OPTIONS.get(strategy, {}).items() if name in described(strategy)}

    def search(allowed: bool, name: str) -> Any:
        space = nasdsl.load(folder.space, allow_extern=allowed)
        return nasdsl.search(space, strategy=strategy, options=chosen, out=folder.path / name, **QUICK)

    folder.refuses(lambda: search(False, "refused"))
    assert not (folder.path / "refused").exists()
    search(True, "allowed")  # the refusal was about permission alone
    assert folder.mark.exists()


def described(strategy: str) -> dict[str, Any]:
    from dataclasses import fields

    return {item.name: item for item in fields(registry.find("nasdsl.strategies", strategy).Options)}


def test_a_graph_that_a_pass_made_goes_through_the_same_door(folder: Folder) -> None:
    space = nasdsl.load(folder.space)
    graph = restrict(space.graph(), {"body.first": (0, 1)})
    for build in (lambda: space.build(graph), space.supernet, lambda: space.network(space.sample()[0])):
        folder.refuses(build)
    folder.refuses(lambda: space.rebind(channels=4).supernet())
    allowed = nasdsl.load(folder.space, allow_extern=True)
    assert allowed.build(graph)(torch.zeros(2, 1, 8, 8), {"body.first": 0, "body.second": 1}).shape == (2, 10)


@pytest.fixture
def run(folder: Folder) -> Path:
    """A finished search and its retraining, by someone who allowed the module; then the folder goes to another."""
    space = nasdsl.load(folder.space, allow_extern=True)
    found = nasdsl.search(space, out=folder.path / "run", **QUICK)
    nasdsl.retrain(space, found.architecture, out=folder.path / "run" / "retrain", **QUICK)
    folder.forget()
    return folder.path / "run"


def command(*arguments: object) -> int:
    before, sys.argv = sys.argv, ["nasdsl", *map(str, arguments)]
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        sys.argv = before
    return 0


def test_runs_of_others(folder: Folder, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arch = run / "architecture.json"
    folder.refuses(lambda: nasdsl.load_supernet(nasdsl.load(folder.space), run))
    folder.refuses(lambda: nasdsl.retrain(folder.space, arch, out=folder.path / "r", **QUICK))
    folder.refuses(lambda: nasdsl.search(folder.space, out=run, resume=True, **QUICK))
    fast = ("--limit", 24, "--epochs", 1, "--batch-size", 8)
    for arguments in (
        ("search", folder.space, "-o", folder.path / "n", *fast),
        ("search", folder.space, "-o", run, "--resume", *fast),
        ("search", folder.space, "-o", folder.path / "n", "--inherit", run, *fast),
        ("retrain", folder.space, "--arch", arch, "-o", folder.path / "n", *fast),
        ("retrain", folder.space, "--arch", arch, "-o", folder.path / "n", "--inherit", run, *fast),
        *(
            ("export", run, "--format", format, "-o", folder.path / "out")
            for format in ("safetensors", "onnx", "torch")
        ),
        ("export", run / "retrain", "-o", folder.path / "out"),
        ("export", "--arch", arch, "--space", folder.space, "-o", folder.path / "out"),
    ):
        capsys.readouterr()
        assert command(*arguments) == 1, arguments
        assert "NAS702" in capsys.readouterr().err
        assert not folder.mark.exists(), arguments
    assert not (folder.path / "n").exists()
    assert not (folder.path / "out").exists()


def test_what_reads_and_writes_text_imports_nothing(folder: Folder, run: Path, capsys: Any) -> None:
    arch = run / "architecture.json"
    for arguments in (
        ("check", folder.space),
        ("stats", folder.space),
        ("stats", folder.space, "--arch", arch),
        ("count", folder.space),
        ("sample", folder.space),
        *(("compile", folder.space, "--emit", emit) for emit in ("ast", "typed", "graph", "supernet")),
        ("compile", folder.space, "--emit", "network", "--arch", arch),
        ("graph", folder.space),
        ("graph", folder.space, "--arch", arch, "--format", "mermaid"),
        ("diff", folder.space, folder.space),
        ("arch", "notations", folder.space),
        ("arch", "convert", folder.space, arch),
        ("fmt", "--diff", folder.space),
        ("runs", folder.path),
    ):
        assert command(*arguments) == (1 if arguments[0] == "fmt" else 0), arguments
        assert "Traceback" not in capsys.readouterr().err
        assert not folder.mark.exists(), arguments


def test_a_file_cannot_allow_itself(folder: Folder, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Parameters of a file are parameters of the space, whatever they are called."""
    for name in ("allow_extern", "self", "space", "located", "seed"):
        for file in (run / "config.json", run / "retrain" / "config.json"):
            config = json.loads(file.read_text())
            config["space"]["parameters"] = {**dict.fromkeys(("channels",), 8), name: True}
            file.write_text(json.dumps(config))
        arch = json.loads((run / "architecture.json").read_text())
        arch["parameters"] = {name: True}
        (folder.path / "arch.json").write_text(json.dumps(arch))
        (folder.path / "e.toml").write_text(f'space = "s.nas"\n[parameters]\n{name} = true\n[search]\nepochs = 1\n')
        (folder.path / "r.toml").write_text(f"[parameters]\n{name} = true\n")
        for arguments in (
            ("export", run, "-o", folder.path / "out", "--format", "safetensors"),
            ("export", run / "retrain", "-o", folder.path / "out"),
            ("export", "--arch", folder.path / "arch.json", "--space", folder.space, "-o", folder.path / "out"),
            ("retrain", folder.space, "--arch", folder.path / "arch.json", "-o", folder.path / "n"),
            ("retrain", folder.space, "--arch", run / "architecture.json", "--recipe", folder.path / "r.toml"),
            ("search", "--config", folder.path / "e.toml", "-o", folder.path / "n"),
        ):
            capsys.readouterr()
            assert command(*arguments) in (1, 2), arguments
            said = capsys.readouterr().err
            assert "error[NAS" in said
            assert "Traceback" not in said
            assert not folder.mark.exists(), arguments


PLAIN = """
choice edge = conv(3) | conv(1) | skip
space s(channels = 4, classes = 10, word = "a") on x: image[1, 8, 8] {
  return x -> conv(3, channels) -> bn -> (edge as first) -> global_avg_pool -> linear(classes)
}
"""


def attacks(mark: Path) -> list[str]:
    run = f"open({str(mark)!r}, 'w').close()"
    return [
        f'"""\n{run}\n"""',
        f"\n{run}\n",
        f"\r{run}\r#",
        f'\\"""\n{run}\n"""',
        f"'''\n{run}\n'''",
        "\\N{x}",
        "\\x",
        "\x00",
        "\\",
        f'"""\\\n{run}#',
        f"\x85{run}\u2028{run}\x0c{run}",
    ]


@pytest.mark.parametrize("number", range(11))
def test_a_string_parameter_runs_nothing(tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mark = tmp_path / "ran"
    text = attacks(mark)[number]
    (tmp_path / "s.nas").write_text(PLAIN)
    space = nasdsl.load("s.nas", word=text)
    found = nasdsl.search(space, out="run", **QUICK)
    nasdsl.retrain(space, found.architecture, out="run/retrain", **QUICK)
    assert nasdsl.load_supernet(space, "run")
    for folder in ("run", "run/retrain"):  # as a stranger's: the parameter is in its `config.json`
        for format in ("source", "safetensors"):
            assert command("export", folder, "--format", format, "-o", "out") == 0
        scope: dict[str, Any] = {}
        exec((tmp_path / "run" / "retrain" / "network.py").read_text(encoding="utf-8"), scope)
        assert scope["Network"]()
    assert not mark.exists()


@pytest.mark.parametrize("number", range(11))
def test_a_file_name_runs_nothing(tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = attacks(Path("ran"))[number].replace("\x00", "_") + ".nas"  # no slash: what runs writes here
    (tmp_path / text).write_text("block lib(c) on t = t -> conv(3, c) -> bn\n", encoding="utf-8")
    used = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    (tmp_path / "s.nas").write_bytes(
        f'use "{used}"\n{PLAIN}'.replace("conv(3, channels) -> bn", "lib(channels)").encode()
    )
    space = nasdsl.load("s.nas")
    assert "lib" in space.supernet_source()
    found = nasdsl.search(space, out="run", **QUICK)
    nasdsl.retrain(space, found.architecture, out="run/retrain", **QUICK)
    (tmp_path / ("main " + text)).write_text(PLAIN)
    assert nasdsl.load("main " + text).supernet()
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "target", ["import:class", "a.class:B", "a:None", "a b:C", "a:B()", "\uff41:B", ":B", "a:", "a..b:C"]
)
def test_an_extern_names_a_class_and_nothing_else(tmp_path: Path, target: str) -> None:
    text = f'extern f on x: image[C, H, W] -> image[C, H, W] = "{target}"\nspace s on x: image[3, 8, 8] = x -> f\n'
    (tmp_path / "s.nas").write_text(text, encoding="utf-8")
    with pytest.raises(NasError) as caught:
        nasdsl.load(tmp_path / "s.nas")
    assert caught.value.diagnostics[0].code == "NAS211"


def test_arguments_of_an_extern_are_values(folder: Folder) -> None:
    """Whatever the text holds, it reaches the module as it is; 1, 1.0 and true are three values."""
    given: list[Any] = []
    (folder.path / "stranger.py").write_text(
        "from torch import nn\ngiven = []\n\n\nclass Gate(nn.Module):\n    def __init__(self, word):\n"
        "        super().__init__()\n        given.append(word)\n\n    def forward(self, x):\n        return x\n"
    )
    texts = ["    def forward(self):\\n  pass", "torch.F.scan(Callable[", "\\x01 0\\x02", "{0}", "ﬁ", "\U0001f600"]
    words = [f'"{text}"' for text in texts] + ["1", "1.0", "true"]
    (folder.path / "s.nas").write_text(
        'extern gate(word) on x: image[C, H, W] -> image[C, H, W] = "stranger:Gate"\n'
        "block unit(word) on x = x -> gate(word) -> conv(1)\n"
        f"space s on x: image[2, 4, 4] = x -> {' -> '.join(f'unit({word})' for word in words)}\n",
        encoding="utf-8",
    )
    space = nasdsl.load(folder.space, allow_extern=True)
    net = space.supernet()
    given = sys.modules["stranger"].given[-len(words) :]
    assert [type(item) for item in given] == [str] * len(texts) + [int, float, bool]
    assert given[4:6] == texts[4:6]
    assert net(torch.zeros(1, 2, 4, 4), {}).shape == (1, 2, 4, 4)
