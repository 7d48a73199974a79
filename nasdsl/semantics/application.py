"""Applying operations to tensors: primitives, blocks and cells, scans, shared weights, external modules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from nasdsl.diagnostics import Reporter, Span, diagnostic, error, suggest
from nasdsl.ir.dependent import Searched
from nasdsl.ir.program import KINDS, TensorType
from nasdsl.ops.elementwise import IDENTITY
from nasdsl.ops.shapes import described
from nasdsl.semantics.call_cache import Replay, Result
from nasdsl.semantics.ir_builder import Construction
from nasdsl.semantics.values import (
    Composed,
    Decided,
    External,
    Frame,
    Items,
    Mention,
    Operation,
    Poisoned,
    PrimitiveOperation,
    Scan,
    Shared,
    Switched,
    Tensor,
    Transposed,
    describe,
)
from nasdsl.syntax import ast

MAX_DEPTH = 40


class Application:
    reporter: Reporter
    make: Construction
    replay: Replay
    known: dict[str, tuple[int, ...]]
    requirements: dict[Any, Any]
    _calls: list[tuple[ast.Definition, Span]]

    # provided by the evaluator
    value: Callable[..., Any]
    arrow: Callable[..., Any]
    run: Callable[..., Any]
    integer: Callable[..., int]
    select: Callable[..., Result]
    apply_switched: Callable[..., Result]

    def apply(self, operation: Operation, inputs: list[Tensor], frame: Frame, span: Span) -> Result:
        match operation:
            case PrimitiveOperation(primitive=primitive, arguments=arguments):
                if len(inputs) != 1:
                    raise error("NAS306", f"`{primitive.name}` takes one tensor, found {len(inputs)}", span)
                return self.make.primitive(primitive.name, arguments, inputs[0], frame, operation.span)
            case Composed(parts=parts):
                for part in parts[:-1]:
                    inputs = self.tensors(self.apply(part, inputs, frame, span), span)
                return self.apply(parts[-1], inputs, frame, span)
            case Mention():
                return self._call(operation, inputs, frame, span)
            case Decided():
                return self.select(operation, inputs, frame, span)
            case Shared():
                return self._share(operation, inputs, frame, span)
            case Transposed():
                return self._transposed(operation, inputs, frame, span)
            case Switched():
                return self.apply_switched(operation, inputs, frame, span)
            case Scan():
                return self._scan(operation, inputs, frame, span)
            case External():
                return self._external(operation, inputs, frame, span)
        raise TypeError(operation)

    def tensors(self, value: Any, span: Span) -> list[Tensor]:
        if isinstance(value, Tensor):
            return [value]
        if isinstance(value, Items) and value.certain and all(isinstance(item, Tensor) for item in value.values):
            return list(value.values)
        text = f"the left side of `->` is a tensor, a list of tensors or an operation, found {describe(value)}"
        raise error("NAS306", text, span)

    # blocks and cells

    def _call(self, mention: Mention, inputs: list[Tensor], frame: Frame, span: Span) -> Result:
        definition = mention.definition
        if len(inputs) != len(definition.inputs):
            text = f"`{definition.name.id}` takes {len(definition.inputs)} tensors, found {len(inputs)}"
            raise error("NAS306", text, span, (definition.name.span, "defined here"))
        region = frame.region
        make = self.make
        start = len(make.nodes), len(make.regions), len(make.decisions), len(make.determined), len(self.requirements)
        if not mention.tail:
            name = self.make.local_name(frame, mention.name)
            region = self.make.region(frame.region, definition.kind, name, definition.name.id, definition.name.span)
        key = self.replay.key(mention, inputs, self.known)
        if key is not None and (kept := self.replay.find(key)) is not None:
            return self.replay.play(kept, mention, inputs, region)
        result = self._evaluated(mention, inputs, region, span)
        if key is not None and len(self.requirements) == start[4]:
            self.replay.record(key, mention, inputs, start[:4], result)
        return result

    def _evaluated(self, mention: Mention, inputs: list[Tensor], region: int, span: Span) -> Result:
        definition = mention.definition
        variables = dict(mention.arguments)
        inner = Frame(mention.scope, variables, mention.prefix, region, start=len(self.make.nodes))
        for declared, value in zip(definition.inputs, inputs, strict=True):
            if declared.type is not None:
                self._check_type(declared, value.type, inner)
            if sum(value.node == other.node for other in inputs) > 1:  # positions differ, if tensors do not
                value = self.make.plain(IDENTITY.name, {}, [value], value.type, inner, span)
            variables[declared.name.id] = value
        for parameter in definition.parameters:
            if parameter.name.id not in variables and parameter.default is not None:
                variables[parameter.name.id] = self.value(parameter.default, inner)
        with self._inside(definition, span):
            if isinstance(definition.body, ast.Arrow):
                result = self.arrow(definition.body, inner, tail=True)
            else:
                result = self.run(definition.body, inner, definition)
        several = isinstance(result, Items) and result.certain and result.values
        if several and all(isinstance(item, Tensor) for item in result.values):
            return result
        if not isinstance(result, Tensor):
            text = f"`{definition.name.id}` must return tensors, found {describe(result)}"
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
            plural = "" if KINDS[kind] == 1 else "s"
            text = f"`{kind}` has {KINDS[kind]} dimension{plural}, found {len(declared.dims)}"
            raise error("NAS301", text, declared.span)
        return TensorType(kind, tuple(self.integer(dim, frame, 1) for dim in declared.dims))

    # weights made once

    def _share(self, operation: Shared, inputs: list[Tensor], frame: Frame, span: Span) -> Result:
        before = self.make.sharing
        if before is None:
            self.make.sharing = operation, [0]
        try:
            return self.apply(operation.inner, inputs, frame, span)
        finally:
            self.make.sharing = before

    def _transposed(self, operation: Transposed, inputs: list[Tensor], frame: Frame, span: Span) -> Tensor:
        weights = operation.embedding.weights.get(1)
        if weights is None:
            text = f"`{operation.embedding.name}` must be applied before it is transposed"
            raise error("NAS306", text, span)
        attrs = self.make.nodes[weights.node].attrs
        if isinstance(attrs["width"], Searched):
            text = f"an embedding of searched width, {attrs['width']}, cannot be transposed"
            raise error("NAS310", text, span, help="a `linear` of its own gives the scores")
        [x] = inputs if len(inputs) == 1 else [None]
        if x is None or x.type.kind not in ("vector", "sequence") or x.type.features != attrs["width"]:
            found = ", ".join(str(item.type) for item in inputs)
            raise error("NAS401", f"the transposed embedding takes {attrs['width']} features, found {found}", span)
        times = x.type.dims[0] if x.type.kind == "sequence" else 1
        inner = {"vocabulary": attrs["vocabulary"], "width": attrs["width"], "times": times}
        type = x.type.having(attrs["vocabulary"])
        return self.make.plain("transposed", inner, [x, weights], type, frame, operation.span)

    # recurrence

    def _scan(self, operation: Scan, inputs: list[Tensor], frame: Frame, span: Span) -> Items:
        """`[sequence, state] -> scan(f)`: every state along the sequence, and the last one."""
        kinds = [item.type.kind for item in inputs]
        if kinds != ["sequence", "vector"]:
            found = " and ".join(str(item.type) for item in inputs) or "nothing"
            text = f"`scan` takes a sequence and a state (a vector), found {found}"
            raise error("NAS306", text, span, help="[words, h] -> scan(f)")
        sequence, state = inputs
        length, features = sequence.type.dims
        if isinstance(length, Searched):
            raise error("NAS310", "`scan` over a sequence of searched length", span)
        element = self.make.plain("element", {}, [sequence], TensorType("vector", (features,)), frame, operation.span)
        before = self.make.plain("state", {}, [state], state.type, frame, operation.span)
        name = self.make.local_name(frame, "step")
        region = self.make.region(frame.region, "scan", name, "step", operation.span, repeat=length)
        inner = frame.inside(region)
        after = self.tensors(self.apply(operation.inner, [element, before], inner, span), span)
        if len(after) != 1 or after[0].type.same(state.type) is not True:
            found = " and ".join(str(item.type) for item in after)
            text = f"one step must turn a state of {state.type} into the next; this one returns {found}"
            raise error("NAS401", text, operation.span)
        whole = self.make.plain(
            "scan", {}, [after[0], element, before], TensorType("results", ()), frame, operation.span
        )
        types = [TensorType("sequence", (length, state.type.features)), state.type]
        return Items.of(self.make.parts(whole, types, frame, operation.span))

    # other people's modules

    def _external(self, operation: External, inputs: list[Tensor], frame: Frame, span: Span) -> Result:
        declaration = operation.declaration
        if len(inputs) != len(declaration.inputs):
            text = f"`{declaration.name.id}` takes {len(declaration.inputs)} tensors, found {len(inputs)}"
            raise error("NAS306", text, span, (declaration.name.span, "declared here"))
        variables = dict(operation.arguments)
        inner = Frame(operation.scope, variables, frame.prefix, frame.region)
        for declared, value in zip(declaration.inputs, inputs, strict=True):
            if any(isinstance(dim, Searched) for dim in value.type.dims):
                text = f"`{declaration.name.id}` is a module of fixed sizes; here its input is {value.type}"
                raise error("NAS310", text, span)
            if declared.type is not None:
                self._match(declared.type, value.type, inner, declaration, span)
        outputs = [self.tensor_type(output, inner) for output in declaration.outputs]
        arguments = {parameter.name.id: operation.arguments[parameter.name.id] for parameter in declaration.parameters}
        attrs = {"target": declaration.target.value, "arguments": tuple(arguments.items())}
        if len(outputs) == 1:
            return self.make.plain("extern", attrs, inputs, outputs[0], frame, operation.span)
        whole = self.make.plain("extern", attrs, inputs, TensorType("results", ()), frame, operation.span)
        return Items.of(self.make.parts(whole, outputs, frame, operation.span))

    def _match(self, declared: ast.TypeOf, found: TensorType, frame: Frame, owner: ast.Extern, span: Span) -> None:
        """Compares sizes; a name that has no value yet takes the size that is found."""
        if declared.kind.id != found.kind or len(declared.dims) != len(found.dims):
            text = f"`{owner.name.id}` takes another kind ({declared.kind.id}), found {described(found)}"
            raise error("NAS401", text, span, (declared.span, "declared here"))
        for expression, dim in zip(declared.dims, found.dims, strict=True):
            if isinstance(expression, ast.Name) and expression.id not in frame.variables:
                frame.variables[expression.id] = dim
            elif self.integer(expression, frame, 1) != dim:
                text = f"`{owner.name.id}` is declared for another size, found {found}"
                raise error("NAS401", text, span, (expression.span, "declared here"))
