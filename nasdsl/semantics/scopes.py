"""Modules and names: the definitions that a `use` brings in, and every unknown or forbidden name in the file itself."""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nasdsl import resources
from nasdsl.diagnostics import Label, NasError, Reporter, Source, Span, diagnostic, display_name, error, suggest
from nasdsl.ir.requirement import MEASURES
from nasdsl.ops.table import PRIMITIVES
from nasdsl.semantics.foreign import native
from nasdsl.syntax import ast
from nasdsl.syntax.parser import parse

PRELUDE = "std.cnn"
_NAMES = "sum mean product concat split unused scan transposed size channels width length len int min max round8 count"
FUNCTIONS = frozenset(_NAMES.split())
QUANTIFIERS = frozenset({"one", "any", "some"})
MAX_BYTES = 2_000_000


@dataclass(frozen=True, eq=False)
class Scope:
    """The definitions that the text of one module can name."""

    module: ast.Module
    names: dict[str, tuple[ast.Definition | ast.Extern, Scope]]

    def spaces(self) -> list[ast.Definition]:
        return [item for item in self.module.definitions if item.kind == "space"]


def read_source(path: Path) -> Source:
    """Raises `NasError` (NAS209, NAS106) where the file is not readable UTF-8 text."""
    name = display_name(path)
    try:
        if path.is_file() and path.stat().st_size > MAX_BYTES:
            raise error("NAS209", f"`{name}` is larger than {MAX_BYTES:,} bytes")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        raise error("NAS106", f"`{name}` is not UTF-8 text (byte {failure.start})") from None
    except OSError as failure:
        raise error("NAS209", f"`{name}` cannot be read: {failure.strerror or failure}") from None
    return Source(name, text)


class Loader:
    """Reads modules once; `load` gives the scope of a source with all that it uses."""

    def __init__(self) -> None:
        self._scopes: dict[Path, Scope] = {}
        self._open: list[Path] = []

    def load(self, source: Source, path: Path | None) -> Scope:
        module = parse(source)
        reporter = Reporter()
        scope = Scope(module, {})
        if path is None or path.resolve() != resources.std_file(PRELUDE).resolve():
            prelude = self._file(resources.std_file(PRELUDE), None)
            scope.names.update({name: item for name, item in prelude.names.items() if item[1] is prelude})
        for use in module.uses:
            target = self._target(use, path)
            used = self._file(target, use)
            scope.names.update({name: item for name, item in used.names.items() if item[1] is used})
        self._own(scope, reporter)
        _check_names(scope, reporter)
        _check_returns(module, reporter)
        reporter.raise_errors()
        return scope

    def _target(self, use: ast.Use, path: Path | None) -> Path:
        if use.is_file:
            if path is None:
                raise error("NAS203", "a text without a file cannot use a file", use.span)
            try:
                target = (path.parent / use.path).resolve()
                found = target.suffix == ".nas" and target.is_file()
            except (OSError, ValueError):
                target, found = path, False
            if not found:
                raise error("NAS203", f"there is no file `{use.path}` beside `{path.name}`", use.span)
            return target
        target = resources.std_file(use.path)
        if not target.is_file():
            folder = resources.spaces() / "std"
            known = [f"std.{item.stem}" for item in folder.glob("*.nas")]
            hint = suggest(use.path, known) or "libraries: " + ", ".join(sorted(known))
            raise error("NAS203", f"there is no library `{use.path}`", use.span, help=hint)
        return target

    def _file(self, path: Path, use: ast.Use | None) -> Scope:
        path = path.resolve()
        if path in self._open:
            circle = " -> ".join(item.name for item in [*self._open[self._open.index(path) :], path])
            raise error("NAS204", f"these files use each other in a circle: {circle}", use.span if use else None)
        if path not in self._scopes:
            self._open.append(path)
            try:
                self._scopes[path] = self.load(read_source(path), path)
            finally:
                self._open.pop()
        return self._scopes[path]

    def load_file(self, path: Path) -> Scope:
        return self._file(path, None)

    @staticmethod
    def _own(scope: Scope, reporter: Reporter) -> None:
        own: dict[str, Span] = {}
        for item in (*scope.module.definitions, *scope.module.externs):
            name = item.name.id
            if name in own:
                labels = (Label(item.name.span, "defined again"), Label(own[name], "first defined here"))
                reporter.add(diagnostic("NAS202", f"`{name}` is defined twice", *labels))
                continue
            if name in PRIMITIVES or name in FUNCTIONS or name in QUANTIFIERS:
                text = f"`{name}` is a word of the language and cannot be defined anew"
                reporter.add(diagnostic("NAS205", text, item.name.span, help="choose another name"))
            own[name] = item.name.span
            scope.names[name] = (item, scope)


