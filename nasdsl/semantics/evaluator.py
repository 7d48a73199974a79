"""Evaluates a space over all its architectures at once: statements, application and decisions.

A value is either the same in every architecture, or marked by the decision on which it depends.  Shapes
are compared wherever tensors meet, so that one evaluation proves every architecture.
"""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import Any

from nasdsl.diagnostics import NasError, Reporter, Span, diagnostic, error, suggest
from nasdsl.ir.dependent import Searched
from nasdsl.ir.program import Program
from nasdsl.ir.requirement import Requirement
from nasdsl.semantics.application import Application
from nasdsl.semantics.call_cache import Replay
from nasdsl.semantics.conditional import DecidedControl, settle, states
from nasdsl.semantics.decisions import Decisions
from nasdsl.semantics.expressions import Expressions
from nasdsl.semantics.functions import Functions
from nasdsl.semantics.ir_builder import Construction
from nasdsl.semantics.requirements import Requirements
from nasdsl.semantics.scalars import Scalars
from nasdsl.semantics.scopes import Scope
from nasdsl.semantics.values import (
    POISON,
    Decided,
    Frame,
    Items,
    Operation,
    Poisoned,
    Shared,
    Tensor,
    describe,
    type_name,
)
from nasdsl.syntax import ast

MAX_STEPS = 500_000


