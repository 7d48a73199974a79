"""Commands: output, exit codes, nothing but clear messages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nasdsl.resources import shipped_spaces


def nasdsl(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    root = str(Path(__file__).parents[2])
    code = f"import sys; sys.path.insert(0, {root!r}); sys.argv[0] = 'nasdsl'; from nasdsl.cli.main import main; main()"
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=cwd)


@pytest.mark.parametrize(
    ("space", "count"),
    [
        ("tiny", 192),
        ("darts", 1076746950455072400),
        ("nasbench201", 15625),
        ("enas_macro", 160618186625454535808756219904),
    ],
)
def test_stats(space: str, count: int) -> None:
    assert json.loads(nasdsl("stats", space, "--json").stdout)["count"] == count


def test_spaces() -> None:
    assert set(json.loads(nasdsl("spaces", "--json").stdout)) == set(shipped_spaces())


def test_sample_then_compile(tmp_path: Path) -> None:
    arch = tmp_path / "a.json"
    assert nasdsl("sample", "darts", "--seed", "3", "-o", str(arch)).returncode == 0
    assert nasdsl("compile", "darts", "--emit", "network", "--arch", str(arch)).stdout.startswith('"""One network')
    other = nasdsl(
        "compile", "darts", "--set", "channels=36", "--set", "layers=20", "--emit", "network", "--arch", str(arch)
    )
    assert other.returncode == 0
    wrong = nasdsl("compile", "tiny", "--emit", "network", "--arch", str(arch))
    assert wrong.returncode == 1
    assert "NAS522" in wrong.stderr


@pytest.mark.parametrize("stage", ["ast", "typed", "graph", "supernet"])
def test_compile_stages(stage: str) -> None:
    run = nasdsl("compile", "tiny", "--emit", stage)
    assert run.returncode == 0
    assert "tiny" in run.stdout


@pytest.mark.parametrize("format", ["dot", "mermaid", "json"])
def test_graph(format: str) -> None:
    run = nasdsl("graph", "tiny", "--format", format)
    assert run.returncode == 0
    assert "conv" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (["check", "tinny"], 1, "NAS206"),
        (["check", "nowhere.nas"], 1, "NAS206"),
        (["check", "tiny", "--set", "chanels=3"], 1, "NAS305"),
        (["check", "tiny", "--set", "channels=many"], 1, "NAS305"),
        (["check", "tiny", "--set", "channels"], 2, "NAS601"),
        (["compile", "tiny", "--emit", "everything"], 2, "NAS601"),
        (["compile", "tiny", "--emit", "network"], 2, "NAS601"),
        (["graph", "tiny", "--format", "png"], 2, "NAS601"),
        (["check", "."], 1, "NAS206"),
        (["sample", "tiny", "-o", "/nonexistent/a.json"], 2, "NAS603"),
        (["search", "tiny", "--strategy", "drats"], 2, "NAS805"),
        (["search", "tiny", "--epochs", "0"], 2, "NAS601"),
        (["search", "tiny", "--device", "gpu"], 2, "NAS813"),
        (["search", "tiny", "--data-dir", "/nonexistent/place"], 1, "NAS801"),
        (["retrain", "tiny", "--arch", "/nonexistent/a.json"], 1, "NAS521"),
    ],
)
def test_wrong_input(arguments: list[str], status: int, code: str) -> None:
    run = nasdsl(*arguments)
    assert run.returncode == status
    assert code in run.stderr
    assert "Traceback" not in run.stderr


def test_usage_error() -> None:
    assert nasdsl("chekc", "tiny").returncode == 2
    assert nasdsl("search", "tiny", "--epochs", "many").returncode == 2


def test_version() -> None:
    run = nasdsl("--version")
    assert run.stdout.startswith("nasdsl ")
    assert run.returncode == 0


