"""`Space`: one search space with its parameters bound, and everything that can be asked of it."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nasdsl import compiler
from nasdsl.diagnostics import error, suggest
from nasdsl.graph.archgraph import ArchGraph, elaborate
from nasdsl.graph.architecture import Architecture, complete, labelled, parse, read
from nasdsl.graph.counting.demand import Demand, demand
from nasdsl.graph.counting.folding import extremes
from nasdsl.graph.counting.population import Counted, Population
from nasdsl.graph.diff import Difference, difference
from nasdsl.graph.nesting import nested
from nasdsl.graph.networks.count import LIMIT, CountedPart, Networks, Notion, canonical_form, count_networks, parts_of
from nasdsl.graph.relaxation import Reason, without_mixture
from nasdsl.graph.slicing import kept_slices
from nasdsl.ir.decision import Choice, Choices, Decision
from nasdsl.ir.requirement import Requirement
from nasdsl.ops.record import Slices
from nasdsl.passes.restrict import derive

if TYPE_CHECKING:
    from torch import nn


def load(space: str | os.PathLike[str], /, *, allow_extern: bool = False, **parameters: Any) -> Space:
    """A space by path or shipped name.  Raises `NasError` where the file or a parameter is wrong.

    `allow_extern` lets networks of the space import the Python modules that the file names.
    """
    return open_space(space, parameters, allow_extern)


def open_space(space: str | os.PathLike[str], parameters: Mapping[str, Any], allow_extern: bool = False) -> Space:
    """As `load`, for parameters that come from a file: none of them can pass for an argument of the call."""
    return Space(compiler.open_space(os.fspath(space)), dict(parameters), allow_extern)


class Space:
    def __init__(self, located: compiler.Located, settings: dict[str, Any], allow_extern: bool = False):
        self._located, self.allow_extern = located, allow_extern
        self.settings = dict(settings)
        self.program, self._derived_program = compiler.phases(located, self.settings)

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value}" for name, value in self.parameters.items())
        return f"<space {self.name}({inside})>"

    @property
    def name(self) -> str:
        return self.program.space

    @property
    def text(self) -> str:
        """The text of the file that defines the space."""
        return self.program.text

    @property
    def doc(self) -> str | None:
        return self.program.doc

    @property
    def parameters(self) -> dict[str, Any]:
        return dict(self.program.parameters)

    @property
    def declared(self) -> tuple[str, ...]:
        return self.program.declared

    @property
    def input_types(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Kind and shape of every input, without its batch axis."""
        types = [self.program.nodes[id].type for id in self.program.inputs]
        return tuple((type.kind, tuple(dim for dim in type.dims if isinstance(dim, int))) for type in types)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of the input without its batch axis, (channels, height, width) of an image."""
        return tuple(dim for dim in self.program.nodes[self.program.inputs[0]].type.dims if isinstance(dim, int))

    def rebind(self, /, **parameters: Any) -> Space:
        """The same space with other parameters."""
        return Space(self._located, {**self.settings, **parameters}, self.allow_extern)

    # graph

    @cached_property
    def _searched(self) -> ArchGraph:
        return elaborate(self.program)

    @cached_property
    def _derived(self) -> ArchGraph:
        return elaborate(self._derived_program)

    def graph(self, searching: bool = True) -> ArchGraph:
        """All architectures in one graph, as they are in a supernet or in derived networks."""
        return self._searched if searching else self._derived

    @property
    def externs(self) -> tuple[str, ...]:
        """The Python classes that networks of the space import; their parameters and work are not counted."""
        return self.program.externs

    @cached_property
    def without_mixture(self) -> dict[str, Reason]:
        """The decisions that only paths can take, each with the reason and its place in the file."""
        return without_mixture(self._searched)

    @property
    def decisions(self) -> tuple[Decision, ...]:
        return tuple(self._searched.decisions.values())

    @cached_property
    def fingerprint(self) -> str:
        return self._searched.fingerprint

    @cached_property
    def schema_fingerprint(self) -> str:
        return self._searched.schema

    @cached_property
    def _decided(self) -> Demand:
        """What each architecture decides."""
        return demand(self._searched, costs=False)

    @cached_property
    def _needed(self) -> Demand:
        """What each derived network costs."""
        return demand(self._derived)

    @cached_property
    def _needed_at_most(self) -> Demand | None:
        """The same with whatever what is unused can bring; None where nothing costs more or less for it."""
        return demand(self._derived, most=True) if self._derived.costs_follow_usage else None

    # architectures

    def count(self) -> int:
        """The exact number of architectures.  Raises NAS524 where requirements allow only an estimate."""
        found = self.counted
        if found.kind != "exact":
            hint = "`Space.counted` holds an estimate"
            raise error("NAS524", "the requirements of this space cannot be counted exactly", help=hint)
        return found.value

    @cached_property
    def _population(self) -> Population:
        return Population(
            self._searched, self._decided, lambda: self._needed, lambda: self._needed_at_most, self._costs
        )

    @property
    def counted(self) -> Counted:
        """The number of architectures: exact where the structure allows, else an estimate by uniform draws."""
        return self._population.counted

    def unmet(self, arch: Architecture) -> Requirement | None:
        """The first requirement that an architecture does not meet."""
        return self._population.unmet(arch.choices)

    def sample(self, n: int = 1, seed: int = 0) -> list[Architecture]:
        """`n` architectures, uniform over all of them, independent, reproducible from `seed`."""
        draw = self.sampler(random.Random(seed))
        return [draw() for _ in range(n)]

    def sampler(self, rng: random.Random) -> Callable[[], Architecture]:
        """A function that draws an architecture each time it is called.  It raises NAS525 where none is found."""
        draw = self._population.sampler(rng)
        return lambda: self._architecture(draw())

    def architecture(self, choices: Mapping[str, Choice]) -> Architecture:
        """The architecture of these choices; those that are not live are dropped.  Raises NAS523."""
        for key in choices:
            if key not in self._searched.decisions:
                hint = suggest(str(key), self._searched.decisions)
                raise error("NAS523", f"`{self.name}` has no decision `{key}`", help=hint)
        return self._architecture(complete(self._searched, choices).choices)

    def _architecture(self, choices: dict[str, Choice]) -> Architecture:
        labels = labelled(self._searched.decisions, choices)
        return Architecture(
            self.name, self.fingerprint, self.schema_fingerprint, self.parameters, dict(sorted(choices.items())), labels
        )

    def read_architecture(self, path: str | os.PathLike[str]) -> Architecture:
        """Strict: a decision that is unknown, missing or not live is an error.  Raises `NasError` (NAS52x)."""
        return self._whole(read(path, self.name, self.schema_fingerprint, self._searched.decisions))

    def parse_architecture(self, text: str, name: str = "text") -> Architecture:
        """As `read_architecture`, from the text of such a file; `name` is what errors call it."""
        return self._whole(parse(text, name, self.name, self.schema_fingerprint, self._searched.decisions))

    def _whole(self, choices: dict[str, Choice]) -> Architecture:
        architecture = self.architecture(choices)
        extra = sorted(set(choices) - set(architecture.choices))
        if extra:
            raise error("NAS523", f"the decision `{extra[0]}` is not part of this architecture: the others exclude it")
        if (item := self.unmet(architecture)) is not None:
            raise error("NAS526", f"the architecture does not meet `{item.text}`", item.span)
        return architecture

    # networks

    @cached_property
    def _parts(self) -> list[CountedPart]:
        return parts_of(self._derived)

    def networks(self, notion: Notion = "graphs", limit: int = LIMIT) -> Networks:
        """The number of distinct networks, by enumeration.  Raises NAS527 where that takes more than `limit` steps.

        Of `notion` "graphs", networks are the same if they are isomorphic, each operation with weights of its own;
        of "expressions", if they have the same text in the notation of NAS-Bench-201's authors.
        """
        return count_networks(self._parts, notion, limit)

    def network_form(self, arch: Architecture, notion: Notion = "graphs") -> str:
        """A digest that two architectures of this space share just when they are the same network."""
        return canonical_form(self._parts, arch.choices, notion)

    def same_network(self, a: Architecture, b: Architecture, notion: Notion = "graphs") -> bool:
        return self.network_form(a, notion) == self.network_form(b, notion)

    def nested(self, key: str) -> tuple[tuple[str, ...], ...]:
        """For each candidate of a decision, the decisions made inside it (their keys extend its key)."""
        return nested(self._searched, key)

    def stats(self, arch: Architecture | None = None) -> dict[str, Any]:
        """Parameters and multiply-accumulates of a derived network: of one, or bounds over all."""
        if arch is not None:
            return self._costs(arch.choices)
        return {
            "space": self.name,
            "parameters": self.parameters,
            "input": list(self.input_shape),
            **self.counted.to_json(),
            "decisions": len(self.decisions),
            **{name: self._range(metric) for metric, name in enumerate(("params", "macs"))},
            **({"not_counted": list(self.externs)} if self.externs else {}),
            "fingerprint": self.fingerprint,
            "schema": self.schema_fingerprint,
        }

    def _costs(self, choices: Choices) -> dict[str, int]:
        params, macs = complete(self._derived, choices).cost
        return {"params": params, "macs": macs}

    def _range(self, metric: int) -> dict[str, Any]:
        least, most, kind = extremes(self._needed, metric, self._needed_at_most)
        if self._searched.requirements:  # they may exclude the extremes
            kind = "bounds"
        return {"least": least, "most": most, "kind": kind}

    def difference(self, other: Space) -> Difference:
        """How the decisions of another space differ from those of this one."""
        return difference(self._searched.decisions, other._searched.decisions)

    def slices(self, arch: Architecture, searching: bool = False) -> Slices:
        """Which part of each weight of the supernet an architecture keeps, for `runtime.transfer.transfer`."""
        return kept_slices(self.graph(searching), arch.choices)

    # code

    def supernet_source(self, graph: ArchGraph | None = None, *, searching: bool = True) -> str:
        """The source of the supernet, or of what passes made of its graph; it needs `nasdsl.runtime`."""
        from nasdsl.codegen import header, module

        graph = self.graph(searching) if graph is None else graph
        return module.emit(graph, header.supernet_header(graph), takes_choices=True)

    def source(self, arch: Architecture, searching: bool = False) -> str:
        """Standalone source of one network: its class `Network` needs torch alone."""
        from nasdsl.codegen import header, module

        graph = derive(self.graph(searching), arch.choices)
        return module.emit(graph, header.network_header(graph, arch))

    def supernet(self, searching: bool = True, seed: int | None = None) -> nn.Module:
        """The supernet: `net(x, choices)`, x (N, ...) of `input_shape`; `choices` as in `runtime.choice`."""
        return self.build(self.graph(searching), seed)

    def build(self, graph: ArchGraph, seed: int | None = None) -> nn.Module:
        """The supernet of what passes made of this space's graph.

        Every way to a module asks here whether the space may run the code that it names.  Raises NAS702, NAS703,
        NAS704.
        """
        from nasdsl.codegen.build import build
        from nasdsl.codegen.header import supernet_header

        header = supernet_header(graph)
        return build(graph, header, takes_choices=True, allow_extern=self.allow_extern, seed=seed)

    def network(self, arch: Architecture, seed: int | None = None, searching: bool = False) -> nn.Module:
        """The derived network of an architecture: `net(x)`."""
        from nasdsl.codegen.build import build
        from nasdsl.codegen.header import network_header

        graph = derive(self.graph(searching), arch.choices)
        header = network_header(graph, arch)
        return build(graph, header, takes_choices=False, allow_extern=self.allow_extern, seed=seed)
