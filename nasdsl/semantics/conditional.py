"""Control flow that depends on decisions: values and tensors that differ from architecture to architecture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

from nasdsl.diagnostics import Span, error
from nasdsl.ir.decision import Guard
from nasdsl.ir.dependent import Searched, narrow, restrict
from nasdsl.ir.key import split_key
from nasdsl.ir.program import TensorType
from nasdsl.semantics.ir_builder import Construction
from nasdsl.semantics.values import MISSING, POISON, Frame, Items, Operation, Switched, Tensor, type_name


class DecidedControl:
    """What is known of decisions inside a branch, and the choice between the values of several branches."""

    make: Construction
    lift: Callable[..., Any]
    apply: Callable[..., Any]
    known: dict[str, tuple[int, ...]]

    @contextmanager
    def knowing(self, condition: Any, holds: bool = True) -> Iterator[None]:
        """Inside, the condition is known to hold (or not to): values narrow to what is then possible."""
        before = self.known
        if isinstance(condition, Searched):
            self.known = {**before, **self._implied(condition, holds)}
        try:
            yield
        finally:
            self.known = before

    def _implied(self, condition: Searched, holds: bool) -> dict[str, tuple[int, ...]]:
        """For each decision of a condition the alternatives under which it can hold at all."""
        found: dict[str, set[int]] = {key: set() for key in condition.keys}
        for number, value in enumerate(condition.values):
            if value is holds:
                for key, size in zip(reversed(condition.keys), reversed(condition.sizes), strict=True):
                    number, index = divmod(number, size)
                    found[key].add(index)
        allowed: dict[str, tuple[int, ...]] = {}
        for key, indices in found.items():
            both = indices & set(self.known.get(key, indices)) or indices
            allowed[key] = tuple(sorted(both))
        return allowed

    def narrowed(self, value: Any) -> Any:
        if not self.known:
            return value
        if isinstance(value, Searched):
            return narrow(value, self.known)
        if isinstance(value, Tensor):
            dims = tuple(narrow(dim, self.known) for dim in value.type.dims)
            return value if dims == value.type.dims else Tensor(value.node, replace(value.type, dims=dims))
        if isinstance(value, Items):
            return Items(tuple(self.narrowed(item) for item in value.values), value.guards)
        return value

    def branches(self, condition: Searched) -> tuple[Searched, tuple[AbstractContextManager[None], ...]]:
        """The branch taken (0 where the condition fails, 1 where it holds) and the context of each branch."""
        index = Searched(condition.keys, condition.sizes, tuple(int(value) for value in condition.values))
        return index, (self.knowing(condition, False), self.knowing(condition, True))

    def switch(self, index: Searched, options: list[Any], frame: Frame, span: Span) -> Any:
        """`options[index]`, where the index depends on decisions.  Options that no index names are ignored."""
        live = [options[i] for i in sorted(set(index.values))]
        if any(value is POISON for value in live):
            return POISON
        if any(value is MISSING for value in live):
            return MISSING
        if all(value is live[0] or (_plain(value) and value == live[0]) for value in live):
            return live[0]
        kinds = {type_name(value) for value in live}
        if len(kinds) > 1:
            raise error("NAS303", f"this is a {' or a '.join(sorted(kinds))}, as a decision falls", span)
        kind = kinds.pop()
        if kind in ("number", "boolean", "string"):
            filled = [option if i in index.values else live[0] for i, option in enumerate(options)]
            return self.lift(lambda i, *values: values[i], span, index, *filled)
        if kind == "tensor":
            return self._switch_tensors(index, options, frame, span, {})
        if kind == "list":
            return self._switch_lists(index, options, live, frame, span)
        return Switched(span, index, tuple(options), self.make.local_name(frame, "switch"))

    def apply_switched(self, operation: Switched, inputs: list[Tensor], frame: Frame, span: Span) -> Any:
        """Each operation in a place of its own, as the alternatives of a bar have it."""
        name = self.make.local_name(frame, operation.name)
        outer = self.make.region(frame.region, "select", name, "switch", operation.span)
        results: list[Any] = [None] * len(operation.options)
        for i in sorted(set(operation.index.values)):
            option = operation.options[i]
            region = self.make.region(outer, "alternative", f"case_{i}", f"case {i}", option.span)
            with self.knowing(self.lift(lambda value, at=i: value == at, span, operation.index)):
                results[i] = self.apply(option, inputs, frame.inside(region), span)
        return self.switch(operation.index, results, frame.inside(outer), operation.span)

    def _switch_lists(self, index: Searched, options: list[Any], live: list[Any], frame: Frame, span: Span) -> Items:
        if any(len(item.values) != len(live[0].values) or item.guards != live[0].guards for item in live):
            text = "a list may not grow where a decision says how often"
            raise error("NAS310", text, span, help="let it grow for the most that is possible")
        used = set(index.values)
        values = [
            self.switch(index, [o.values[n] if i in used else None for i, o in enumerate(options)], frame, span)
            for n in range(len(live[0].values))
        ]
        return Items(tuple(values), live[0].guards)

    def _switch_tensors(
        self, index: Any, options: list[Any], frame: Frame, span: Span, made: dict[Any, Tensor]
    ) -> Tensor:
        """One select a decision, nested where the index depends on several."""
        if not isinstance(index, Searched):
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
        chosen = Searched((key,), (size,), tuple(range(size)))
        dims = tuple(
            self.lift(lambda i, *sizes: sizes[i], span, chosen, *(part.type.dims[axis] for part in parts))
            for axis in range(len(first.dims))
        )
        guards = tuple(Guard(key, i) for i in range(size))
        nodes = tuple(part.node for part in parts)
        made[index] = self.make.node("select", {}, nodes, guards, TensorType(first.kind, dims), frame, span)
        return made[index]


def _plain(value: Any) -> bool:
    return isinstance(value, bool | int | float | str | Searched | Tensor | Operation)


def states(variables: Mapping[str, Any], names: list[str]) -> dict[str, Any]:
    return {name: variables.get(name, MISSING) for name in names}


def settle(variables: dict[str, Any], values: Mapping[str, Any]) -> None:
    """Puts values back; a variable that has none everywhere has none."""
    for name, value in values.items():
        if value is MISSING:
            variables.pop(name, None)
        else:
            variables[name] = value
