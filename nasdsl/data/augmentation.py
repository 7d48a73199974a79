"""Augmentation of training images beyond the defaults of a data set."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.transforms import v2


def cutout(images: Tensor, length: int) -> Tensor:
    """Set a square of `length` pixels in each of (N, C, H, W) normalized images to zero (DeVries, Taylor 2017).

    Its center is uniform over the image; parts outside the image are dropped.
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
    """Apply random resized crops, and random brightness, contrast, saturation and (half as strong) hue."""
    found: list[v2.Transform] = []
    if size is not None:
        found += [v2.RandomResizedCrop(list(size), antialias=True), v2.RandomHorizontalFlip()]
    if colours:
        found += [v2.ColorJitter(colours, colours, colours, colours / 2)]
    return found
