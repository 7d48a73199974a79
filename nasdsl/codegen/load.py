"""Load generated source as a module, with tracebacks that show its lines (and their `.nas` places)."""

from __future__ import annotations

import linecache
from types import ModuleType
from typing import Any


def load(source: str, name: str) -> Any:
    """Execute generated source and return its `Network` class.  Only for `build`, which checks permission."""
    filename = f"<nasdsl {name}>"
    module = ModuleType(f"nasdsl_generated_{abs(hash(source))}")
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), module.__dict__)  # noqa: S102
    return module.__dict__["Network"]
