"""How the processor time of each stage grows with the number of decisions: `python -m tests.bench.scale`, by hand.

The space is a chain of layers of ten decisions each: six edges of a dense cell, two of three branches, and the
operation of each branch, which is decided only where the branch is taken.
"""

from __future__ import annotations

import argparse
import gc
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nasdsl import compiler
from nasdsl.graph.archgraph import elaborate
from nasdsl.graph.counting.demand import demand
from nasdsl.graph.counting.folding import Folder, extremes
from nasdsl.graph.counting.sampling import Sampler
from nasdsl.graph.counting.semiring import COUNT
from nasdsl.space import Space

PROGRAM = """
choice edge = zero as none | identity as skip | conv_bn_relu(1) | conv_bn_relu(3) | avg_pool(3)

block layer on a {
  x = [a]
  for i in 1 ..< 4 { x += [sum([t -> edge for t in x])] }
  return sum([x[-1]] + 2 of [t -> edge for t in x[1:]])
}

space chain(layers = 1) on image: image[3, 32, 32] {
  x = image -> conv(3, 8)
  for l in 0 ..< layers { x = x -> layer }
  return x -> global_avg_pool -> linear(10)
}
"""
PER_LAYER = 5**6 * 3 * 5**2  # architectures


def measure(layers: int) -> dict[str, float]:
    seconds: dict[str, float] = {}

    def timed(name: str, call: Callable[[], Any]) -> Any:
        gc.collect()
        start = time.process_time()
        result = call()
        seconds[name] = time.process_time() - start
        return result

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chain.nas"
        path.write_text(PROGRAM)
        located = compiler.open_space(str(path))
        program, _ = timed("check", lambda: compiler.phases(located, {"layers": layers}))
        assert len(program.decisions) == 10 * layers
        graph = timed("elaborate", lambda: elaborate(program))
        decided = timed("structure", lambda: demand(graph, costs=False))
        assert timed("count", lambda: Folder(COUNT)(decided)) == PER_LAYER**layers
        sampler = timed("first sample", lambda: _prepared(Sampler(decided)))
        timed("next sample", lambda: sampler(random.Random(1)))
        needed = timed("structure with costs", lambda: demand(graph))
        timed("bounds", lambda: [extremes(needed, metric) for metric in (0, 1)])
        space = Space(located, {"layers": layers})
        [arch] = space.sample(1)
        timed("stats of one, first", lambda: space.stats(arch))
        timed("stats of one, next", lambda: space.stats(arch))
        timed("fingerprint", lambda: elaborate(program).fingerprint)
    return seconds


def _prepared(sampler: Sampler) -> Sampler:
    sampler(random.Random(0))
    return sampler


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("decisions", nargs="*", type=int, default=[10, 100, 1_000, 10_000], help="multiples of ten")
    sizes = parser.parse_args().decisions
    measure(1)  # what is loaded once is not measured
    rows = {size: measure(size // 10) for size in sizes}
    names = list(next(iter(rows.values())))
    print("| stage | " + " | ".join(f"{size:,}" for size in sizes) + " |")
    print("|---" * (len(sizes) + 1) + "|")
    for name in names:
        cells = [f"{rows[size][name]:.4f} s ({1e6 * rows[size][name] / size:.0f} µs)" for size in sizes]
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
