"""Restriction: architectures that are left are those they were, and derivation is its limit."""

from __future__ import annotations

import json
import random

import pytest
from shipped import SHIPPED

import nasdsl
from nasdsl import NasError
from nasdsl.cli.main import app
from nasdsl.graph.archgraph import ArchGraph
from nasdsl.ir.decision import Choice
from nasdsl.passes.pipeline import parse_passes, run
from nasdsl.passes.protocol import Pass, Promise
from nasdsl.passes.restrict import Restrict, derive, restrict


def narrowing(graph: ArchGraph, choices: dict[str, Choice], rng: random.Random) -> dict[str, tuple[int, ...]]:
    """For some decisions, candidates among which the architecture's own is."""
    allowed: dict[str, tuple[int, ...]] = {}
    for key, decision in graph.decisions.items():
        if decision.kind == "one" and rng.random() < 0.6:
            kept = {i for i in decision.real if rng.random() < 0.5}
            own = choices.get(key)
            allowed[key] = tuple(sorted(kept | {own if isinstance(own, int) else decision.real[0]}))
    return allowed


def renumbered(choices: dict[str, Choice], allowed: dict[str, tuple[int, ...]]) -> dict[str, Choice]:
    """The same choices in the numbers of the restricted graph; decisions that are made are none any more."""
    found: dict[str, Choice] = {}
    for key, choice in choices.items():
        if key not in allowed:
            found[key] = choice
        elif len(allowed[key]) > 1:
            assert isinstance(choice, int)
            found[key] = allowed[key].index(choice)
    return found


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_left_is_what_it_was(name: str) -> None:
    space, rng = nasdsl.load(name, **SHIPPED[name].small), random.Random(7)
    space.graph().verify()
    for arch in space.sample(3, seed=3):
        allowed = narrowing(space.graph(), dict(arch.choices), rng)
        narrow = restrict(space.graph(), allowed)
        narrow.verify()
        assert set(narrow.decisions) == {key for key in narrow.decisions if key not in allowed or len(allowed[key]) > 1}
        whole = derive(space.graph(), arch.choices)
        assert derive(narrow, renumbered(dict(arch.choices), allowed)).fingerprint == whole.fingerprint
        assert not whole.decisions
        assert not whole.determined


def test_the_old_graph_stays() -> None:
    graph = nasdsl.load("tiny").graph()
    before = graph.fingerprint
    assert restrict(graph, {"tiny.x[1]": (0,)}).fingerprint != before
    assert graph.fingerprint == before
    assert restrict(graph, {"no.such": (0,)}).fingerprint == before


def test_passes_meet_the_protocol_and_are_values() -> None:
    graph = nasdsl.load("tiny").graph()
    one, two = parse_passes("restrict(tiny.width=64), partial_channels(fraction=2)", graph)
    assert isinstance(one, Pass)
    assert isinstance(two, Pass)
    assert one == Restrict({"tiny.width": (1,)})
    assert one.promise is Promise.FEWER_ARCHITECTURES
    assert two.promise is Promise.OTHER_FUNCTION
    assert run(graph, (one,)).fingerprint == restrict(graph, {"tiny.width": (1,)}).fingerprint
    assert run(graph, ()) is graph


@pytest.mark.parametrize(
    ("text", "code", "word"),
    [
        ("restrickt(tiny.width=64)", "NAS601", "restrict"),
        ("restrict(tiny.width)", "NAS601", "OPTION=VALUE"),
        ("restrict(tiny.width=65)", "NAS523", "64"),
        ("restrict(tiny.widht=64)", "NAS523", "tiny.width"),
        ("partial_channels(fraction=0)", "NAS601", "fraction"),
        ("partial_channels(part=2)", "NAS601", "fraction"),
        ("(x)", "NAS601", "NAME"),
    ],
)
def test_passes_that_cannot_be_read(text: str, code: str, word: str) -> None:
    with pytest.raises(NasError) as caught:
        parse_passes(text, nasdsl.load("tiny").graph())
    assert caught.value.diagnostics[0].code == code
    assert word in str(caught.value)


def test_the_command_line_shows_the_graph_after_passes(capsys: pytest.CaptureFixture[str]) -> None:
    def compiled(*arguments: str) -> str:
        with pytest.raises(SystemExit) as end:
            app(["compile", "tiny", *arguments])
        assert end.value.code == 0
        return capsys.readouterr().out

    passes = "restrict(tiny.width=64), partial_channels(fraction=2)"
    found = json.loads(compiled("--emit", "graph", "--passes", passes))
    assert "tiny.width" not in found["decisions"]
    assert any(node["op"] == "split" for node in found["nodes"])
    assert "nn.Linear(16, 64)" in compiled("--emit", "supernet", "--passes", passes)
    with pytest.raises(NasError) as caught:
        app(["compile", "tiny", "--emit", "typed", "--passes", passes], standalone_mode=False)
    assert caught.value.diagnostics[0].code == "NAS601"