class Evaluator(Application, Decisions, DecidedControl, Expressions, Functions, Requirements, Scalars):
    """Statements; the rest of the language is in the classes that this one is made of.  Use `evaluate`."""

    def __init__(self, reporter: Reporter, searching: bool):
        self.reporter = reporter
        self.searching, self.reads_searching = searching, False
        self.make = Construction(reporter)
        self.replay = Replay(self.make)
        self.bindings: dict[str, list[str]] = {}
        self._calls: list[tuple[ast.Definition, Span]] = []
        self._steps = 0
        self.known: dict[str, tuple[int, ...]] = {}
        self.requiring = False
        self.requirements: dict[tuple[int, Any], Requirement] = {}
        self._uses: dict[Decided, list[Span]] = {}
        self.output_names: tuple[str, ...] = ()

    def note_ties(self) -> None:
        """One decision applied in several places is often meant, and often a surprise to a newcomer."""
        for operation, places in self._uses.items():
            if len(places) > 1:
                text = f"`{operation.key}` is decided once and used {len(places)} times: all of them agree"
                hint = f"for a decision at each use, define `choice {operation.name} = ...` and name it there"
                labels = (operation.span, "decided here"), (places[0], "used here")
                self.reporter.add(diagnostic("NAS509", text, *labels, help=hint, severity="note"))

    # statements

    def run(self, body: ast.Expr | ast.Block, frame: Frame, definition: ast.Definition) -> Any:
        if not isinstance(body, ast.Block):
            return self.value(body, frame)
        result = self._statements(body, frame, definition)
        if result is None:
            raise error(
                "NAS309",
                f"`{definition.name.id}` returns nothing",
                definition.name.span,
                help="end it with `return ...`",
            )
        return result[0]

    def _statements(self, block: ast.Block, frame: Frame, definition: ast.Definition) -> tuple[Any] | None:
        for statement in block.statements:
            self._step(statement.span)
            if isinstance(statement, ast.Return):
                frame.target, frame.indices = "out", ()
                return (self._returned(statement, frame, definition),)
            try:
                self._statement(statement, frame, definition)
            except NasError as failure:
                self.reporter.extend(failure.diagnostics)
                self._poison(statement, frame)
                if any(item.code in ("NAS406", "NAS505", "NAS105") for item in failure.diagnostics):
                    raise Poisoned from None
            except Poisoned:
                self._poison(statement, frame)
        return None

    def _returned(self, statement: ast.Return, frame: Frame, definition: ast.Definition) -> Any:
        results = statement.results
        if definition.kind != "space" and any(item.name is not None for item in results):
            raise error("NAS309", "only the results of a space have names", statement.span)
        values = [(item, self.value(item.value, frame)) for item in results if self._wanted(item, frame)]
        if definition.kind == "space":
            self.output_names = tuple(item.name.id if item.name else "" for item, _ in values)
        if len(results) == 1 and len(values) == 1:
            return values[0][1]
        return Items.of(value for _, value in values)

    def _wanted(self, item: ast.Result, frame: Frame) -> bool:
        return item.condition is None or self.truth(item.condition, frame)

    def _poison(self, statement: ast.Statement, frame: Frame) -> None:
        for name in _assigned(statement):
            frame.variables[name] = POISON

    def _step(self, span: Span) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise error(
                "NAS406", f"evaluating this takes more than {MAX_STEPS:,} steps", span, help="is a loop too long?"
            )

    def _statement(self, statement: ast.Statement, frame: Frame, definition: ast.Definition) -> None:
        match statement:
            case ast.Assign(targets=targets, values=values):
                self._assign(statement, targets, values, frame, definition)
            case ast.Augment(target=target, operator=operator, value=value):
                frame.target = target.id
                before = self.value(target, frame)
                after = self.operate(operator, before, self.value(value, frame), statement.span)
                self._set(target, after, frame, definition)
            case ast.If():
                self._if(statement, frame, definition)
            case ast.For():
                self._for(statement, frame, definition)
            case ast.Share(target=target, value=value):
                frame.target = target.id
                operation = self.value(value, frame)
                if not isinstance(operation, Operation):
                    text = f"`share` makes the weights of an operation once; this is {describe(operation)}"
                    raise error("NAS301", text, value.span, help="a tensor is computed once anyway")
                name = self.make.local_name(frame, target.id)
                shared = Shared(statement.span, operation, frame.region, name)
                self._set(target, shared, frame, definition)
            case ast.Require():
                self.require(statement, frame)

    def _assign(
        self,
        statement: ast.Assign,
        targets: tuple[ast.Name, ...],
        values: tuple[ast.Expr, ...],
        frame: Frame,
        owner: ast.Definition,
    ) -> None:
        for number, target in enumerate(targets):
            if target.id in (item.id for item in targets[:number]):
                raise error("NAS202", f"`{target.id}` is assigned twice at once", target.span)
        if len(targets) != len(values):
            if len(values) != 1:
                raise error("NAS302", f"{len(targets)} names, {len(values)} values", statement.span)
            frame.target = targets[0].id
            value = self.value(values[0], frame)
            if not isinstance(value, Items) or not value.certain or len(value.values) != len(targets):
                text = f"{len(targets)} names need a list of as many values, found {describe(value)}"
                raise error("NAS301", text, values[0].span)
            results = list(value.values)
        else:
            results = []
            for target, expression in zip(targets, values, strict=True):
                frame.target = target.id
                results.append(self.value(expression, frame))
        for target, value in zip(targets, results, strict=True):
            self._set(target, value, frame, owner)

    def _set(self, target: ast.Name, value: Any, frame: Frame, owner: ast.Definition) -> None:
        frame.variables[target.id] = value
        lines = self.bindings.setdefault(f"{owner.kind} {owner.name.id}", [])
        text = value.type.kind + f"[{value.type}]" if isinstance(value, Tensor) else describe(value)
        line = f"{target.id}: {text}"
        if line not in lines and len(lines) < 200:
            lines.append(line)

    def _if(self, statement: ast.If, frame: Frame, definition: ast.Definition) -> None:
        condition = self.condition(statement.condition, frame)
        if not isinstance(condition, bool | Searched):
            raise error("NAS310", "what is known of the finished architecture belongs into a `require`", statement.span)
        blocks = statement.otherwise, statement.then
        if isinstance(condition, bool):
            block = blocks[condition]
            if block is not None:
                self._statements(block, frame, definition)
            return
        names = _assigned(statement)
        before = states(frame.variables, names)
        index, contexts = self.branches(condition)
        results: list[dict[str, Any]] = []
        for block, context in zip(blocks, contexts, strict=True):
            settle(frame.variables, before)
            with context:
                if block is not None:
                    self._statements(block, frame, definition)
            results.append(states(frame.variables, names))
        self._settle(index, results, frame, statement.span)

    def _settle(self, index: Searched, results: list[dict[str, Any]], frame: Frame, span: Span) -> None:
        """Each variable as the branch that is taken leaves it."""
        for name in results[0]:
            frame.target = name
            settle(frame.variables, {name: self.switch(index, [result[name] for result in results], frame, span)})

    def _turns(self, iterable: ast.Expr, frame: Frame) -> tuple[list[Any], Any]:
        """What a loop runs over, and how many turns it makes: a decision may say so."""
        while isinstance(iterable, ast.Group):
            iterable = iterable.inner
        if isinstance(iterable, ast.Range):
            low, high = self.value(iterable.lower, frame), self.value(iterable.upper, frame)
            if isinstance(high, Searched) and isinstance(low, int) and all(isinstance(v, int) for v in high.values):
                first, more = low, int(iterable.closed)
                turns = self.lift(lambda value: max(0, value + more - first), iterable.span, high)
                most = turns.largest if isinstance(turns, Searched) else turns
                return list(range(low, low + most)), turns
        items = self.items(iterable, frame)
        if not items.certain:
            text = "which turns a loop makes cannot be picked"
            hint = "a comprehension over the list keeps what was picked: `[f(t) for t in some of xs]`"
            raise error("NAS310", text, iterable.span, help=hint)
        return list(items.values), len(items.values)

    def _for(self, loop: ast.For, frame: Frame, definition: ast.Definition) -> None:
        items, turns = self._turns(loop.iterable, frame)
        names = _assigned(loop)
        assigned = [name for name in names if name in frame.variables]
        carried = [frame.variables[name] for name in assigned]
        after = [states(frame.variables, names)]
        rolled = len(items) > 1 and not frame.name_prefix and not any(isinstance(v, Items) for v in carried)
        outer = frame.region, frame.indices, frame.name_indices
        name = self.make.unique(frame.region, f"each_{loop.variable.id}") if rolled else ""
        for position, value in enumerate(items):
            self._step(loop.span)
            index = value if isinstance(value, int) and not isinstance(value, bool) else position
            frame.indices = (*outer[1], index)
            if rolled:
                frame.name_indices = ()
                label = f"{definition.name.id}_{loop.variable.id}"
                frame.region = self.make.region(outer[0], "loop", name, label, loop.span, position)
            else:
                frame.name_indices = (*outer[2], index)
            frame.variables[loop.variable.id] = value
            before = {name: frame.variables.get(name) for name in assigned}
            try:
                with self.knowing(self.lift(lambda n, at=position: n > at, loop.span, turns)):
                    self._statements(loop.body, frame, definition)
                after.append(states(frame.variables, names))
                if rolled:
                    self._carry(frame.region, before, frame)
            finally:
                frame.region, frame.indices, frame.name_indices = outer
        if isinstance(turns, Searched):
            self._settle(turns, after, frame, loop.span)

    def _carry(self, region: int, before: dict[str, Any], frame: Frame) -> None:
        carried: list[tuple[str, int, int]] = []
        for name, old in before.items():
            new = frame.variables.get(name)
            if isinstance(old, Tensor) and isinstance(new, Tensor):
                carried.append((name, old.node, new.node))
        self.make.regions[region] = replace(self.make.regions[region], carried=tuple(carried))


