"""The arguments of primitives, blocks, cells, choices and external modules, bound to their parameters."""

from __future__ import annotations

import keyword
import re

from nasdsl.diagnostics import Span, error, suggest
from nasdsl.ir.dependent import Dependent
from nasdsl.ops.record import ParameterSpec, Primitive
from nasdsl.semantics.evaluation import Interpreter
from nasdsl.semantics.scopes import Scope, walk
from nasdsl.semantics.values import (
    External,
    Frame,
    Plain,
    PrimitiveOperation,
    Scalar,
    Tensor,
    Value,
    describe,
)
from nasdsl.syntax import ast

_TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
Given = tuple[ast.Argument, ...]


class Arguments:
    """Evaluates the arguments of a mention, and the defaults of parameters that are not given."""

    def __init__(self, interpreter: Interpreter):
        self.interpreter = interpreter

    def bind(
        self, definition: ast.Definition, scope: Scope, given: Given, frame: Frame, span: Span
    ) -> dict[str, Value]:
        """The values of a definition's parameters, but for defaults that read its inputs.  Raises NAS302."""
        names = [parameter.name.id for parameter in definition.parameters]
        bound, _ = self._evaluated(definition.name.id, names, given, frame)
        inner = Frame(scope, dict(bound), frame.prefix, frame.region)
        deferred = {item.name.id for item in definition.inputs}
        for parameter in definition.parameters:
            name = parameter.name.id
            if name not in bound and parameter.default is not None and _reads(parameter.default, deferred):
                deferred.add(name)  # it depends on the inputs: evaluated where the block is applied
            elif name not in bound:
                if parameter.default is None:
                    text = f"`{definition.name.id}` needs `{name}`"
                    raise error("NAS302", text, span, (parameter.span, "declared here"))
                inner.variables[name] = bound[name] = self.interpreter.value(parameter.default, inner)
        return {name: bound[name] for name in names if name in bound}

    def choice_of(self, node: ast.Expr, frame: Frame) -> tuple[ast.Definition, Scope, dict[str, Value]] | None:
        """The choice that an expression mentions directly, with its arguments; None if it mentions none."""
        name, given = (node.function, node.arguments) if isinstance(node, ast.Call) else (node, ())
        if not isinstance(name, ast.Name) or name.id in frame.variables or name.id not in frame.scope.names:
            return None
        definition, scope = frame.scope.names[name.id]
        if not isinstance(definition, ast.Definition) or definition.kind != "choice":
            return None
        return definition, scope, self.bind(definition, scope, given, frame, node.span)

    def primitive(self, primitive: Primitive, given: Given, frame: Frame, span: Span) -> PrimitiveOperation:
        """A primitive with its arguments.  Raises NAS301, NAS302, NAS304 or NAS310 for those it does not take."""
        names = [item.name for item in primitive.parameters]
        bound, places = self._evaluated(primitive.name, names, given, frame)
        values: dict[str, Plain] = {}
        for item in primitive.parameters:
            if item.name not in bound:
                if item.default is ...:
                    raise error("NAS302", f"`{primitive.name}` needs `{item.name}`", span)
                values[item.name] = item.default
                continue
            value, place = bound[item.name], places[item.name]
            if not isinstance(value, Dependent):
                values[item.name] = _checked(primitive, item, value, place)
                continue
            if item.name not in primitive.searched:
                text = f"`{item.name}` of `{primitive.name}` cannot be searched"
                raise error(
                    "NAS310", text, place, help="take the bar outside: two operations, with weights of their own"
                )
            for each in value.values:
                _checked(primitive, item, each, place)
            values[item.name] = value
        return PrimitiveOperation(span, primitive, values)

    def external(self, declaration: ast.Extern, scope: Scope, given: Given, frame: Frame, span: Span) -> External:
        """An external module with its arguments.  Raises NAS211, NAS302 or NAS310."""
        target = declaration.target.value
        if not _TARGET.fullmatch(target) or any(map(keyword.iskeyword, re.split(r"[.:]", target))):
            text = f"`{target}` names no class"
            raise error("NAS211", text, declaration.target.span, help='= "package.module:Class"')
        names = [parameter.name.id for parameter in declaration.parameters]
        bound, places = self._evaluated(declaration.name.id, names, given, frame)
        inner = Frame(scope, dict(bound), frame.prefix, frame.region)
        fixed: dict[str, Scalar] = {}
        for parameter in declaration.parameters:
            name = parameter.name.id
            if name not in bound:
                if parameter.default is None:
                    text = f"`{declaration.name.id}` needs `{name}`"
                    raise error("NAS302", text, span, (parameter.span, "declared here"))
                inner.variables[name] = bound[name] = self.interpreter.value(parameter.default, inner)
            value = bound[name]
            if not isinstance(value, bool | int | float | str):
                text = f"`{name}` of `{declaration.name.id}` is handed to Python and must be fixed"
                raise error("NAS310", f"{text}, found {describe(value)}", places.get(name, span))
            fixed[name] = value
        return External(span, declaration, scope, fixed)

    def _evaluated(
        self, callee: str, names: list[str], given: Given, frame: Frame
    ) -> tuple[dict[str, Value], dict[str, Span]]:
        """Values and places of the arguments, by parameter."""
        bound: dict[str, Value] = {}
        places: dict[str, Span] = {}
        base = frame.target
        for position, argument in enumerate(given):
            if argument.name is not None:
                name = argument.name.id
                if name not in names:
                    hint = suggest(name, names) or (f"it has {', '.join(names)}" if names else "it has none")
                    raise error("NAS302", f"`{callee}` has no parameter `{name}`", argument.span, help=hint)
            elif position >= len(names):
                takes = f"{len(names)} argument" + ("" if len(names) == 1 else "s")
                raise error("NAS302", f"`{callee}` takes {takes}, found {len(given)}", argument.span)
            elif any(item.name is not None for item in given[:position]):
                raise error("NAS302", "an argument without a name stands before those with one", argument.span)
            else:
                name = names[position]
            if name in bound:
                raise error("NAS302", f"`{name}` is given twice", argument.span)
            if isinstance(argument.value, ast.Bar | ast.Pick):
                with frame.targeting(f"{base}.{name}"):
                    bound[name] = self.interpreter.value(argument.value, frame)
            else:
                bound[name] = self.interpreter.value(argument.value, frame)
            places[name] = argument.span
        return bound, places


def _reads(node: ast.Expr, names: set[str]) -> bool:
    return any(isinstance(item, ast.Name) and item.id in names for item in walk(node))


def _checked(primitive: Primitive, item: ParameterSpec, value: Value, place: Span) -> Scalar:
    """A fixed argument.  Raises NAS301 or NAS304 if type or size is not what the parameter takes."""
    what = f"`{item.name}` of `{primitive.name}`"
    if item.type is bool:
        if not isinstance(value, bool):
            raise error("NAS301", f"{what} is true or false, found {describe(value)}", place)
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or (item.type is int and isinstance(value, float)):
        if item.type is int:
            stands = f"a tensor stands before the arrow: `x -> {primitive.name}(...)`"
            hint = stands if isinstance(value, Tensor) else ""
            raise error("NAS301", f"{what} is a whole number, found {describe(value)}", place, help=hint)
        raise error("NAS301", f"{what} is a number, found {describe(value)}", place)
    if value < item.least:
        raise error("NAS304", f"{what} must be at least {item.least}, found {value}", place)
    if item.name == "rate" and value >= 1:
        raise error("NAS304", f"a dropout rate is below 1, found {value}", place)
    return value
