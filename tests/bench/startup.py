"""How long short commands take from a cold start, beside two of the libraries that they stand on.

    python -m tests.bench.startup [ROUNDS]

Processor seconds (user and system) of whole processes, one after another in turn, so that other work on the machine
falls on all alike.  Byte code is compiled before: in a folder of its own, for the libraries too.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMANDS = {
    "import lark, networkx": ["-c", "import lark, networkx"],
    "check darts": ["-m", "nasdsl", "check", "darts"],
    "check tiny": ["-m", "nasdsl", "check", "tiny"],
    "fmt --check spaces/darts.nas": ["-m", "nasdsl", "fmt", "--check", str(ROOT / "spaces" / "darts.nas")],
    "stats darts": ["-m", "nasdsl", "stats", "darts"],
    "--help": ["-m", "nasdsl", "--help"],
}


def seconds(arguments: list[str], environment: dict[str, str]) -> float:
    """Processor seconds of one run of Python."""
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    process = os.posix_spawn(sys.executable, [sys.executable, *arguments], environment, file_actions=quiet)
    _, status, used = os.wait4(process, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{' '.join(arguments)} failed")
    return used.ru_utime + used.ru_stime


def main(rounds: int = 20) -> None:
    with tempfile.TemporaryDirectory() as cache:
        one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        environment = {**os.environ, **one_thread, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": cache}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
        for number in range(rounds + 1):
            for name, arguments in COMMANDS.items():
                used = seconds(arguments, environment)
                if number:  # the first round writes the byte code
                    taken[name].append(used)
    least, middle = (min(next(iter(taken.values()))), statistics.median(next(iter(taken.values()))))
    print("| command | least | median | ratio of least | of median |\n|---|---|---|---|---|")
    for name, times in taken.items():
        low, half = min(times), statistics.median(times)
        print(f"| `{name}` | {low:.3f} s | {half:.3f} s | {low / least:.2f} | {half / middle:.2f} |")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