def _assigned(node: object) -> list[str]:
    """Names that a statement (with what is inside it) assigns, in order."""
    names: dict[str, None] = {}
    match node:
        case ast.Assign(targets=targets):
            names.update((target.id, None) for target in targets)
        case ast.Augment(target=target) | ast.Share(target=target):
            names[target.id] = None
        case ast.For(body=body):
            names.update((name, None) for name in _assigned(body))
        case ast.If(then=then, otherwise=otherwise):
            names.update((name, None) for name in [*_assigned(then), *_assigned(otherwise)])
        case ast.Block(statements=statements):
            names.update((name, None) for item in statements for name in _assigned(item))
    return list(names)


def evaluate(
    definition: ast.Definition, scope: Scope, settings: dict[str, Any], searching: bool, reporter: Reporter
) -> Program:
    """The typed program of one space.  Raises `NasError` with every error found."""
    evaluator = Evaluator(reporter, searching)
    collecting = gc.isenabled()
    gc.disable()  # all that is made here stays; collecting would cost a third of the time
    try:
        program = _evaluate(evaluator, definition, scope, settings)
    except NasError as failure:
        reporter.extend(failure.diagnostics)
        program = None
    except Poisoned:
        program = None
    except RecursionError:
        reporter.add(diagnostic("NAS105", "an expression is nested too deeply", definition.name.span))
        program = None
    finally:
        if collecting:
            gc.enable()
    reporter.raise_errors()
    if program is None:
        raise error("NAS901", "evaluation stopped without a reason", definition.span)
    return program


