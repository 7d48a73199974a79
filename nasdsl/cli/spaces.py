"""`nasdsl stats`, `sample`, `graph`, `compile` and `spaces`: what a space holds, and what it becomes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nasdsl.cli.common import Json, Output, Seed, Settings, SpaceName, load_space, parse_settings, write
from nasdsl.diagnostics import error
from nasdsl.terminal import say

if TYPE_CHECKING:
    from nasdsl.graph.archgraph import ArchGraph
    from nasdsl.space import Space

ArchFile = Annotated[Path | None, typer.Option("--arch", help="An architecture file.")]


def stats(space: SpaceName, set_: Settings = None, arch: ArchFile = None, as_json: Json = False) -> None:
    """The exact size of a space, and the range of its networks' parameters and multiply-accumulates."""
    loaded = load_space(space, set_)
    data = loaded.stats(loaded.read_architecture(arch) if arch else None)
    if as_json:
        say(json.dumps(data, indent=2))
        return
    for name, value in data.items():
        if name in ("params", "macs") and isinstance(value, dict):
            value = f"{value['least']:,} to {value['most']:,}" + (" (bounds)" if value["kind"] == "bounds" else "")
        say(f"{name:12} {value:,}" if isinstance(value, int) else f"{name:12} {value}")


def sample(
    space: SpaceName,
    number: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 1,
    seed: Seed = 0,
    set_: Settings = None,
    output: Output = None,
) -> None:
    """Draw architectures uniformly; one is printed as a file, several as a JSON list."""
    drawn = load_space(space, set_).sample(number, seed)
    text = drawn[0].text() if number == 1 else json.dumps([item.to_json() for item in drawn], indent=2) + "\n"
    write(text, output)


def graph(
    space: SpaceName,
    format: Annotated[str, typer.Option("--format", help="dot, mermaid or json.")] = "dot",
    arch: ArchFile = None,
    set_: Settings = None,
    output: Output = None,
) -> None:
    """Draw the architecture graph of a space or of one architecture."""
    from nasdsl.graph.draw import draw
    from nasdsl.passes.restrict import derive

    loaded = load_space(space, set_)
    picture = loaded.graph()
    if arch is not None:
        picture = derive(loaded.graph(False), loaded.read_architecture(arch).choices)
    write(draw(picture, format), output)


def compile_(
    space: SpaceName,
    emit: Annotated[str, typer.Option(help="ast, typed, graph, supernet or network.")] = "supernet",
    passes: Annotated[
        str | None,
        typer.Option(metavar="PASS,...", help="Run these passes first (with `--emit graph` or `supernet`)."),
    ] = None,
    arch: ArchFile = None,
    set_: Settings = None,
    output: Output = None,
) -> None:
    """Compile a space to one of the stages: up to readable PyTorch."""
    from nasdsl import compiler

    if passes is not None and emit not in ("graph", "supernet"):
        raise error("NAS601", "`--passes` goes with `--emit graph` or `--emit supernet`")
    located = compiler.open_space(space)
    settings = parse_settings(set_)
    if emit == "ast":
        from nasdsl.syntax.ast import dump

        text = dump(located.scope.module) + "\n"
    elif emit == "typed":
        text = compiler.show_typed(compiler.check(located, settings))
    else:
        loaded = load_space(space, set_)
        if emit == "graph":
            text = json.dumps(_after(loaded, passes).to_json(), indent=1) + "\n"
        elif emit == "supernet":
            text = loaded.supernet_source(_after(loaded, passes))
        elif emit == "network":
            if arch is None:
                raise error(
                    "NAS601", "`--emit network` needs an architecture", help="--arch FILE; `nasdsl sample` draws one"
                )
            text = loaded.source(loaded.read_architecture(arch))
        else:
            raise error("NAS601", f"there is no stage `{emit}`", help="ast, typed, graph, supernet or network")
    write(text, output)


def _after(space: Space, passes: str | None) -> ArchGraph:
    """The graph of a space after the passes of `--passes`."""
    from nasdsl.passes.pipeline import parse_passes, run

    graph = space.graph()
    return run(graph, parse_passes(passes, graph)) if passes is not None else graph


def spaces(as_json: Json = False) -> None:
    """The spaces that come with nasdsl."""
    from nasdsl import compiler, resources

    rows = {}
    for name, path in resources.shipped_spaces().items():
        scope = compiler.Loader().load_file(path)
        rows[name] = (scope.module.doc or "").strip().splitlines()[0]
    if as_json:
        say(json.dumps(rows, indent=2))
    for name, doc in ({} if as_json else rows).items():
        say(f"{name:18} {doc}")
