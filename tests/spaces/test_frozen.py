"""What a change must not change: sizes, fingerprints and generated sources of all shipped spaces, to the byte.

`make golden` rewrites `frozen.json`; a change that does so says why in the changelog.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from shipped import SHIPPED

import nasdsl

FROZEN = Path(__file__).parent / "frozen.json"
UPDATE = "NASDSL_UPDATE_GOLDEN" in os.environ


def facts(space: nasdsl.Space) -> dict[str, Any]:
    sizes = {name: value for name, value in space.stats().items() if name not in ("space", "not_counted")}
    drawn = space.sample(2, seed=5)
    sources = [space.supernet_source(), *(space.source(arch) for arch in drawn)]
    digests = [hashlib.sha256(text.encode()).hexdigest()[:16] for text in sources]
    networks = [space.stats(arch) for arch in drawn]
    return json.loads(json.dumps({**sizes, "networks": networks, "supernet": digests[0], "sources": digests[1:]}))


@pytest.mark.slow
@pytest.mark.parametrize("size", ["published", "small"])
@pytest.mark.parametrize("name", SHIPPED)
def test_nothing_changed(name: str, size: str) -> None:
    found = facts(nasdsl.load(name, **({} if size == "published" else SHIPPED[name].small)))
    table = json.loads(FROZEN.read_text()) if FROZEN.exists() else {}
    if UPDATE:
        table.setdefault(name, {})[size] = found
        FROZEN.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n")
    assert found == table[name][size]
