"""Numbers and truth: arithmetic, comparisons and conditions, of values that may depend on decisions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

from nasdsl.diagnostics import Span, error, suggest
from nasdsl.ir.dependent import Dependent, TableTooLarge, combine
from nasdsl.ir.program import KINDS, TensorType
from nasdsl.ir.requirement import ORDER, SYMBOLS, Formula
from nasdsl.semantics.evaluation import Interpreter
from nasdsl.semantics.values import (
    Condition,
    Frame,
    Items,
    Operation,
    Scalar,
    Tensor,
    Value,
    describe,
    is_boolean,
    is_number,
    type_name,
)
from nasdsl.syntax import ast

MAX_LIST = 100_000
MAX_INTEGER = 2**63
T = TypeVar("T", bound=Scalar)


class Scalars:
    """Expressions whose operands and results are numbers, booleans or strings."""

    def __init__(self, interpreter: Interpreter):
        self.interpreter = interpreter

    # expressions of one type

    def condition(self, node: ast.Expr, frame: Frame) -> Condition:
        """The value of a condition.  Raises NAS301 if it is not a boolean."""
        value = self.interpreter.value(node, frame)
        if not is_boolean(value):
            raise error("NAS301", f"a condition is true or false, found {describe(value)}", node.span)
        return value

    def truth(self, node: ast.Expr, frame: Frame) -> bool:
        """The value of a condition that decisions may not change.  Raises NAS310 if they do."""
        value = self.condition(node, frame)
        if not isinstance(value, bool):
            text = "what is in a list cannot depend on a searched value"
            raise error("NAS310", text, node.span, help="`any of` makes a list of which a part is taken")
        return value

    def integer(self, node: ast.Expr, frame: Frame, least: int | None = None) -> int:
        """The value of an expression that must be `whole`."""
        return whole(self.interpreter.value(node, frame), node.span, least)

    def items(self, node: ast.Expr, frame: Frame) -> Items:
        """The value of a list.  Raises NAS301 if it is none."""
        value = self.interpreter.value(node, frame)
        if not isinstance(value, Items):
            hint = "a range stands in parentheses: `one of (1 .. 4)`" if type_name(value) == "number" else ""
            raise error("NAS301", f"a list is needed here, found {describe(value)}", node.span, help=hint)
        return value

    def tensor_type(self, declared: ast.TypeOf, frame: Frame) -> TensorType:
        """The type that a declaration such as `image[3, 32, 32]` stands for.  Raises NAS301."""
        kind = declared.kind.id
        if kind not in KINDS:
            raise error("NAS301", f"there is no type `{kind}`", declared.kind.span, help=suggest(kind, KINDS))
        if len(declared.dims) != KINDS[kind]:
            plural = "" if KINDS[kind] == 1 else "s"
            text = f"`{kind}` has {KINDS[kind]} dimension{plural}, found {len(declared.dims)}"
            raise error("NAS301", text, declared.span)
        return TensorType(kind, tuple(self.integer(dim, frame, 1) for dim in declared.dims))

    # operators

    def unary(self, node: ast.Unary, frame: Frame) -> Value:
        if node.operator == "not":
            value = self.condition(node.operand, frame)
            if isinstance(value, Formula):
                return Formula("not", (value,))
            return lift(lambda value: not value, node.span, value)
        value = self.interpreter.value(node.operand, frame)
        if not is_number(value):
            raise error("NAS301", f"`-` takes a number, found {describe(value)}", node.span)
        return operate("-", 0, value, node.span)

    def binary(self, node: ast.Binary, frame: Frame) -> Value:
        left = self.interpreter.value(node.left, frame)
        return operate(node.operator, left, self.interpreter.value(node.right, frame), node.span)

    def logic(self, node: ast.Logic, frame: Frame) -> Condition:
        decides = node.operator == "or"  # the operand that decides the result by itself
        result: Condition = not decides
        for item in node.operands:
            result = both(node.operator, result, self.condition(item, frame), node.span)
            if result is decides:
                break
        return result

    def compare(self, node: ast.Compare, frame: Frame) -> Condition:
        left = self.interpreter.value(node.first, frame)
        result: Condition = True
        for operator, expression in node.rest:
            right = self.interpreter.value(expression, frame)
            result = both("and", result, holds(operator, left, right, node.span), node.span)
            if result is False:
                return False
            left = right
        return result


def lift(function: Callable[..., T], span: Span, *values: Value) -> T | Dependent:
    """`function` of values that may depend on decisions.  Raises NAS407 if it depends on too many."""
    try:
        return combine(function, *values)
    except TableTooLarge as failure:
        raise error("NAS407", f"this value depends on too much at once: {failure}", span) from None


def whole(value: Value, span: Span, least: int | None = None) -> int:
    """A fixed whole number, not below `least`.  Raises NAS301, NAS304 or NAS310."""
    if isinstance(value, Dependent):
        raise error("NAS310", f"a fixed number is needed here, found {describe(value)}", span)
    if isinstance(value, bool) or not isinstance(value, int):
        raise error("NAS301", f"a whole number is needed here, found {describe(value)}", span)
    if least is not None and value < least:
        raise error("NAS304", f"at least {least} is needed here, found {value}", span)
    return value


def operate(operator: str, left: Value, right: Value, span: Span) -> Value:
    """`left operator right` of two numbers, or `+` of two lists."""
    if isinstance(left, Items) and isinstance(right, Items) and operator == "+":
        if len(left.values) + len(right.values) > MAX_LIST:
            raise error("NAS406", "the list is too long", span)
        return Items(left.values + right.values, left.guards + right.guards)
    if not is_number(left) or not is_number(right):
        hint = "tensors are added by `sum([a, b])`" if type_name(left) == type_name(right) == "tensor" else ""
        raise error("NAS301", f"`{operator}` between {describe(left)} and {describe(right)}", span, help=hint)
    if isinstance(left, SYMBOLS) or isinstance(right, SYMBOLS):
        return Formula(operator, (left, right))
    return lift(lambda a, b: arithmetic(operator, a, b, span), span, left, right)


def both(operator: str, left: Condition, right: Condition, span: Span) -> Condition:
    """`left and right`, or `left or right`."""
    if isinstance(left, Formula) or isinstance(right, Formula):
        neutral = operator == "and"
        if left is neutral or right is neutral:
            return right if left is neutral else left
        return Formula(operator, (left, right))
    return lift(lambda a, b: (a or b) if operator == "or" else (a and b), span, left, right)


def holds(operator: str, left: Value, right: Value, span: Span) -> Condition:
    """The comparison `left operator right`."""
    if operator in ("in", "not in"):
        if not isinstance(right, Items) or not right.certain:
            raise error("NAS301", f"`{operator}` needs a list on its right, found {describe(right)}", span)
        return lift(lambda a, *items: (a in items) == (operator == "in"), span, left, *right.values)
    symbolic = isinstance(left, SYMBOLS) or isinstance(right, SYMBOLS)
    if operator in ("==", "!="):
        if type_name(left) != type_name(right) or isinstance(left, Tensor | Operation):
            raise error("NAS301", f"{describe(left)} and {describe(right)} cannot be compared", span)
        if isinstance(left, Items) and isinstance(right, Items):
            return _same_items(left, right, operator == "==", span)
        if not symbolic:
            return lift(lambda a, b: (a == b) == (operator == "=="), span, left, right)
    if not is_number(left) or not is_number(right):
        raise error("NAS301", f"`{operator}` between {describe(left)} and {describe(right)}", span)
    return Formula(operator, (left, right)) if symbolic else lift(ORDER[operator], span, left, right)


def _same_items(left: Items, right: Items, wanted: bool, span: Span) -> bool | Dependent:
    if len(left.values) != len(right.values) or not (left.certain and right.certain):
        return not wanted
    equal: bool | Dependent = True
    for a, b in zip(left.values, right.values, strict=True):
        equal = lift(lambda x, y, z: x and y == z, span, equal, a, b)
    return lift(lambda value: value == wanted, span, equal)


def arithmetic(operator: str, left: int | float, right: int | float, span: Span) -> int | float:
    """The result of one operator.  Raises NAS307 where it is not a finite number of 64 bits."""
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
