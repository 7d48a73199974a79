"""Numbers and truth: arithmetic, comparisons and conditions, of values that may depend on decisions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from nasdsl.diagnostics import Span, error
from nasdsl.ir.dependent import Searched, TableTooLarge, combine
from nasdsl.ir.requirement import ORDER, SYMBOLS, Formula
from nasdsl.semantics.values import Frame, Items, Operation, Tensor, describe, type_name
from nasdsl.syntax import ast

MAX_LIST = 100_000
MAX_INTEGER = 2**63


class Scalars:
    # provided by the evaluator
    value: Callable[..., Any]

    def lift(self, function: Callable[..., Any], span: Span, *values: Any) -> Any:
        """`function` of values that may depend on decisions."""
        try:
            return combine(function, *values)
        except TableTooLarge as failure:
            raise error("NAS407", f"this value depends on too much at once: {failure}", span) from None

    def condition(self, node: ast.Expr, frame: Frame) -> Any:
        """True, false, or what depends on decisions."""
        value = self.value(node, frame)
        if type_name(value) != "boolean":
            raise error("NAS301", f"a condition is true or false, found {describe(value)}", node.span)
        return value

    def truth(self, node: ast.Expr, frame: Frame) -> bool:
        value = self.condition(node, frame)
        if not isinstance(value, bool):
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

    # operators

    def unary(self, node: ast.Unary, frame: Frame) -> Any:
        if node.operator == "not":
            value = self.condition(node.operand, frame)
            if isinstance(value, SYMBOLS):
                return Formula("not", (value,))
            return self.lift(lambda value: not value, node.span, value)
        value = self.value(node.operand, frame)
        if type_name(value) != "number":
            raise error("NAS301", f"`-` takes a number, found {describe(value)}", node.span)
        return self.operate("-", 0, value, node.span)

    def binary(self, node: ast.Binary, frame: Frame) -> Any:
        return self.operate(node.operator, self.value(node.left, frame), self.value(node.right, frame), node.span)

    def logic(self, node: ast.Logic, frame: Frame) -> Any:
        decides = node.operator == "or"  # the operand that settles the result
        result: Any = not decides
        for item in node.operands:
            result = self._both(node.operator, result, self.condition(item, frame), node.span)
            if result is decides:
                break
        return result

    def _both(self, operator: str, left: Any, right: Any, span: Span) -> Any:
        if isinstance(left, SYMBOLS) or isinstance(right, SYMBOLS):
            neutral = operator == "and"
            if left is neutral or right is neutral:
                return right if left is neutral else left
            return Formula(operator, (left, right))
        return self.lift(lambda a, b: (a or b) if operator == "or" else (a and b), span, left, right)

    def operate(self, operator: str, left: Any, right: Any, span: Span) -> Any:
        if isinstance(left, Items) and isinstance(right, Items) and operator == "+":
            if len(left.values) + len(right.values) > MAX_LIST:
                raise error("NAS406", "the list is too long", span)
            return Items(left.values + right.values, left.guards + right.guards)
        if type_name(left) != "number" or type_name(right) != "number":
            hint = "tensors are added by `sum([a, b])`" if type_name(left) == type_name(right) == "tensor" else ""
            raise error("NAS301", f"`{operator}` between {describe(left)} and {describe(right)}", span, help=hint)
        if isinstance(left, SYMBOLS) or isinstance(right, SYMBOLS):
            return Formula(operator, (left, right))
        return self.lift(lambda a, b: arithmetic(operator, a, b, span), span, left, right)

    def compare(self, node: ast.Compare, frame: Frame) -> Any:
        left = self.value(node.first, frame)
        result: Any = True
        for operator, expression in node.rest:
            right = self.value(expression, frame)
            holds = self._holds(operator, left, right, node.span)
            result = self._both("and", result, holds, node.span)
            if result is False:
                return False
            left = right
        return result

    def _holds(self, operator: str, left: Any, right: Any, span: Span) -> Any:
        if operator in ("in", "not in"):
            if not isinstance(right, Items) or not right.certain:
                raise error("NAS301", f"`{operator}` needs a list on its right, found {describe(right)}", span)
            return self.lift(lambda a, *items: (a in items) == (operator == "in"), span, left, *right.values)
        symbolic = isinstance(left, SYMBOLS) or isinstance(right, SYMBOLS)
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
            if not symbolic:
                return self.lift(lambda a, b: (a == b) == (operator == "=="), span, left, right)
        if type_name(left) != "number" or type_name(right) != "number":
            raise error("NAS301", f"`{operator}` between {describe(left)} and {describe(right)}", span)
        return Formula(operator, (left, right)) if symbolic else self.lift(ORDER[operator], span, left, right)


def arithmetic(operator: str, left: Any, right: Any, span: Span) -> int | float:
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
