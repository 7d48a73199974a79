"""Statements: assignments, branches, loops, shared weights, and the results of a definition."""

from __future__ import annotations

from dataclasses import replace

from nasdsl.diagnostics import NasError, error
from nasdsl.ir.dependent import Dependent
from nasdsl.semantics.conditional import Conditionals, restore, states
from nasdsl.semantics.evaluation import Evaluation
from nasdsl.semantics.expressions import Expressions
from nasdsl.semantics.requirements import Requirements
from nasdsl.semantics.scalars import Scalars, lift, operate
from nasdsl.semantics.values import Frame, Hole, Items, Operation, Poisoned, Shared, Slot, Tensor, Value, describe
from nasdsl.syntax import ast

MAX_BINDINGS = 200  # shown for one definition
# After these errors a body is not evaluated further: what comes next would only repeat them.
_FATAL = frozenset({"NAS105", "NAS406", "NAS505"})


class Statements:
    """Evaluates the bodies of definitions, statement by statement."""

    def __init__(
        self,
        evaluation: Evaluation,
        scalars: Scalars,
        conditionals: Conditionals,
        requirements: Requirements,
        expressions: Expressions,
    ):
        self.evaluation = evaluation
        self.builder = evaluation.builder
        self.scalars = scalars
        self.conditionals = conditionals
        self.requirements = requirements
        self.expressions = expressions
        self.bindings: dict[str, list[str]] = {}  # by definition, the types of its variables as text
        self.output_names: tuple[str, ...] = ()

    def run(self, definition: ast.Definition, frame: Frame) -> Value:
        """The result of a definition's body.  Raises NAS309 if it returns nothing."""
        body = definition.body
        if isinstance(body, ast.Arrow):
            return self.expressions.arrow(body, frame, tail=definition.kind != "space")
        if not isinstance(body, ast.Block):
            return self.expressions.value(body, frame)
        result = self._block(body, frame, definition)
        if result is None:
            name = definition.name
            raise error("NAS309", f"`{name.id}` returns nothing", name.span, help="end it with `return ...`")
        return result

    def _block(self, block: ast.Block, frame: Frame, definition: ast.Definition) -> Value | None:
        """Run the statements; the value of a `return` if there is one."""
        for statement in block.statements:
            self.evaluation.step(statement.span)
            if isinstance(statement, ast.Return):
                frame.target, frame.indices = "out", ()
                return self._returned(statement, frame, definition)
            try:
                self._statement(statement, frame, definition)
            except NasError as failure:
                self.evaluation.reporter.extend(failure.diagnostics)
                _poison(statement, frame)
                if any(item.code in _FATAL for item in failure.diagnostics):
                    raise Poisoned from None
            except Poisoned:
                _poison(statement, frame)
        return None

    def _returned(self, statement: ast.Return, frame: Frame, definition: ast.Definition) -> Value:
        results = statement.results
        if definition.kind != "space" and any(item.name is not None for item in results):
            raise error("NAS309", "only the results of a space have names", statement.span)
        values = [
            (item, self.expressions.value(item.value, frame))
            for item in results
            if item.condition is None or self.scalars.truth(item.condition, frame)
        ]
        if definition.kind == "space":
            self.output_names = tuple(item.name.id if item.name else "" for item, _ in values)
        if len(results) == 1 and len(values) == 1:
            return values[0][1]
        return Items.of(value for _, value in values)

    def _statement(self, statement: ast.Statement, frame: Frame, definition: ast.Definition) -> None:
        match statement:
            case ast.Assign():
                self._assign(statement, frame, definition)
            case ast.Augment(target=target, operator=operator, value=value):
                frame.target = target.id
                before = self.expressions.value(target, frame)
                after = operate(operator, before, self.expressions.value(value, frame), statement.span)
                self._set(target, after, frame, definition)
            case ast.If():
                self._if(statement, frame, definition)
            case ast.For():
                self._for(statement, frame, definition)
            case ast.Share():
                self._share(statement, frame, definition)
            case ast.Require():
                self.requirements.require(statement, frame)

    # assignments

    def _assign(self, statement: ast.Assign, frame: Frame, definition: ast.Definition) -> None:
        targets, values = statement.targets, statement.values
        for number, target in enumerate(targets):
            if target.id in (item.id for item in targets[:number]):
                raise error("NAS202", f"`{target.id}` is assigned twice at once", target.span)
        results: list[Value] = []
        if len(targets) != len(values):
            if len(values) != 1:
                raise error("NAS302", f"{len(targets)} names, {len(values)} values", statement.span)
            frame.target = targets[0].id
            value = self.expressions.value(values[0], frame)
            if not isinstance(value, Items) or not value.certain or len(value.values) != len(targets):
                text = f"{len(targets)} names need a list of as many values, found {describe(value)}"
                raise error("NAS301", text, values[0].span)
            results += value.values
        else:
            for target, expression in zip(targets, values, strict=True):
                frame.target = target.id
                results.append(self.expressions.value(expression, frame))
        for target, value in zip(targets, results, strict=True):
            self._set(target, value, frame, definition)

    def _share(self, statement: ast.Share, frame: Frame, definition: ast.Definition) -> None:
        target, value = statement.target, statement.value
        frame.target = target.id
        operation = self.expressions.value(value, frame)
        if not isinstance(operation, Operation):
            text = f"`share` makes the weights of an operation once; this is {describe(operation)}"
            raise error("NAS301", text, value.span, help="a tensor is computed once anyway")
        name = self.builder.local_name(frame, target.id)
        self._set(target, Shared(statement.span, operation, frame.region, name), frame, definition)

    def _set(self, target: ast.Name, value: Value, frame: Frame, definition: ast.Definition) -> None:
        frame.variables[target.id] = value
        lines = self.bindings.setdefault(f"{definition.kind} {definition.name.id}", [])
        text = value.type.kind + f"[{value.type}]" if isinstance(value, Tensor) else describe(value)
        line = f"{target.id}: {text}"
        if line not in lines and len(lines) < MAX_BINDINGS:
            lines.append(line)

    # branches and loops

    def _if(self, statement: ast.If, frame: Frame, definition: ast.Definition) -> None:
        condition = self.scalars.condition(statement.condition, frame)
        if not isinstance(condition, bool | Dependent):
            raise error("NAS310", "what is known of the finished architecture belongs into a `require`", statement.span)
        blocks = statement.otherwise, statement.then
        if isinstance(condition, bool):
            block = blocks[condition]
            if block is not None:
                self._block(block, frame, definition)
            return
        names = _assigned(statement)
        before = states(frame.variables, names)
        index, contexts = self.conditionals.branches(condition)
        after: list[dict[str, Slot]] = []
        for block, context in zip(blocks, contexts, strict=True):
            restore(frame.variables, before)
            with context:
                if block is not None:
                    self._block(block, frame, definition)
            after.append(states(frame.variables, names))
        self.conditionals.merge(index, after, frame, statement.span)

    def _turns(self, iterable: ast.Expr, frame: Frame) -> tuple[list[Value], int | Dependent]:
        """The values that a loop runs over, and its number of turns, which may depend on decisions."""
        while isinstance(iterable, ast.Group):
            iterable = iterable.inner
        if isinstance(iterable, ast.Range):
            low, high = self.expressions.value(iterable.lower, frame), self.expressions.value(iterable.upper, frame)
            if isinstance(high, Dependent) and isinstance(low, int) and all(isinstance(v, int) for v in high.values):
                first, more = low, int(iterable.closed)
                turns = lift(lambda value: max(0, value + more - first), iterable.span, high)
                most = turns.largest if isinstance(turns, Dependent) else turns
                return list(range(low, low + most)), turns
        items = self.scalars.items(iterable, frame)
        if not items.certain:
            text = "which turns a loop makes cannot be picked"
            hint = "a comprehension over the list keeps what was picked: `[f(t) for t in some of xs]`"
            raise error("NAS310", text, iterable.span, help=hint)
        return list(items.values), len(items.values)

    def _for(self, loop: ast.For, frame: Frame, definition: ast.Definition) -> None:
        items, turns = self._turns(loop.iterable, frame)
        names = _assigned(loop)
        assigned = [name for name in names if name in frame.variables]
        carried = [frame.variables[name] for name in assigned]
        after = [states(frame.variables, names)]
        rolled = len(items) > 1 and not frame.name_prefix and not any(isinstance(v, Items) for v in carried)
        outer = frame.region, frame.indices, frame.name_indices
        name = self.builder.unique(frame.region, f"each_{loop.variable.id}") if rolled else ""
        for position, value in enumerate(items):
            self.evaluation.step(loop.span)
            index = value if isinstance(value, int) and not isinstance(value, bool) else position
            frame.indices = (*outer[1], index)
            if rolled:
                frame.name_indices = ()
                label = f"{definition.name.id}_{loop.variable.id}"
                frame.region = self.builder.region(outer[0], "loop", name, label, loop.span, position)
            else:
                frame.name_indices = (*outer[2], index)
            frame.variables[loop.variable.id] = value
            before = states(frame.variables, assigned)
            try:
                with self.conditionals.knowing(lift(lambda n, at=position: n > at, loop.span, turns)):
                    self._block(loop.body, frame, definition)
                after.append(states(frame.variables, names))
                if rolled:
                    self._carry(frame.region, before, frame)
            finally:
                frame.region, frame.indices, frame.name_indices = outer
        if isinstance(turns, Dependent):
            self.conditionals.merge(turns, after, frame, loop.span)

    def _carry(self, region: int, before: dict[str, Slot], frame: Frame) -> None:
        """Note the tensors that one turn of a rolled loop hands on to the next."""
        carried: list[tuple[str, int, int]] = []
        for name, old in before.items():
            new = frame.variables.get(name)
            if isinstance(old, Tensor) and isinstance(new, Tensor):
                carried.append((name, old.node, new.node))
        self.builder.regions[region] = replace(self.builder.regions[region], carried=tuple(carried))


def _poison(statement: ast.Statement, frame: Frame) -> None:
    for name in _assigned(statement):
        frame.variables[name] = Hole.POISONED


def _assigned(node: ast.Statement | ast.Block | None) -> list[str]:
    """Names that a statement (with what is inside it) assigns, in order."""
    names: dict[str, None] = {}
    match node:
        case ast.Assign(targets=targets):
            names.update((target.id, None) for target in targets)
        case ast.Augment(target=target) | ast.Share(target=target):
            names[target.id] = None
        case ast.For(body=body):
            names.update((name, None) for name in _assigned(body))
        case ast.If(then=then, otherwise=otherwise):
            names.update((name, None) for name in [*_assigned(then), *_assigned(otherwise)])
        case ast.Block(statements=statements):
            names.update((name, None) for item in statements for name in _assigned(item))
    return list(names)