def _check_returns(module: ast.Module, reporter: Reporter) -> None:
    """Report every `return` that is not the last statement, even in a branch that is never taken."""
    for item in module.definitions:
        if isinstance(item.body, ast.Block):
            for node in walk(item.body):
                if isinstance(node, ast.Return) and node is not item.body.statements[-1]:
                    text = "`return` comes last, and not inside `for` or `if`"
                    reporter.add(diagnostic("NAS309", text, node.span))


def _check_names(scope: Scope, reporter: Reporter) -> None:
    known = set(scope.names) | set(PRIMITIVES) | FUNCTIONS
    for item in (*scope.module.definitions, *scope.module.externs):
        bound: dict[str, Span] = {}
        _bind(item.name, {}, reporter)
        for named in [parameter.name for parameter in item.parameters] + [value.name for value in item.inputs]:
            if named.id in bound:
                reporter.add(
                    diagnostic("NAS202", f"`{named.id}` is declared twice", named.span, (bound[named.id], "first here"))
                )
            _bind(named, bound, reporter)
        parts: list[ast.Node] = [p.default for p in item.parameters if p.default is not None]
        types = [value.type for value in item.inputs if value.type is not None]
        if isinstance(item, ast.Definition):
            parts.append(item.body)
        for part in parts:
            for node in walk(part):
                if isinstance(node, ast.Assign):
                    for target in node.targets:
                        _bind(target, bound, reporter)
                elif isinstance(node, ast.For | ast.Clause):
                    _bind(node.variable, bound, reporter)
                elif isinstance(node, ast.Share | ast.Augment):
                    _bind(node.target, bound, reporter)
        if isinstance(item, ast.Extern):  # a name in the type of an input stands for the size that is found
            bound.update((dim.id, dim.span) for type in types for dim in type.dims if isinstance(dim, ast.Name))
            types += item.outputs
        for part in [*parts, *(dim for type in types for dim in type.dims)]:
            _report_unknown(part, known | set(bound), reporter)


def _report_unknown(part: ast.Node, known: set[str], reporter: Reporter) -> None:
    skip: set[int] = set()
    for node in walk(part):
        if isinstance(node, ast.Require):
            skip.update(id(name) for name in walk(node) if isinstance(name, ast.Name) and name.id in MEASURES)
        elif isinstance(node, ast.Call) and isinstance(node.function, ast.Name) and node.function.id == "count":
            skip.update(id(name) for name in walk(node.arguments))  # a label, or the name of a cell or variable
        if isinstance(node, ast.Pick) and isinstance(node.how, ast.Name) and node.how.id in QUANTIFIERS:
            skip.add(id(node.how))
        elif isinstance(node, ast.Name) and id(node) not in skip and node.id not in known:
            here = native(node.id, known)
            hint = f"write {here}" if here else suggest(node.id, known)
            reporter.add(diagnostic("NAS201", f"nothing here is named `{node.id}`", node.span, help=hint))


def _bind(name: ast.Name, bound: dict[str, Span], reporter: Reporter) -> None:
    if keyword.iskeyword(name.id) or name.id.startswith("__"):
        text = f"`{name.id}` cannot be a name: generated code could not use it"
        reporter.add(diagnostic("NAS205", text, name.span, help=f"for instance `{name.id.strip('_')}_`"))
    bound.setdefault(name.id, name.span)


_NOT_READ = {
    ast.Assign: ("targets",),
    ast.Share: ("target",),
    ast.For: ("variable",),
    ast.Clause: ("variable",),
    ast.Argument: ("name",),
    ast.Alternative: ("label",),
    ast.Result: ("name",),
}

# A node, or what a field of one holds.
Tree = ast.Node | str | int | float | None | tuple["Tree", ...]


def walk(node: Tree) -> Iterator[ast.Node]:
    """Every node that is evaluated: names that are only bound are left out."""
    if isinstance(node, tuple):
        for item in node:
            yield from walk(item)
    elif isinstance(node, ast.Node):
        yield node
        left_out = _NOT_READ.get(type(node), ())
        for name in node.fields:
            if name != "span" and name not in left_out:
                yield from walk(getattr(node, name))


def find_space(scope: Scope, name: str | None, shown: str) -> ast.Definition:
    """The space of a module: the only one, or the one that is named."""
    spaces = scope.spaces()
    if name is not None:
        for item in spaces:
            if item.name.id == name:
                return item
        raise error("NAS206", f"`{shown}` has no space `{name}`", help=suggest(name, [s.name.id for s in spaces]))
    if not spaces:
        raise error(
            "NAS207", f"`{shown}` defines no space", help="a space begins `space name(...) on x: image[3, 32, 32]`"
        )
    if len(spaces) > 1:
        names = ", ".join(item.name.id for item in spaces)
        raise error(
            "NAS207", f"`{shown}` defines several spaces: {names}", help=f"choose one: `{shown}:{spaces[0].name.id}`"
        )
    return spaces[0]


__all__ = ["FUNCTIONS", "QUANTIFIERS", "Loader", "NasError", "Scope", "find_space", "read_source"]
