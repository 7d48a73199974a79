"""The functions of the language: joins, sizes, and what makes operations of operations."""

from __future__ import annotations

from nasdsl.diagnostics import Span, error
from nasdsl.ir.decision import Determined, Guard
from nasdsl.ir.dependent import Dependent
from nasdsl.ir.program import FEATURE_AXIS, TensorType
from nasdsl.ir.requirement import Count
from nasdsl.ops.joins import JOINS
from nasdsl.semantics.evaluation import Evaluation, Interpreter
from nasdsl.semantics.scalars import lift, operate
from nasdsl.semantics.usage import ways_of_use
from nasdsl.semantics.values import (
    Attributes,
    Frame,
    Items,
    Operation,
    Plain,
    Scan,
    Shared,
    Tensor,
    Transposed,
    Value,
    describe,
    every,
    type_name,
)
from nasdsl.syntax import ast
from nasdsl.syntax.printer import show


class Functions:
    """Calls of the functions that the language has by itself."""

    def __init__(self, evaluation: Evaluation, interpreter: Interpreter):
        self.evaluation = evaluation
        self.builder = evaluation.builder
        self.interpreter = interpreter

    def call(self, node: ast.Call, name: str, frame: Frame) -> Value:
        """The value of `name(...)`.  Raises NAS301 or NAS302 where arguments are not what it takes."""
        if any(argument.name for argument in node.arguments):
            raise error("NAS302", f"`{name}` takes no named arguments", node.span)
        if name == "count":
            return self._count(node, frame)
        values = [self.interpreter.value(argument.value, frame) for argument in node.arguments]
        if name in ("min", "max"):
            return self._extreme(name, values, node.span)
        takes = 2 if name == "split" else 1
        if len(values) != takes:
            plural = "" if takes == 1 else "s"
            raise error("NAS302", f"`{name}` takes {takes} argument{plural}, found {len(values)}", node.span)
        value = values[0]
        if name in JOINS:
            return self._join(name, value, node, frame)
        if name in ("size", "channels", "width", "length"):
            return self._size(name, value, node.span)
        if name == "len":
            if not isinstance(value, Items) or not value.certain:
                raise error("NAS301", f"`len` takes a list of fixed length, found {describe(value)}", node.span)
            return len(value.values)
        if name == "unused":
            return self._unused(value, node, frame)
        if name == "split":
            return self._split(value, values[1], node, frame)
        if name == "scan":
            if not isinstance(value, Operation):
                raise error("NAS301", f"`scan` takes an operation, found {describe(value)}", node.span)
            return Scan(node.span, value)
        if name == "transposed":
            if not isinstance(value, Shared):
                text = f"`transposed` takes a shared embedding, found {describe(value)}"
                raise error("NAS301", text, node.span, help="share words = embedding(vocabulary, width)")
            return Transposed(node.span, value)
        if not _is_fixed_number(value):
            raise error("NAS301", f"`{name}` takes a number, found {describe(value)}", node.span)
        return lift(int if name == "int" else _round8, node.span, value)

    @staticmethod
    def _extreme(name: str, values: list[Value], span: Span) -> Plain:
        """`min(a, b)` or `min([a, b])`."""
        numbers = values[0].values if len(values) == 1 and isinstance(values[0], Items) else tuple(values)
        if not numbers or any(type_name(item) != "number" for item in numbers):
            raise error("NAS301", f"`{name}` takes numbers", span)
        for item in numbers:
            if not _is_fixed_number(item):
                raise error("NAS301", f"`{name}` takes numbers, found {describe(item)}", span)
        pick = min if name == "min" else max
        return lift(lambda *items: pick(items), span, *numbers)

    @staticmethod
    def _size(name: str, value: Value, span: Span) -> Value:
        if not isinstance(value, Tensor):
            raise error("NAS301", f"`{name}` takes a tensor, found {describe(value)}", span)
        has = {
            "image": ("channels", "size"),
            "vector": ("width",),
            "sequence": ("length", "width"),
            "tokens": ("length",),
        }[value.type.kind]
        if name not in has:
            text, hint = f"`{name}` of {describe(value)}", " and ".join(f"`{item}`" for item in has)
            raise error("NAS301", text, span, help=f"it has {hint}")
        if name == "size":
            return Items.of(value.type.dims[1:])
        return value.type.dims[0] if name == "length" else value.type.features

    def _join(self, name: str, value: Value, node: ast.Call, frame: Frame) -> Value:
        if not isinstance(value, Items):
            raise error("NAS301", f"`{name}` takes a list, found {describe(value)}", node.span)
        numbers = all(type_name(item) == "number" for item in value.values)
        if value.values and value.certain and numbers and name == "sum":
            total: Value = 0
            for item in value.values:
                total = operate("+", total, item, node.span)
            return total
        tensors = [item for item in value.values if isinstance(item, Tensor)]
        if len(tensors) != len(value.values):
            odd = next(item for item in value.values if not isinstance(item, Tensor))
            raise error("NAS301", f"`{name}` joins tensors, found {describe(odd)}", node.span)
        if not tensors:
            raise error("NAS502", f"`{name}` of an empty list", node.span)
        guards: list[Guard | None] = list(value.guards)
        if None not in guards:
            keys = {guard.key for guard in guards if guard}
            if all(key in self.builder.decisions and self.builder.decisions[key].least == 0 for key in keys):
                hint = "`some of` takes at least one"
                raise error("NAS502", f"this {name} may have nothing in it", node.span, help=hint)
        if JOINS[name].write_picked is None and not value.certain:
            raise error("NAS310", f"`{name}` of a list of which a part is taken", node.span)
        return self.builder.join(name, tensors, guards, frame, node.span, [node.span] * len(tensors))

    def _split(self, value: Value, parts: Value, node: ast.Call, frame: Frame) -> Items:
        """`split(x, n)`: the features in n equal parts."""
        if not isinstance(value, Tensor) or value.type.kind == "tokens":
            raise error("NAS301", f"`split` takes a tensor, found {describe(value)}", node.span)
        if isinstance(parts, bool) or not isinstance(parts, int) or parts < 1:
            raise error("NAS301", f"`split` needs a fixed number of parts, found {describe(parts)}", node.span)
        features = value.type.features
        if isinstance(features, Dependent):
            raise error("NAS310", f"`split` of searched features, {value.type}", node.span)
        if features % parts:
            raise error("NAS401", f"{parts} parts do not divide {features} features", node.span)
        attrs: Attributes = {"parts": parts, "axis": FEATURE_AXIS[value.type.kind] + 1}
        whole = self.builder.plain("split", attrs, [value], TensorType("results", ()), frame, node.span)
        return Items.of(self.builder.parts(whole, [value.type.having(features // parts)] * parts, frame, node.span))

    def _unused(self, value: Value, node: ast.Call, frame: Frame) -> Items:
        """The elements of a list that no other element of it uses."""
        tensors = value.values if isinstance(value, Items) and value.certain else ()
        if not tensors or not every(tensors, Tensor):
            raise error("NAS301", f"`unused` takes a list of tensors, found {describe(value)}", node.span)
        key = self.builder.reserve(frame, frame.component(f"{frame.target}.unused"), node.span)
        uses = ways_of_use(self.builder.nodes, [item.node for item in tensors], frame.start)
        known = self.builder.determined.setdefault(key, Determined(key, uses))
        if known.uses != uses:
            text = "`unused` means other elements here than in another use of this cell"
            raise error("NAS504", text, node.span, help="define two cells, or use a block")
        certain = [any(not way for way in ways) for ways in uses]
        kept = [
            (item, Guard(key, i) if ways else None) for i, (item, ways) in enumerate(zip(tensors, uses, strict=True))
        ]
        kept = [pair for pair, used in zip(kept, certain, strict=True) if not used]
        return Items(tuple(item for item, _ in kept), tuple(guard for _, guard in kept))

    def _count(self, node: ast.Call, frame: Frame) -> Count:
        """`count(variable)` or `count(operation in cell)`, in a `require`."""
        if not self.evaluation.requiring:
            raise error("NAS301", "`count` belongs into a `require`", node.span, help="require count(x) <= 2")
        if len(node.arguments) != 1:
            raise error("NAS302", f"`count` takes 1 argument, found {len(node.arguments)}", node.span)
        argument = node.arguments[0].value
        text = show(argument)
        if isinstance(argument, ast.Compare) and [op for op, _ in argument.rest] == ["in"]:
            where = argument.rest[0][1]
            if isinstance(where, ast.Name):
                return Count(where.id, None, show(argument.first), text)
        if isinstance(argument, ast.Name) and argument.id in frame.variables:
            return Count(frame.prefix, argument.id, None, text)
        hint = "`count(skip in normal)` counts an operation in a cell, `count(x)` what was taken for a variable"
        raise error(
            "NAS301", "`count` takes a variable, or an operation `in` a cell or space", argument.span, help=hint
        )


def _is_fixed_number(value: Value) -> bool:
    """True for a number that is known before the architecture is finished; it may depend on decisions."""
    return type_name(value) == "number" and isinstance(value, int | float | Dependent)


def _round8(value: float) -> int:
    """The nearest multiple of 8, not more than a tenth below (the rule of the MobileNet authors)."""
    rounded = max(8, int(value + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * value else rounded
