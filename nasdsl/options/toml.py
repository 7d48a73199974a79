"""Reading of TOML files: recipes and experiments."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from nasdsl.diagnostics import display_name, error


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.  Raises NAS601 if it is unreadable or invalid."""
    name = display_name(path)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as failure:
        raise error("NAS601", f"`{name}` cannot be read: {failure.strerror}") from None
    except (ValueError, RecursionError) as failure:
        raise error("NAS601", f"`{name}` is not valid TOML: {failure}") from None
