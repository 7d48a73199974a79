"""Parameters of a space that an architecture requires, such as the depth if each layer has decisions."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nasdsl.diagnostics import NasError, error
from nasdsl.graph.architecture import Architecture
from nasdsl.space import Space


def with_recorded_parameters(
    space: Space, architecture: Architecture | str | os.PathLike[str]
) -> tuple[Space, Architecture, dict[str, Any]]:
    """Return the space and architecture with matching parameters, and the parameters taken from the architecture.

    Parameters that were given stay.  As few others as possible are taken to make the decisions match, and none
    if they match already.  Raises NAS52x if the architecture does not belong to the space.
    """
    if isinstance(architecture, Architecture):
        if architecture.space == space.name:
            space, taken = _as_recorded(space, architecture.parameters, architecture.schema)
            if architecture.schema == space.schema_fingerprint:
                return space, space.architecture(architecture.choices), taken
        raise error("NAS522", "the architecture does not match the space or its decisions")
    try:
        return space, space.read_architecture(architecture), {}
    except NasError as failure:
        if failure.diagnostics[0].code not in ("NAS522", "NAS523"):
            raise
        data = json.loads(Path(architecture).read_text(encoding="utf-8"))
        if data["space"] == space.name and isinstance(data.get("parameters"), dict):
            found, taken = _as_recorded(space, data["parameters"], data.get("schema"))
            if taken:
                return found, found.read_architecture(architecture), taken
        raise


def _as_recorded(space: Space, recorded: Mapping[str, Any], schema: Any) -> tuple[Space, dict[str, Any]]:
    """Set as few recorded parameters as give the space this schema; return it unchanged if none do."""
    taken = {
        name: value
        for name, value in recorded.items()
        if name not in space.settings and space.parameters.get(name, value) != value
    }
    if space.schema_fingerprint == schema or not taken:
        return space, {}
    try:
        found = space.rebind(**taken)
        if found.schema_fingerprint != schema:
            return space, {}
        for name in tuple(taken):
            fewer = {other: value for other, value in taken.items() if other != name}
            smaller = space.rebind(**fewer)
            if smaller.schema_fingerprint == schema:
                found, taken = smaller, fewer
    except NasError:  # of values that the space refuses
        return space, {}
    return found, taken
