"""What many tests share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

# Networks of tests are tiny: threads would only wait for one another, badly so on a busy machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest


@pytest.fixture(scope="session")
def real_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with cifar-10-batches-py/ and nasbench201/: NASDSL_TEST_DATA, or packed beside the checkout."""
    if folder := os.environ.get("NASDSL_TEST_DATA"):
        return Path(folder)
    packed = Path(__file__).parents[2] / "shared" / "data" / "unpack.py"
    if not packed.is_file():
        pytest.skip("no real data: NASDSL_TEST_DATA names no folder with cifar-10-batches-py/ in it")
    target = tmp_path_factory.mktemp("data")
    subprocess.run([sys.executable, str(packed), str(target)], check=True, stdout=subprocess.DEVNULL)
    return target
