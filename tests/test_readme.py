"""The README: every command exists, and every output shown is what the command prints."""

from __future__ import annotations

import importlib.util
import re
import shlex
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

import commands
import pytest
import typer.main

import nasdsl
from nasdsl import registry
from nasdsl.cli import main as cli
from nasdsl.training.recipes import names as recipe_names

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text()
PICTURE = ROOT / "examples" / "picture"
PAGES = [
    ROOT / "README.md",
    *(path for name in ("grammars", "spaces", "examples") for path in ROOT.glob(f"{name}/**/*.md")),
]
WIDE = """space wide on x: image[3, 32, 32] {
  width = 16 | 32
  x = x -> conv(3, width) -> bn -> relu
  x = sum([x, x -> conv(3, 32)])
  return x -> global_avg_pool -> linear(10)
}
"""
COMMANDS: Any = typer.main.get_command(cli.app)


def section(title: str) -> str:
    [text] = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    return text


def consoles() -> dict[str, str]:
    """Each command shown in the README with the output below it."""
    blocks = re.findall(r"^( *)```console\n(.*?)^ *```", TEXT, re.MULTILINE | re.DOTALL)
    shown = "".join(textwrap.dedent(body) for _, body in blocks)
    return dict(re.findall(r"^\$ nasdsl (.*)\n((?:[^$].*\n|\n)*)", shown, re.MULTILINE))


