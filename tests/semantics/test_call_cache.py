"""The cache of calls changes nothing: evaluating every call gives the same program and graph."""

from __future__ import annotations

import pytest
from shipped import SMALL

from nasdsl import compiler
from nasdsl.graph.archgraph import elaborate
from nasdsl.ir.program import Program
from nasdsl.semantics.call_cache import CallCache, CallKey
from nasdsl.semantics.conditional import Known
from nasdsl.semantics.values import Mention, Outputs, Tensor

REPEATED = {"darts", "nasnet", "pnas", "enas_micro"}  # spaces with equal cells even at small size


def program(name: str) -> Program:
    return compiler.check(compiler.open_space(name), SMALL[name])


@pytest.mark.parametrize("name", SMALL)
def test_copied_calls_equal_evaluated_ones(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = 0
    copy = CallCache.copy

    def counted(self: CallCache, key: CallKey, mention: Mention, inputs: list[Tensor], region: int) -> Outputs | None:
        nonlocal copied
        result = copy(self, key, mention, inputs, region)
        copied += result is not None
        return result

    def no_key(self: CallCache, mention: Mention, inputs: list[Tensor], known: Known) -> None:
        return None

    monkeypatch.setattr(CallCache, "copy", counted)
    fast = program(name)
    assert copied or name not in REPEATED
    monkeypatch.setattr(CallCache, "key", no_key)
    before = copied
    slow = program(name)
    assert copied == before
    assert fast.nodes == slow.nodes
    assert fast.regions == slow.regions
    assert list(fast.decisions.items()) == list(slow.decisions.items())
    assert fast.determined == slow.determined
    assert fast.requirements == slow.requirements
    assert fast.outputs == slow.outputs
    assert elaborate(fast).fingerprint == elaborate(slow).fingerprint
