"""The results of a run: metrics by epoch, `result.json`, `failure.json`.  Does not need torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nasdsl.diagnostics import Diagnostic
from nasdsl.runs.fields import numbers, table, text

METRICS, RESULT, FAILURE = "metrics.jsonl", "result.json", "failure.json"
# Figures by name; those of an epoch have its number, from 1, as `epoch`.
Metrics = dict[str, float]


@dataclass(frozen=True)
class RunResult:
    """The content of `result.json`: measured `figures`, and the `decisions` of the architecture found by a search."""

    figures: Mapping[str, float]
    decisions: Mapping[str, str | list[int]] | None = None

    def to_json(self) -> dict[str, Any]:
        found = {} if self.decisions is None else {"architecture": self.decisions}
        return {**found, **self.figures}

    @classmethod
    def from_json(cls, data: Any) -> RunResult | None:
        """Return the result, or None if `data` is not one; entries that are not numbers are skipped."""
        whole = table(data)
        if not whole:
            return None
        decisions = whole.get("architecture")
        return cls(numbers(whole), decisions if isinstance(decisions, dict) else None)


@dataclass(frozen=True)
class RunFailure:
    """The content of `failure.json`: diagnostics of a failed run, (code, message) each."""

    items: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, diagnostics: Iterable[Diagnostic]) -> RunFailure:
        return cls(tuple((item.code, item.message) for item in diagnostics))

    def to_json(self) -> list[dict[str, str]]:
        return [{"code": code, "message": message} for code, message in self.items]

    @classmethod
    def from_json(cls, data: Any) -> RunFailure | None:
        """Return the failure, or None if `data` is not a list."""
        if not isinstance(data, list):
            return None
        rows = [item for item in data if isinstance(item, dict)]
        return cls(tuple((text(row.get("code")), text(row.get("message"))) for row in rows))

    def __str__(self) -> str:
        return " ".join(self.items[0]) if self.items else ""
