"""P-DARTS (Chen et al.; ICCV 2019; arXiv 1904.12760): deeper supernets with fewer candidates, stage by stage."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from nasdsl.diagnostics import Diagnostic, NasError, diagnostic
from nasdsl.graph.architecture import Architecture
from nasdsl.graph.identities import identities
from nasdsl.oneshot.base import Published
from nasdsl.oneshot.mixture.base import MixtureOptions
from nasdsl.oneshot.mixture.derivation import derive_choices, with_few_skips
from nasdsl.oneshot.mixture.relaxations import Relaxation, Relaxed, Softmax
from nasdsl.oneshot.mixture.sparse_mixture import Mix
from nasdsl.oneshot.mixture.stages import Staged
from nasdsl.options.settings import option
from nasdsl.space import Space
from nasdsl.tasks.base import Selection


@dataclass(frozen=True)
class PdartsOptions(MixtureOptions):
    lr_end: float = option(0.0, "final learning rate of the cosine schedule", least=0)
    alpha_lr: float = option(6e-4, "learning rate of the architecture parameters (Adam)", least=0)
    warmup: float = option(0.4, "fraction of a stage's epochs that train only weights (10 of 25)", least=0, most=1)
    depth: str = option("layers", "parameter of the space that sets its depth")
    add: tuple[int, ...] = option((0, 6, 12), "increase of the depth in each of the three stages", least=0)
    keep: tuple[int, ...] = option((5, 3), "number of candidates kept after stages 1 and 2", least=1)
    skip: str = option("skip", "prefix of the labels of skip connections")
    skip_dropout: tuple[float, ...] = option(
        (0.0, 0.4, 0.7), "initial dropout rate on skip connections, by stage", least=0, most=0.99
    )
    skip_limit: int = option(2, "maximum number of skip connections in the result; -1 for no limit", least=-1)
    limited: str = option("normal", "prefix of the decisions to which skip_limit applies")
    variant: str = option(
        "published",
        "nni disables skip dropout, warm-up and the skip limit",
        choices=("published", "nni"),
    )


class Pdarts(Staged[PdartsOptions]):
    """Searches in three stages of `epochs` each, with dropout on skip connections.

    As published, every stage starts from scratch, and the dropout rate decreases within it: linearly while weights are
    trained alone, by exp(-0.2) an epoch from the initial rate after that.
    """

    name = "pdarts"
    paper = "arXiv 1904.12760"
    published = Published(epochs=25, batch_size=96)
    Options = PdartsOptions

    def refuses(self, space: Space) -> Diagnostic | None:
        o = self.options
        refusal = super().refuses(space)
        if refusal is not None or not any(o.add):
            return refusal
        keep = "keep the depth: --option add=0,0,0"
        if o.depth not in _numbers(space):
            hint = [f"set the parameter that controls the depth: --option depth={name}" for name in deepening(space)]
            return diagnostic(
                "NAS810",
                f"`{self.name}` increases the depth in stages, but `{space.name}` has no numeric parameter `{o.depth}`",
                space.decisions[0].span if space.decisions else None,
                help=[*hint, f"or {keep}" if hint else keep],
            )
        for add in o.add:
            depth = space.parameters[o.depth] + add
            try:
                deeper = space.rebind(**{o.depth: depth})
            except NasError as failure:
                item = failure.diagnostics[0]
                text = f"`{self.name}` cannot make `{space.name}` deeper; with {o.depth}={depth}: {item.message}"
                return diagnostic("NAS810", text, *item.labels, help=keep)
            if deeper.schema_fingerprint != space.schema_fingerprint:
                known = {decision.key for decision in space.decisions}
                odd = next((d for d in deeper.decisions if d.key not in known), space.decisions[0])
                return diagnostic(
                    "NAS810",
                    f"`{self.name}` needs the same decisions at every depth; with {o.depth}={depth} "
                    f"`{space.name}` has different ones, such as `{odd.key}`",
                    odd.span,
                    help=f"use it on spaces that repeat cells searched once, or {keep}",
                )
        return None

    def relax(self) -> Relaxation:
        return Softmax()

    def sizes(self) -> tuple[int, ...]:
        return self.options.keep

    def stage_space(self, stage: int) -> Space:
        add, name = self.options.add[stage], self.options.depth
        return self.space.rebind(**{name: self.space.parameters[name] + add}) if add else self.space

    def prepare(self) -> None:
        self.skips = {
            decision.key: at
            for decision in self.space.decisions
            if decision.kind == "one" and (at := self._skip(decision.labels)) is not None
        }
        self.identities = identities(self.space.graph())
        super().prepare()
        if self.options.add[0]:
            self.enter(0, self.kept)

    def _skip(self, labels: tuple[str, ...]) -> int | None:
        return next((i for i, label in enumerate(labels) if label.startswith(self.options.skip)), None)

    @property
    def warming_up(self) -> bool:
        return self.options.variant == "published" and super().warming_up

    @property
    def dropout(self) -> float:
        """Return the dropout rate in this epoch of this stage."""
        if self.options.variant == "nni":
            return 0.0
        first, epochs = self.options.skip_dropout[self.stage], self.context.epochs
        if self.warming_up:
            return first * (epochs - self.epoch - 1) / epochs
        return first * math.exp(-0.2 * (self.epoch - int(self.options.warmup * epochs)))

    def choices(self, drawn: Mapping[str, Relaxed]) -> dict[str, Selection]:
        result, rate = super().choices(drawn), self.dropout
        for key, skip in self.skips.items():
            if rate > 0 and skip in self.kept[key] and skip in self.identities[key]:
                result[key] = Mix(drawn[key].weight, None, {self.kept[key].index(skip): rate})
        return result

    def derive(self) -> Architecture:
        found, limit = self.distributions(), self.options.skip_limit
        if limit < 0 or self.options.variant == "nni":
            return self.met(derive_choices(self.space.decisions, found, self.space.nested))
        within: dict[str, int] = {key: at for key, at in self.skips.items() if key.startswith(self.options.limited)}
        return self.met(with_few_skips(self.space, found, within, limit))


def _numbers(space: Space) -> list[str]:
    values = space.parameters
    return [name for name in space.declared if isinstance(values[name], int) and not isinstance(values[name], bool)]


def deepening(space: Space) -> list[str]:
    """Return the parameters whose increase by one keeps the decisions and adds operations."""
    found: list[str] = []
    for name in _numbers(space):
        try:
            deeper = space.rebind(**{name: space.parameters[name] + 1})
        except NasError:
            continue
        if (
            len(deeper.program.nodes) > len(space.program.nodes)
            and deeper.schema_fingerprint == space.schema_fingerprint
        ):
            found.append(name)
    return found