def _evaluate(evaluator: Evaluator, definition: ast.Definition, scope: Scope, settings: dict[str, Any]) -> Program:
    make = evaluator.make
    root = make.region(None, "space", "", definition.name.id, definition.name.span)
    frame = Frame(scope, {}, definition.name.id, root)
    declared = tuple(parameter.name.id for parameter in definition.parameters)
    for name in settings:
        if name not in declared:
            text = f"the space `{definition.name.id}` has no parameter `{name}`"
            raise error(
                "NAS305", text, definition.name.span, help=suggest(name, declared) or f"it has {', '.join(declared)}"
            )
    for parameter in definition.parameters:
        name = parameter.name.id
        default = evaluator.value(parameter.default, frame) if parameter.default is not None else None
        if name in settings:
            value = settings[name]
            if default is not None and type_name(default) != type_name(value):
                raise error(
                    "NAS305", f"`{name}` is {describe(default)} by default; {describe(value)} was given", parameter.span
                )
            if isinstance(default, int) and isinstance(value, float):
                raise error("NAS305", f"`{name}` is a whole number; {value} was given", parameter.span)
        elif default is None:
            text = f"the parameter `{name}` has no default and was not set"
            raise error("NAS305", text, parameter.span, help=f"--set {name}=...")
        else:
            value = default
        if not isinstance(value, bool | int | float | str):
            raise error(
                "NAS305",
                f"a parameter of a space is a number, boolean or string, not {describe(value)}",
                parameter.span,
            )
        frame.variables[name] = value
    parameters = {name: frame.variables[name] for name in declared}
    inputs: list[int] = []
    for item in definition.inputs:
        if item.type is None:
            raise error(
                "NAS301", "an input of a space needs its type", item.span, help=f"{item.name.id}: image[3, 32, 32]"
            )
        tensor = make.node(
            "input", {"name": item.name.id}, (), (), evaluator.tensor_type(item.type, frame), frame, item.span
        )
        frame.variables[item.name.id] = tensor
        inputs.append(tensor.node)
    if not inputs:
        raise error("NAS306", "a space needs an input", definition.name.span, help="on x: image[3, 32, 32]")
    result = evaluator.run(definition.body, frame, definition)
    evaluator.note_ties()
    values = result.values if isinstance(result, Items) and result.certain else (result,)
    outputs = [item for item in values if isinstance(item, Tensor)]
    if not outputs or len(outputs) != len(values):
        raise error("NAS309", f"the space must return tensors, found {describe(result)}", definition.name.span)
    names = evaluator.output_names or ("",) * len(outputs)
    for number, name in enumerate(names):
        if name and name in names[:number]:
            raise error("NAS202", f"two results are named `{name}`", definition.name.span)
    source = definition.span.source
    return Program(
        definition.name.id, source.name, source.text, scope.module.doc or definition.doc, parameters, declared,
        evaluator.searching, make.nodes, make.regions, make.decisions, make.determined,
        evaluator.resolved(), tuple(inputs), tuple(item.node for item in outputs), names,
        [item for item in evaluator.reporter.diagnostics if item.severity != "error"], evaluator.bindings,
        evaluator.reads_searching,
    )  # fmt: skip
