"""nasdsl's own architecture files: every decision by name.  Supports every space."""

from __future__ import annotations

from nasdsl.diagnostics import Source, error
from nasdsl.graph.architecture import Architecture
from nasdsl.notations.base import Notation
from nasdsl.space import Space


class Own(Notation):
    name = "nasdsl"
    summary = "nasdsl's architecture files: JSON with every decision by name"

    def fits(self, space: Space) -> bool:
        return True

    def read(self, text: Source, space: Space) -> Architecture:
        if not text.text.lstrip().startswith("{"):
            hint = "use `--from` for a text in another notation"
            raise error("NAS521", f"`{text.name}` is not an architecture file", help=hint)
        return space.parse_architecture(text.text, text.name)

    def write(self, architecture: Architecture, space: Space) -> str:
        if architecture.schema != space.schema_fingerprint:
            raise error("NAS522", f"the architecture does not match the decisions of `{space.name}`")
        return architecture.text()
