"""Expressions: arithmetic, lists, calls and arrows.  Decisions and application are in `evaluator.py`."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from nasdsl.diagnostics import Span, error, suggest
from nasdsl.ir.dependent import Searched
from nasdsl.ir.requirement import MEASURES
from nasdsl.ops.record import ParameterSpec, Primitive
from nasdsl.ops.table import PRIMITIVES
from nasdsl.semantics.ir_builder import Construction
from nasdsl.semantics.scalars import MAX_LIST
from nasdsl.semantics.scopes import FUNCTIONS, Scope, walk
from nasdsl.semantics.values import (
    POISON,
    Composed,
    External,
    Frame,
    Items,
    Mention,
    Operation,
    Poisoned,
    PrimitiveOperation,
    Tensor,
    describe,
    type_name,
)
from nasdsl.syntax import ast

_TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)


class Expressions:
    make: Construction
    searching: bool
    reads_searching: bool
    requiring: bool

    # provided by the evaluator
    choice: Callable[..., Any]
    component: Callable[..., str]
    apply: Callable[..., Any]
    tensors: Callable[..., Any]
    function: Callable[..., Any]
    condition: Callable[..., Any]
    truth: Callable[..., bool]
    integer: Callable[..., int]
    switch: Callable[..., Any]
    branches: Callable[..., Any]
    narrowed: Callable[[Any], Any]
    _step: Callable[..., None]

    @contextmanager
    def targeting(self, frame: Frame, target: str) -> Iterator[None]:
        before, frame.target = frame.target, target
        try:
            yield
        finally:
            frame.target = before

    def value(self, node: ast.Expr, frame: Frame) -> Any:
        method = _METHODS.get(type(node))
        if method is not None:
            return getattr(self, method)(node, frame)
        assert isinstance(node, ast.Number | ast.String | ast.Bool)
        return node.value

    def _searching(self, node: ast.Searching, frame: Frame) -> bool:
        self.reads_searching = True
        return self.searching

    def _group(self, node: ast.Group, frame: Frame) -> Any:
        return self.value(node.inner, frame)

    def _ternary(self, node: ast.Ternary, frame: Frame) -> Any:
        condition = self.condition(node.condition, frame)
        if isinstance(condition, bool):
            return self.value(node.then if condition else node.otherwise, frame)
        index, parts = self.branches(condition)
        options = []
        for part, expression in zip(parts, (node.otherwise, node.then), strict=True):
            with part:
                options.append(self.value(expression, frame))
        return self.switch(index, options, frame, node.span)

    def _list(self, node: ast.ListOf, frame: Frame) -> Items:
        return Items.of([self.value(item, frame) for item in node.items])

    def _comprehend(self, node: ast.Comprehension, frame: Frame) -> Items:
        clause = node.clauses[0]
        if len(node.clauses) == 1 and clause.condition is None:
            items = self.items(clause.iterable, frame)
            if not items.certain:  # each element as if it were there, and there only if it is taken
                with self._turns_of(clause, items, frame) as turns:
                    return Items(tuple(self.value(node.element, frame) for _ in turns), items.guards)
        return Items.of(self._comprehension(node, 0, frame))

    def _range(self, node: ast.Range, frame: Frame) -> Items:
        low, high = self.integer(node.lower, frame), self.integer(node.upper, frame)
        if high - low > MAX_LIST:
            raise error("NAS406", f"a list of {high - low:,} numbers is too long", node.span)
        return Items.of(range(low, high + node.closed))

    # names and calls

    def _name(self, node: ast.Name, frame: Frame) -> Any:
        if node.id in frame.variables:
            value = frame.variables[node.id]
            if value is POISON:
                raise Poisoned
            return self.narrowed(value)
        if self.requiring and node.id in MEASURES:
            return MEASURES[node.id]
        operation = self._mention(node, (), frame, node.span)
        if operation is None:
            raise error("NAS208", f"`{node.id}` has no value here", node.span)
        return operation

    def _call_expression(self, node: ast.Call, frame: Frame) -> Any:
        if isinstance(node.function, ast.Name) and node.function.id not in frame.variables:
            if node.function.id in FUNCTIONS:
                return self.function(node, node.function.id, frame)
            operation = self._mention(node.function, node.arguments, frame, node.span)
            if operation is not None:
                return operation
        value = self.value(node.function, frame)
        raise error("NAS301", f"{describe(value)} cannot be called", node.function.span)

    def labelled(self, node: ast.Expr, label: str, frame: Frame) -> Any:
        """`(f as label)`: a mention of a choice or block takes its name from the label, a bar inside too."""
        while isinstance(node, ast.Group):
            node = node.inner
        name, arguments = (node.function, node.arguments) if isinstance(node, ast.Call) else (node, ())
        if isinstance(name, ast.Name) and name.id not in frame.variables and name.id in frame.scope.names:
            return self._mention(name, arguments, frame, node.span, label)
        with self.targeting(frame, label):
            return self.value(node, frame)

    def _mention(
        self, name: ast.Name, arguments: tuple[ast.Argument, ...], frame: Frame, span: Span, label: str = ""
    ) -> Any:
        """A primitive, block, cell or choice by name, with its arguments; `label` names its decisions."""
        self._step(span)
        if name.id in PRIMITIVES:
            return self._primitive(PRIMITIVES[name.id], arguments, frame, span)
        if name.id in FUNCTIONS:
            raise error("NAS301", f"`{name.id}` is a function and needs its arguments: `{name.id}(...)`", span)
        if name.id not in frame.scope.names:
            return None
        definition, scope = frame.scope.names[name.id]
        if isinstance(definition, ast.Extern):
            return self._mention_external(definition, scope, arguments, frame, span)
        if definition.kind == "space":
            raise error("NAS301", f"`{name.id}` is a space; only blocks, cells and choices can be used", span)
        bound = self._bind(definition, scope, arguments, frame, span)
        if definition.kind == "choice":
            return self.choice(definition, scope, bound, frame, span, label)
        prefix = definition.name.id
        if definition.kind == "block":
            prefix = self.make.reserve(frame, self.component(frame, label or prefix), span)
        return Mention(span, definition, scope, bound, prefix, label or definition.name.id)

    def _mention_external(
        self, declaration: ast.Extern, scope: Scope, arguments: tuple[ast.Argument, ...], frame: Frame, span: Span
    ) -> External:
        target = declaration.target.value
        if not _TARGET.fullmatch(target) or any(map(keyword.iskeyword, re.split(r"[.:]", target))):
            text = f"`{target}` names no class"
            raise error("NAS211", text, declaration.target.span, help='= "package.module:Class"')
        names = [parameter.name.id for parameter in declaration.parameters]
        bound, places = self._arguments(declaration.name.id, names, arguments, frame)
        inner = Frame(scope, dict(bound), frame.prefix, frame.region)
        for parameter in declaration.parameters:
            name = parameter.name.id
            if name not in bound:
                if parameter.default is None:
                    text = f"`{declaration.name.id}` needs `{name}`"
                    raise error("NAS302", text, span, (parameter.span, "declared here"))
                inner.variables[name] = self.value(parameter.default, inner)
            value = inner.variables[name]
            if not isinstance(value, bool | int | float | str):
                text = f"`{name}` of `{declaration.name.id}` is handed to Python and must be fixed"
                raise error("NAS310", f"{text}, found {describe(value)}", places.get(name, span))
        return External(span, declaration, scope, {name: inner.variables[name] for name in names})

    def choice_of(self, node: ast.Expr, frame: Frame) -> tuple[ast.Definition, Scope, dict[str, Any]] | None:
        """The choice that an expression mentions directly, if it does."""
        name, arguments = (node.function, node.arguments) if isinstance(node, ast.Call) else (node, ())
        if not isinstance(name, ast.Name) or name.id in frame.variables or name.id not in frame.scope.names:
            return None
        definition, scope = frame.scope.names[name.id]
        if not isinstance(definition, ast.Definition) or definition.kind != "choice":
            return None
        return definition, scope, self._bind(definition, scope, arguments, frame, node.span)

    def _bind(
        self, definition: ast.Definition, scope: Scope, arguments: tuple[ast.Argument, ...], frame: Frame, span: Span
    ) -> dict[str, Any]:
        names = [parameter.name.id for parameter in definition.parameters]
        bound, _ = self._arguments(definition.name.id, names, arguments, frame)
        inner = Frame(scope, dict(bound), frame.prefix, frame.region)
        deferred = {item.name.id for item in definition.inputs}
        for parameter in definition.parameters:
            name = parameter.name.id
            if name not in bound and parameter.default is not None and reads(parameter.default, deferred):
                deferred.add(name)  # it depends on the inputs: evaluated where the block is applied
            elif name not in bound:
                if parameter.default is None:
                    text = f"`{definition.name.id}` needs `{name}`"
                    raise error("NAS302", text, span, (parameter.span, "declared here"))
                inner.variables[name] = self.value(parameter.default, inner)
        return {name: inner.variables[name] for name in names if name in inner.variables}

    def _arguments(
        self, callee: str, names: list[str], arguments: tuple[ast.Argument, ...], frame: Frame
    ) -> tuple[dict[str, Any], dict[str, Span]]:
        """Values and places of the arguments, by parameter."""
        bound: dict[str, Any] = {}
        places: dict[str, Span] = {}
        base = frame.target
        for position, argument in enumerate(arguments):
            if argument.name is not None:
                name = argument.name.id
                if name not in names:
                    hint = suggest(name, names) or (f"it has {', '.join(names)}" if names else "it has none")
                    raise error("NAS302", f"`{callee}` has no parameter `{name}`", argument.span, help=hint)
            elif position >= len(names):
                takes = f"{len(names)} argument" + ("" if len(names) == 1 else "s")
                raise error("NAS302", f"`{callee}` takes {takes}, found {len(arguments)}", argument.span)
            elif any(item.name is not None for item in arguments[:position]):
                raise error("NAS302", "an argument without a name stands before those with one", argument.span)
            else:
                name = names[position]
            if name in bound:
                raise error("NAS302", f"`{name}` is given twice", argument.span)
            if isinstance(argument.value, ast.Bar | ast.Pick):
                with self.targeting(frame, f"{base}.{name}"):
                    bound[name] = self.value(argument.value, frame)
            else:
                bound[name] = self.value(argument.value, frame)
            places[name] = argument.span
        return bound, places

    def _primitive(
        self, primitive: Primitive, arguments: tuple[ast.Argument, ...], frame: Frame, span: Span
    ) -> PrimitiveOperation:
        names = [item.name for item in primitive.parameters]
        bound, places = self._arguments(primitive.name, names, arguments, frame)
        values: dict[str, Any] = {}
        for item in primitive.parameters:
            if item.name not in bound:
                if item.default is ...:
                    raise error("NAS302", f"`{primitive.name}` needs `{item.name}`", span)
                values[item.name] = item.default
                continue
            value, place = bound[item.name], places[item.name]
            if isinstance(value, Searched) and item.name not in primitive.searched:
                text = f"`{item.name}` of `{primitive.name}` cannot be searched"
                raise error(
                    "NAS310", text, place, help="take the bar outside: two operations, with weights of their own"
                )
            for each in value.values if isinstance(value, Searched) else (value,):
                _check_argument(primitive, item, each, place)
            values[item.name] = value
        return PrimitiveOperation(span, primitive, values)

    def arrow(self, node: ast.Arrow, frame: Frame, tail: bool = False) -> Any:
        """Application from left to right; a tail call of a block passes its own name on."""
        first = self.value(node.parts[0], frame)
        current: Any = first
        for position, part in enumerate(node.parts[1:], 1):
            operation = self.value(part, frame)
            if not isinstance(operation, Operation):
                text = f"the right side of `->` is an operation, found {describe(operation)}"
                raise error("NAS301", text, part.span)
            if isinstance(current, Operation):
                parts = current.parts if isinstance(current, Composed) else (current,)
                current = Composed(node.span, (*parts, operation))
                continue
            last = position == len(node.parts) - 1
            if (
                tail
                and last
                and position == 1
                and isinstance(operation, Mention)
                and operation.definition.kind == "block"
            ):
                operation = Mention(
                    operation.span,
                    operation.definition,
                    operation.scope,
                    operation.arguments,
                    frame.prefix,
                    operation.name,
                    True,
                )
            current = self.apply(operation, self.tensors(current, node.parts[0].span), frame, part.span)
        return current

    # lists

    def items(self, node: ast.Expr, frame: Frame) -> Items:
        value = self.value(node, frame)
        if not isinstance(value, Items):
            hint = "a range stands in parentheses: `one of (1 .. 4)`" if type_name(value) == "number" else ""
            raise error("NAS301", f"a list is needed here, found {describe(value)}", node.span, help=hint)
        return value

    def _comprehension(self, node: ast.Comprehension, depth: int, frame: Frame) -> Iterator[Any]:
        if depth == len(node.clauses):
            yield self.value(node.element, frame)
            return
        clause = node.clauses[depth]
        items = self.items(clause.iterable, frame)
        if not items.certain:
            raise error("NAS310", "only a comprehension with one `for` may run over a decided list", clause.span)
        with self._turns_of(clause, items, frame) as turns:
            for _ in turns:
                if clause.condition is None or self.truth(clause.condition, frame):
                    yield from self._comprehension(node, depth + 1, frame)

    @contextmanager
    def _turns_of(self, clause: ast.Clause, items: Items, frame: Frame) -> Iterator[Iterator[None]]:
        """The turns of a `for` in a list; afterwards its variable is what it was."""
        name = clause.variable.id
        outer = frame.indices, frame.name_indices, frame.variables.get(name)

        def turns() -> Iterator[None]:
            for position, value in enumerate(items.values):
                self._step(clause.span)
                index = value if isinstance(value, int) and not isinstance(value, bool) else position
                frame.indices, frame.name_indices = (*outer[0], index), (*outer[1], index)
                frame.variables[name] = value
                yield

        try:
            yield turns()
        finally:
            frame.indices, frame.name_indices = outer[:2]
            if outer[2] is not None:
                frame.variables[name] = outer[2]
            else:
                frame.variables.pop(name, None)

    def _index(self, node: ast.Index, frame: Frame) -> Any:
        items = self.items(node.object, frame)
        position = self.value(node.position, frame)
        if isinstance(position, Searched) and type_name(position) == "number":
            if not items.certain or not all(0 <= at < len(items.values) for at in position.values):
                text = f"positions {position} of {describe(items)}"
                raise error("NAS308", text, node.span)
            return self.switch(position, list(items.values), frame, node.span)
        position = self.integer(node.position, frame)
        if not -len(items.values) <= position < len(items.values):
            text = f"position {position} of a list of {len(items.values)}"
            raise error("NAS308", text, node.span)
        if items.guards[position] is not None:
            raise error("NAS310", "an element of a decided list cannot be taken by position", node.span)
        return items.values[position]

    def _slice(self, node: ast.Slice, frame: Frame) -> Items:
        items = self.items(node.object, frame)
        low = self.integer(node.lower, frame) if node.lower is not None else None
        high = self.integer(node.upper, frame) if node.upper is not None else None
        return Items(items.values[low:high], items.guards[low:high])


_METHODS: dict[type, str] = {
    ast.Name: "_name",
    ast.Call: "_call_expression",
    ast.Arrow: "arrow",
    ast.Bar: "bar",
    ast.Pick: "pick",
    ast.Ternary: "_ternary",
    ast.Group: "_group",
    ast.Searching: "_searching",
    ast.ListOf: "_list",
    ast.Comprehension: "_comprehend",
    ast.Range: "_range",
    ast.Index: "_index",
    ast.Slice: "_slice",
    ast.Unary: "unary",
    ast.Binary: "binary",
    ast.Logic: "logic",
    ast.Compare: "compare",
}


def reads(node: ast.Expr, names: set[str]) -> bool:
    return any(isinstance(item, ast.Name) and item.id in names for item in walk(node))


def _check_argument(primitive: Primitive, item: ParameterSpec, value: Any, place: Span) -> None:
    what = f"`{item.name}` of `{primitive.name}`"
    if item.type is bool:
        if not isinstance(value, bool):
            raise error("NAS301", f"{what} is true or false, found {describe(value)}", place)
    elif item.type is int and (isinstance(value, bool) or not isinstance(value, int)):
        hint = f"a tensor stands before the arrow: `x -> {primitive.name}(...)`" if isinstance(value, Tensor) else ""
        raise error("NAS301", f"{what} is a whole number, found {describe(value)}", place, help=hint)
    elif item.type is float and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise error("NAS301", f"{what} is a number, found {describe(value)}", place)
    elif value < item.least:
        raise error("NAS304", f"{what} must be at least {item.least}, found {value}", place)
    elif item.name == "rate" and value >= 1:
        raise error("NAS304", f"a dropout rate is below 1, found {value}", place)
