"""The protocol of passes: graph in, graph out, under a name and a promise."""

from __future__ import annotations

from enum import Enum
from typing import ClassVar, Protocol, runtime_checkable

from nasdsl.graph.archgraph import ArchGraph


class Promise(Enum):
    """What holds between the graph before a pass and the one after it.

    Names of weights and keys of decisions that both graphs have mean the same in both, whatever is promised.
    """

    SAME_FUNCTION = "every architecture computes what it did, with the same weights"
    FEWER_ARCHITECTURES = "every architecture that is left computes what it did"
    OTHER_FUNCTION = "decisions stay, and architectures compute something else"


@runtime_checkable
class Pass(Protocol):
    """A frozen dataclass whose fields are the options; its docstring says what it does and from which paper."""

    name: ClassVar[str]
    promise: ClassVar[Promise]

    def __call__(self, graph: ArchGraph) -> ArchGraph:
        """The new graph; the old one stays as it is."""
        ...
