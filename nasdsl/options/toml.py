"""Recipes and experiments are TOML."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from nasdsl.diagnostics import display_name, error


def read_toml(path: Path) -> dict[str, Any]:
    """Raises NAS601 for what cannot be read or is not TOML."""
    name = display_name(path)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as failure:
        raise error("NAS601", f"`{name}` cannot be read: {failure.strerror}") from None
    except (ValueError, RecursionError) as failure:
        raise error("NAS601", f"`{name}` is not TOML: {failure}") from None
