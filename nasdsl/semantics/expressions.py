"""Expressions: names, calls, arrows and lists; the other forms go to the part that evaluates them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import assert_never

from nasdsl.diagnostics import Span, error
from nasdsl.ir.dependent import Dependent
from nasdsl.ir.requirement import MEASURES
from nasdsl.ops.table import PRIMITIVES
from nasdsl.semantics.application import Application
from nasdsl.semantics.arguments import Arguments
from nasdsl.semantics.conditional import Conditionals
from nasdsl.semantics.decisions import Decisions
from nasdsl.semantics.evaluation import Evaluation
from nasdsl.semantics.functions import Functions
from nasdsl.semantics.scalars import MAX_LIST, Scalars, whole
from nasdsl.semantics.scopes import FUNCTIONS
from nasdsl.semantics.values import (
    Composed,
    Frame,
    Hole,
    Items,
    Mention,
    Operation,
    Poisoned,
    Tensor,
    Value,
    describe,
    every,
    type_name,
)
from nasdsl.syntax import ast


class Expressions:
    """The value of any expression in a frame."""

    def __init__(
        self,
        evaluation: Evaluation,
        scalars: Scalars,
        arguments: Arguments,
        functions: Functions,
        conditionals: Conditionals,
        decisions: Decisions,
        application: Application,
    ):
        self.evaluation = evaluation
        self.builder = evaluation.builder
        self.scalars = scalars
        self.arguments = arguments
        self.functions = functions
        self.conditionals = conditionals
        self.decisions = decisions
        self.application = application

    def value(self, node: ast.Expr, frame: Frame) -> Value:
        """Evaluate an expression.  Raises `NasError`, or `Poisoned` where its error was reported already."""
        match node:  # the most frequent forms first
            case ast.Name():
                return self._name(node, frame)
            case ast.Call():
                return self._call(node, frame)
            case ast.Number() | ast.String() | ast.Bool():
                return node.value
            case ast.Arrow():
                return self.arrow(node, frame)
            case ast.Index():
                return self._index(node, frame)
            case ast.Binary():
                return self.scalars.binary(node, frame)
            case ast.Compare():
                return self.scalars.compare(node, frame)
            case ast.ListOf():
                return Items.of([self.value(item, frame) for item in node.items])
            case ast.Group():
                return self.value(node.inner, frame)
            case ast.Bar():
                return self._bar(node, frame)
            case ast.Ternary():
                return self._ternary(node, frame)
            case ast.Comprehension():
                return self._comprehend(node, frame)
            case ast.Pick():
                return self.decisions.pick(node, frame)
            case ast.Range():
                return self._range(node, frame)
            case ast.Unary():
                return self.scalars.unary(node, frame)
            case ast.Logic():
                return self.scalars.logic(node, frame)
            case ast.Slice():
                return self._slice(node, frame)
            case ast.Searching():
                self.evaluation.reads_searching = True
                return self.evaluation.searching
        assert_never(node)

    def _ternary(self, node: ast.Ternary, frame: Frame) -> Value:
        condition = self.scalars.condition(node.condition, frame)
        if isinstance(condition, bool):
            return self.value(node.then if condition else node.otherwise, frame)
        if not isinstance(condition, Dependent):
            text = "a condition on the finished architecture cannot choose between values"
            raise error("NAS310", text, node.span, help="`and`, `or` and `not` combine conditions")
        index, parts = self.conditionals.branches(condition)
        options: dict[int, Value] = {}
        for number, (part, expression) in enumerate(zip(parts, (node.otherwise, node.then), strict=True)):
            with part:
                options[number] = self.value(expression, frame)
        return self.conditionals.switch(index, options, frame, node.span)

    def _bar(self, node: ast.Bar, frame: Frame) -> Value:
        if len(node.alternatives) != 1:
            return self.decisions.bar(node, frame)
        only = node.alternatives[0]
        if only.phantom:
            raise error("NAS510", "`~` heads an alternative of a decision; there is no other here", node.span)
        assert only.label is not None
        return self._labelled(only.value, only.label.id, frame)

    def _comprehend(self, node: ast.Comprehension, frame: Frame) -> Items:
        clause = node.clauses[0]
        if len(node.clauses) == 1 and clause.condition is None:
            items = self.scalars.items(clause.iterable, frame)
            if not items.certain:  # each element as if it were there, and there only if it is taken
                with self._turns_of(clause, items, frame) as turns:
                    return Items(tuple(self.value(node.element, frame) for _ in turns), items.guards)
        return Items.of(self._comprehension(node, 0, frame))

    def _range(self, node: ast.Range, frame: Frame) -> Items:
        low, high = self.scalars.integer(node.lower, frame), self.scalars.integer(node.upper, frame)
        if high - low > MAX_LIST:
            raise error("NAS406", f"a list of {high - low:,} numbers is too long", node.span)
        return Items.of(range(low, high + node.closed))

    # names and calls

    def _name(self, node: ast.Name, frame: Frame) -> Value:
        value = frame.variables.get(node.id)
        if value is not None:
            if isinstance(value, Hole):
                raise Poisoned
            return self.conditionals.narrowed(value)
        if self.evaluation.requiring and node.id in MEASURES:
            return MEASURES[node.id]
        operation = self._mention(node, (), frame, node.span)
        if operation is None:
            raise error("NAS208", f"`{node.id}` has no value here", node.span)
        return operation

    def _call(self, node: ast.Call, frame: Frame) -> Value:
        if isinstance(node.function, ast.Name) and node.function.id not in frame.variables:
            if node.function.id in FUNCTIONS:
                return self.functions.call(node, node.function.id, frame)
            operation = self._mention(node.function, node.arguments, frame, node.span)
            if operation is not None:
                return operation
        value = self.value(node.function, frame)
        raise error("NAS301", f"{describe(value)} cannot be called", node.function.span)

    def _labelled(self, node: ast.Expr, label: str, frame: Frame) -> Value:
        """`(f as label)`: a mention of a choice or block takes its name from the label, a bar inside too."""
        while isinstance(node, ast.Group):
            node = node.inner
        name, arguments = (node.function, node.arguments) if isinstance(node, ast.Call) else (node, ())
        if isinstance(name, ast.Name) and name.id not in frame.variables and name.id in frame.scope.names:
            operation = self._mention(name, arguments, frame, node.span, label)
            if operation is not None:
                return operation
        with frame.targeting(label):
            return self.value(node, frame)

    def _mention(
        self, name: ast.Name, arguments: tuple[ast.Argument, ...], frame: Frame, span: Span, label: str = ""
    ) -> Value | None:
        """A primitive, block, cell or choice by name, with its arguments; `label` names its decisions.

        None if there is no such definition.
        """
        self.evaluation.step(span)
        if name.id in PRIMITIVES:
            return self.arguments.primitive(PRIMITIVES[name.id], arguments, frame, span)
        if name.id in FUNCTIONS:
            raise error("NAS301", f"`{name.id}` is a function and needs its arguments: `{name.id}(...)`", span)
        if name.id not in frame.scope.names:
            return None
        definition, scope = frame.scope.names[name.id]
        if isinstance(definition, ast.Extern):
            return self.arguments.external(definition, scope, arguments, frame, span)
        if definition.kind == "space":
            raise error("NAS301", f"`{name.id}` is a space; only blocks, cells and choices can be used", span)
        bound = self.arguments.bind(definition, scope, arguments, frame, span)
        if definition.kind == "choice":
            return self.decisions.choice(definition, scope, bound, frame, span, label)
        prefix = definition.name.id
        if definition.kind == "block":
            prefix = self.builder.reserve(frame, frame.component(label or prefix), span)
        return Mention(span, definition, scope, bound, prefix, label or definition.name.id)

    def arrow(self, node: ast.Arrow, frame: Frame, tail: bool = False) -> Value:
        """Application from left to right; a tail call of a block passes its own name on."""
        current = self.value(node.parts[0], frame)
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
                operation = replace(operation, prefix=frame.prefix, tail=True)
            inputs = _inputs(current, node.parts[0].span)
            current = self.application.apply(operation, inputs, frame, part.span)
        return current

    # lists

    def _comprehension(self, node: ast.Comprehension, depth: int, frame: Frame) -> Iterator[Value]:
        if depth == len(node.clauses):
            yield self.value(node.element, frame)
            return
        clause = node.clauses[depth]
        items = self.scalars.items(clause.iterable, frame)
        if not items.certain:
            raise error("NAS310", "only a comprehension with one `for` may run over a decided list", clause.span)
        with self._turns_of(clause, items, frame) as turns:
            for _ in turns:
                if clause.condition is None or self.scalars.truth(clause.condition, frame):
                    yield from self._comprehension(node, depth + 1, frame)

    @contextmanager
    def _turns_of(self, clause: ast.Clause, items: Items, frame: Frame) -> Iterator[Iterator[None]]:
        """The turns of a `for` in a list; afterwards its variable is what it was."""
        name = clause.variable.id
        indices, name_indices, before = frame.indices, frame.name_indices, frame.variables.get(name)

        def turns() -> Iterator[None]:
            for position, value in enumerate(items.values):
                self.evaluation.step(clause.span)
                index = value if isinstance(value, int) and not isinstance(value, bool) else position
                frame.indices, frame.name_indices = (*indices, index), (*name_indices, index)
                frame.variables[name] = value
                yield

        try:
            yield turns()
        finally:
            frame.indices, frame.name_indices = indices, name_indices
            if before is not None:
                frame.variables[name] = before
            else:
                frame.variables.pop(name, None)

    def _index(self, node: ast.Index, frame: Frame) -> Value:
        items = self.scalars.items(node.object, frame)
        position = self.value(node.position, frame)
        if isinstance(position, Dependent) and type_name(position) == "number":
            if not items.certain or not all(0 <= at < len(items.values) for at in position.values):
                text = f"positions {position} of {describe(items)}"
                raise error("NAS308", text, node.span)
            return self.conditionals.switch(position, dict(enumerate(items.values)), frame, node.span)
        position = whole(position, node.position.span)
        if not -len(items.values) <= position < len(items.values):
            text = f"position {position} of a list of {len(items.values)}"
            raise error("NAS308", text, node.span)
        if items.guards[position] is not None:
            raise error("NAS310", "an element of a decided list cannot be taken by position", node.span)
        return items.values[position]

    def _slice(self, node: ast.Slice, frame: Frame) -> Items:
        items = self.scalars.items(node.object, frame)
        low = self.scalars.integer(node.lower, frame) if node.lower is not None else None
        high = self.scalars.integer(node.upper, frame) if node.upper is not None else None
        return Items(items.values[low:high], items.guards[low:high])


def _inputs(value: Value, span: Span) -> list[Tensor]:
    """The tensors on the left of an arrow.  Raises NAS306."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, Items) and value.certain and every(value.values, Tensor):
        return list(value.values)
    text = f"the left side of `->` is a tensor, a list of tensors or an operation, found {describe(value)}"
    raise error("NAS306", text, span)
