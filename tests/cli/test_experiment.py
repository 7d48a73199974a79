"""`nasdsl strategies`, options on the command line, and experiments in TOML files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from test_commands import nasdsl
from typer.testing import CliRunner

from nasdsl import NasError, registry
from nasdsl.cli.experiment import read_experiment
from nasdsl.cli.main import app
from nasdsl.oneshot.strategies.pdarts import PdartsOptions
from nasdsl.options.settings import describe_options, parse_options

WHOLE = """
space = "tiny"
out = "{out}"
[parameters]
channels = 4
[search]
strategy = "gdas"
epochs = 1
batch_size = 10
[options]
tau = 5
[data]
name = "digits"
limit = 40
[retrain]
epochs = 1
lr = 0.1
"""


def test_strategies() -> None:
    rows = json.loads(nasdsl("strategies", "--json").stdout)
    assert set(rows) == set(registry.names("nasdsl.strategies"))
    for name, row in rows.items():
        assert re.fullmatch(r"arXiv \d{4}\.\d{5}", row["paper"]), name
        assert row["kind"] in ("mixture", "path", "controller")
        assert row["about"]
        assert all(about["help"] for about in row["options"].values()), name
    assert rows["darts"]["options"]["order"] == {
        "type": "int",
        "default": 1,
        "help": "2 differentiates through one virtual step of the weights",
        "choices": [1, 2],
    }
    text = nasdsl("strategies", "pdarts").stdout
    assert "skip_dropout=0.0,0.4,0.7" in text
    assert "epochs=25" in text
    wrong = nasdsl("strategies", "pdart")
    assert wrong.returncode == 2
    assert "did you mean" in wrong.stderr


def test_registry_and_package_metadata_agree() -> None:
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    for group in ("nasdsl.strategies", "nasdsl.notations"):
        assert project["entry-points"][group] == registry._BUILT_IN[group]


def test_every_class_has_the_name_under_which_it_is_found() -> None:
    for name in registry._BUILT_IN["nasdsl.strategies"]:
        assert registry.find("nasdsl.strategies", name).name == name


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"skip_limits": 1}, "skip_limit"),
        ({"lr": "fast"}, "must be a number"),
        ({"lr": -1}, "at least 0"),
        ({"lr": "nan"}, "must be a number"),
        ({"lr": True}, "must be a number"),
        ({"momentum": 1.5}, "at most 1"),
        ({"skip_limit": 1.5}, "an integer"),
        ({"add": 3}, "list of 3"),
        ({"add": "0,6"}, "list of 3"),
        ({"add": [0, "x", 1]}, "list of 3"),
        ({"add": [0, -1, 1]}, "at least 0"),
        ({"variant": "nnni"}, "published, nni"),
    ],
)
def test_wrong_options_of_a_strategy(given: dict[str, object], word: str) -> None:
    with pytest.raises(NasError) as failure:
        parse_options(PdartsOptions, given, "pdarts")
    assert failure.value.diagnostics[0].code == "NAS601"
    assert word in str(failure.value)


def test_options_are_read_as_their_defaults_are() -> None:
    options = parse_options(PdartsOptions, {"add": "0, 1,2", "skip_dropout": [0, 0.5, "0.6"], "lr": "1e-2"}, "pdarts")
    assert options.add == (0, 1, 2)
    assert options.skip_dropout == (0.0, 0.5, 0.6)
    assert options.lr == 0.01
    from nasdsl.oneshot.strategies.drnas import DrnasOptions

    assert parse_options(DrnasOptions, {"progressive": "false"}, "drnas").progressive is False
    with pytest.raises(NasError):
        parse_options(DrnasOptions, {"progressive": "no"}, "drnas")
    assert describe_options(PdartsOptions)["variant"]["choices"] == ["published", "nni"]


def test_an_experiment_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "experiment.toml"
    path.write_text(WHOLE.format(out=tmp_path / "r"))
    run = nasdsl("search", "--config", str(path), "--json")
    assert run.returncode == 0, run.stderr
    config = json.loads((tmp_path / "r" / "config.json").read_text())
    assert config["space"]["parameters"]["channels"] == 4
    settings = config["settings"]
    assert (settings["strategy"], settings["epochs"], settings["limit"]) == ("gdas", 1, 40)
    assert settings["options"]["tau"] == 5.0
    retrained = json.loads((tmp_path / "r" / "retrain" / "config.json").read_text())["settings"]
    assert (retrained["options"]["lr"], retrained["epochs"], retrained["batch_size"]) == (0.1, 1, 10)


def test_the_command_line_counts_more_than_the_file(tmp_path: Path) -> None:
    path = tmp_path / "experiment.toml"
    text = WHOLE.format(out=tmp_path / "r")
    command = ["search", "--config", str(path), "--strategy", "random", "--no-retrain", "--set", "channels=5"]
    command += ["--limit", "50", "-o", str(tmp_path / "s"), "--json"]
    path.write_text(text)
    run = CliRunner().invoke(app, command)
    assert "unknown option `tau`" in str(run.exception)  # options of another strategy are not dropped in silence
    path.write_text(text.replace("tau = 5", "candidates = 2"))
    assert CliRunner().invoke(app, command).exit_code == 0
    config = json.loads((tmp_path / "s" / "config.json").read_text())
    assert (config["space"]["parameters"]["channels"], config["settings"]["limit"]) == (5, 50)
    assert not (tmp_path / "s" / "retrain").exists()
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("space = ", "not valid TOML"),
        ("spaces = 'tiny'", "did you mean `space`"),
        ("strategy = 'darts'", "belongs to `[search]`"),
        ("epochs = 3", "belongs to `[search]` or `[retrain]`"),
        ("search = 'darts'", "must be a table"),
        ("space = 3", "must be a string"),
        ("[search]\nstrateggy = 'darts'", "did you mean `strategy`"),
        ("[search]\nlimit = 3", "belongs to `[data]`"),
        ("[data]\nfolder = 'x'", "unknown key `folder`"),
        ("[retrain]\nlabel_smothing = 1", "label_smoothing"),
        ("[search]\nepochs = 'many'", "an integer"),
        ("[search]\nepochs = true", "an integer"),
        ("[search]\nsplit = 'half'", "a number"),
        ("[search]\nseed = 1.5", "an integer"),
        ("[options]\nordr = 2", "did you mean `order`"),
        ("[options]\norder = 3", "one of 1, 2"),
        ("[parameters]\nchanels = 3", "channels"),
    ],
)
def test_wrong_experiments(text: str, word: str, tmp_path: Path) -> None:
    path = tmp_path / "e.toml"
    path.write_text(text)
    run = CliRunner().invoke(app, ["search", "tiny", "--config", str(path), "-o", str(tmp_path / "r")])
    assert isinstance(run.exception, NasError)
    assert word in str(run.exception)
    assert not (tmp_path / "r").exists()


def test_missing_pieces(tmp_path: Path) -> None:
    assert nasdsl("search").returncode == 2
    run = nasdsl("search", "--config", str(tmp_path / "none.toml"))
    assert run.returncode == 2
    assert "NAS601" in run.stderr


def test_paths_are_beside_the_file(tmp_path: Path) -> None:
    path = tmp_path / "e.toml"
    path.write_text("space = 'mine.nas'\n[data]\ndir = 'data'\n")
    found = read_experiment(path)
    assert found.space == str(tmp_path / "mine.nas")
    assert found.search["data_dir"] == str(tmp_path / "data")


def test_a_recipe_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "e.toml"
    (tmp_path / "mine.toml").write_text("batch_size = 5\n[parameters]\nchannels = 8\n[options]\ncutout = 2\nlr = 0.3\n")
    text = WHOLE.format(out=tmp_path / "s").replace("[retrain]", '[retrain]\nrecipe = "mine.toml"')
    path.write_text(text.replace("channels = 4", ""))
    assert CliRunner().invoke(app, ["search", "--config", str(path), "--quiet"]).exit_code == 0
    config = json.loads((tmp_path / "s" / "retrain" / "config.json").read_text())
    assert config["space"]["parameters"]["channels"] == 8
    assert config["settings"]["batch_size"] == 5
    assert (config["settings"]["options"]["cutout"], config["settings"]["options"]["lr"]) == (2, 0.1)


def test_recipes_are_listed() -> None:
    from nasdsl.training import recipes

    rows = json.loads(nasdsl("recipes", "--json").stdout)
    assert set(rows) == set(recipes.names())
    text = nasdsl("recipes", "darts-cifar").stdout
    assert "* cutout=16 " in text
    assert "  nesterov=false " in text
    assert "(sgd, adam, rmsprop)" in text
    assert "layers of the space 20" in text
    wrong = nasdsl("recipes", "darts-cifr")
    assert wrong.returncode == 2
    assert "did you mean" in wrong.stderr
    run = nasdsl("retrain", "tiny", "--arch", "/nonexistent.json", "--recipe", "digits")
    assert run.returncode == 1


def test_an_arc_of_six_layers_is_retrained_without_saying_so(tmp_path: Path) -> None:
    arc, arch, out = (tmp_path / name for name in ("arc.txt", "a.json", "r"))
    arc.write_text("0\n3 0\n0 1 0\n2 0 0 1\n2 0 0 0 0\n3 1 1 0 1 0\n")
    notation = ["--from", "enas-macro", "--set", "layers=6", "-o", str(arch)]
    assert CliRunner().invoke(app, ["arch", "convert", "enas_macro", str(arc), *notation]).exit_code == 0
    small = ["--data", "digits", "--limit", "8", "--epochs", "1", "--batch-size", "4", "--set", "filters=4"]
    words = ["retrain", "enas_macro", "--arch", str(arch), "--recipe", "enas-macro", "--out", str(out), "--quiet"]
    assert CliRunner().invoke(app, [*words, *small]).exit_code == 0
    config = json.loads((out / "config.json").read_text())
    assert (config["space"]["parameters"]["layers"], config["settings"]["options"]["lr_end"]) == (6, 0.001)
    other = nasdsl(*words[:-2], str(tmp_path / "other"), *small, "--set", "layers=3")
    assert (other.returncode, "NAS523" in other.stderr) == (1, True)
