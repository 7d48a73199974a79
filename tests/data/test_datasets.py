"""Readers of data sets, on files made here: right shapes, and clear words where a file is missing or broken."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torchvision.transforms import v2

import nasdsl
from nasdsl import NasError
from nasdsl.data import images as datasets
from nasdsl.data.images import Data

FILES = {
    "train-images-idx3-ubyte": (0x803, (60, 28, 28)),
    "train-labels-idx1-ubyte": (0x801, (60,)),
    "t10k-images-idx3-ubyte": (0x803, (20, 28, 28)),
    "t10k-labels-idx1-ubyte": (0x801, (20,)),
}


def write_idx(folder: Path) -> None:
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name, (magic, shape) in FILES.items():
        head = np.array([magic, *shape], dtype=">i4").tobytes()
        (folder / name).write_bytes(head + rng.integers(0, 10, shape, dtype=np.uint8).tobytes())


def read(name: str, folder: Path, space: str = "darts", **parameters: int) -> Data:
    return Data(datasets.read(name, str(folder)), name, nasdsl.load(space, **parameters), None, torch.device("cpu"))


@pytest.mark.parametrize(("name", "reader"), [("mnist", "MNIST"), ("fashion_mnist", "FashionMNIST")])
def test_idx_files(name: str, reader: str, tmp_path: Path) -> None:
    write_idx(tmp_path / reader / "raw")
    data = read(name, tmp_path)
    assert (len(data.train), len(data.test), data.classes) == (60, 20, 10)
    assert data.train.images.shape == (60, 1, 28, 28)  # fitted to the space a batch at a time
    assert data.notes == ["images of 1x28x28 are converted to the space's 3x32x32"]
    images, labels = data.batch(data.train, torch.arange(8), augment=True)
    assert images.shape == (8, 3, 32, 32)
    assert images.dtype == torch.float32
    assert int(labels.max()) < 10


def test_cifar100(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision import datasets

    monkeypatch.setattr(datasets.CIFAR100, "_check_integrity", lambda self: True)  # the files are not the real ones
    monkeypatch.setattr(datasets.cifar, "check_integrity", lambda *_: True)
    folder = tmp_path / "cifar-100-python"
    folder.mkdir()
    for name, count in (("train", 30), ("test", 10)):
        table = {"data": np.zeros((count, 3072), dtype=np.uint8), "fine_labels": [i % 100 for i in range(count)]}
        (folder / name).write_bytes(pickle.dumps(table))
    (folder / "meta").write_bytes(pickle.dumps({"fine_label_names": [str(i) for i in range(100)]}))
    with pytest.raises(NasError, match="100 classes, the space 10"):
        read("cifar100", tmp_path, classes=10)
    data = read("cifar100", tmp_path, classes=100)
    assert (len(data.train), data.classes, data.train.images.shape[1:]) == (30, 100, (3, 32, 32))


def test_truncated_file(tmp_path: Path) -> None:
    write_idx(tmp_path / "MNIST" / "raw")
    file = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(NasError, match="NAS802"):
        read("mnist", tmp_path)


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_missing_folder(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import urllib.request

    def refuse(*_: object, **__: object) -> None:
        raise OSError("no network in tests")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    with pytest.raises(NasError) as failure:
        read(name, tmp_path)
    [item] = failure.value.diagnostics
    assert item.code == "NAS801"
    assert "--data-dir" in item.help[0]
    assert str(tmp_path) in item.message


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(NasError) as failure:
        read("cifar10", tmp_path / "typo")
    assert failure.value.diagnostics[0].code == "NAS801"
    assert not (tmp_path / "typo").exists()


def test_the_folder_above_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision import datasets

    def offline(self: Any) -> None:
        raise OSError("offline")

    monkeypatch.setattr(datasets.CIFAR10, "download", offline)
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    with pytest.raises(NasError) as failure:
        read("cifar10", folder)
    assert failure.value.diagnostics[0].code == "NAS801"
    assert failure.value.diagnostics[0].help[0].endswith(f"--data-dir {tmp_path}")


def test_damaged_files_are_not_replaced(tmp_path: Path) -> None:
    file = tmp_path / "cifar-10-batches-py" / "data_batch_1"
    file.parent.mkdir()
    file.write_bytes(b"half")
    with pytest.raises(NasError) as failure:
        read("cifar10", tmp_path)
    assert failure.value.diagnostics[0].code == "NAS802"
    assert file.read_bytes() == b"half"


def test_images_are_fitted_in_batches_as_they_would_be_at_once() -> None:
    data = read("digits", Path(), "darts")
    whole = v2.functional.resize(data.train.images.expand(-1, 3, -1, -1), [32, 32], antialias=True)
    mean, std = (whole / 255).mean((0, 2, 3)), (whole / 255).std((0, 2, 3))
    images, _ = data.batch(data.train, torch.arange(40))
    wanted = (whole[:40] / 255 - mean.view(3, 1, 1)) / std.view(3, 1, 1)
    assert torch.allclose(images, wanted, atol=1e-5)


def test_small_images_for_a_large_space_take_little_memory() -> None:
    data = read("digits", Path(), "mobilenetv3_ofa", classes=10)
    assert data.train.images.nbytes < 100_000  # fitted they are 200 MB, and a batch of them 10
    assert data.batch(data.train, torch.arange(16))[0].shape == (16, 3, 224, 224)


def test_images_whose_channels_fit_no_space() -> None:
    four = datasets.Images(torch.zeros(2, 4, 8, 8, dtype=torch.uint8), torch.zeros(2, dtype=torch.int64))
    with pytest.raises(NasError, match="4 channels"):
        Data(datasets.DataSet(four, four, 10), "four", nasdsl.load("tiny"), None, torch.device("cpu"))
