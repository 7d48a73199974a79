"""Data sets as tensors: scikit-learn's digits, torchvision's readers, and folders of images."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import torch
from torch import Tensor
from torchvision.transforms import v2

from nasdsl import registry
from nasdsl.diagnostics import error
from nasdsl.space import Space


@dataclass(frozen=True)
class Images:
    """`images` (N, C, H, W) uint8, `labels` (N,) int64."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: Tensor) -> Images:
        """Return the images at these positions."""
        return Images(self.images[index], self.labels[index])


@dataclass(frozen=True)
class DataSet:
    """Training and test images; `flip` and `crop` (padding in pixels) are the default augmentation."""

    train: Images
    test: Images
    classes: int
    flip: bool = False
    crop: int = 0


def default_dir() -> str:
    """Return the default folder of data sets, `$NASDSL_DATA` or the user's cache."""
    return os.environ.get("NASDSL_DATA") or str(Path(platformdirs.user_cache_dir("nasdsl")) / "data")


def digits(folder: Path, argument: str) -> DataSet:
    """1,797 scans of 8x8 pixels (UCI, in scikit-learn); a fixed stratified fifth is the test part."""
    _no_argument("digits", argument)
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    data: Any = load_digits()
    images = torch.from_numpy((data.images * (255 / 16)).astype(np.uint8)).unsqueeze(1)
    labels = torch.from_numpy(data.target.astype(np.int64))
    train, test = train_test_split(np.arange(len(labels)), test_size=0.2, random_state=0, stratify=data.target)
    whole = Images(images, labels)
    return DataSet(whole.take(torch.from_numpy(train)), whole.take(torch.from_numpy(test)), 10)


def _no_argument(name: str, argument: str) -> None:
    if argument:
        raise error("NAS601", f"the data set `{name}` takes no argument, found `:{argument}`")


# Where torchvision's readers look inside the folder that they are given.
_INSIDE = {
    "MNIST": "MNIST/raw",
    "FashionMNIST": "FashionMNIST/raw",
    "CIFAR10": "cifar-10-batches-py",
    "CIFAR100": "cifar-100-python",
}


def _torchvision(reader: str, folder: Path, argument: str, classes: int, flip: bool, crop: int) -> DataSet:
    from torchvision import datasets

    _no_argument(reader, argument)
    make, inside = getattr(datasets, reader), _INSIDE[reader]
    parts: list[Images] = []
    for train in (True, False):
        try:
            data = make(str(folder), train=train, download=False)
        except Exception as failure:  # a reader may fail in any way on a broken file
            if "download=True" not in str(failure):
                raise error("NAS802", f"{reader} in `{folder}` cannot be read: {failure}") from None
            if reader.startswith("CIFAR") and (folder / inside).exists():  # there, but not the files it should be
                hint = "delete that folder to download the data set again"
                raise error("NAS802", f"files in `{folder / inside}` are missing or damaged", help=hint) from None
            data = _download(make, reader, folder, train)
        images = torch.as_tensor(data.data)
        images = images.unsqueeze(1) if images.dim() == 3 else images.permute(0, 3, 1, 2).contiguous()
        parts.append(Images(images, torch.as_tensor(data.targets, dtype=torch.int64)))
    return DataSet(parts[0], parts[1], classes, flip, crop)


def _download(make: Any, reader: str, folder: Path, train: bool) -> Any:
    inside = Path(_INSIDE[reader])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return make(str(folder), train=train, download=True)
    except Exception as failure:  # network, disk or archive: the user needs the place, not the kind
        hint = f"set --data-dir to the folder that contains `{inside}`, or connect to the internet to download it"
        depth, place = len(inside.parts), folder.resolve()
        if place.parts[-depth:] == inside.parts:
            hint = f"pass the folder that contains `{inside}`: --data-dir {place.parents[depth - 1]}"
        reason = " ".join(str(failure).split())
        raise error(
            "NAS801", f"{reader} is not in `{folder}` and could not be downloaded: {reason}", help=hint
        ) from None


def mnist(folder: Path, argument: str) -> DataSet:
    return _torchvision("MNIST", folder, argument, 10, False, 2)


def fashion_mnist(folder: Path, argument: str) -> DataSet:
    return _torchvision("FashionMNIST", folder, argument, 10, True, 2)


def cifar10(folder: Path, argument: str) -> DataSet:
    return _torchvision("CIFAR10", folder, argument, 10, True, 4)


def cifar100(folder: Path, argument: str) -> DataSet:
    return _torchvision("CIFAR100", folder, argument, 100, True, 4)


