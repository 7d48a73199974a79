"""Expressions: arithmetic, lists, calls and arrows.  Decisions and application are in `evaluator.py`."""

from __future__ import annotations

import math
import operator as operator_module
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from nasdsl.diagnostics import Span, error, suggest
from nasdsl.semantics.construct import Construction
from nasdsl.semantics.primitives import PRIMITIVES, Parameter, Primitive
from nasdsl.semantics.program import Guard
from nasdsl.semantics.scopes import FUNCTIONS, Scope, walk
from nasdsl.semantics.searched import Searched, TableTooLarge, combine
from nasdsl.semantics.values import (
    POISON,
    Composed,
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

MAX_LIST = 100_000
MAX_INTEGER = 2**63


class Expressions:
    make: Construction
    searching: bool
    reads_searching: bool

    # provided by the evaluator
    bar: Callable[..., Any]
    pick: Callable[..., Any]
    choice: Callable[..., Any]
    apply: Callable[..., Any]
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
        return Items.of(self._comprehension(node, 0, frame))

    def _range(self, node: ast.Range, frame: Frame) -> Items:
        low, high = self.integer(node.lower, frame), self.integer(node.upper, frame)
        if high - low > MAX_LIST:
            raise error("NAS406", f"a list of {high - low:,} numbers is too long", node.span)
        return Items.of(range(low, high + node.closed))

    def _unary(self, node: ast.Unary, frame: Frame) -> Any:
        if node.operator == "not":
            return self.lift(lambda value: not value, node.span, self.condition(node.operand, frame))
        value = self.value(node.operand, frame)
        if type_name(value) != "number":
            raise error("NAS301", f"`-` takes a number, found {describe(value)}", node.span)
        return self.operate("-", 0, value, node.span)

    def _binary(self, node: ast.Binary, frame: Frame) -> Any:
        return self.operate(node.operator, self.value(node.left, frame), self.value(node.right, frame), node.span)

    def _logic(self, node: ast.Logic, frame: Frame) -> Any:
        decides = node.operator == "or"  # the operand that settles the result
        result: Any = not decides
        for item in node.operands:
            value = self.condition(item, frame)
            result = self.lift(lambda a, b: (a or b) if decides else (a and b), node.span, result, value)
            if result is decides:
                break
        return result

    def lift(self, function: Callable[..., Any], span: Span, *values: Any) -> Any:
        """`function` of values that may depend on decisions."""
        try:
            return combine(function, *values)
        except TableTooLarge as failure:
            raise error("NAS407", f"this value depends on too much at once: {failure}", span) from None

    # names and calls

    def _name(self, node: ast.Name, frame: Frame) -> Any:
        if node.id in frame.variables:
            value = frame.variables[node.id]
            if value is POISON:
                raise Poisoned
            return self.narrowed(value)
        operation = self._mention(node, (), frame, node.span)
        if operation is None:
            raise error("NAS208", f"`{node.id}` has no value here", node.span)
        return operation

    def _call_expression(self, node: ast.Call, frame: Frame) -> Any:
        if isinstance(node.function, ast.Name) and node.function.id not in frame.variables:
            if node.function.id in FUNCTIONS:
                return self._function(node, node.function.id, frame)
            operation = self._mention(node.function, node.arguments, frame, node.span)
            if operation is not None:
                return operation
        value = self.value(node.function, frame)
        raise error("NAS301", f"{describe(value)} cannot be called", node.function.span)

    def _mention(self, name: ast.Name, arguments: tuple[ast.Argument, ...], frame: Frame, span: Span) -> Any:
        """A primitive, block, cell or choice by name, with its arguments."""
        self._step(span)
        if name.id in PRIMITIVES:
            return self._primitive(PRIMITIVES[name.id], arguments, frame, span)
        if name.id in FUNCTIONS:
            raise error("NAS301", f"`{name.id}` is a function and needs its arguments: `{name.id}(...)`", span)
        if name.id not in frame.scope.names:
            return None
        definition, scope = frame.scope.names[name.id]
        if isinstance(definition, ast.Extern):
            raise error("NAS190", "`extern` is not supported by this version", span)
        if definition.kind == "space":
            raise error("NAS301", f"`{name.id}` is a space; only blocks, cells and choices can be used", span)
        bound = self._bind(definition, scope, arguments, frame, span)
        if definition.kind == "choice":
            return self.choice(definition, scope, bound, frame, span)
        prefix = definition.name.id
        if definition.kind == "block":
            component = prefix + (f"[{','.join(map(str, frame.indices))}]" if frame.indices else "")
            prefix = self.make.reserve(frame, component, span)
        return Mention(span, definition, scope, bound, prefix, definition.name.id)

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
                raise error("NAS310", text, place, help="take the bar outside: two operations, with weights of their own")
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
            current = self.apply(operation, self._tensors(current, node.parts[0].span), frame, part.span)
        return current

    def _tensors(self, value: Any, span: Span) -> list[Tensor]:
        if isinstance(value, Tensor):
            return [value]
        if isinstance(value, Items) and value.certain and all(isinstance(item, Tensor) for item in value.values):
            return list(value.values)
        raise error(
            "NAS306",
            f"the left side of `->` is a tensor, a list of tensors or an operation, found {describe(value)}",
            span,
        )

    # functions

    def _function(self, node: ast.Call, name: str, frame: Frame) -> Any:
        if any(argument.name for argument in node.arguments):
            raise error("NAS302", f"`{name}` takes no named arguments", node.span)
        values = [self.value(argument.value, frame) for argument in node.arguments]
        if name in ("min", "max"):
            numbers = values[0].values if len(values) == 1 and isinstance(values[0], Items) else tuple(values)
            if not numbers or any(type_name(item) != "number" for item in numbers):
                raise error("NAS301", f"`{name}` takes numbers", node.span)
            pick = min if name == "min" else max
            return self.lift(lambda *items: pick(items), node.span, *numbers)
        if len(values) != 1:
            raise error("NAS302", f"`{name}` takes 1 argument, found {len(values)}", node.span)
        value = values[0]
        if name in ("sum", "mean", "concat"):
            return self._join(name, value, node, frame)
        if name in ("size", "channels", "width"):
            if not isinstance(value, Tensor):
                raise error("NAS301", f"`{name}` takes a tensor, found {describe(value)}", node.span)
            if name == "size":
                return Items.of(value.type.dims[1:])
            if (name == "channels") != (value.type.kind == "image"):
                other = "width" if name == "channels" else "channels"
                raise error("NAS301", f"`{name}` of {describe(value)}", node.span, help=f"it has `{other}`")
            return value.type.features
        if name == "len":
            if not isinstance(value, Items) or not value.certain:
                raise error("NAS301", f"`len` takes a list of fixed length, found {describe(value)}", node.span)
            return len(value.values)
        if type_name(value) != "number":
            raise error("NAS301", f"`{name}` takes a number, found {describe(value)}", node.span)
        return self.lift(int if name == "int" else _round8, node.span, value)

    def _join(self, name: str, value: Any, node: ast.Call, frame: Frame) -> Any:
        if not isinstance(value, Items):
            raise error("NAS301", f"`{name}` takes a list, found {describe(value)}", node.span)
        if (
            value.values
            and value.certain
            and all(type_name(item) == "number" for item in value.values)
            and name == "sum"
        ):
            total: Any = 0
            for item in value.values:
                total = self.operate("+", total, item, node.span)
            return total
        tensors = [item for item in value.values if isinstance(item, Tensor)]
        if len(tensors) != len(value.values):
            odd = next(item for item in value.values if not isinstance(item, Tensor))
            raise error("NAS301", f"`{name}` joins tensors, found {describe(odd)}", node.span)
        if not tensors:
            raise error("NAS502", f"`{name}` of an empty list", node.span)
        guards: list[Guard | None] = list(value.guards)
        if None not in guards:
            keys = {guard[0] for guard in guards if guard}
            if all(self.make.decisions[key].least == 0 for key in keys):
                hint = "`some of` takes at least one"
                raise error("NAS502", f"this {name} may have nothing in it", node.span, help=hint)
        if name == "concat" and not value.certain:
            raise error("NAS190", "`concat` of a decided list is not supported by this version", node.span)
        if name == "mean" and not value.certain:
            raise error("NAS190", "`mean` of a decided list is not supported by this version", node.span)
        return self.make.join(name, tensors, guards, frame, node.span, [node.span] * len(tensors))

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
            raise error("NAS190", "a comprehension over a decided list is not supported by this version", clause.span)
        name = clause.variable.id
        outer = frame.indices, frame.name_indices, frame.variables.get(name)
        for position, value in enumerate(items.values):
            self._step(clause.span)
            index = value if isinstance(value, int) and not isinstance(value, bool) else position
            frame.indices, frame.name_indices = (*outer[0], index), (*outer[1], index)
            frame.variables[name] = value
            if clause.condition is None or self.truth(clause.condition, frame):
                yield from self._comprehension(node, depth + 1, frame)
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

    # scalars

    def condition(self, node: ast.Expr, frame: Frame) -> Any:
        """True, false, or what depends on decisions."""
        value = self.value(node, frame)
        if type_name(value) != "boolean":
            raise error("NAS301", f"a condition is true or false, found {describe(value)}", node.span)
        return value

    def truth(self, node: ast.Expr, frame: Frame) -> bool:
        value = self.condition(node, frame)
        if isinstance(value, Searched):
            text = "what is in a list cannot depend on a searched value"
            raise error("NAS310", text, node.span, help="`any of` makes a list of which a part is taken")
        return value

    def integer(self, node: ast.Expr, frame: Frame, least: int | None = None) -> int:
        value = self.value(node, frame)
        if isinstance(value, Searched):
            raise error("NAS310", f"a fixed number is needed here, found {describe(value)}", node.span)
        if isinstance(value, bool) or not isinstance(value, int):
            raise error("NAS301", f"a whole number is needed here, found {describe(value)}", node.span)
        if least is not None and value < least:
            raise error("NAS304", f"at least {least} is needed here, found {value}", node.span)
        return value

    def operate(self, operator: str, left: Any, right: Any, span: Span) -> Any:
        if isinstance(left, Items) and isinstance(right, Items) and operator == "+":
            if len(left.values) + len(right.values) > MAX_LIST:
                raise error("NAS406", "the list is too long", span)
            return Items(left.values + right.values, left.guards + right.guards)
        if type_name(left) != "number" or type_name(right) != "number":
            hint = "tensors are added by `sum([a, b])`" if type_name(left) == type_name(right) == "tensor" else ""
            raise error("NAS301", f"`{operator}` between {describe(left)} and {describe(right)}", span, help=hint)
        if isinstance(left, Searched) or isinstance(right, Searched):
            return self.lift(lambda a, b: self._arithmetic(operator, a, b, span), span, left, right)
        return self._arithmetic(operator, left, right, span)

    def _arithmetic(self, operator: str, left: Any, right: Any, span: Span) -> int | float:
        try:
            match operator:
                case "+":
                    result = left + right
                case "-":
                    result = left - right
                case "*":
                    result = left * right
                case "/":
                    result = left / right
                case "//":
                    result = left // right
                case "%":
                    result = left % right
                case _:
                    if abs(right) > 64:
                        raise error("NAS307", f"the exponent {right} is too large", span)
                    result = left**right
        except ZeroDivisionError:
            raise error("NAS307", "division by zero", span) from None
        except OverflowError:
            raise error("NAS307", "the result is too large", span) from None
        if isinstance(result, complex) or not math.isfinite(result) or abs(result) >= MAX_INTEGER:
            raise error("NAS307", "the result is outside the range of 64 bits", span)
        return result

    def _compare(self, node: ast.Compare, frame: Frame) -> Any:
        left = self.value(node.first, frame)
        result: Any = True
        for operator, expression in node.rest:
            right = self.value(expression, frame)
            holds = self._holds(operator, left, right, node.span)
            result = self.lift(lambda a, b: a and b, node.span, result, holds)
            if result is False:
                return False
            left = right
        return result

    def _holds(self, operator: str, left: Any, right: Any, span: Span) -> Any:
        if operator in ("in", "not in"):
            if not isinstance(right, Items) or not right.certain:
                raise error("NAS301", f"`{operator}` needs a list on its right, found {describe(right)}", span)
            return self.lift(lambda a, *items: (a in items) == (operator == "in"), span, left, *right.values)
        if operator in ("==", "!="):
            if type_name(left) != type_name(right) or isinstance(left, Tensor | Operation):
                raise error("NAS301", f"{describe(left)} and {describe(right)} cannot be compared", span)
            if isinstance(left, Items) and isinstance(right, Items):
                if len(left.values) != len(right.values) or not (left.certain and right.certain):
                    return operator == "!="
                equal: Any = True
                for a, b in zip(left.values, right.values, strict=True):
                    equal = self.lift(lambda x, y, z: x and y == z, span, equal, a, b)
                return self.lift(lambda value: value == (operator == "=="), span, equal)
            return self.lift(lambda a, b: (a == b) == (operator == "=="), span, left, right)
        if type_name(left) != "number" or type_name(right) != "number":
            raise error("NAS301", f"`{operator}` between {describe(left)} and {describe(right)}", span)
        return self.lift(_ORDER[operator], span, left, right)


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
    ast.Unary: "_unary",
    ast.Binary: "_binary",
    ast.Logic: "_logic",
    ast.Compare: "_compare",
}


def reads(node: ast.Expr, names: set[str]) -> bool:
    return any(isinstance(item, ast.Name) and item.id in names for item in walk(node))


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator_module.lt,
    "<=": operator_module.le,
    ">": operator_module.gt,
    ">=": operator_module.ge,
}


def _check_argument(primitive: Primitive, item: Parameter, value: Any, place: Span) -> None:
    what = f"`{item.name}` of `{primitive.name}`"
    if item.type is bool:
        if not isinstance(value, bool):
            raise error("NAS301", f"{what} is true or false, found {describe(value)}", place)
    elif item.type is int and (isinstance(value, bool) or not isinstance(value, int)):
        raise error("NAS301", f"{what} is a whole number, found {describe(value)}", place)
    elif item.type is float and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise error("NAS301", f"{what} is a number, found {describe(value)}", place)
    elif value < item.least:
        raise error("NAS304", f"{what} must be at least {item.least}, found {value}", place)
    elif item.name == "rate" and value >= 1:
        raise error("NAS304", f"a dropout rate is below 1, found {value}", place)


def _round8(value: float) -> int:
    """The nearest multiple of 8, not more than a tenth below (the rule of the MobileNet authors)."""
    rounded = max(8, int(value + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * value else rounded
