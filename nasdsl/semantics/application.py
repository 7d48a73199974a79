"""Applying operations to tensors: primitives, blocks and cells, scans, shared weights, external modules."""

from __future__ import annotations

from nasdsl.diagnostics import Span, error
from nasdsl.ir.dependent import Dependent
from nasdsl.ir.program import TensorType
from nasdsl.ops.elementwise import IDENTITY
from nasdsl.ops.shapes import described
from nasdsl.semantics.call_cache import CallCache
from nasdsl.semantics.conditional import Conditionals
from nasdsl.semantics.decisions import Decisions
from nasdsl.semantics.evaluation import Evaluation, Interpreter
from nasdsl.semantics.scalars import Scalars
from nasdsl.semantics.values import (
    Attributes,
    Composed,
    Decided,
    External,
    Frame,
    Items,
    Mention,
    Operation,
    Outputs,
    PrimitiveOperation,
    Scan,
    Shared,
    Switched,
    Tensor,
    Transposed,
    describe,
    every,
    tensors_of,
)
from nasdsl.syntax import ast


class Application:
    """Applies operations to tensors, which adds nodes and regions to the program."""

    def __init__(
        self,
        evaluation: Evaluation,
        calls: CallCache,
        scalars: Scalars,
        conditionals: Conditionals,
        decisions: Decisions,
        interpreter: Interpreter,
    ):
        self.evaluation = evaluation
        self.builder = evaluation.builder
        self.calls = calls
        self.scalars = scalars
        self.conditionals = conditionals
        self.decisions = decisions
        self.interpreter = interpreter

    def apply(self, operation: Operation, inputs: list[Tensor], frame: Frame, span: Span) -> Outputs:
        """The results of an operation.  Raises `NasError` where number or shape of the inputs is not what it takes."""
        match operation:
            case PrimitiveOperation(primitive=primitive, arguments=arguments):
                if len(inputs) != 1:
                    raise error("NAS306", f"`{primitive.name}` takes one tensor, found {len(inputs)}", span)
                return self.builder.primitive(primitive.name, arguments, inputs[0], frame, operation.span)
            case Composed(parts=parts):
                for part in parts[:-1]:
                    inputs = list(tensors_of(self.apply(part, inputs, frame, span)))
                return self.apply(parts[-1], inputs, frame, span)
            case Mention():
                return self._call(operation, inputs, frame, span)
            case Decided():
                return self.decisions.apply(operation, inputs, frame, span)
            case Shared():
                return self._share(operation, inputs, frame, span)
            case Transposed():
                return self._transposed(operation, inputs, frame, span)
            case Switched():
                return self.conditionals.apply(operation, inputs, frame, span)
            case Scan():
                return self._scan(operation, inputs, frame, span)
            case External():
                return self._external(operation, inputs, frame, span)
        raise TypeError(operation)

    # blocks and cells

    def _call(self, mention: Mention, inputs: list[Tensor], frame: Frame, span: Span) -> Outputs:
        definition = mention.definition
        if len(inputs) != len(definition.inputs):
            text = f"`{definition.name.id}` takes {len(definition.inputs)} tensors, found {len(inputs)}"
            raise error("NAS306", text, span, (definition.name.span, "defined here"))
        start, requirements = self.calls.start(), len(self.evaluation.requirements)
        region = frame.region
        if not mention.tail:
            assert definition.kind != "choice"
            name = self.builder.local_name(frame, mention.name)
            region = self.builder.region(frame.region, definition.kind, name, definition.name.id, definition.name.span)
        key = self.calls.key(mention, inputs, self.conditionals.known)
        if key is not None and (copy := self.calls.copy(key, mention, inputs, region)) is not None:
            return copy
        result = self._evaluated(mention, inputs, region, span)
        if key is not None and len(self.evaluation.requirements) == requirements:
            self.calls.record(key, mention, inputs, start, result)
        return result

    def _evaluated(self, mention: Mention, inputs: list[Tensor], region: int, span: Span) -> Outputs:
        definition = mention.definition
        inner = Frame(mention.scope, dict(mention.arguments), mention.prefix, region, start=len(self.builder.nodes))
        for declared, value in zip(definition.inputs, inputs, strict=True):
            if declared.type is not None:
                self._check_type(declared, value.type, inner)
            if sum(value.node == other.node for other in inputs) > 1:  # positions differ, if tensors do not
                value = self.builder.plain(IDENTITY.name, {}, [value], value.type, inner, span)
            inner.variables[declared.name.id] = value
        for parameter in definition.parameters:
            if parameter.name.id not in inner.variables and parameter.default is not None:
                inner.variables[parameter.name.id] = self.interpreter.value(parameter.default, inner)
        with self.evaluation.inside(definition, span):
            result = self.interpreter.run(definition, inner)
        if isinstance(result, Tensor):
            return result
        if isinstance(result, Items) and result.certain and result.values and every(result.values, Tensor):
            return result
        text = f"`{definition.name.id}` must return tensors, found {describe(result)}"
        raise error("NAS309", text, definition.body.span)

    def _check_type(self, declared: ast.Input, found: TensorType, frame: Frame) -> None:
        assert declared.type is not None
        expected = self.scalars.tensor_type(declared.type, frame)
        if found.same(expected) is not True:
            raise error("NAS401", f"`{declared.name.id}` is declared as {expected}, found {found}", declared.span)

    # weights made once

    def _share(self, operation: Shared, inputs: list[Tensor], frame: Frame, span: Span) -> Outputs:
        before = self.builder.sharing
        if before is None:
            self.builder.sharing = operation, [0]
        try:
            return self.apply(operation.inner, inputs, frame, span)
        finally:
            self.builder.sharing = before

    def _transposed(self, operation: Transposed, inputs: list[Tensor], frame: Frame, span: Span) -> Tensor:
        weights = operation.embedding.weights.get(1)
        if weights is None:
            text = f"`{operation.embedding.name}` must be applied before it is transposed"
            raise error("NAS306", text, span)
        attrs = self.builder.nodes[weights.node].attrs
        if isinstance(attrs["width"], Dependent):
            text = f"an embedding of searched width, {attrs['width']}, cannot be transposed"
            raise error("NAS310", text, span, help="a `linear` of its own gives the scores")
        x = inputs[0] if len(inputs) == 1 else None
        if x is None or x.type.kind not in ("vector", "sequence") or x.type.features != attrs["width"]:
            found = ", ".join(str(item.type) for item in inputs)
            raise error("NAS401", f"the transposed embedding takes {attrs['width']} features, found {found}", span)
        times = x.type.dims[0] if x.type.kind == "sequence" else 1
        inner: Attributes = {"vocabulary": attrs["vocabulary"], "width": attrs["width"], "times": times}
        type = x.type.having(attrs["vocabulary"])
        return self.builder.plain("transposed", inner, [x, weights], type, frame, operation.span)

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
        if isinstance(length, Dependent):
            raise error("NAS310", "`scan` over a sequence of searched length", span)
        element = self.builder.plain(
            "element", {}, [sequence], TensorType("vector", (features,)), frame, operation.span
        )
        before = self.builder.plain("state", {}, [state], state.type, frame, operation.span)
        name = self.builder.local_name(frame, "step")
        region = self.builder.region(frame.region, "scan", name, "step", operation.span, repeat=length)
        inner = frame.inside(region)
        after = tensors_of(self.apply(operation.inner, [element, before], inner, span))
        if len(after) != 1 or after[0].type.same(state.type) is not True:
            found = " and ".join(str(item.type) for item in after)
            text = f"one step must turn a state of {state.type} into the next; this one returns {found}"
            raise error("NAS401", text, operation.span)
        whole = self.builder.plain(
            "scan", {}, [after[0], element, before], TensorType("results", ()), frame, operation.span
        )
        types = [TensorType("sequence", (length, state.type.features)), state.type]
        return Items.of(self.builder.parts(whole, types, frame, operation.span))

    # external modules

    def _external(self, operation: External, inputs: list[Tensor], frame: Frame, span: Span) -> Outputs:
        declaration = operation.declaration
        if len(inputs) != len(declaration.inputs):
            text = f"`{declaration.name.id}` takes {len(declaration.inputs)} tensors, found {len(inputs)}"
            raise error("NAS306", text, span, (declaration.name.span, "declared here"))
        inner = Frame(operation.scope, dict(operation.arguments), frame.prefix, frame.region)
        for declared, value in zip(declaration.inputs, inputs, strict=True):
            if any(isinstance(dim, Dependent) for dim in value.type.dims):
                text = f"`{declaration.name.id}` is a module of fixed sizes; here its input is {value.type}"
                raise error("NAS310", text, span)
            if declared.type is not None:
                self._match(declared.type, value.type, inner, declaration, span)
        outputs = [self.scalars.tensor_type(output, inner) for output in declaration.outputs]
        arguments = {parameter.name.id: operation.arguments[parameter.name.id] for parameter in declaration.parameters}
        attrs: Attributes = {"target": declaration.target.value, "arguments": tuple(arguments.items())}
        if len(outputs) == 1:
            return self.builder.plain("extern", attrs, inputs, outputs[0], frame, operation.span)
        whole = self.builder.plain("extern", attrs, inputs, TensorType("results", ()), frame, operation.span)
        return Items.of(self.builder.parts(whole, outputs, frame, operation.span))

    def _match(self, declared: ast.TypeOf, found: TensorType, frame: Frame, owner: ast.Extern, span: Span) -> None:
        """Compares sizes; a name that has no value yet takes the size that is found."""
        if declared.kind.id != found.kind or len(declared.dims) != len(found.dims):
            text = f"`{owner.name.id}` takes another kind ({declared.kind.id}), found {described(found)}"
            raise error("NAS401", text, span, (declared.span, "declared here"))
        for expression, dim in zip(declared.dims, found.dims, strict=True):
            if isinstance(expression, ast.Name) and expression.id not in frame.variables:
                frame.variables[expression.id] = dim
            elif self.scalars.integer(expression, frame, 1) != dim:
                text = f"`{owner.name.id}` is declared for another size, found {found}"
                raise error("NAS401", text, span, (expression.span, "declared here"))
