"""What each of several processes runs in the tests: `python processes.py PLAN.json RANK`.

The plan is a list of cases, each a search; what each came to, a report or the code of its error, is written beside it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import torch

import nasdsl
from nasdsl import registry
from nasdsl.parallel.group import group


class Killed(BaseException):
    pass


def search(case: dict[str, Any], **more: Any) -> str:
    space = nasdsl.load(case["space"], **case["parameters"])
    found = nasdsl.search(space, out=case["out"], **case["settings"], **more)
    return found.architecture.text()


def broken(case: dict[str, Any]) -> None:
    """The same search, ended in every process just before step `at`, or in that process alone that is named."""
    kind = registry.find("nasdsl.strategies", case["settings"]["strategy"])
    original, count = kind.step, 0

    def step(self: Any, *batches: Any) -> Any:
        nonlocal count
        count += 1
        if count == case["at"] and case.get("rank") in (None, group().rank):
            raise Killed
        return original(self, *batches)

    kind.step = step
    try:
        search(case)
    finally:
        kind.step = original


def main() -> None:
    plan, rank = Path(sys.argv[1]), sys.argv[2]
    os.environ.update(RANK=rank, LOCAL_RANK=rank)
    torch.set_num_threads(1)
    for number, case in enumerate(json.loads(plan.read_text())):
        try:
            if case.get("resumed"):
                try:
                    broken(case)
                except Killed:
                    torch.manual_seed(99 + int(rank))  # a new process starts anywhere
                found = search(case, resume=True)
            elif "at" in case:
                broken(case)
                found = "not ended"
            else:
                found = search(case)
        except nasdsl.NasError as failure:
            found = failure.diagnostics[0].code
        except Killed:
            os._exit(3)
        plan.with_name(f"{number}-{rank}").write_text(found)


if __name__ == "__main__":
    main()
