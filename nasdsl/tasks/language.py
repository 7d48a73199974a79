"""Language models: next-word prediction on parallel streams, with truncated back-propagation."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from nasdsl.data.text import Text
from nasdsl.diagnostics import error
from nasdsl.graph.archgraph import ArchGraph
from nasdsl.ops.table import PRIMITIVES
from nasdsl.options.training import TrainOptions
from nasdsl.parallel.group import ALONE, ProcessGroup
from nasdsl.space import Space
from nasdsl.tasks.base import Batch, DataPart, Forward, SupernetChoices, Task, forward

STREAMS = 10  # in which the validation and the test part are read
REWARD = 80.0  # ENAS's reward is this over the perplexity
ONLY_LANGUAGE = ("activation", "slowness", "vary_length", "average_after", "keep_best")
ONLY_IMAGES = ("cutout", "resized_crop", "colour_jitter", "auxiliary")


@dataclass(frozen=True, eq=False)
class TextBatch(Batch):
    """A segment of the streams: tokens (N, L) and the targets (N, L) that follow them.

    The state continues from the previous segment of the same `stream`, unless this is its `first`; an empty stream
    keeps no state.  `at` is its start in the streams.
    """

    stream: str = ""
    first: bool = True
    at: int = 0

    def pieces(self, number: int) -> Sequence[Self]:
        """Split into parts of some streams each, with separate states."""
        if number == 1 or not self.stream:
            return super().pieces(number)
        parts = enumerate(super().pieces(number), 1)
        return [replace(part, stream=f"{self.stream} {k}/{number}") for k, part in parts]


class Streams:
    """(T,) tokens in `count` parallel streams, cut into segments of `length`; the remainder is dropped.

    With `vary` the lengths of an epoch are random as in Merity et al. (2018; arXiv 1708.02182, section 5).  With
    `rest`, `in_order` also reads the shorter segment at the end of the streams.
    """

    def __init__(self, tokens: Tensor, count: int, length: int, seed: int, stream: str, device: torch.device):
        each = len(tokens) // count
        if each < 2:
            raise error(
                "NAS804", f"{len(tokens)} words are too few for {count} streams", help="use a smaller batch_size"
            )
        self.table = tokens[: each * count].view(count, each).to(device)
        self.length, self.seed, self.stream = length, seed, stream
        self.vary = self.rest = False
        self._bounds: tuple[int, list[int]] = -1, []

    @property
    def size(self) -> int:
        return len(self.table)

    def __len__(self) -> int:
        return self.table.numel()

    def steps_of(self, epoch: int) -> int:
        """Return the number of segments in an epoch."""
        return len(self.bounds(epoch)) - 1

    def bounds(self, epoch: int) -> list[int]:
        """Return the starts of the segments of an epoch, and the end of the last."""
        last, fixed = self.table.shape[1] - 1, min(self.length, self.table.shape[1] - 1)
        if not self.vary:
            return list(range(0, last + 1, fixed))
        if self._bounds[0] != epoch:
            rng, found = random.Random(self.seed * 1_000_003 + epoch), [0]
            while found[-1] < last - 1:
                mean = self.length if rng.random() < 0.95 else self.length / 2
                length = min(max(5, int(rng.gauss(mean, 5))), self.length + 20)
                found.append(min(found[-1] + length, last))
            self._bounds = epoch, found
        return self._bounds[1]

    def batch(self, epoch: int, step: int) -> TextBatch:
        bounds = self.bounds(epoch)
        at = step % (len(bounds) - 1)
        return self._segment(bounds[at], bounds[at + 1], self.stream, at == 0)

    def draw(self, rng: random.Random) -> TextBatch:
        bounds = self.bounds(0)
        at = rng.randrange(len(bounds) - 1)
        return self._segment(bounds[at], bounds[at + 1], "", True)

    def in_order(self) -> Iterator[TextBatch]:
        step = min(self.length, self.table.shape[1] - 1)
        bounds = list(range(0, self.table.shape[1], step))
        if self.rest and bounds[-1] < self.table.shape[1] - 1:
            bounds.append(self.table.shape[1] - 1)
        for first, last in pairwise(bounds):
            yield self._segment(first, last, f"{self.stream} in order", first == 0)

    def _segment(self, first: int, last: int, stream: str, start: bool) -> TextBatch:
        tokens, targets = self.table[:, first:last], self.table[:, first + 1 : last + 1]
        return TextBatch(tokens, targets, (last - first) / self.length, stream, start, first)


class LanguageModel(Task):
    """Networks from tokens (and a state) to logits of the next word at every position (and the next state)."""

    figure = "perplexity"
    # DARTS's search on the Penn Treebank
    strategy_defaults: ClassVar[dict[str, Any]] = {
        "lr": 20.0, "lr_end": 20.0, "momentum": 0.0, "weight_decay": 5e-7, "clip": 0.25,
        "alpha_lr": 3e-3, "alpha_beta1": 0.9, "clip_virtual": True,
    }  # fmt: skip

    def __init__(self, text: Text, name: str, space: Space, limit: int | None, device: torch.device):
        self.text, self.device, self.notes = text, device, []
        self.kinds = [kind for kind, _ in space.input_types]
        sizes = dict(space.input_types)
        [self.length] = sizes["tokens"]
        self.width = sizes["vector"][0] if "vector" in sizes else None
        graph = space.graph(False)
        words = graph.node(graph.outputs[0]).type.dims[1]
        if isinstance(words, int) and words < len(text.vocabulary):
            raise error("NAS803", f"`{name}` has {len(text.vocabulary):,} words, but `{space.name}` expects {words:,}")
        self.limit = limit
        # By stream: what comes in to its last segment, and where that starts; what goes on to the next one.
        self.before: dict[str, tuple[int, Tensor]] = {}
        self.states: dict[str, Tensor] = {}
        self.test: DataPart = self._in_order(text.test, "test")

    # data

    def _in_order(self, tokens: Tensor, stream: str) -> Streams:
        part = Streams(tokens, min(STREAMS, max(1, len(tokens) // 2)), self.length, 0, stream, self.device)
        part.rest = self.width is not None  # without a state the length may be built in
        return part

    def _streams(self, tokens: Tensor, count: int, seed: int, stream: str) -> Streams:
        return Streams(tokens[: self.limit], count, self.length, seed, stream, self.device)

    def search_parts(self, share: float, batch_size: int, seed: int) -> tuple[DataPart, DataPart]:
        """Return the training part for weights and the validation part for the architecture."""
        weights = self._streams(self.text.train, batch_size, seed, "weights")
        return weights, self._streams(self.text.valid, batch_size, seed, "architecture")

    def training_parts(self, options: TrainOptions, batch_size: int, seed: int) -> tuple[DataPart, DataPart | None]:
        for name in ONLY_IMAGES:
            if getattr(options, name):
                raise error("NAS601", f"option `{name}` is for images, not for language models")
        part = self._streams(self.text.train, batch_size, seed, "train")
        if options.vary_length and self.width is None:
            raise error("NAS601", "option `vary_length` needs a space with a state")
        part.vary = options.vary_length
        return part, self._in_order(self.text.valid, "valid")

    # networks

    def results(self, network: Forward, batch: Batch, choices: SupernetChoices | None = None) -> dict[str, Tensor]:
        """Return `logits` (N * L, words), and keep the state for the next segment of the stream.

        All passes over a segment start from the same state, and the last one sets the next: a virtual step
        (DARTS's second order) or another path (FairNAS) does not advance a stream.
        """
        assert isinstance(batch, TextBatch), "a language model needs batches of its own streams"
        inputs = tuple(batch.inputs if kind == "tokens" else self._state(batch) for kind in self.kinds)
        logits, *state = forward(network, inputs, choices)
        if state and batch.stream:
            self.states[batch.stream] = state[0].detach()
        return {"logits": logits.flatten(0, 1)}

    def _state(self, batch: TextBatch) -> Tensor:
        place, kept = self.before.get(batch.stream, (-1, None))
        if place != batch.at:
            kept = self.states.get(batch.stream)
        if batch.first or kept is None or len(kept) != len(batch):
            assert self.width is not None
            kept = torch.zeros(len(batch), self.width, device=batch.inputs.device)
        if batch.stream:
            self.before[batch.stream] = batch.at, kept
        return kept

    @torch.no_grad()
    def initialise(self, net: nn.Module) -> None:
        """Draw embeddings uniformly from +-0.1 as DARTS does; torch's defaults make tied logits far too large."""
        for module in net.modules():
            if isinstance(module, nn.Embedding):
                module.weight.uniform_(-0.1, 0.1)

    def targets(self, batch: Batch) -> Tensor:
        return batch.targets.flatten()

    def tally(self, logits: Tensor, targets: Tensor) -> float:
        return -float(nn.functional.cross_entropy(logits.float(), targets, reduction="sum"))

    def score(self, mean: float) -> float:
        """Return ENAS's reward, 80 / perplexity (section 3.1), or zero if the perplexity overflows."""
        return REWARD * math.exp(mean)

    def report(self, part: str, score: float) -> dict[str, float]:
        return {f"{part}_perplexity": REWARD / score if score else math.inf}

    def figures(self, row: dict[str, float]) -> dict[str, float]:
        pairs = (("perplexity", "loss"), ("valid_perplexity", "valid_loss"))
        return {name: math.exp(min(row[loss], 700.0)) for name, loss in pairs if loss in row}

    def penalties(self, net: nn.Module, graph: ArchGraph, options: TrainOptions) -> Callable[[], Tensor] | None:
        """Activation and temporal activation regularization (Merity et al. 2017; arXiv 1708.01009).

        `activation` times the mean square of the recurrent output after dropout, and `slowness` times that of its
        change from one position to the next before dropout.
        """
        if not options.activation and not options.slowness:
            return None
        seen: dict[str, Tensor] = {}

        def keep(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            seen["raw"], seen["dropped"] = inputs[0], output

        _reader(net, graph).register_forward_hook(keep)

        def term() -> Tensor:
            raw, dropped = seen["raw"].float(), seen["dropped"].float()
            slow = (raw[:, 1:] - raw[:, :-1]).square().mean() if raw.shape[1] > 1 else raw.new_zeros(())
            return options.activation * dropped.square().mean() + options.slowness * slow

        return term

    # the states of the streams are part of a run

    def state_dict(self, group: ProcessGroup = ALONE) -> dict[str, Any]:
        return {"states": group.union(dict(self.states))}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.before = {}
        self.states = {name: value.to(self.device) for name, value in state["states"].items()}


def _reader(net: nn.Module, graph: ArchGraph) -> nn.Module:
    """Return the dropout module on the output of the network's scan.  Raises NAS601 if there is none."""
    for node in graph.nodes:
        if node.op == "part" and graph.node(node.operands[0]).op == "scan" and node.attrs["at"] == 0:
            users = [graph.node(id) for id in graph.users(node.id)]
            if len(users) == 1 and users[0].op in PRIMITIVES and PRIMITIVES[users[0].op].effect == "random":
                return net.get_submodule(graph.weight_path(users[0]))
    hint = "set --option activation=0 --option slowness=0"
    raise error("NAS601", "activation and slowness need a dropout on the output of a scan", help=hint)


def refuses(space: Space) -> str | None:
    """Return the reason why the space's networks are not language models, or None."""
    kinds = [kind for kind, _ in space.input_types]
    if sorted(kinds) not in (["tokens"], ["tokens", "vector"]):
        return f"`{space.name}` takes {', '.join(kinds)}, but a language model needs tokens and optionally a state"
    graph = space.graph(False)
    types = [graph.node(id).type for id in graph.outputs]
    if types[0].kind != "sequence":
        return f"`{space.name}` returns a {types[0].kind}, but a language model must return logits for every word"
    states = [shape for kind, shape in space.input_types if kind == "vector"]
    if [tuple(item.dims) for item in types[1:]] != states:
        return f"`{space.name}` takes the state {states} and returns {len(types) - 1} results in addition to the logits"
    return None
