"""Every strategy on every shipped space for large images: as the table of strategies says."""

from __future__ import annotations

from pathlib import Path

import pytest
from pairs import CHAINS, STRATEGIES, check_pair, few_digits


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_pair(strategy: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few_digits(monkeypatch)
    check_pair(name, strategy, tmp_path)
