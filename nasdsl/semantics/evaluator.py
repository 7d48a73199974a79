"""Evaluates a space over all its architectures at once: statements, application and decisions.

A value is either the same in every architecture, or marked by the decision on which it depends.  Shapes
are compared wherever tensors meet, so that one evaluation proves every architecture.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from nasdsl.diagnostics import NasError, Reporter, Span, diagnostic, error, suggest
from nasdsl.semantics.construct import Construction, slug
from nasdsl.semantics.decided import DecidedControl, settle, states
from nasdsl.semantics.expressions import Expressions
from nasdsl.semantics.program import KINDS, Decision, Guard, Program, TensorType
from nasdsl.semantics.scopes import Scope, walk
from nasdsl.semantics.searched import Searched
from nasdsl.semantics.values import (
    POISON,
    Composed,
    Decided,
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
from nasdsl.syntax.printer import short, show

MAX_DEPTH = 40
MAX_STEPS = 500_000


class Evaluator(DecidedControl, Expressions):
    """Use `evaluate` (below).  Expressions without decisions are in `expressions.py`."""

    def __init__(self, reporter: Reporter, searching: bool):
        self.reporter = reporter
        self.searching, self.reads_searching = searching, False
        self.make = Construction(reporter)
        self.bindings: dict[str, list[str]] = {}
        self._calls: list[tuple[ast.Definition, Span]] = []
        self._steps = 0
        self.known: dict[str, tuple[int, ...]] = {}
        self._uses: dict[Decided, list[Span]] = {}

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
            if any(isinstance(node, ast.Return) for node in walk(body)):
                raise Poisoned  # it stands where it may not, and this was said
            raise error(
                "NAS309",
                f"`{definition.name.id}` returns nothing",
                definition.name.span,
                help="end it with `return ...`",
            )
        return result[0]

    def _statements(self, block: ast.Block, frame: Frame, definition: ast.Definition) -> tuple[Any] | None:
        for number, statement in enumerate(block.statements):
            self._step(statement.span)
            if isinstance(statement, ast.Return):
                if number + 1 < len(block.statements) or block is not definition.body:
                    place = statement.span
                    raise error("NAS309", "`return` comes last, and not inside `for` or `if`", place)
                if len(statement.values) != 1:
                    raise error("NAS190", "several results are not supported by this version", statement.span)
                frame.target, frame.indices = "out", ()
                return (self.value(statement.values[0], frame),)
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
            case ast.Share():
                raise error("NAS190", "`share` is not supported by this version", statement.span)
            case ast.Require():
                raise error("NAS190", "`require` is not supported by this version", statement.span)

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
            raise error("NAS190", "a loop over a decided list is not supported by this version", iterable.span)
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

    # application

    def apply(self, operation: Operation, inputs: list[Tensor], frame: Frame, span: Span) -> Tensor:
        match operation:
            case PrimitiveOperation(primitive=primitive, arguments=arguments):
                if len(inputs) != 1:
                    raise error("NAS306", f"`{primitive.name}` takes one tensor, found {len(inputs)}", span)
                return self.make.primitive(primitive.name, arguments, inputs[0], frame, operation.span)
            case Composed(parts=parts):
                for part in parts:
                    inputs = [self.apply(part, inputs, frame, span)]
                return inputs[0]
            case Mention():
                return self._call(operation, inputs, frame, span)
            case Decided():
                return self._select(operation, inputs, frame, span)
        raise TypeError(operation)

    def _call(self, mention: Mention, inputs: list[Tensor], frame: Frame, span: Span) -> Tensor:
        definition = mention.definition
        if len(inputs) != len(definition.inputs):
            text = f"`{definition.name.id}` takes {len(definition.inputs)} tensors, found {len(inputs)}"
            raise error("NAS306", text, span, (definition.name.span, "defined here"))
        region = frame.region
        if not mention.tail:
            name = self.make.local_name(frame, mention.name)
            region = self.make.region(frame.region, definition.kind, name, definition.name.id, definition.name.span)
        variables = dict(mention.arguments)
        inner = Frame(mention.scope, variables, mention.prefix, region)
        for declared, value in zip(definition.inputs, inputs, strict=True):
            if declared.type is not None:
                self._check_type(declared, value.type, inner)
            variables[declared.name.id] = value
        for parameter in definition.parameters:
            if parameter.name.id not in variables and parameter.default is not None:
                variables[parameter.name.id] = self.value(parameter.default, inner)
        with self._inside(definition, span):
            if isinstance(definition.body, ast.Arrow):
                result = self.arrow(definition.body, inner, tail=True)
            else:
                result = self.run(definition.body, inner, definition)
        if not isinstance(result, Tensor):
            text = f"`{definition.name.id}` must return a tensor, found {describe(result)}"
            raise error("NAS309", text, definition.body.span)
        return result

    @contextmanager
    def _inside(self, definition: ast.Definition, span: Span) -> Iterator[None]:
        if len(self._calls) >= MAX_DEPTH:
            names = " -> ".join(item.name.id for item, _ in self._calls[-4:])
            text = f"`{definition.name.id}` is used within itself without end ({names} -> ...)"
            self.reporter.add(diagnostic("NAS505", text, span, (definition.name.span, "defined here")))
            raise Poisoned
        self._calls.append((definition, span))
        try:
            yield
        finally:
            self._calls.pop()

    def _check_type(self, declared: ast.Input, found: TensorType, frame: Frame) -> None:
        assert declared.type is not None
        expected = self.tensor_type(declared.type, frame)
        if found.same(expected) is not True:
            raise error("NAS401", f"`{declared.name.id}` is declared as {expected}, found {found}", declared.span)

    def tensor_type(self, declared: ast.TypeOf, frame: Frame) -> TensorType:
        kind = declared.kind.id
        if kind not in KINDS:
            raise error("NAS301", f"there is no type `{kind}`", declared.kind.span, help=suggest(kind, KINDS))
        if len(declared.dims) != KINDS[kind]:
            raise error("NAS301", f"`{kind}` has {KINDS[kind]} dimensions, found {len(declared.dims)}", declared.span)
        return TensorType(kind, tuple(self.integer(dim, frame, 1) for dim in declared.dims))

    def _select(self, operation: Decided, inputs: list[Tensor], frame: Frame, span: Span) -> Tensor:
        self._uses.setdefault(operation, []).append(span)
        name = self.make.local_name(frame, operation.name)
        outer = self.make.region(frame.region, "select", name, operation.label, operation.span)
        results: list[Tensor] = []
        for label, _, alternative in operation.alternatives:
            kind, title = "alternative", label
            if isinstance(alternative, Mention):  # its block stands in the alternative's own place
                kind, title = alternative.definition.kind, alternative.definition.name.id
                alternative = replace(alternative, tail=True)
            region = self.make.region(outer, kind, slug(label), title, alternative.span)
            inner = frame.inside(region)
            results.append(self.apply(alternative, inputs, inner, span))
        return self._join_alternatives(
            operation.key, results, [a[2].span for a in operation.alternatives], outer, frame, operation.span
        )

    def _join_alternatives(
        self, key: str, results: list[Tensor], spans: list[Span], region: int, frame: Frame, span: Span
    ) -> Tensor:
        for result, place in zip(results, spans, strict=True):
            if result.type.same(results[0].type) is not True:
                text = f"the alternatives give {results[0].type} and {result.type}"
                labels = (spans[0], f"this gives {results[0].type}"), (place, f"this gives {result.type}")
                hint = ""
                if result.type.kind == "image" and result.type.dims[1:] == results[0].type.dims[1:]:
                    hint = "a searched width is written inside: `conv(3, 64 | 128)`"
                raise error("NAS403", text, *labels, help=hint)
        guards: list[Guard | None] = [(key, i) for i in range(len(results))]
        inner = frame.inside(region)
        return self.make.join("select", results, guards, inner, span, spans)

    # decisions

    def component(self, frame: Frame, name: str) -> str:
        return name + (f"[{','.join(str(index) for index in frame.indices)}]" if frame.indices else "")

    def bar(self, node: ast.Bar, frame: Frame) -> Any:
        if len(node.alternatives) == 1:
            only = node.alternatives[0]
            if only.phantom:
                raise error("NAS510", "`~` heads an alternative of a decision; there is no other here", node.span)
            assert only.label is not None
            with self.targeting(frame, only.label.id):
                return self.value(only.value, frame)
        component = self.component(frame, frame.target)
        key = self.make.reserve(frame, component, node.span)
        return self._decide(key, frame.target, node.alternatives, frame, node.span)

    def choice(
        self, definition: ast.Definition, scope: Scope, arguments: dict[str, Any], frame: Frame, span: Span
    ) -> Any:
        component = self.component(frame, definition.name.id)
        key = self.make.reserve(frame, component, span)
        body = definition.body
        assert not isinstance(body, ast.Block)
        inner = Frame(scope, arguments, frame.prefix, frame.region)
        alternatives = body.alternatives if isinstance(body, ast.Bar) else (ast.Alternative(body.span, body),)
        with self._inside(definition, span):
            return self._decide(key, definition.name.id, alternatives, inner, span)

    def _decide(self, key: str, name: str, alternatives: tuple[ast.Alternative, ...], frame: Frame, span: Span) -> Any:
        snapshot = len(self.make.regions), self.make.names_in(frame.region)
        outer = self.make.region(frame.region, "select", self.make.local_name(frame, slug(name)), name, span)
        inner = replace(
            frame, prefix=key, indices=(), used={}, region=outer, name_prefix="", name_indices=(), target="value"
        )
        found = list(self._alternatives(alternatives, inner, outer, False))
        labels = self._labels([(item[0], item[1]) for item in found])
        values = [item[2] for item in found]
        spans = [item[0].span for item in found]
        phantom = [item[1] for item in found]
        kinds = {type_name(value) for value in values}
        if kinds != {"tensor"}:
            self.make.forget(snapshot[0], frame.region, snapshot[1])
        if len(kinds) > 1:
            self._mixed(values, spans, alternatives)
        kind = kinds.pop()
        if kind == "operation":
            self.make.decide(key, "one", labels, phantom, span)
            triples = tuple(zip(labels, phantom, values, strict=True))
            return Decided(span, key, triples, slug(name), name)
        if kind == "tensor":
            self.make.decide(key, "one", labels, phantom, span)
            return self._join_alternatives(key, values, spans, outer, frame, span)
        if kind in ("number", "boolean", "string"):
            return self.searched(key, values, spans, span)
        raise error("NAS190", f"a decision between {kind}s is not supported by this version", span)

    def searched(self, key: str, values: list[Any], spans: list[Span], span: Span) -> Any:
        kept: list[Any] = []
        for value, place in zip(values, spans, strict=True):
            if isinstance(value, Searched):
                text = "a searched number inside another decision is not supported by this version"
                raise error("NAS190", text, place)
            if value in kept:
                text = f"two alternatives have the value {value} and are merged"
                self.reporter.add(diagnostic("NAS506", text, place, severity="warning"))
            else:
                kept.append(value)
        if len(kept) > 1:
            labels = [_label(value) for value in kept]
            self.make.decide(key, "one", labels, [False] * len(kept), span, values=tuple(kept))
        return Searched((key,), (len(kept),), tuple(kept)) if len(kept) > 1 else kept[0]

    def _alternatives(
        self, alternatives: tuple[ast.Alternative, ...], frame: Frame, outer: int, phantom: bool
    ) -> Iterator[tuple[ast.Alternative, bool, Any]]:
        """Each alternative's value; a choice that stands directly as an alternative flattens."""
        for item in alternatives:
            expression = item.value
            while isinstance(expression, ast.Group):
                expression = expression.inner
            hidden = phantom or item.phantom
            choice = self.choice_of(expression, frame)
            if isinstance(expression, ast.Bar) and item.label is None:
                yield from self._alternatives(expression.alternatives, frame, outer, hidden)
            elif choice is not None and item.label is None:
                definition, scope, arguments = choice
                body = definition.body
                assert not isinstance(body, ast.Block)
                inner = replace(frame, scope=scope, variables=arguments)
                parts = body.alternatives if isinstance(body, ast.Bar) else (ast.Alternative(body.span, body),)
                with self._inside(definition, item.span):
                    yield from self._alternatives(parts, inner, outer, hidden)
            else:
                label = item.label.id if item.label else short(item.value)
                region = self.make.region(outer, "alternative", slug(label), label, item.span)
                yield item, hidden, self.value(item.value, replace(frame, region=region))

    def _labels(self, items: list[tuple[ast.Alternative, bool]]) -> list[str]:
        texts = [item.label.id if item.label else short(item.value) for item, _ in items]
        doubled = {text for text in texts if texts.count(text) > 1}
        labels: list[str] = []
        for (item, _), text in zip(items, texts, strict=True):
            label = show(item.value) if text in doubled and item.label is None else text
            if label in labels:
                first = items[labels.index(label)][0]
                text = f"`{label}` appears twice in one decision; alternatives are a set"
                raise error("NAS501", text, (item.span, "again here"), (first.span, "first here"))
            labels.append(label)
        return labels

    def _mixed(self, values: list[Any], spans: list[Span], alternatives: tuple[ast.Alternative, ...]) -> None:
        first = type_name(values[0])
        at = next(i for i, value in enumerate(values) if type_name(value) != first)
        hint = ""
        if isinstance(alternatives[0].value, ast.Arrow) and first == "tensor":
            arrow = alternatives[0].value
            inside = " | ".join([show(arrow.parts[-1]), *(show(item.value) for item in alternatives[1:])])
            hint = f"`|` binds looser than `->`: write `{' -> '.join(map(show, arrow.parts[:-1]))} -> ({inside})`"
        labels = (spans[0], f"this is {describe(values[0])}"), (spans[at], f"this is {describe(values[at])}")
        raise error("NAS303", "the alternatives of this decision have different types", *labels, help=hint)

    def pick(self, node: ast.Pick, frame: Frame) -> Any:
        component = self.component(frame, frame.target)
        key = self.make.reserve(frame, component, node.span)
        prefix = slug(frame.target + "_".join(str(i) for i in frame.name_indices)) + "_"
        inner = replace(frame, prefix=key, indices=(), used={}, name_prefix=frame.name_prefix + prefix, name_indices=())
        items = self.items(node.list, inner)
        if not items.certain:
            raise error("NAS190", "picking from a decided list is not supported by this version", node.list.span)
        count = len(items.values)
        how = node.how.id if isinstance(node.how, ast.Name) and node.how.id in ("one", "any", "some") else None
        wanted = {"one": (1, 1), "any": (0, count), "some": (1, count)}.get(how or "")
        if wanted is None:
            k = self.integer(node.how, frame, 1)
            wanted = k, k
        if count == 0 and how in ("one", "some"):
            raise error("NAS502", f"`{how} of` needs a list with something in it", node.list.span)
        if wanted[0] > count:
            raise error(
                "NAS502",
                f"{wanted[0]} of a list of {count}: too few",
                (node.span, "decided here"),
                (node.list.span, f"this has {count}"),
            )
        if how == "any" and count == 0:
            return Items((), ())
        if how != "one":
            guards: tuple[Guard | None, ...] = tuple((key, i) for i in range(count))
            self.make.decide(key, "subset", [str(i) for i in range(count)], [False] * count, node.span, *wanted)
            return Items(items.values, guards)
        kinds = {type_name(value) for value in items.values}
        spans = [node.list.span] * count
        if len(kinds) > 1:
            self._mixed(list(items.values), spans, (ast.Alternative(node.list.span, node.list),))
        if kinds & {"number", "boolean", "string"}:
            return self.searched(key, list(items.values), spans, node.span)
        labels = [str(i) for i in range(count)]
        decision: Decision = self.make.decide(key, "one", labels, [False] * count, node.span)
        if kinds == {"operation"}:
            triples = tuple((label, False, value) for label, value in zip(labels, items.values, strict=True))
            return Decided(node.span, decision.key, triples, slug(frame.target), frame.target)
        return self._join_alternatives(key, list(items.values), spans, frame.region, frame, node.span)


def _label(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


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
    if len(inputs) != 1:
        raise error("NAS190", "a space has exactly one input in this version", definition.name.span)
    result = evaluator.run(definition.body, frame, definition)
    evaluator.note_ties()
    if not isinstance(result, Tensor):
        raise error("NAS309", f"the space must return a tensor, found {describe(result)}", definition.name.span)
    source = definition.span.source
    return Program(
        definition.name.id, source.name, source.text, scope.module.doc or definition.doc, parameters, declared,
        evaluator.searching, make.nodes, make.regions, make.decisions, tuple(inputs), (result.node,),
        [item for item in evaluator.reporter.diagnostics if item.severity != "error"], evaluator.bindings,
        evaluator.reads_searching,
    )  # fmt: skip
