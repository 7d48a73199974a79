"""Changes of training images beyond those of a data set."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.transforms import v2


def cutout(images: Tensor, length: int) -> Tensor:
    """A square of `length` pixels of each of (N, C, H, W) normalised images becomes zero (DeVries, Taylor 2017).

    Its centre is uniform over the image, so that at the border part of the square falls outside.
    """
    count, _, height, width = images.shape
    device = images.device
    rows, columns = (torch.randint(size, (count, 1), device=device) for size in (height, width))

    def inside(centre: Tensor, size: int) -> Tensor:
        place = torch.arange(size, device=device)
        return (place >= centre - length // 2) & (place < centre - length // 2 + length)

    hole = inside(rows, height)[:, :, None] & inside(columns, width)[:, None, :]
    return images.masked_fill(hole[:, None], 0.0)


def crops_and_colours(size: tuple[int, int] | None, colours: float) -> list[v2.Transform]:
    """Crops of random size and shape, and random brightness, contrast, saturation and (by half as much) hue."""
    found: list[v2.Transform] = []
    if size is not None:
        found += [v2.RandomResizedCrop(list(size), antialias=True), v2.RandomHorizontalFlip()]
    if colours:
        found += [v2.ColorJitter(colours, colours, colours, colours / 2)]
    return found
