"""Keys of decisions; only this module knows their format.

A key is names joined by dots: the cell or space that owns the decision, the enclosing calls with the indices of
their loops, and the variable that is bound, as in `normal.x[2].edge[0]`.  A second use of one name gets `#2`.  A
dependent value reads a subset by its elements, `normal.x[2]?1`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NewType

DecisionKey = NewType("DecisionKey", str)

_NUMBER = re.compile(r"#[0-9]+")


def key_of(prefix: str, component: str, use: int = 1) -> DecisionKey:
    """The key of the `use`-th decision of this name below a prefix."""
    return DecisionKey(f"{prefix}.{component}" + (f"#{use}" if use > 1 else ""))


def owner_of(key: str) -> str:
    """The cell or space that a decision belongs to."""
    return key.partition(".")[0]


def is_inside(key: str, prefix: str) -> bool:
    """Return True if a decision is inside the definition or decision with this key."""
    return key.startswith(f"{prefix}.")


def binds(key: str, prefix: str, variable: str) -> bool:
    """Return True if a decision belongs to a variable of `prefix` itself, in any iteration of its loops."""
    begin = f"{prefix}.{variable}"
    rest = key[len(begin) :]
    return key.startswith(begin) and rest[:1] in ("", "[", "#") and "." not in rest


def numbered_part(key: str) -> str:
    """The text up to and with the first number of a repeated name; empty where there is none."""
    found = _NUMBER.search(key)
    return key[: found.end()] if found else ""


def without_numbers(key: str) -> str:
    """The key as it would be if no name were repeated."""
    return _NUMBER.sub("", key)


def element_key(key: str, index: int) -> DecisionKey:
    """The key of "the subset `key` has its candidate `index`"."""
    return DecisionKey(f"{key}?{index}")


def split_key(key: str) -> tuple[DecisionKey, int | None]:
    """The decision of a key, and the candidate where it is that of an element."""
    decision, mark, index = key.partition("?")
    return DecisionKey(decision), int(index) if mark else None


def rebased(old: str, new: str) -> Callable[[str], DecisionKey]:
    """A renaming that moves all keys inside `old` to `new` and keeps the others."""
    begin, length = f"{old}.", len(old)
    return lambda key: DecisionKey(new + key[length:] if key.startswith(begin) else key)
