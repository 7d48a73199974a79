"""Temperature schedules; `at` runs from 0 in the first epoch to 1 in the last."""

from __future__ import annotations

import math

from nasdsl.oneshot.mixture.relaxations import Temperature


def linear(first: float, last: float) -> Temperature:
    """Return a schedule that interpolates linearly from `first` to `last`."""
    return lambda at: first + (last - first) * at


def exponential(first: float, last: float) -> Temperature:
    """Return a schedule that interpolates geometrically from `first` to `last`."""
    return lambda at: first * math.exp(math.log(last / first) * at)
