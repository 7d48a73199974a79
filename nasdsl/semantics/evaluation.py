"""The state that the parts of the evaluator share, and the interface through which they call one another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from nasdsl.diagnostics import Reporter, Span, diagnostic, error
from nasdsl.ir.dependent import Dependent
from nasdsl.ir.requirement import Formula, Requirement
from nasdsl.semantics.ir_builder import IrBuilder
from nasdsl.semantics.values import Frame, Operation, Outputs, Poisoned, Tensor, Value
from nasdsl.syntax import ast

MAX_STEPS = 500_000
MAX_DEPTH = 40


class Interpreter(Protocol):
    """The three entry points by which the parts of the evaluator recurse into one another."""

    def value(self, node: ast.Expr, frame: Frame, /) -> Value:
        """Evaluate an expression."""
        ...

    def apply(self, operation: Operation, inputs: list[Tensor], frame: Frame, span: Span, /) -> Outputs:
        """Apply an operation to tensors."""
        ...

    def run(self, definition: ast.Definition, frame: Frame, /) -> Value:
        """Evaluate the body of a definition."""
        ...


class Evaluation:
    """The state of one evaluation: the program built so far, and the limits that keep it finite."""

    def __init__(self, reporter: Reporter, searching: bool):
        self.reporter = reporter
        self.builder = IrBuilder(reporter)
        self.searching, self.reads_searching = searching, False
        self.requiring = False  # inside a `require`
        self.requirements: dict[tuple[int, Dependent | Formula], Requirement] = {}
        self._steps = 0
        self._calls: list[ast.Definition] = []

    def step(self, span: Span) -> None:
        """Count one step.  Raises NAS406 when there are too many."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise error(
                "NAS406", f"evaluating this takes more than {MAX_STEPS:,} steps", span, help="is a loop too long?"
            )

    @contextmanager
    def inside(self, definition: ast.Definition, span: Span) -> Iterator[None]:
        """The context of a use of `definition` at `span`.  Reports NAS505 when uses are nested without end."""
        if len(self._calls) >= MAX_DEPTH:
            names = " -> ".join(item.name.id for item in self._calls[-4:])
            text = f"`{definition.name.id}` is used within itself without end ({names} -> ...)"
            self.reporter.add(diagnostic("NAS505", text, span, (definition.name.span, "defined here")))
            raise Poisoned
        self._calls.append(definition)
        try:
            yield
        finally:
            self._calls.pop()
