"""Control flow that depends on decisions: values and tensors that differ from architecture to architecture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

from nasdsl.diagnostics import Span, error
from nasdsl.ir.decision import Guard
from nasdsl.ir.dependent import Dependent, narrow, restrict
from nasdsl.ir.key import split_key
from nasdsl.ir.program import TensorType
from nasdsl.ir.requirement import SYMBOLS
from nasdsl.semantics.evaluation import Interpreter
from nasdsl.semantics.ir_builder import IrBuilder
from nasdsl.semantics.scalars import lift
from nasdsl.semantics.values import (
    Condition,
    Frame,
    Hole,
    Items,
    Known,
    Operation,
    Outputs,
    Plain,
    Slot,
    Switched,
    Tensor,
    Value,
    every,
    type_name,
)


class Conditionals:
    """The decisions known inside a branch (`known`), and the choice between the values of several branches."""

    def __init__(self, builder: IrBuilder, interpreter: Interpreter):
        self.builder = builder
        self.interpreter = interpreter
        self.known: Known = {}

    # inside a branch

    @contextmanager
    def knowing(self, condition: Condition, holds: bool = True) -> Iterator[None]:
        """Inside, the condition is known to hold (or not to): values narrow to what is then possible."""
        before = self.known
        if isinstance(condition, Dependent):
            self.known = {**before, **self._implied(condition, holds)}
        try:
            yield
        finally:
            self.known = before

    def _implied(self, condition: Dependent, holds: bool) -> Known:
        """For each decision of a condition the alternatives under which it can hold at all."""
        found: dict[str, set[int]] = {key: set() for key in condition.keys}
        for number, value in enumerate(condition.values):
            if value is holds:
                for key, size in zip(reversed(condition.keys), reversed(condition.sizes), strict=True):
                    number, index = divmod(number, size)
                    found[key].add(index)
        allowed: dict[str, tuple[int, ...]] = {}
        for key, indices in found.items():
            possible = indices & set(self.known.get(key, indices)) or indices
            allowed[key] = tuple(sorted(possible))
        return allowed

    def narrowed(self, value: Value) -> Value:
        """The value as it can be inside the current branch."""
        if not self.known:
            return value
        if isinstance(value, Dependent):
            return narrow(value, self.known)
        if isinstance(value, Tensor):
            dims = tuple(narrow(dim, self.known) for dim in value.type.dims)
            return value if dims == value.type.dims else Tensor(value.node, replace(value.type, dims=dims))
        if isinstance(value, Items):
            return Items(tuple(self.narrowed(item) for item in value.values), value.guards)
        return value

    def branches(self, condition: Dependent) -> tuple[Dependent, tuple[AbstractContextManager[None], ...]]:
        """The branch taken (0 where the condition fails, 1 where it holds) and the context of each branch."""
        index = Dependent(condition.keys, condition.sizes, tuple(int(value) for value in condition.values))
        return index, (self.knowing(condition, False), self.knowing(condition, True))

    # after the branches

    def merge(self, index: Dependent, branches: Sequence[Mapping[str, Slot]], frame: Frame, span: Span) -> None:
        """Give each variable the value that it has after `branches[index]`."""
        for name in branches[0]:
            frame.target = name
            live = {i: branches[i][name] for i in sorted(set(index.values))}
            restore(frame.variables, {name: self._chosen(index, live, frame, span)})

    def _chosen(self, index: Dependent, options: Mapping[int, Slot], frame: Frame, span: Span) -> Slot:
        for hole in (Hole.POISONED, Hole.MISSING):
            if any(value is hole for value in options.values()):
                return hole
        values = {i: value for i, value in options.items() if not isinstance(value, Hole)}
        return self.switch(index, values, frame, span)

    def switch(self, index: Dependent, options: Mapping[int, Value], frame: Frame, span: Span) -> Value:
        """`options[index]`, where the index depends on decisions.  Options that no index names are ignored.

        Raises NAS303 where the options differ in type, NAS310 and NAS403 where values of it cannot be chosen between.
        """
        live = {i: options[i] for i in sorted(set(index.values))}
        values = list(live.values())
        first = values[0]
        if all(value is first or (not isinstance(value, Items) and value == first) for value in values):
            return first
        kinds = {type_name(value) for value in values}
        if len(kinds) > 1:
            raise error("NAS303", f"this is a {' or a '.join(sorted(kinds))}, as a decision falls", span)
        if every(values, Tensor):
            return self._switch_tensors(index, dict(zip(live, values, strict=True)), frame, span, {})
        if every(values, Items):
            return self._switch_lists(index, dict(zip(live, values, strict=True)), frame, span)
        if every(values, Operation):
            operations = dict(zip(live, values, strict=True))
            return Switched(span, index, operations, self.builder.local_name(frame, "switch"))
        if any(isinstance(value, SYMBOLS) for value in values):
            text = "a decision cannot choose between what is known of the finished architecture"
            raise error("NAS310", text, span, help="write a `require` for each case")
        return self._switch_plain(index, live, span)

    @staticmethod
    def _switch_plain(index: Dependent, options: Mapping[int, Value], span: Span) -> Plain:
        filled = [options.get(i, options[min(options)]) for i in range(max(options) + 1)]
        return lift(lambda i, *values: values[i], span, index, *filled)

    def _switch_lists(self, index: Dependent, options: Mapping[int, Items], frame: Frame, span: Span) -> Items:
        first = options[min(options)]
        if any(len(item.values) != len(first.values) or item.guards != first.guards for item in options.values()):
            text = "a list may not grow where a decision says how often"
            raise error("NAS310", text, span, help="let it grow for the most that is possible")
        values = [
            self.switch(index, {i: item.values[number] for i, item in options.items()}, frame, span)
            for number in range(len(first.values))
        ]
        return Items(tuple(values), first.guards)

    def _switch_tensors(
        self,
        index: Dependent | int,
        options: Mapping[int, Tensor],
        frame: Frame,
        span: Span,
        made: dict[Dependent, Tensor],
    ) -> Tensor:
        """One select a decision, nested where the index depends on several."""
        if not isinstance(index, Dependent):
            return options[index]
        if index in made:
            return made[index]
        key, size = index.keys[0], index.sizes[0]
        if split_key(key)[1] is not None:
            text = "a tensor cannot depend on which elements of a list are taken, only sizes and joins can"
            raise error("NAS310", text, span)
        parts = [self._switch_tensors(restrict(index, {key: (i,)}), options, frame, span, made) for i in range(size)]
        first = parts[0].type
        if any(part.type.kind != first.kind for part in parts):
            raise error("NAS403", "the branches give tensors of different kinds", span)
        chosen = Dependent((key,), (size,), tuple(range(size)))
        dims = tuple(
            lift(lambda i, *sizes: sizes[i], span, chosen, *(part.type.dims[axis] for part in parts))
            for axis in range(len(first.dims))
        )
        guards = tuple(Guard(key, i) for i in range(size))
        nodes = tuple(part.node for part in parts)
        made[index] = self.builder.node("select", {}, nodes, guards, TensorType(first.kind, dims), frame, span)
        return made[index]

    def apply(self, operation: Switched, inputs: list[Tensor], frame: Frame, span: Span) -> Outputs:
        """Each operation in a place of its own, as the alternatives of a bar have it."""
        name = self.builder.local_name(frame, operation.name)
        outer = self.builder.region(frame.region, "select", name, "switch", operation.span)
        results: dict[int, Value] = {}
        for i, option in operation.options.items():
            region = self.builder.region(outer, "alternative", f"case_{i}", f"case {i}", option.span)
            with self.knowing(lift(lambda value, at=i: value == at, span, operation.index)):
                results[i] = self.interpreter.apply(option, inputs, frame.inside(region), span)
        result = self.switch(operation.index, results, frame.inside(outer), operation.span)
        assert isinstance(result, Tensor | Items)
        return result


def states(variables: Mapping[str, Slot], names: list[str]) -> dict[str, Slot]:
    """The present values of some variables, for `restore`."""
    return {name: variables.get(name, Hole.MISSING) for name in names}


def restore(variables: dict[str, Slot], values: Mapping[str, Slot]) -> None:
    """Put values back; a variable that is missing among them has none."""
    for name, value in values.items():
        if value is Hole.MISSING:
            variables.pop(name, None)
        else:
            variables[name] = value
