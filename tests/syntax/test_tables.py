"""The shipped parse tables: those of the grammar, equal to building it, and nothing else is read or run.

`NASDSL_UPDATE_GOLDEN=1` writes them anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import lark
import pytest
from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from nasdsl import resources
from nasdsl.diagnostics import Source
from nasdsl.syntax import ast, tables
from nasdsl.syntax.layout import Layout
from nasdsl.syntax.parser import parse

ROOT = Path(__file__).parents[2]
GRAMMAR = resources.grammar().read_text(encoding="utf-8")
LAYOUTS = re.split(r"^(?:#{20,} .*|----)\n", (ROOT / "tests/syntax/layouts.txt").read_text(), flags=re.MULTILINE)[1:]
TEXTS = {str(path.relative_to(ROOT)): path.read_text() for path in sorted(ROOT.glob("spaces/**/*.nas"))}
TEXTS |= {f"layouts.txt-{i}": text for i, text in enumerate(LAYOUTS)}
BAD = {path.name: path.read_text() for path in sorted(ROOT.glob("tests/bad/*.nas"))}


@pytest.fixture(scope="module")
def built() -> Lark:
    return tables.build(GRAMMAR, Layout())


@pytest.fixture(scope="module")
def loaded() -> Lark:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "build", None)  # so that it cannot fall back
        return tables.load(Layout())


def outcome(parser: Lark, text: str) -> list[Any]:
    """All there is to a tree, or to why there is none."""
    try:
        return list(flat(parser.parse(text)))
    except UnexpectedToken as failure:
        return [*flat(failure.token), failure.expected, failure.accepts]
    except UnexpectedCharacters as failure:
        return [failure.pos_in_stream, failure.allowed]


def flat(node: Tree[Token] | Token | None) -> Iterator[Any]:
    if isinstance(node, Tree):
        yield node.data, vars(node.meta), len(node.children)
        for child in node.children:
            yield from flat(child)
    elif isinstance(node, Token):
        yield {name: getattr(node, name) for name in Token.__slots__}
    else:
        yield node


def test_shipped_tables_are_those_of_the_grammar() -> None:
    fresh = tables.dump(GRAMMAR)
    if os.environ.get("NASDSL_UPDATE_GOLDEN") == "1":
        tables.SHIPPED.write_bytes(fresh.encode())
        return
    if fresh.encode() != tables.SHIPPED.read_bytes():  # no `assert`: pytest would explain a line of 100 kB
        pytest.fail("nasdsl/syntax/tables.json is not what the grammar and this lark make: run `make golden`")


@pytest.mark.parametrize("seed", ["1", "2"])
def test_tables_do_not_depend_on_the_order_of_sets(seed: str) -> None:
    code = "import sys; from nasdsl.syntax import tables; sys.stdout.write(tables.dump(sys.stdin.read()))"
    environment = os.environ | {"PYTHONHASHSEED": seed}
    command = [sys.executable, "-c", code]
    made = subprocess.run(command, input=GRAMMAR, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert made.stderr == ""
    assert hashlib.sha256(made.stdout.encode()).digest() == hashlib.sha256(tables.dump(GRAMMAR).encode()).digest()


def test_what_was_loaded_is_what_was_dumped(loaded: Lark, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "build", lambda grammar, layout: loaded)
    assert json.loads(tables.dump(GRAMMAR)) == json.loads(tables.SHIPPED.read_text())


@pytest.mark.parametrize("name", TEXTS)
def test_same_tree(name: str, built: Lark, loaded: Lark) -> None:
    tree = outcome(loaded, TEXTS[name])
    assert len(tree) > 3 or not TEXTS[name].strip()
    assert tree == outcome(built, TEXTS[name])


@pytest.mark.parametrize("name", BAD)
def test_same_error(name: str, built: Lark, loaded: Lark) -> None:
    assert outcome(loaded, BAD[name]) == outcome(built, BAD[name])


def test_some_of_the_bad_texts_do_not_parse(loaded: Lark) -> None:
    def fails(text: str) -> bool:
        try:
            loaded.parse(text)
        except UnexpectedInput:
            return True
        return False

    assert sum(map(fails, BAD.values())) >= 10


def written(tables: dict[str, Any], **changes: Any) -> bytes:
    return json.dumps(tables | changes).encode()


UNUSABLE: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "empty": lambda shipped: b"",
    "binary": lambda shipped: b"\x80\x04\xff\x00",
    "cut off": lambda shipped: written(shipped)[:-1000],
    "deep": lambda shipped: b"[" * 100_000,
    "no object": lambda shipped: b"null",
    "nothing in it": lambda shipped: written({"made_from": shipped["made_from"]}),
    "no table in it": lambda shipped: written(shipped, data=shipped["data"] | {"parser": {}}),
    "another grammar": lambda shipped: written(shipped, made_from=shipped["made_from"] | {"grammar": "0" * 64}),
    "another lark": lambda shipped: written(shipped, made_from=shipped["made_from"] | {"lark": "0.9"}),
}


def falls_back(file: Path, built: Lark, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(tables, "SHIPPED", file)
    monkeypatch.setattr(tables, "build", lambda grammar, layout: built if grammar == GRAMMAR else None)
    return tables.load(Layout()) is built


@pytest.mark.parametrize("kind", UNUSABLE)
def test_unusable_tables(kind: str, built: Lark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "tables.json"
    file.write_bytes(UNUSABLE[kind](json.loads(tables.SHIPPED.read_bytes())))
    assert falls_back(file, built, monkeypatch)


def test_missing_tables(built: Lark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert falls_back(tmp_path / "tables.json", built, monkeypatch)


def test_a_changed_grammar_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = tmp_path / "nas.lark"
    changed.write_text(GRAMMAR.replace('"choice" NAME', '"option" NAME'))
    monkeypatch.setattr(resources, "grammar", lambda: changed)
    assert tables.load(Layout()).parse("option c = relu").children[-1].data == "choice"


def test_threads_do_not_share_a_layout() -> None:
    def read(text: str) -> tuple[str, list[str]]:
        module = parse(Source("case.nas", text))
        return ast.dump(module), [span.text for span in module.comments]

    expected = [read(text) for text in TEXTS.values()]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(read, TEXTS.values())) == expected
    finally:
        sys.setswitchinterval(before)


class Poison:
    """Makes a file where it is unpickled."""

    def __init__(self, mark: Path):
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


# Says whatever is opened, listed, made or removed below a folder.
WATCH = """
import sys
watched = sys.argv.pop(1)
def hook(event, arguments):
    if any(str(argument).startswith(watched) for argument in arguments):
        sys.stdout.write(f"{event} {arguments}\\n")
sys.addaudithook(hook)
from nasdsl.cli.main import main
main()
"""


def test_no_cache_is_read_or_written(tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    home, cache = tmp_path / "home", tmp_path / "cache"
    digest = hashlib.sha256((lark.__version__ + GRAMMAR).encode()).hexdigest()[:16]
    for folder in (cache / "nasdsl", home / ".cache" / "nasdsl"):
        folder.mkdir(parents=True)
        (folder / f"grammar-{digest}.lark").write_bytes(b"0\n" + pickle.dumps(Poison(mark)))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}

    environment = os.environ | {"XDG_CACHE_HOME": str(cache), "HOME": str(home)}
    command = [sys.executable, "-c", WATCH, str(tmp_path), "check", "tiny"]
    checked = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)

    assert checked.returncode == 0, checked.stderr
    assert str(tmp_path) not in checked.stdout
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_the_wheel_has_them(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("nasdsl/syntax/tables.json") == tables.SHIPPED.read_bytes()
