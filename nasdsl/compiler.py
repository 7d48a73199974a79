"""The pipeline, in order: text, syntax tree, typed program, architecture graph, passes, source, module."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nasdsl import resources
from nasdsl.diagnostics import Diagnostic, NasError, Reporter, Source, diagnostic, display_name, error, suggest
from nasdsl.gc_paused import gc_paused
from nasdsl.graph.reach import reach
from nasdsl.ir.dependent import Dependent
from nasdsl.ir.program import Program
from nasdsl.semantics.evaluator import evaluate
from nasdsl.semantics.scopes import Loader, Scope, find_space, read_source
from nasdsl.syntax import ast


@dataclass(frozen=True)
class Located:
    """A space in its file, names resolved, nothing evaluated yet."""

    source: Source
    path: Path
    scope: Scope
    definition: ast.Definition

    @property
    def declared(self) -> tuple[str, ...]:
        return tuple(parameter.name.id for parameter in self.definition.parameters)


def locate(name: str) -> tuple[Path, str | None]:
    """The file of a space given by path or shipped name; `file.nas:space` names one of several."""
    path = Path(name)
    text, chosen = name, ""
    if ":" in path.name and not path.is_file():
        folder, (file, _, chosen) = name.removesuffix(path.name), path.name.partition(":")
        text = folder + file
    path = Path(text)
    if path.suffix == ".nas" or path.is_file() or "/" in text:
        if not path.is_file():
            known = resources.shipped_spaces()
            hint = suggest(path.stem, known) if path.suffix == ".nas" else ""
            raise error("NAS206", f"there is no file `{text}`", help=hint)
        return path, chosen or None
    shipped = resources.shipped_spaces()
    if text not in shipped:
        hint = suggest(text, shipped) or "shipped spaces: " + ", ".join(shipped)
        raise error("NAS206", f"there is no file and no shipped space `{text}`", help=hint)
    return shipped[text], chosen or None


@gc_paused()
def open_space(name: str) -> Located:
    path, chosen = locate(name)
    scope = Loader().load_file(path)
    shown = display_name(path)
    definition = find_space(scope, chosen, shown)
    return Located(definition.span.source, path, scope, definition)


def check(located: Located, settings: dict[str, Any] | None = None) -> Program:
    """The typed program.  Raises `NasError` with everything that is wrong; warnings are in the result."""
    return phases(located, settings)[0]


@gc_paused()
def phases(located: Located, settings: dict[str, Any] | None = None) -> tuple[Program, Program]:
    """The typed program while searching, and as derived networks have it.  Raises as `check`."""
    first = _phase(located, settings, True)
    second = _phase(located, settings, False) if first.reads_searching else replace(first, searching=False)
    if first.decisions != second.decisions:
        odd = next(key for key in (first.decisions | second.decisions) if not _same(first, second, key))
        place = (first.decisions.get(odd) or second.decisions[odd]).span
        raise error("NAS511", f"`searching` would change the decision `{odd}`", place)
    if first.requirements:
        first.warnings.extend(_judged(first, second))
    return first, second


def _judged(first: Program, second: Program) -> list[Diagnostic]:
    """What is to be said of the requirements, over the whole space.  Raises `NasError` where none can be met."""
    from nasdsl.graph.archgraph import elaborate
    from nasdsl.graph.counting.constraints import judge
    from nasdsl.graph.counting.demand import demand
    from nasdsl.graph.counting.folding import extremes

    def measured(metric: str) -> tuple[int, int]:
        graph = elaborate(second)
        most = demand(graph, most=True) if graph.costs_follow_usage else None
        return extremes(demand(graph), 0 if metric == "params" else 1, most)[:2]

    return judge(elaborate(first), measured)


def _same(first: Program, second: Program, key: str) -> bool:
    return first.decisions.get(key) == second.decisions.get(key)


def _phase(located: Located, settings: dict[str, Any] | None, searching: bool) -> Program:
    program = evaluate(located.definition, located.scope, settings or {}, searching, Reporter())
    problems = _unreachable(program)
    if problems:
        raise NasError(problems)
    return program


def _unreachable(program: Program) -> list[Diagnostic]:
    keys: set[str] = set()
    for id in reach(program.nodes, program.outputs):
        node = program.nodes[id]
        for guard in node.guards:
            if guard is not None:
                keys.add(guard.key)
        for value in node.attrs.values():
            if isinstance(value, Dependent):
                keys.update(value.keys)
    return [
        diagnostic(
            "NAS503",
            f"no architecture ever needs the decision `{key}`",
            decision.span,
            help="use it or remove it; is its variable assigned again before it is used?",
        )
        for key, decision in program.decisions.items()
        if key not in keys
    ]


def show_typed(program: Program) -> str:
    """The typed program as text: bindings of each definition with their types, then the decisions."""
    lines = [f"space {program.space}  # {'searching' if program.searching else 'derived'}"]
    lines += [f"  {name} = {value}" for name, value in program.parameters.items()]
    for owner, bindings in program.bindings.items():
        lines += ["", owner, *(f"  {line}" for line in bindings)]
    lines += ["", "decisions"]
    for key, item in program.decisions.items():
        names = [("~" if hidden else "") + label for label, hidden in zip(item.labels, item.phantom, strict=True)]
        how = "one of" if item.kind == "one" else f"{item.least}..{item.most} of"
        lines.append(f"  {key}: {how} {', '.join(names)}")
    return "\n".join(lines) + "\n"


def read_text(path: Path) -> str:
    return read_source(path).text
