"""`require`: conditions on the finished architecture, resolved when every decision is known."""

from __future__ import annotations

from dataclasses import replace

from nasdsl.diagnostics import Span, error, suggest
from nasdsl.ir.decision import Guard
from nasdsl.ir.key import binds, is_inside, owner_of
from nasdsl.ir.requirement import Count, Formula, Requirement
from nasdsl.semantics.evaluation import Evaluation
from nasdsl.semantics.scalars import Scalars
from nasdsl.semantics.values import Condition, Frame, Number
from nasdsl.syntax import ast
from nasdsl.syntax.printer import show


class Requirements:
    """Collects the requirements of a space, and fills in what they count."""

    def __init__(self, evaluation: Evaluation, scalars: Scalars):
        self.evaluation = evaluation
        self.builder = evaluation.builder
        self.scalars = scalars

    def require(self, statement: ast.Require, frame: Frame) -> None:
        """Note one requirement.  Raises NAS512 if no architecture meets it, NAS310 if it makes decisions."""
        evaluation = self.evaluation
        before, evaluation.requiring = evaluation.requiring, True
        made = len(self.builder.decisions)
        try:
            condition = self.scalars.condition(statement.condition, frame)
        finally:
            evaluation.requiring = before
        if len(self.builder.decisions) != made:
            text = "a `require` reads decisions and makes none"
            raise error("NAS310", text, statement.span, help="bind the value to a name first")
        text = show(statement.condition)
        if condition is True:
            return
        if condition is False:
            raise error("NAS512", f"no architecture meets `{text}`", statement.span)
        found = Requirement(condition, text, statement.span)
        self.evaluation.requirements.setdefault((statement.span.start, condition), found)

    def resolved(self) -> tuple[Requirement, ...]:
        """All requirements with their counts in terms of decisions."""
        requirements = self.evaluation.requirements.values()
        return tuple(replace(item, condition=self._resolve(item.condition, item.span)) for item in requirements)

    def _resolve(self, term: Condition | Number, span: Span) -> Condition | Number:
        if isinstance(term, Formula):
            return Formula(term.operator, tuple(self._resolve(operand, span) for operand in term.operands))
        if not isinstance(term, Count):
            return term
        inside = {key: item for key, item in self.builder.decisions.items() if is_inside(key, term.prefix)}
        if not inside:
            owners = sorted({owner_of(key) for key in self.builder.decisions})
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
