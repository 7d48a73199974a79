"""Strategies on the space of NAS-Bench-201: each searches CIFAR-10, and the benchmark says how good its cell is.

    python compare.py --table table.csv --data-dir data

Runs are kept in --out; what is there already is not run again, and what was broken off goes on.
"""

from __future__ import annotations

import argparse
import csv
import statistics
from pathlib import Path
from typing import Any

import nasdsl
from nasdsl import notations
from nasdsl.space import Space

# Epochs for about equal work: paths cost a part of what mixtures cost.  `drnas` has two stages of so many.
EPOCHS = {"darts": 16, "gdas": 48, "rsps": 48, "enas": 16, "drnas": 20, "pcdarts": 32}


def read_table(path: Path, column: str) -> dict[str, float]:
    """Architecture to accuracy in %."""
    with path.open() as file:
        return {row["arch"]: float(row[column]) for row in csv.DictReader(file)}


def found(space: Space, strategy: str, seed: int, epochs: int, given: argparse.Namespace) -> str:
    """The cell that a search ends with, in the benchmark's own notation."""
    out = Path(given.out) / f"{strategy}-{seed}"
    finished = out / "architecture.json"
    if finished.exists():
        return notations.write(space.read_architecture(finished), space, "nasbench201")
    settings: dict[str, Any] = {"data": "cifar10", "data_dir": given.data_dir, "limit": given.limit, "batch_size": 64}
    result = nasdsl.search(
        space, strategy=strategy, epochs=epochs, seed=seed, out=out, resume=out.exists(), quiet=False, **settings
    )
    return notations.write(result.architecture, space, "nasbench201")


def report(table: dict[str, float], cells: dict[str, list[str]]) -> str:
    """A row a strategy: accuracy of what each seed found, mean, and how many of the benchmark's cells are better."""
    lines = ["| strategy | cells found: accuracy (better ones of 15,625) | mean |", "|---|---|---|"]
    for strategy, texts in cells.items():
        values = [table[text] for text in texts]
        each = ", ".join(f"{value:.2f} ({sum(other > value for other in table.values()):,})" for value in values)
        lines.append(f"| `{strategy}` | {each} | {statistics.mean(values):.2f} |")
    every = sorted(table.values())
    lines.append(f"| a cell at random | | {statistics.mean(every):.2f}, median {statistics.median(every):.2f} |")
    lines.append(f"| the best there is | | {every[-1]:.2f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", type=Path, required=True, help="a CSV with the columns arch and --column")
    parser.add_argument("--column", default="nats_c10_test_200", help="accuracies in %%")
    parser.add_argument("--data-dir", help="the folder with cifar-10-batches-py")
    parser.add_argument("--strategies", nargs="+", default=list(EPOCHS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--limit", type=int, default=8000, help="training images, half of them for the architecture")
    parser.add_argument("--epochs", type=int, help="of each search, in place of its own number")
    parser.add_argument("--channels", type=int, default=8, help="of the supernet; the benchmark's networks have 16")
    parser.add_argument("--cells", type=int, default=1, help="in each of three stages; the benchmark's networks have 5")
    parser.add_argument("--out", default="runs")
    given = parser.parse_args()
    table = read_table(given.table, given.column)
    space = nasdsl.load("nasbench201", channels=given.channels, cells=given.cells)
    cells: dict[str, list[str]] = {}
    for strategy in given.strategies:
        epochs = given.epochs or EPOCHS[strategy]
        cells[strategy] = [found(space, strategy, seed, epochs, given) for seed in given.seeds]
    print(report(table, cells))


if __name__ == "__main__":
    main()
