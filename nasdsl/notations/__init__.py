"""Architectures in the notations of other systems, both ways.

    text = write(architecture, space, "darts")
    architecture = read("Genotype(normal=[...], ...)", space, "darts")

Each notation is a subclass of `base.Notation`, found through the entry points of the group `nasdsl.notations`.
A text is data: the parsers of this package read it and never execute it.
"""

from __future__ import annotations

from nasdsl import registry
from nasdsl.diagnostics import Source
from nasdsl.graph.architecture import Architecture
from nasdsl.notations.base import Notation
from nasdsl.space import Space

GROUP = "nasdsl.notations"
OWN = "nasdsl"


def find(name: str) -> Notation:
    """Return the notation with this name.  Raises NAS805 if it is unknown."""
    return registry.find(GROUP, name)()


def fitting(space: Space) -> dict[str, Notation]:
    """Return the notations that can express the architectures of a space, by name."""
    found = {name: find(name) for name in sorted(registry.names(GROUP))}
    return {name: notation for name, notation in found.items() if notation.fits(space)}


def read(text: str, space: Space, notation: str = OWN, name: str = "text") -> Architecture:
    """Parse an architecture in a notation; `name` is the name of the text in messages.  Raises NAS52x and NAS53x."""
    return find(notation).read(Source(name, text), space)


def write(architecture: Architecture, space: Space, notation: str = OWN) -> str:
    """Write an architecture in a notation.  Raises NAS522, NAS532 and NAS537."""
    return find(notation).write(architecture, space)
