"""Any text ends in diagnostics or success."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_bad import speak

ROOT = Path(__file__).parents[2]
TEXTS = [path.read_text() for path in sorted((ROOT / "spaces").rglob("*.nas"))]
TOKENS = sorted({token for text in TEXTS for token in re.findall(r"\w+|[^\w\s]+|\s+", text)})
RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@RELAXED
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    speak(text, ROOT / "spaces" / "fuzz.nas")


@RELAXED
@given(st.lists(st.sampled_from(TOKENS), max_size=60))
def test_any_tokens(tokens: list[str]) -> None:
    speak("".join(tokens), ROOT / "spaces" / "fuzz.nas")


@RELAXED
@given(st.data())
def test_damaged_spaces(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([text for text in TEXTS if "space " in text and "layers" not in text]))
    tokens = re.findall(r"\w+|[^\w\s]+|\s+", text)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(tokens) - 1))
        change = data.draw(st.sampled_from(["drop", "double", "other"]))
        tokens[at] = {"drop": "", "double": tokens[at] * 2, "other": data.draw(st.sampled_from(TOKENS))}[change]
    speak("".join(tokens), ROOT / "spaces" / "fuzz.nas")
