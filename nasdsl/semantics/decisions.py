"""Decisions: bars, choices and picks, their names, and what they are between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from nasdsl.diagnostics import Span, diagnostic, error
from nasdsl.ir.decision import Guard
from nasdsl.ir.dependent import Dependent
from nasdsl.ir.key import DecisionKey
from nasdsl.quoting import identifier
from nasdsl.semantics.arguments import Arguments
from nasdsl.semantics.conditional import Conditionals
from nasdsl.semantics.evaluation import Evaluation, Interpreter
from nasdsl.semantics.scalars import Scalars
from nasdsl.semantics.scopes import Scope
from nasdsl.semantics.values import (
    Decided,
    Frame,
    Items,
    Mention,
    Operation,
    Outputs,
    Plain,
    Scalar,
    Tensor,
    Value,
    describe,
    every,
    tensors_of,
    type_name,
)
from nasdsl.syntax import ast
from nasdsl.syntax.printer import short, show

SCALARS = (bool, int, float, str)


class Decisions:
    """Bars, choices and picks, and applying the operations that they decide between."""

    def __init__(
        self,
        evaluation: Evaluation,
        scalars: Scalars,
        arguments: Arguments,
        conditionals: Conditionals,
        interpreter: Interpreter,
    ):
        self.evaluation = evaluation
        self.builder = evaluation.builder
        self.scalars = scalars
        self.arguments = arguments
        self.conditionals = conditionals
        self.interpreter = interpreter
        self._uses: dict[Decided, list[Span]] = {}

    # applying a decided operation

    def apply(self, operation: Decided, inputs: list[Tensor], frame: Frame, span: Span) -> Outputs:
        """Apply each alternative in a region of its own, and select between their results."""
        self._uses.setdefault(operation, []).append(span)
        name = self.builder.local_name(frame, operation.name)
        outer = self.builder.region(frame.region, "select", name, operation.label, operation.span)
        results: list[Outputs] = []
        for label, _, alternative in operation.alternatives:
            kind, title = "alternative", label
            if isinstance(alternative, Mention):  # its block stands in the alternative's own place
                assert alternative.definition.kind != "choice"
                kind, title = alternative.definition.kind, alternative.definition.name.id
                alternative = replace(alternative, tail=True)
            region = self.builder.region(outer, kind, identifier(label), title, alternative.span)
            inner = frame.inside(region)
            results.append(self.interpreter.apply(alternative, inputs, inner, span))
        return self._join_alternatives(
            operation.key, results, [a[2].span for a in operation.alternatives], outer, frame, operation.span
        )

    def note_ties(self) -> None:
        """Report a decision applied in several places: often meant, and often a surprise to a newcomer."""
        for operation, places in self._uses.items():
            if len(places) > 1:
                text = f"`{operation.key}` is decided once and used {len(places)} times: all of them agree"
                hint = f"for a decision at each use, define `choice {operation.name} = ...` and name it there"
                labels = (operation.span, "decided here"), (places[0], "used here")
                self.evaluation.reporter.add(diagnostic("NAS509", text, *labels, help=hint, severity="note"))

    def _join_alternatives(
        self, key: DecisionKey, results: Sequence[Outputs], spans: list[Span], region: int, frame: Frame, span: Span
    ) -> Outputs:
        if not every(results, Tensor):
            return self._join_lists(key, results, spans, region, frame, span)
        return self._join_tensors(key, results, spans, region, frame, span)

    def _join_tensors(
        self, key: DecisionKey, results: Sequence[Tensor], spans: list[Span], region: int, frame: Frame, span: Span
    ) -> Tensor:
        for result, place in zip(results, spans, strict=True):
            same = result.type.same(results[0].type)
            if same is not True:
                text = f"the alternatives give {self.builder.differing(results[0].type, result.type, same)}"
                labels = (spans[0], f"this gives {results[0].type}"), (place, f"this gives {result.type}")
                hint = ""
                if result.type.kind == "image" and result.type.dims[1:] == results[0].type.dims[1:]:
                    hint = "a searched width is written inside: `conv(3, 64 | 128)`"
                raise error("NAS403", text, *labels, help=hint)
        guards: list[Guard | None] = [Guard(key, i) for i in range(len(results))]
        return self.builder.join("select", list(results), guards, frame.inside(region), span, spans)

    def _join_lists(
        self, key: DecisionKey, results: Sequence[Outputs], spans: list[Span], region: int, frame: Frame, span: Span
    ) -> Items:
        """Several tensors under one decision: each is joined by itself."""
        rows = [tensors_of(result) for result in results]
        for row, place in zip(rows, spans, strict=True):
            if len(row) != len(rows[0]):
                labels = (spans[0], f"this gives {len(rows[0])} tensors"), (place, f"this gives {len(row)}")
                raise error("NAS403", "the alternatives give different numbers of tensors", *labels)
        columns = zip(*rows, strict=True)
        return Items.of(self._join_tensors(key, column, spans, region, frame, span) for column in columns)

    # decisions

    def bar(self, node: ast.Bar, frame: Frame) -> Value:
        """`a | b`: a decision named after the variable that it is assigned to."""
        key = self.builder.reserve(frame, frame.component(frame.target), node.span)
        return self._decide(key, frame.target, node.alternatives, frame, node.span)

    def choice(
        self,
        definition: ast.Definition,
        scope: Scope,
        arguments: dict[str, Value],
        frame: Frame,
        span: Span,
        label: str = "",
    ) -> Value:
        """A mention of a `choice`: a decision of its own, named after the definition or `label`."""
        name = label or definition.name.id
        key = self.builder.reserve(frame, frame.component(name), span)
        inner = Frame(scope, dict(arguments), frame.prefix, frame.region)
        with self.evaluation.inside(definition, span):
            return self._decide(key, name, _alternatives_of(definition), inner, span)

    def _decide(
        self, key: DecisionKey, name: str, alternatives: tuple[ast.Alternative, ...], frame: Frame, span: Span
    ) -> Value:
        snapshot = len(self.builder.regions), self.builder.names_in(frame.region)
        outer = self.builder.region(
            frame.region, "select", self.builder.local_name(frame, identifier(name)), name, span
        )
        inner = replace(
            frame, prefix=key, indices=(), used={}, region=outer, name_prefix="", name_indices=(), target="value"
        )
        found = list(self._alternatives(alternatives, inner, outer, False))
        labels = self._labels([(item[0], item[1]) for item in found])
        values = [item[2] for item in found]
        spans = [item[0].span for item in found]
        phantom = [item[1] for item in found]
        if not every(values, Tensor):
            self.builder.forget(snapshot[0], frame.region, snapshot[1])
        kind = self._one_kind(values, spans, alternatives)
        if every(values, Operation):
            self.builder.decide(key, "one", labels, phantom, span)
            triples = tuple(zip(labels, phantom, values, strict=True))
            return Decided(span, key, triples, identifier(name), name)
        if every(values, Tensor):
            self.builder.decide(key, "one", labels, phantom, span)
            return self._join_alternatives(key, values, spans, outer, frame, span)
        if any(phantom):
            raise error("NAS510", f"`~` heads an operation or a tensor, not a {kind}", span)
        if every(values, SCALARS):
            return self._searched(key, values, spans, span)
        return self._between(key, labels, values, frame, span)

    def _between(self, key: DecisionKey, labels: list[str], values: Sequence[Value], frame: Frame, span: Span) -> Value:
        """A decision between lists, or between values that depend on decisions themselves."""
        self.builder.decide(key, "one", labels, [False] * len(labels), span)
        index = Dependent((key,), (len(values),), tuple(range(len(values))))
        return self.conditionals.switch(index, dict(enumerate(values)), frame, span)

    def _searched(self, key: DecisionKey, values: Sequence[Scalar], spans: list[Span], span: Span) -> Plain:
        """A decision between fixed numbers, booleans or strings.  Equal ones are merged, with a warning (NAS506)."""
        kept: list[Scalar] = []
        for value, place in zip(values, spans, strict=True):
            if value in kept:
                text = f"two alternatives have the value {value} and are merged"
                self.evaluation.reporter.add(diagnostic("NAS506", text, place, severity="warning"))
            else:
                kept.append(value)
        if len(kept) == 1:
            return kept[0]
        labels = [_label(value) for value in kept]
        self.builder.decide(key, "one", labels, [False] * len(kept), span, values=tuple(kept))
        return Dependent((key,), (len(kept),), tuple(kept))

    def _alternatives(
        self, alternatives: tuple[ast.Alternative, ...], frame: Frame, outer: int, phantom: bool
    ) -> Iterator[tuple[ast.Alternative, bool, Value]]:
        """Each alternative's value; a choice that stands directly as an alternative flattens."""
        for item in alternatives:
            expression = item.value
            while isinstance(expression, ast.Group):
                expression = expression.inner
            hidden = phantom or item.phantom
            choice = self.arguments.choice_of(expression, frame)
            if isinstance(expression, ast.Bar) and item.label is None:
                yield from self._alternatives(expression.alternatives, frame, outer, hidden)
            elif choice is not None and item.label is None:
                definition, scope, arguments = choice
                inner = replace(frame, scope=scope, variables=dict(arguments))
                with self.evaluation.inside(definition, item.span):
                    yield from self._alternatives(_alternatives_of(definition), inner, outer, hidden)
            else:
                label = item.label.id if item.label else short(item.value)
                region = self.builder.region(outer, "alternative", identifier(label), label, item.span)
                yield item, hidden, self.interpreter.value(item.value, replace(frame, region=region))

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

    @staticmethod
    def _one_kind(values: Sequence[Value], spans: list[Span], alternatives: tuple[ast.Alternative, ...]) -> str:
        """The type that all alternatives have.  Raises NAS303 if they differ."""
        first = type_name(values[0])
        at = next((i for i, value in enumerate(values) if type_name(value) != first), None)
        if at is None:
            return first
        hint = ""
        if isinstance(alternatives[0].value, ast.Arrow) and first == "tensor":
            arrow = alternatives[0].value
            inside = " | ".join([show(arrow.parts[-1]), *(show(item.value) for item in alternatives[1:])])
            hint = f"`|` binds looser than `->`: write `{' -> '.join(map(show, arrow.parts[:-1]))} -> ({inside})`"
        labels = (spans[0], f"this is {describe(values[0])}"), (spans[at], f"this is {describe(values[at])}")
        raise error("NAS303", "the alternatives of this decision have different types", *labels, help=hint)

    def pick(self, node: ast.Pick, frame: Frame) -> Value:
        """`one of xs`, `any of xs`, `some of xs`, `2 of xs`: a decision between the items of a list."""
        key = self.builder.reserve(frame, frame.component(frame.target), node.span)
        prefix = identifier(frame.target + "_".join(str(i) for i in frame.name_indices)) + "_"
        inner = replace(frame, prefix=key, indices=(), used={}, name_prefix=frame.name_prefix + prefix, name_indices=())
        items = self.scalars.items(node.list, inner)
        if not items.certain:
            raise error("NAS310", "a list of which a part is taken cannot be picked from again", node.list.span)
        count = len(items.values)
        how = node.how.id if isinstance(node.how, ast.Name) and node.how.id in ("one", "any", "some") else None
        wanted = {"one": (1, 1), "any": (0, count), "some": (1, count)}.get(how or "")
        if wanted is None:
            k = self.scalars.integer(node.how, frame, 1)
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
        if how == "one":
            return self._pick_one(key, items.values, node, frame)
        guards: tuple[Guard | None, ...] = tuple(Guard(key, i) for i in range(count))
        self.builder.decide(key, "subset", _numbers(count), [False] * count, node.span, *wanted)
        return Items(items.values, guards)

    def _pick_one(self, key: DecisionKey, values: Sequence[Value], node: ast.Pick, frame: Frame) -> Value:
        labels, phantom = _numbers(len(values)), [False] * len(values)
        spans = [node.list.span] * len(values)
        self._one_kind(values, spans, (ast.Alternative(node.list.span, node.list),))
        if every(values, SCALARS):
            return self._searched(key, values, spans, node.span)
        if every(values, Operation):
            self.builder.decide(key, "one", labels, phantom, node.span)
            triples = tuple(zip(labels, phantom, values, strict=True))
            return Decided(node.span, key, triples, identifier(frame.target), frame.target)
        if every(values, Tensor):
            self.builder.decide(key, "one", labels, phantom, node.span)
            return self._join_tensors(key, values, spans, frame.region, frame, node.span)
        return self._between(key, labels, values, frame, node.span)


def _alternatives_of(definition: ast.Definition) -> tuple[ast.Alternative, ...]:
    """The alternatives of a `choice`."""
    body = definition.body
    assert not isinstance(body, ast.Block)
    return body.alternatives if isinstance(body, ast.Bar) else (ast.Alternative(body.span, body),)


def _numbers(count: int) -> list[str]:
    return [str(i) for i in range(count)]


def _label(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
