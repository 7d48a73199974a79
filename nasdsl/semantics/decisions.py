"""Decisions: bars, choices and picks, their names, and what they are between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from nasdsl.diagnostics import Reporter, Span, diagnostic, error
from nasdsl.ir.decision import Guard
from nasdsl.ir.dependent import Searched
from nasdsl.ir.key import DecisionKey
from nasdsl.quoting import identifier
from nasdsl.semantics.ir_builder import Construction
from nasdsl.semantics.scopes import Scope
from nasdsl.semantics.values import Decided, Frame, Items, Mention, Tensor, describe, type_name
from nasdsl.syntax import ast
from nasdsl.syntax.printer import short, show

SCALARS = frozenset({"number", "boolean", "string"})


class Decisions:
    """What the evaluator does at a bar, a choice and a pick."""

    reporter: Reporter
    make: Construction
    _uses: dict[Decided, list[Span]]

    # provided by the evaluator
    value: Callable[..., Any]
    apply: Callable[..., Any]
    items: Callable[..., Items]
    integer: Callable[..., int]
    lift: Callable[..., Any]
    switch: Callable[..., Any]
    choice_of: Callable[..., Any]
    labelled: Callable[..., Any]
    targeting: Callable[..., AbstractContextManager[None]]
    _inside: Callable[..., AbstractContextManager[None]]

    # applying a decided operation

    def select(self, operation: Decided, inputs: list[Tensor], frame: Frame, span: Span) -> Tensor | Items:
        self._uses.setdefault(operation, []).append(span)
        name = self.make.local_name(frame, operation.name)
        outer = self.make.region(frame.region, "select", name, operation.label, operation.span)
        results: list[Tensor | Items] = []
        for label, _, alternative in operation.alternatives:
            kind, title = "alternative", label
            if isinstance(alternative, Mention):  # its block stands in the alternative's own place
                kind, title = alternative.definition.kind, alternative.definition.name.id
                alternative = replace(alternative, tail=True)
            region = self.make.region(outer, kind, identifier(label), title, alternative.span)
            inner = frame.inside(region)
            results.append(self.apply(alternative, inputs, inner, span))
        return self._join_alternatives(
            operation.key, results, [a[2].span for a in operation.alternatives], outer, frame, operation.span
        )

    def _join_alternatives(
        self, key: DecisionKey, results: list[Any], spans: list[Span], region: int, frame: Frame, span: Span
    ) -> Tensor | Items:
        if any(isinstance(result, Items) for result in results):
            return self._join_lists(key, results, spans, region, frame, span)
        for result, place in zip(results, spans, strict=True):
            same = result.type.same(results[0].type)
            if same is not True:
                text = f"the alternatives give {self.make.differing(results[0].type, result.type, same)}"
                labels = (spans[0], f"this gives {results[0].type}"), (place, f"this gives {result.type}")
                hint = ""
                if result.type.kind == "image" and result.type.dims[1:] == results[0].type.dims[1:]:
                    hint = "a searched width is written inside: `conv(3, 64 | 128)`"
                raise error("NAS403", text, *labels, help=hint)
        guards: list[Guard | None] = [Guard(key, i) for i in range(len(results))]
        inner = frame.inside(region)
        return self.make.join("select", results, guards, inner, span, spans)

    def _join_lists(
        self, key: DecisionKey, results: list[Any], spans: list[Span], region: int, frame: Frame, span: Span
    ) -> Items:
        """Several tensors under one decision: each is joined by itself."""
        counts = [len(result.values) if isinstance(result, Items) else 1 for result in results]
        for count, place in zip(counts, spans, strict=True):
            if count != counts[0]:
                labels = (spans[0], f"this gives {counts[0]} tensors"), (place, f"this gives {count}")
                raise error("NAS403", "the alternatives give different numbers of tensors", *labels)
        rows = [result.values if isinstance(result, Items) else (result,) for result in results]
        return Items.of(
            self._join_alternatives(key, list(column), spans, region, frame, span) for column in zip(*rows, strict=True)
        )

    # decisions

    def component(self, frame: Frame, name: str) -> str:
        return name + (f"[{','.join(str(index) for index in frame.indices)}]" if frame.indices else "")

    def bar(self, node: ast.Bar, frame: Frame) -> Any:
        if len(node.alternatives) == 1:
            only = node.alternatives[0]
            if only.phantom:
                raise error("NAS510", "`~` heads an alternative of a decision; there is no other here", node.span)
            assert only.label is not None
            return self.labelled(only.value, only.label.id, frame)
        component = self.component(frame, frame.target)
        key = self.make.reserve(frame, component, node.span)
        return self._decide(key, frame.target, node.alternatives, frame, node.span)

    def choice(
        self,
        definition: ast.Definition,
        scope: Scope,
        arguments: dict[str, Any],
        frame: Frame,
        span: Span,
        label: str = "",
    ) -> Any:
        name = label or definition.name.id
        key = self.make.reserve(frame, self.component(frame, name), span)
        body = definition.body
        assert not isinstance(body, ast.Block)
        inner = Frame(scope, arguments, frame.prefix, frame.region)
        alternatives = body.alternatives if isinstance(body, ast.Bar) else (ast.Alternative(body.span, body),)
        with self._inside(definition, span):
            return self._decide(key, name, alternatives, inner, span)

    def _decide(
        self, key: DecisionKey, name: str, alternatives: tuple[ast.Alternative, ...], frame: Frame, span: Span
    ) -> Any:
        snapshot = len(self.make.regions), self.make.names_in(frame.region)
        outer = self.make.region(frame.region, "select", self.make.local_name(frame, identifier(name)), name, span)
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
            return Decided(span, key, triples, identifier(name), name)
        if kind == "tensor":
            self.make.decide(key, "one", labels, phantom, span)
            return self._join_alternatives(key, values, spans, outer, frame, span)
        if kind in SCALARS and any(phantom):
            raise error("NAS510", f"`~` heads an operation or a tensor, not a {kind}", span)
        if kind in SCALARS and not any(isinstance(value, Searched) for value in values):
            return self.searched(key, values, spans, span)
        return self._between(key, labels, phantom, values, kind, frame, span)

    def _between(
        self,
        key: DecisionKey,
        labels: list[str],
        phantom: list[bool],
        values: list[Any],
        kind: str,
        frame: Frame,
        span: Span,
    ) -> Any:
        """A decision between lists, or between values that depend on decisions themselves."""
        if any(phantom):
            raise error("NAS510", f"`~` heads an operation or a tensor, not a {kind}", span)
        self.make.decide(key, "one", labels, phantom, span)
        index = Searched((key,), (len(values),), tuple(range(len(values))))
        return self.switch(index, values, frame, span)

    def searched(self, key: DecisionKey, values: list[Any], spans: list[Span], span: Span) -> Any:
        kept: list[Any] = []
        for value, place in zip(values, spans, strict=True):
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
                region = self.make.region(outer, "alternative", identifier(label), label, item.span)
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
        prefix = identifier(frame.target + "_".join(str(i) for i in frame.name_indices)) + "_"
        inner = replace(frame, prefix=key, indices=(), used={}, name_prefix=frame.name_prefix + prefix, name_indices=())
        items = self.items(node.list, inner)
        if not items.certain:
            raise error("NAS310", "a list of which a part is taken cannot be picked from again", node.list.span)
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
            guards: tuple[Guard | None, ...] = tuple(Guard(key, i) for i in range(count))
            self.make.decide(key, "subset", [str(i) for i in range(count)], [False] * count, node.span, *wanted)
            return Items(items.values, guards)
        kinds = {type_name(value) for value in items.values}
        spans = [node.list.span] * count
        if len(kinds) > 1:
            self._mixed(list(items.values), spans, (ast.Alternative(node.list.span, node.list),))
        fixed = not any(isinstance(value, Searched) for value in items.values)
        if kinds & SCALARS and fixed:
            return self.searched(key, list(items.values), spans, node.span)
        labels = [str(i) for i in range(count)]
        if kinds != {"tensor"} and kinds != {"operation"}:
            return self._between(key, labels, [False] * count, list(items.values), kinds.pop(), frame, node.span)
        decision = self.make.decide(key, "one", labels, [False] * count, node.span)
        if kinds == {"operation"}:
            triples = tuple((label, False, value) for label, value in zip(labels, items.values, strict=True))
            return Decided(node.span, decision.key, triples, identifier(frame.target), frame.target)
        return self._join_alternatives(key, list(items.values), spans, frame.region, frame, node.span)


def _label(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
