"""Comparison of two spaces: decisions by name, candidates by label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nasdsl.ir.decision import Decision

Relation = Literal["equal", "first contains second", "second contains first", "overlapping", "cannot be told"]


@dataclass(frozen=True)
class Change:
    """One decision that both spaces have, and not alike: candidates by label, and how many may be taken."""

    key: str
    kind: Literal["narrowed", "widened", "changed"]
    lost: tuple[str, ...]
    gained: tuple[str, ...]
    takes: tuple[str, str] | None

    def to_json(self) -> dict[str, Any]:
        takes = {} if self.takes is None else {"takes": list(self.takes)}
        return {"kind": self.kind, "lost": list(self.lost), "gained": list(self.gained), **takes}


@dataclass(frozen=True)
class Difference:
    """From the first space to the second.  `relation` is what names and labels can tell, never more."""

    relation: Relation
    added: dict[str, Decision] = field(default_factory=dict)
    removed: dict[str, Decision] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()

    @property
    def same(self) -> bool:
        return self.relation == "equal"


def difference(first: Mapping[str, Decision], second: Mapping[str, Decision]) -> Difference:
    """Compare the decisions: those added, removed, narrowed and widened from the first space to the second."""
    added = {key: item for key, item in second.items() if key not in first}
    removed = {key: item for key, item in first.items() if key not in second}
    changes = tuple(
        change for key, item in first.items() if key in second and (change := _change(item, second[key])) is not None
    )
    return Difference(_relation(added, removed, changes), added, removed, changes)


def _change(one: Decision, two: Decision) -> Change | None:
    before, after = ([item.labels[i] for i in item.real] for item in (one, two))
    lost = tuple(label for label in before if label not in after)
    gained = tuple(label for label in after if label not in before)
    takes = None if _takes(one) == _takes(two) else (_takes(one), _takes(two))
    if not lost and not gained and takes is None:
        return None
    if one.kind == two.kind == "one":
        narrower, wider = not gained, not lost
    else:  # a subset of fixed size has other architectures for other sizes
        narrower = not gained and two.least >= one.least and two.most <= one.most and one.kind == two.kind
        wider = not lost and two.least <= one.least and two.most >= one.most and one.kind == two.kind
    kind: Literal["narrowed", "widened", "changed"] = "narrowed" if narrower else "widened" if wider else "changed"
    return Change(one.key, kind, lost, gained, takes)


def _takes(item: Decision) -> str:
    if item.kind == "one":
        return "one"
    return str(item.least) if item.least == item.most else f"{item.least} to {item.most}"


def _relation(added: Mapping[str, Any], removed: Mapping[str, Any], changes: tuple[Change, ...]) -> Relation:
    kinds = {change.kind for change in changes}
    if not added and not removed and not kinds:
        return "equal"
    if added or removed:  # how the other space decides them, names do not say
        return "cannot be told"
    if kinds == {"narrowed"}:
        return "first contains second"
    return "second contains first" if kinds == {"widened"} else "overlapping"
