"""Networks as expressions, in the notation of NAS-Bench-201's authors (Dong, Yang; ICLR 2020; `to_unique_str`).

`(x)@op` is an operation, a sum is its terms in the order of their text, an identity leaves the text as it is and
whatever is done to zeros is `#`.  Two networks are the same where their text is.  A sum keeps its zeros and the
inner order of a sum that it takes in, so that some sums that are equal count apart.
"""

from __future__ import annotations

import hashlib
import json
from functools import cmp_to_key
from typing import Any

from nasdsl.ops.joins import JOINS

Terms = tuple[int, ...]  # terms in their order


class Written:
    """Holds each term once, so that a text of any length is a short tuple.  Term 0 is `#`."""

    zero: Terms = (0,)

    def __init__(self) -> None:
        self._terms: list[tuple[str, tuple[Terms, ...]]] = [("#", ())]
        self._known: dict[Any, int] = {self._terms[0]: 0}
        self._digests: list[str] = []
        self._key = cmp_to_key(self._compare)

    def operation(self, label: str, operands: list[Terms], of_zeros: bool, options: tuple[str, ...] = ()) -> Terms:
        if operands and all(operand == self.zero for operand in operands):
            return self.zero
        return self._term(label, tuple(operands))

    def join(self, op: str, operands: list[Terms]) -> Terms:
        law = JOINS[op]
        if len(operands) == 1:
            return operands[0]
        if law.commutes:
            operands = sorted(operands, key=self._key)
        if law.zero == "nothing":
            return tuple(term for operand in operands for term in operand)
        zeros = [operand == self.zero for operand in operands]
        if all(zeros) or (law.zero == "all" and any(zeros)):
            return self.zero
        return self._term(op, tuple(operands))

    def _term(self, label: str, slots: tuple[Terms, ...]) -> Terms:
        content = label, slots
        if content not in self._known:
            self._known[content] = len(self._terms)
            self._terms.append(content)
        return (self._known[content],)

    def _compare(self, a: Terms, b: Terms) -> int:
        """The order of the texts of two values.  The first difference decides, so that this need not recur."""
        while a != b:
            at = next((i for i, (s, t) in enumerate(zip(a, b, strict=False)) if s != t), None)
            if at is None:
                return len(a) - len(b)
            (label, slots), (other, others) = self._terms[a[at]], self._terms[b[at]]
            rank, rank_of_other = _rank(label, slots), _rank(other, others)
            if rank != rank_of_other:
                return rank - rank_of_other
            inner = next(((s, t) for s, t in zip(slots, others, strict=False) if s != t), None)
            if inner is None:
                return (label > other) - (label < other) or len(slots) - len(others)
            a, b = inner
        return 0

    def digest(self, values: list[Terms]) -> str:
        """A short text for the outputs of a network, the same on every machine."""
        for label, slots in self._terms[len(self._digests) :]:
            self._digests.append(_hash([label, self._shown(slots)]))
        return _hash(self._shown(tuple(values)))

    def _shown(self, slots: tuple[Terms, ...]) -> list[list[str]]:
        return [[self._digests[term] for term in slot] for slot in slots]


def _rank(label: str, slots: tuple[Terms, ...]) -> int:
    """`#` comes before `(`, and that before an input, which is written as a digit."""
    return 1 if slots else 0 if label == "#" else 2


def _hash(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, separators=(",", ":")).encode()).hexdigest()[:32]
