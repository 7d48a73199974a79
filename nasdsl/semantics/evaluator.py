"""Evaluates a space over all its architectures at once.

A value is either the same in every architecture, or marked by the decision on which it depends.  Shapes
are compared wherever tensors meet, so that one evaluation proves every architecture.
"""

from __future__ import annotations

from collections.abc import Mapping

from nasdsl.diagnostics import NasError, Reporter, diagnostic, error, suggest
from nasdsl.gc_paused import gc_paused
from nasdsl.ir.program import Program
from nasdsl.semantics.application import Application
from nasdsl.semantics.arguments import Arguments
from nasdsl.semantics.call_cache import CallCache
from nasdsl.semantics.conditional import Conditionals
from nasdsl.semantics.decisions import Decisions
from nasdsl.semantics.evaluation import Evaluation
from nasdsl.semantics.expressions import Expressions
from nasdsl.semantics.functions import Functions
from nasdsl.semantics.requirements import Requirements
from nasdsl.semantics.scalars import Scalars
from nasdsl.semantics.scopes import Scope
from nasdsl.semantics.statements import Statements
from nasdsl.semantics.values import Frame, Items, Poisoned, Scalar, Tensor, Value, describe, type_name
from nasdsl.syntax import ast


class Evaluator:
    """The parts of the evaluator, put together; it is the `Interpreter` through which they recurse.

    Each part has references to those made before it.
    """

    def __init__(self, reporter: Reporter, searching: bool):
        evaluation = self.evaluation = Evaluation(reporter, searching)
        scalars = self.scalars = Scalars(self)
        arguments = Arguments(self)
        functions = Functions(evaluation, self)
        conditionals = Conditionals(evaluation.builder, self)
        requirements = self.requirements = Requirements(evaluation, scalars)
        decisions = self.decisions = Decisions(evaluation, scalars, arguments, conditionals, self)
        cache = CallCache(evaluation.builder)
        application = Application(evaluation, cache, scalars, conditionals, decisions, self)
        expressions = Expressions(evaluation, scalars, arguments, functions, conditionals, decisions, application)
        statements = self.statements = Statements(evaluation, scalars, conditionals, requirements, expressions)
        # Attributes, not methods: one call fewer at each level of nesting.
        self.value = expressions.value
        self.apply = application.apply
        self.run = statements.run

    def program(self, definition: ast.Definition, scope: Scope, settings: Mapping[str, Scalar]) -> Program:
        """The program of a space.  Raises `NasError`, or `Poisoned` where errors were reported already."""
        builder, statements = self.evaluation.builder, self.statements
        root = builder.region(None, "space", "", definition.name.id, definition.name.span)
        frame = Frame(scope, {}, definition.name.id, root)
        parameters = self._parameters(definition, settings, frame)
        inputs = self._inputs(definition, frame)
        result = self.run(definition, frame)
        self.decisions.note_ties()
        outputs = _outputs(definition, result)
        names = statements.output_names or ("",) * len(outputs)
        for number, name in enumerate(names):
            if name and name in names[:number]:
                raise error("NAS202", f"two results are named `{name}`", definition.name.span)
        source = definition.span.source
        return Program(
            space=definition.name.id,
            source_name=source.name,
            text=source.text,
            doc=scope.module.doc or definition.doc,
            parameters=parameters,
            declared=tuple(parameters),
            searching=self.evaluation.searching,
            nodes=builder.nodes,
            regions=builder.regions,
            decisions=builder.decisions,
            determined=builder.determined,
            requirements=self.requirements.resolved(),
            inputs=tuple(item.node for item in inputs),
            outputs=tuple(item.node for item in outputs),
            output_names=names,
            warnings=[item for item in self.evaluation.reporter.diagnostics if item.severity != "error"],
            bindings=statements.bindings,
            reads_searching=self.evaluation.reads_searching,
        )

    def _parameters(
        self, definition: ast.Definition, settings: Mapping[str, Scalar], frame: Frame
    ) -> dict[str, Scalar]:
        """The parameters of a space as set or by default.  Raises NAS305."""
        declared = [parameter.name.id for parameter in definition.parameters]
        for name in settings:
            if name not in declared:
                text = f"the space `{definition.name.id}` has no parameter `{name}`"
                hint = suggest(name, declared) or f"it has {', '.join(declared)}"
                raise error("NAS305", text, definition.name.span, help=hint)
        parameters: dict[str, Scalar] = {}
        for parameter in definition.parameters:
            name = parameter.name.id
            default = self.value(parameter.default, frame) if parameter.default is not None else None
            if name in settings:
                value: Value = settings[name]
            elif default is not None:
                value = default
            else:
                text = f"the parameter `{name}` has no default and was not set"
                raise error("NAS305", text, parameter.span, help=f"--set {name}=...")
            if default is not None and type_name(default) != type_name(value):
                text = f"`{name}` is {describe(default)} by default; {describe(value)} was given"
                raise error("NAS305", text, parameter.span)
            if isinstance(default, int) and isinstance(value, float):
                raise error("NAS305", f"`{name}` is a whole number; {value} was given", parameter.span)
            if not isinstance(value, bool | int | float | str):
                text = f"a parameter of a space is a number, boolean or string, not {describe(value)}"
                raise error("NAS305", text, parameter.span)
            frame.variables[name] = parameters[name] = value
        return parameters

    def _inputs(self, definition: ast.Definition, frame: Frame) -> list[Tensor]:
        """The inputs of a space.  Raises NAS301 for one without a type, NAS306 if there is none."""
        tensors: list[Tensor] = []
        for item in definition.inputs:
            name = item.name.id
            if item.type is None:
                raise error("NAS301", "an input of a space needs its type", item.span, help=f"{name}: image[3, 32, 32]")
            type = self.scalars.tensor_type(item.type, frame)
            tensor = self.evaluation.builder.node("input", {"name": name}, (), (), type, frame, item.span)
            frame.variables[name] = tensor
            tensors.append(tensor)
        if not tensors:
            raise error("NAS306", "a space needs an input", definition.name.span, help="on x: image[3, 32, 32]")
        return tensors


def _outputs(definition: ast.Definition, result: Value) -> list[Tensor]:
    """The tensors that a space returns.  Raises NAS309 if it returns anything else."""
    values = result.values if isinstance(result, Items) and result.certain else (result,)
    outputs = [item for item in values if isinstance(item, Tensor)]
    if not outputs or len(outputs) != len(values):
        raise error("NAS309", f"the space must return tensors, found {describe(result)}", definition.name.span)
    return outputs


@gc_paused()  # all that is made here stays; collecting would cost a third of the time
def evaluate(
    definition: ast.Definition, scope: Scope, settings: Mapping[str, Scalar], searching: bool, reporter: Reporter
) -> Program:
    """The typed program of one space.  Raises `NasError` with every error found."""
    evaluator = Evaluator(reporter, searching)
    program = None
    try:
        program = evaluator.program(definition, scope, settings)
    except NasError as failure:
        reporter.extend(failure.diagnostics)
    except Poisoned:
        pass
    except RecursionError:
        reporter.add(diagnostic("NAS105", "an expression is nested too deeply", definition.name.span))
    reporter.raise_errors()
    if program is None:
        raise error("NAS901", "evaluation stopped without a reason", definition.span)
    return program