def spans(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", text)


def rows(title: str) -> list[list[str]]:
    """The code spans of each row of the tables in a section."""
    return [spans(line) for line in section(title).splitlines() if line.startswith("|") and "`" in line]


def find_command(words: list[str]) -> Any:
    command: Any = COMMANDS
    for word in words:
        if not hasattr(command, "commands"):
            break
        command = command.get_command(None, word)  # commands are imported when they are asked for
        assert command is not None, word
    return command


def options_of(command: Any) -> set[str]:
    return {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}


def run(line: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> tuple[int, str]:
    return commands.run(shlex.split(line), monkeypatch, capfd)


def drawing() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw", PICTURE / "draw.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("line", [line for line in consoles() if not line.startswith("search")])
def test_outputs(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wide.nas").write_text(WIDE)
    shown = consoles()[line]
    status, printed = run(line, monkeypatch, capfd)
    assert (status != 0) == ("error[" in shown)
    expected = r".*".join(re.escape(part.strip("\n")) for part in shown.split("...\n"))
    assert re.fullmatch(expected, printed.strip("\n"), re.DOTALL), printed


def test_outputs_are_shown() -> None:
    assert {line.split()[0] for line in consoles()} == {"stats", "search", "check"}


def test_the_space_is_the_shipped_one() -> None:
    [text] = re.findall(r"```nas\n(.*?)```", TEXT, re.DOTALL)
    statements = text.partition('"""\n')[2].strip()
    assert statements
    assert (ROOT / "spaces" / "tiny.nas").read_text().strip().endswith(statements)


def test_search_output_agrees_with_itself() -> None:
    """The architecture, its width and its parameters are those of the file that the run wrote."""
    [shown] = [text for line, text in consoles().items() if line.startswith("search")]
    space = nasdsl.load("tiny")
    architecture = space.read_architecture(PICTURE / "tiny.json")
    assert dict(re.findall(r"^  (\S+): (.*)$", shown, re.MULTILINE)) == architecture.decisions
    [parameters] = re.findall(r", ([\d,]+) parameters", shown)
    assert int(parameters.replace(",", "")) == space.stats(architecture)["params"]
    assert all(0.9 < float(value) <= 1 for value in re.findall(r"accuracy ([\d.]+)", shown))


@pytest.mark.slow
def test_search_output_has_the_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    [(line, shown)] = [item for item in consoles().items() if item[0].startswith("search")]
    monkeypatch.chdir(tmp_path)
    status, printed = run(line + " --epochs 1 --retrain-epochs 1 --limit 64 --quiet", monkeypatch, capfd)
    assert status == 0, printed

    def form(text: str) -> str:
        return re.sub(r"[\d.,]*\d", "0", re.sub(r"^(  \S+:).*$", r"\1", text, flags=re.MULTILINE))

    assert form(printed) == form(shown)
    assert {"network.py", "weights.safetensors"} <= {path.name for path in Path("runs/tiny-darts/retrain").iterdir()}


def test_picture() -> None:
    """`draw.py tiny tiny.json tiny.svg` in its folder."""
    space = nasdsl.load("tiny")
    architecture = space.read_architecture(PICTURE / "tiny.json")
    text = drawing().picture(space, architecture)
    assert (PICTURE / "tiny.svg").read_text() == text
    assert text.count('class="chosen"') == len(architecture.decisions)


@pytest.mark.slow
def test_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """The Python example in small form; `count` gives what its comment says."""
    monkeypatch.chdir(tmp_path)
    [code] = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    [count] = re.findall(r"space\.count\(\)  # (\d+)", code)
    small = code.replace("channels=16", "channels=2, layers=3").replace(
        'data="cifar10"', 'data="digits", limit=64, epochs=1'
    )
    names: dict[str, Any] = {}
    exec(small.replace("epochs=1, epochs=10", "epochs=1, options={'candidates': 2}"), names)
    assert names["space"].count() == int(count)
    assert "class Darts(nn.Module)" in capfd.readouterr().out
    assert names["net"].state_dict()


def test_every_command_is_listed() -> None:
    listed = {find_command(shlex.split(row[0])[1:]).name for row in rows("Commands")}
    assert listed == {name if name != "arch" else "convert" for name in COMMANDS.list_commands(None)}


@pytest.mark.parametrize("title", ["Commands", "Coming from another tool"])
def test_options_exist(title: str) -> None:
    commands = [row for row in rows(title) if any(span.startswith("nasdsl ") for span in row)]
    assert len(commands) > 12
    for row in commands:
        lines = [shlex.split(span)[1:] for span in row if span.startswith("nasdsl ")]
        for words in lines:
            assert {word for word in words if re.match("--?[a-z]", word)} <= options_of(find_command(words)), words
        if title == "Commands":
            alone = {span.split()[0] for span in row if re.match("--[a-z]", span)}
            assert alone <= options_of(find_command(lines[0])), row


def test_values_exist() -> None:
    """The stages, formats, strategies, recipes and data sets that the README lists are all there are."""
    text = section("Strategies, recipes, data")
    strategies, recipes, data = (spans(part) for part in re.split(r"^\*\*", text, flags=re.MULTILINE)[1:4])
    assert strategies == [*dict.fromkeys(strategies)]
    assert {*strategies} == {*registry.names("nasdsl.strategies")}
    assert {name for name in recipes if not name.startswith("--")} == {*recipe_names()}
    assert {*registry.names("nasdsl.datasets")} <= {name.partition(":")[0] for name in data}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)):
        if target.startswith("http"):
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        assert there.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", there.read_text(), re.MULTILINE)
            anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in anchors, target


def test_expressions_of_other_tools(tmp_path: Path) -> None:
    there = [row for row in rows("Coming from another tool") if len(row) == 2 and not row[1].startswith("nasdsl ")]
    widths, depth, layers, inputs = (row[1].replace("\\|", "|") for row in there)
    path = tmp_path / "there.nas"
    path.write_text(f"""space there on x: image[3, 8, 8] {{
  {widths}
  {depth}
  a, b, c = x, x -> conv(3), x -> conv(5)
  for i in 0 ..< depth {{ x = x -> ({layers}) -> bn }}
  return sum([x] + {inputs}) -> global_avg_pool -> linear(width) -> relu -> linear(10)
}}
""")
    assert nasdsl.load(path).count() == 2 * (2 + 2**2 + 2**3) * 3


# Parameters of a space and options of a strategy that make a command of the table small.
SMALL = {
    "darts": "--set channels=2 --set layers=3",
    "darts_rnn": "--set hidden=8 --set steps=4",
    "enas_macro": "--set filters=2 --set layers=6",
    "enas_micro": "--set filters=2 --set layers=3",
    "nasbench201": "--set channels=2 --set cells=1",
}
QUICK = {
    "enas": "--option controller_steps=1 --option aggregate=2 --option samples=2",
    "pdarts": "--option add=0,1,2",
}
GENOTYPE = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1), "
    "('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], normal_concat=[2, 3, 4, 5], "
    "reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), "
    "('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])"
)
RECURRENT = (
    "Genotype(recurrent=[('sigmoid', 0), ('relu', 1), ('relu', 1), ('identity', 1), ('tanh', 2), ('sigmoid', 5), "
    "('tanh', 3), ('relu', 5)], concat=range(1, 9))"
)
TEXT_LINES = "".join(f"the cat sat on mat {number} and saw a dog\n" for number in range(60))
LINES = [span for row in rows("Coming from another tool") for span in row if span.startswith("nasdsl ")]


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the commands of the table run one after another, as they stand."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "genotype.txt").write_text(GENOTYPE)
    (folder / "recurrent.txt").write_text(RECURRENT)
    (folder / "PATH").mkdir()
    for part in ("train", "valid", "test"):
        (folder / "PATH" / f"ptb.{part}.txt").write_text(TEXT_LINES)
    for name in ("arch.json", "runs/darts-darts/architecture.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        nasdsl.load("darts").sample(1)[0].save(folder / name)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("line", LINES)
def test_commands_of_other_tools(
    line: str, elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(elsewhere)
    words = shlex.split(line)[1:]
    if words[0] in ("search", "retrain"):
        line += f" --epochs 1 --limit 64 --batch-size 16 --quiet --device cpu -o {tmp_path / 'run'} {SMALL[words[1]]}"
        if "cifar" in line:
            line += " --data digits"
        if "--strategy" in words:
            line += " " + QUICK.get(words[words.index("--strategy") + 1], "")
        if "--retrain" in words:
            line += " --retrain-epochs 1"
    status, printed = run(line.removeprefix("nasdsl "), monkeypatch, capfd)
    assert status == 0, printed
    if words[0] in ("search", "retrain"):
        assert "architecture written to" in printed or "test " in printed
