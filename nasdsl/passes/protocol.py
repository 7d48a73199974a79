"""The protocol of passes: functions from graph to graph, with a name and a promise."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import ClassVar, Protocol, runtime_checkable

from nasdsl.graph.archgraph import ArchGraph


class Promise(Enum):
    """The relation between the graphs before and after a pass.

    Names of weights and keys of decisions that both graphs have mean the same in both, whatever is promised.
    """

    SAME_FUNCTION = "every architecture computes the same as before, with the same weights"
    FEWER_ARCHITECTURES = "every remaining architecture computes the same as before"
    OTHER_FUNCTION = "decisions stay, but architectures compute something else"


@runtime_checkable
class Pass(Protocol):
    """A frozen dataclass whose fields are the options; its docstring describes the pass and cites its paper."""

    name: ClassVar[str]
    promise: ClassVar[Promise]
    usage: ClassVar[str]

    def __call__(self, graph: ArchGraph) -> ArchGraph:
        """Return a new graph; the old one stays unchanged."""
        ...

    @classmethod
    def parse(cls, options: Mapping[str, str], graph: ArchGraph) -> Pass:
        """Make the pass from the options of a command line, for this graph.  Raises NAS601, NAS523."""
        ...
