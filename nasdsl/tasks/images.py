"""Classification of images."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from nasdsl.data.augmentation import crops_and_colours, cutout
from nasdsl.data.images import Data, DataSet, Images
from nasdsl.data.order import order
from nasdsl.diagnostics import error
from nasdsl.options.training import TrainOptions
from nasdsl.space import Space
from nasdsl.tasks.base import Batch, DataPart, Forward, SupernetChoices, Task, forward
from nasdsl.tasks.language import ONLY_LANGUAGE

EVALUATION = 256


class ImagePart:
    """Images in an order determined by the seed, the epoch and the number of the part."""

    def __init__(self, data: Data, images: Images, size: int, seed: int, number: int = 0):
        self.data, self.images, self.size, self.seed, self.number = data, images, size, seed, number
        self.finish: Callable[[Tensor], Tensor] | None = None
        self._order: tuple[int, Tensor] = -1, torch.empty(0)

    def __len__(self) -> int:
        return len(self.images)

    def steps_of(self, epoch: int) -> int:
        return len(self.images) // self.size

    def batch(self, epoch: int, step: int) -> Batch:
        if self._order[0] != epoch:
            self._order = epoch, order(len(self.images), self.seed, epoch, self.number)
        at = torch.arange(step * self.size, (step + 1) * self.size) % len(self.images)
        images, labels = self.data.batch(self.images, self._order[1][at], augment=True)
        return Batch(self.finish(images) if self.finish else images, labels)

    def draw(self, rng: random.Random) -> Batch:
        return Batch(*self.data.batch(self.images, torch.tensor(rng.sample(range(len(self.images)), self.size))))

    def in_order(self) -> Iterator[Batch]:
        for index in torch.arange(len(self.images)).split(EVALUATION):
            yield Batch(*self.data.batch(self.images, index))


class Classification(Task):
    """A network from one image to a vector of logits; further results (of an auxiliary head) by name."""

    def __init__(self, raw: DataSet, name: str, space: Space, limit: int | None, device: torch.device):
        self.data = Data(raw, name, space, limit, device)
        self.names = [item or "logits" for item in space.graph(False).output_names]
        self.notes = self.data.notes
        self.test: DataPart = ImagePart(self.data, self.data.test, 1, 0)

    def results(self, network: Forward, batch: Batch, choices: SupernetChoices | None = None) -> dict[str, Tensor]:
        results = forward(network, (batch.inputs,), choices)
        return {"logits": results[0], **dict(zip(self.names[1:], results[1:], strict=True))}

    def search_parts(self, share: float, batch_size: int, seed: int) -> tuple[DataPart, DataPart]:
        whole = self.data.train
        index, first = order(len(whole), seed, 0, 3), int(len(whole) * share)
        if first == 0 or first == len(whole):
            raise error("NAS804", f"splitting {len(whole)} images at {share} leaves one part empty")
        parts = whole.take(index[:first]), whole.take(index[first:])
        size = min(batch_size, *map(len, parts))
        return ImagePart(self.data, parts[0], size, seed, 0), ImagePart(self.data, parts[1], size, seed, 1)

    def training_parts(self, options: TrainOptions, batch_size: int, seed: int) -> tuple[DataPart, DataPart | None]:
        for name in ONLY_LANGUAGE:
            if getattr(options, name):
                raise error("NAS601", f"option `{name}` is for language models, not for images")
        size = min(batch_size, len(self.data.train))
        if size * options.batches > len(self.data.train):
            raise error("NAS601", f"{len(self.data.train)} images are fewer than one step needs", help=_FEWER)
        part = ImagePart(self.data, self.data.train, size, seed)
        if options.resized_crop or options.colour_jitter:
            _, height, width = self.data.shape
            resized = (height, width) if options.resized_crop else None
            self.data.augment_with(crops_and_colours(resized, options.colour_jitter), keep=not options.resized_crop)
        if options.cutout:
            part.finish = lambda images: cutout(images, options.cutout)
        return part, None


_FEWER = "use a smaller batch_size, or --option batches=1"


def refuses(space: Space) -> str | None:
    """Return the reason why the space's networks cannot classify images, or None."""
    kinds = [kind for kind, _ in space.input_types]
    if kinds != ["image"]:
        return f"`{space.name}` takes {_listed(kinds)}, but classification needs a single image"
    graph = space.graph(False)
    wrong = next((graph.node(id).type for id in graph.outputs if graph.node(id).type.kind != "vector"), None)
    if wrong is not None:
        article = "an" if wrong.kind[0] in "aeiou" else "a"
        return f"`{space.name}` returns {article} {wrong.kind}, but classification needs a vector of logits"
    return None


def _listed(kinds: list[str]) -> str:
    return ", ".join(kinds)
