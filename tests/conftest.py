"""What many tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

SPACES = ("tiny", "darts", "nasbench201", "enas_macro")
# Small enough for a test, with every construct of the full space.
SMALL: dict[str, dict[str, int]] = {
    "tiny": {"channels": 4},
    "darts": {"channels": 4, "layers": 3, "nodes": 3},
    "nasbench201": {"channels": 4, "cells": 1},
    "enas_macro": {"filters": 4, "layers": 6},
}


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of unpacked real data sets, where there is one."""
    import os

    folder = os.environ.get("NASDSL_TEST_DATA")
    if folder is None or not Path(folder).is_dir():
        pytest.skip("NASDSL_TEST_DATA names no folder with cifar-10-batches-py/ in it")
    return Path(folder)