def folder(folder: Path, argument: str) -> DataSet:
    """`folder:PATH`: PATH/train/CLASS/*.png and PATH/test/CLASS/*.png (or `val`)."""
    from torchvision.datasets import ImageFolder

    if not argument:
        raise error(
            "NAS801", "`folder` needs a path", help="use folder:PATH, with the folders `train` and `test` in PATH"
        )
    root = Path(argument).expanduser()
    test = next((root / name for name in ("test", "val") if (root / name).is_dir()), None)
    if not (root / "train").is_dir() or test is None:
        hint = "it needs the folders `train` and `test` (or `val`), with a folder for each class in them"
        raise error("NAS801", f"`{argument}` is not a folder of images", help=hint)
    parts: list[Images] = []
    found: list[list[str]] = []
    size: tuple[int, int] | None = None
    for part in (root / "train", test):
        try:
            data = ImageFolder(str(part))
        except (FileNotFoundError, OSError) as failure:
            raise error("NAS801", f"`{part}` contains no class folders with images: {failure}") from None
        found.append(data.classes)
        images: list[Tensor] = []
        for path, _ in data.samples:
            try:
                image = v2.functional.pil_to_tensor(data.loader(path))
            except Exception:  # PIL raises many kinds on a corrupt file
                raise error("NAS802", f"`{path}` is not a readable image") from None
            size = size or (image.shape[1], image.shape[2])
            images.append(v2.functional.resize(image, list(size), antialias=True))
        parts.append(Images(torch.stack(images), torch.tensor(data.targets)))
    if found[0] != found[1]:
        odd = sorted(set(found[0]) ^ set(found[1]))
        place = "train" if odd[0] in found[0] else test.name
        raise error("NAS803", f"the classes of `train` and `{test.name}` differ: `{odd[0]}` is only in `{place}`")
    return DataSet(parts[0], parts[1], len(found[0]), True, 0)


def read(name: str, data_dir: str | None) -> object:
    """Read the data set `KIND` or `KIND:ARGUMENT`.  Raises NAS80x."""
    kind, _, argument = name.partition(":")
    if data_dir is not None and not Path(data_dir).is_dir():  # a mistyped place is not filled with a download
        hint = "--data-dir must exist; missing data sets are downloaded to it"
        raise error("NAS801", f"folder `{data_dir}` not found", help=hint)
    return registry.find("nasdsl.datasets", kind)(Path(data_dir or default_dir()), argument)


# Pixels from which mean and standard deviation are taken, at most: those of CIFAR-10 are fewer.
_ENOUGH = 1 << 28
_CHUNK = 256


class Data:
    """A data set prepared for a space: batches are resized, converted and normalized when they are made.

    Images stay at their original size in memory: 8x8 gray ones would need 2,000 times as much at 224x224 in color.
    """

    def __init__(self, raw: DataSet, name: str, space: Space, limit: int | None, device: torch.device):
        self.classes, self.device, self.shape = raw.classes, device, space.input_shape
        self.notes: list[str] = []
        self.train, self.test = Images(raw.train.images[:limit], raw.train.labels[:limit]), raw.test
        if tuple(raw.train.images.shape[1:]) != tuple(self.shape):
            old, new = ("x".join(map(str, size)) for size in (raw.train.images.shape[1:], self.shape))
            self.notes.append(f"images of {old} are converted to the space's {new}")
        if "classes" in space.settings and space.parameters["classes"] < raw.classes:
            raise error("NAS803", f"`{name}` has {raw.classes} classes, the space {space.parameters['classes']}")
        mean, std = self._statistics()
        self._finish = v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.Normalize(mean, std)])
        self._own: list[v2.Transform] = [v2.RandomCrop(list(self.shape[1:]), padding=raw.crop)] if raw.crop else []
        self._own += [v2.RandomHorizontalFlip()] if raw.flip else []
        self.augment_with([])

    def augment_with(self, changes: list[v2.Transform], keep: bool = True) -> None:
        """Set the transforms of training images, in addition to those of the data set if these are kept."""
        whole = [*(self._own if keep else []), *changes]
        self._augment = v2.Compose(whole) if whole else None

    def fitted(self, images: Tensor) -> Tensor:
        """Convert (N, C, H, W) uint8 images to the channels and size of the space.  Raises NAS803."""
        channels, *size = self.shape
        if images.shape[1] != channels:
            if images.shape[1] not in (1, 3) or channels not in (1, 3):
                raise error("NAS803", f"images have {images.shape[1]} channels, the space expects {channels}")
            images = v2.functional.rgb_to_grayscale(images) if channels == 1 else images.expand(-1, 3, -1, -1)
        if list(images.shape[2:]) != size:
            images = v2.functional.resize(images, size, antialias=True)
        return images

    def _statistics(self) -> tuple[list[float], list[float]]:
        """Return the mean and standard deviation of each channel of the prepared training images, in 0 to 1."""
        every = max(1, len(self.train) * math.prod(self.shape) // _ENOUGH)
        counts = torch.zeros(self.shape[0], 256, dtype=torch.float64)
        for images in self.train.images[::every].split(_CHUNK):
            channels = self.fitted(images).transpose(0, 1).flatten(1)
            counts += torch.stack([channel.bincount(minlength=256) for channel in channels])
        values, number = torch.arange(256, dtype=torch.float64) / 255, counts.sum(1)
        mean = (counts * values).sum(1) / number
        variance = (counts * (values - mean.unsqueeze(1)) ** 2).sum(1) / (number - 1).clamp_min(1)
        return mean.tolist(), variance.sqrt().clamp_min(1e-3).tolist()

    def batch(self, part: Images, index: Tensor, augment: bool = False) -> tuple[Tensor, Tensor]:
        """Return prepared images (N, C, H, W) and labels (N,) at these positions, on the device."""
        images = self.fitted(part.images[index])
        if augment and self._augment is not None:
            images = torch.stack([self._augment(image) for image in images])
        return self._finish(images).to(self.device), part.labels[index].to(self.device)
