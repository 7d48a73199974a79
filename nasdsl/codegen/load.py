"""Generated source to a module object, with tracebacks that show its lines (and their `.nas` places)."""

from __future__ import annotations

import linecache
from types import ModuleType
from typing import Any


def load(source: str, name: str) -> Any:
    """Executes generated source and returns its `Network` class.  Only ever give it text from `emit`."""
    filename = f"<nasdsl {name}>"
    module = ModuleType(f"nasdsl_generated_{abs(hash(source))}")
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), module.__dict__)
    return module.__dict__["Network"]