def test_search_reports_as_json(tmp_path: Path) -> None:
    settings = ["--limit", "80", "--batch-size", "20", "--epochs", "1", "--seed", "1", "-o", str(tmp_path / "r")]
    run = nasdsl("search", "tiny", *settings, "--retrain", "--retrain-epochs", "1", "--json")
    assert run.stderr == ""
    report = json.loads(run.stdout)
    saved = json.loads((tmp_path / "r" / "result.json").read_text())
    assert report["valid_accuracy"] == saved["valid_accuracy"]
    assert (
        report["test_accuracy"] == json.loads((tmp_path / "r" / "retrain" / "result.json").read_text())["test_accuracy"]
    )
    assert nasdsl("search", "tiny", *settings).returncode == 1
    assert "validation accuracy" in nasdsl("search", "tiny", *settings, "--resume").stdout


@pytest.mark.parametrize(
    ("space", "strategy", "more"),
    [
        ("mobilenetv3_ofa", "spos", ["--set", "width=0.25", "--option", "population=2", "--option", "generations=1"]),
        ("proxylessnas", "proxyless", []),
    ],
)
def test_search_and_retrain_of_a_space_for_large_images(
    space: str, strategy: str, more: list[str], tmp_path: Path
) -> None:
    data = ["--data", "digits", "--epochs", "1", "--limit", "24", "--batch-size", "12", "--out", str(tmp_path / "r")]
    run = nasdsl(
        "search", space, "--strategy", strategy, "--set", "resolution=32", *more, *data,
        "--retrain", "--retrain-epochs", "1", "--json",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    assert 0 <= report["test_accuracy"] <= 1
    config = json.loads((tmp_path / "r" / "config.json").read_text())
    assert config["space"]["parameters"]["classes"] == 10
    assert config["notes"] == ["images of 1x8x8 are converted to the space's 3x32x32"]
    network = nasdsl("stats", space, "--set", "resolution=32", "--set", "classes=10", *more[:2], "--json")
    assert json.loads(network.stdout)["params"]["least"] <= report["params"]


@pytest.mark.parametrize(
    ("space", "strategy", "code", "words"),
    [
        ("tiny", "pdarts", "NAS810", "--option add=0,0,0"),
        ("nasbench201", "sandwich", "NAS810", "`spos` supports every space"),
        ("nats_size", "darts", "NAS810", "use a path-based strategy"),
        ("unet", "spos", "NAS803", "returns an image"),
        ("fpn", "darts", "NAS803", "takes image, image, image"),
        ("text_classifier", "random", "NAS803", "tasks are classification of images"),
        ("darts_rnn", "enas", "NAS803", "--data ptb:FOLDER"),
    ],
)
def test_pairs_that_do_not_suit_are_refused(space: str, strategy: str, code: str, words: str, tmp_path: Path) -> None:
    run = nasdsl("search", space, "--strategy", strategy, "--data", "digits", "--out", str(tmp_path / "r"))
    assert run.returncode == 1
    assert code in run.stderr
    assert words in run.stderr
    assert not (tmp_path / "r").exists()


def test_diagnostics_as_json(tmp_path: Path) -> None:
    (tmp_path / "bad.nas").write_text("space s on x: image[1, 8, 8] = x -> sep_cov(3)\n")
    run = nasdsl("check", "bad.nas", "--json", cwd=tmp_path)
    assert run.returncode == 1
    [item] = json.loads(run.stdout)["diagnostics"]
    assert (item["code"], item["labels"][0]["line"], item["labels"][0]["column"]) == ("NAS201", 1, 37)
    assert "sep_conv" in item["help"][0]


def test_a_folder_of_the_same_name_hides_no_space(tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    assert nasdsl("check", "tiny", cwd=tmp_path).returncode == 0


def test_stats_of_a_space_with_a_parameter_named_least(tmp_path: Path) -> None:
    text = "space s(least = 1) on x: image[1, 8, 8] = x -> (conv(1) | conv(3)) -> global_avg_pool"
    (tmp_path / "s.nas").write_text(text)
    run = nasdsl("stats", "s.nas", cwd=tmp_path)
    assert run.returncode == 0
    assert "params       1 to 9" in run.stdout
