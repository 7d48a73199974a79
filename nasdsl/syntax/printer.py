"""Expressions back to text: the labels of alternatives, and the formatter's base."""

from __future__ import annotations

from nasdsl.syntax import ast


def show(node: ast.Expr) -> str:
    """One-line canonical text of an expression."""
    match node:
        case ast.Number(value=value):
            return str(value)
        case ast.String(value=value):
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
        case ast.Bool(value=value):
            return "true" if value else "false"
        case ast.Searching():
            return "searching"
        case ast.Name(id=name):
            return name
        case ast.Group(inner=inner):
            return f"({show(inner)})"
        case ast.ListOf(items=items):
            return f"[{', '.join(map(show, items))}]"
        case ast.Comprehension(element=element, clauses=clauses):
            parts = [f"for {clause.variable.id} in {show(clause.iterable)}" for clause in clauses]
            for i, clause in enumerate(clauses):
                if clause.condition is not None:
                    parts[i] += f" if {show(clause.condition)}"
            return f"[{show(element)} {' '.join(parts)}]"
        case ast.Call(function=function, arguments=arguments):
            return f"{show(function)}({', '.join(map(show_argument, arguments))})"
        case ast.Index(object=value, position=position):
            return f"{show(value)}[{show(position)}]"
        case ast.Slice(object=value, lower=lower, upper=upper):
            return f"{show(value)}[{show(lower) if lower else ''}:{show(upper) if upper else ''}]"
        case ast.Unary(operator=operator, operand=operand):
            return f"not {show(operand)}" if operator == "not" else f"-{show(operand)}"
        case ast.Binary(operator=operator, left=left, right=right):
            return f"{show(left)} {operator} {show(right)}"
        case ast.Logic(operator=operator, operands=operands):
            return f" {operator} ".join(map(show, operands))
        case ast.Compare(first=first, rest=rest):
            return " ".join([show(first), *(f"{op} {show(value)}" for op, value in rest)])
        case ast.Range(lower=lower, upper=upper, closed=closed):
            return f"{show(lower)} {'..' if closed else '..<'} {show(upper)}"
        case ast.Pick(how=how, list=items):
            return f"{show(how)} of {show(items)}"
        case ast.Arrow(parts=parts):
            return " -> ".join(map(show, parts))
        case ast.Ternary(condition=condition, then=then, otherwise=otherwise):
            return f"{show(then)} if {show(condition)} else {show(otherwise)}"
        case ast.Bar(alternatives=alternatives):
            return " | ".join(_alternative(item) for item in alternatives)
    raise TypeError(node)


def show_argument(argument: ast.Argument) -> str:
    return (f"{argument.name.id} = " if argument.name else "") + show(argument.value)


def _alternative(item: ast.Alternative) -> str:
    return ("~" if item.phantom else "") + show(item.value) + (f" as {item.label.id}" if item.label else "")


def short(node: ast.Expr) -> str:
    """A label: as `show`, without the arguments that only pass a name on (`sep_conv(3, stride)` is `sep_conv(3)`)."""
    if isinstance(node, ast.Group):
        return short(node.inner)
    if isinstance(node, ast.Arrow):
        return " -> ".join(map(short, node.parts))
    if isinstance(node, ast.Call):
        kept = [item for item in node.arguments if isinstance(item.value, ast.Number | ast.String | ast.Bool)]
        inside = ", ".join(map(show_argument, kept))
        return f"{show(node.function)}({inside})" if inside else show(node.function)
    return show(node)
