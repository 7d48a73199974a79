"""Draw an architecture within its space: one column for each decision, with the selected candidates filled.

    python draw.py tiny architecture.json tiny.svg

The layout suits spaces with a few decisions that each select one candidate.  The colors follow the reader's theme.
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path

import nasdsl
from nasdsl.graph.architecture import Architecture
from nasdsl.space import Space

BOX = (136, 28)  # of a candidate, in pixels
STEP = (176, 40)  # from one column or row to the next
TOP, LEFT = 44, 8

STYLE = """
  text { font: 13px ui-monospace, Menlo, Consolas, monospace; fill: #1f2328; text-anchor: middle; }
  .key { fill: #59636e; }
  rect { fill: none; stroke: #d1d9e0; stroke-width: 1.5; }
  path { fill: none; stroke: #d1d9e0; stroke-width: 1.5; }
  .chosen rect { fill: #0969da; stroke: #0969da; }
  .chosen text { fill: #ffffff; }
  .taken { stroke: #0969da; stroke-width: 2.5; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .key { fill: #9198a1; }
    rect, path { stroke: #3d444d; }
    .chosen rect { fill: #1f6feb; stroke: #1f6feb; }
    .taken { stroke: #1f6feb; }
  }
"""


def picture(space: Space, architecture: Architecture) -> str:
    """Return the SVG text."""
    columns = [(d.key, list(d.labels), architecture.decisions[d.key]) for d in space.decisions]
    middle = TOP + STEP[1] * (max(len(labels) for _, labels, _ in columns) - 1) // 2
    ends = [[("input", middle)], *(_rows(labels, middle) for _, labels, _ in columns), [("output", middle)]]
    lines, boxes = [], []
    for column in range(len(ends) - 1):
        here, there = _chosen(ends, columns, column), _chosen(ends, columns, column + 1)
        for label, y in ends[column]:
            for other, z in ends[column + 1]:
                if (label, other) != (here, there):
                    lines.append(_curve(column, y, z, ""))
        lines.append(_curve(column, dict(ends[column])[here], dict(ends[column + 1])[there], ' class="taken"'))
    lines.sort(key=lambda line: "taken" in line)  # on top of the others
    for column, rows in enumerate(ends):
        if 0 < column <= len(columns):
            x = LEFT + column * STEP[0] + BOX[0] // 2
            boxes.append(f'  <text class="key" x="{x}" y="22">{escape(columns[column - 1][0])}</text>')
        for label, y in rows:
            chosen = 0 < column <= len(columns) and label == columns[column - 1][2]
            boxes.append(_box(column, y, label, ' class="chosen"' if chosen else ""))
    width = 2 * LEFT + len(columns) * STEP[0] + STEP[0] + BOX[0]
    height = 2 * middle + BOX[1] - TOP + 12
    title = escape(f"{space.name}: {space.count():,} architectures, one of them selected")
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{title}">'
    return (
        "\n".join([head, f"  <title>{title}</title>", f"  <style>{STYLE}  </style>", *lines, *boxes, "</svg>"]) + "\n"
    )


def _rows(labels: list[str], middle: int) -> list[tuple[str, int]]:
    """Stack candidates around the middle line."""
    top = middle - STEP[1] * (len(labels) - 1) // 2
    return [(label, top + STEP[1] * row) for row, label in enumerate(labels)]


def _chosen(ends: list[list[tuple[str, int]]], columns: list[tuple[str, list[str], str]], column: int) -> str:
    return columns[column - 1][2] if 0 < column <= len(columns) else ends[column][0][0]


def _curve(column: int, y: int, z: int, attributes: str) -> str:
    x = LEFT + column * STEP[0] + BOX[0]
    end = LEFT + (column + 1) * STEP[0]
    half, y, z = (x + end) // 2, y + BOX[1] // 2, z + BOX[1] // 2
    return f'  <path{attributes} d="M{x} {y} C{half} {y} {half} {z} {end} {z}"/>'


def _box(column: int, y: int, label: str, attributes: str) -> str:
    x = LEFT + column * STEP[0]
    rect = f'<rect x="{x}" y="{y}" width="{BOX[0]}" height="{BOX[1]}" rx="6"/>'
    return f'  <g{attributes}>{rect}<text x="{x + BOX[0] // 2}" y="{y + 19}">{escape(label)}</text></g>'


def main(name: str, architecture: str, output: str) -> None:
    space = nasdsl.load(name)
    Path(output).write_text(picture(space, space.read_architecture(architecture)))


if __name__ == "__main__":
    main(*sys.argv[1:])
