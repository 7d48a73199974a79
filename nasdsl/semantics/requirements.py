"""`require`: conditions on the finished architecture, resolved when every decision is known."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from nasdsl.diagnostics import Span, error, suggest
from nasdsl.ir.decision import Guard
from nasdsl.ir.dependent import Searched
from nasdsl.ir.key import binds, is_inside, owner_of
from nasdsl.ir.requirement import SYMBOLS, Count, Formula, Requirement
from nasdsl.semantics.ir_builder import Construction
from nasdsl.semantics.values import Frame
from nasdsl.syntax import ast
from nasdsl.syntax.printer import show


class Requirements:
    make: Construction
    requiring: bool
    requirements: dict[tuple[int, Any], Requirement]

    # provided by the evaluator
    condition: Callable[..., Any]
    targeting: Callable[..., AbstractContextManager[None]]

    def require(self, statement: ast.Require, frame: Frame) -> None:
        before, self.requiring = self.requiring, True
        made = len(self.make.decisions)
        try:
            condition = self.condition(statement.condition, frame)
        finally:
            self.requiring = before
        if len(self.make.decisions) != made:
            text = "a `require` reads decisions and makes none"
            raise error("NAS310", text, statement.span, help="bind the value to a name first")
        text = show(statement.condition)
        if condition is True:
            return
        if condition is False:
            raise error("NAS512", f"no architecture meets `{text}`", statement.span)
        assert isinstance(condition, (*SYMBOLS, Searched))
        found = Requirement(condition, text, statement.span)
        self.requirements.setdefault((statement.span.start, condition), found)

    def resolved(self) -> tuple[Requirement, ...]:
        """All requirements with their counts in terms of decisions."""
        return tuple(
            replace(item, condition=self._resolve(item.condition, item.span)) for item in self.requirements.values()
        )

    def _resolve(self, term: Any, span: Span) -> Any:
        if isinstance(term, Formula):
            return Formula(term.operator, tuple(self._resolve(operand, span) for operand in term.operands))
        if not isinstance(term, Count):
            return term
        inside = {key: item for key, item in self.make.decisions.items() if is_inside(key, term.prefix)}
        if not inside:
            owners = sorted({owner_of(key) for key in self.make.decisions})
            hint = suggest(term.prefix, owners) or "decisions stand in " + ", ".join(owners)
            raise error("NAS201", f"no decision belongs to `{term.prefix}`", span, help=hint)
        if term.name is not None:
            found = [item for key, item in inside.items() if binds(key, term.prefix, term.name)]
            if not found:
                raise error("NAS201", f"nothing is decided for `{term.name}`", span)
            return replace(term, guards=tuple(Guard(item.key, i) for item in found for i in item.real))
        guards = tuple(
            Guard(item.key, i)
            for item in inside.values()
            for i in item.real
            if item.labels[i] == term.label or item.labels[i].split("(")[0] == term.label
        )
        if not guards:
            labels = sorted({label for item in inside.values() for label in item.labels})
            hint = suggest(term.label or "", labels) or "alternatives: " + ", ".join(labels[:8])
            raise error("NAS201", f"no alternative in `{term.prefix}` is `{term.label}`", span, help=hint)
        return replace(term, guards=guards)
