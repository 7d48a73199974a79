"""Text data sets as tokens: three files of words, and the vocabulary of the first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from nasdsl.diagnostics import error

END, UNKNOWN = "<eos>", "<unk>"


@dataclass(frozen=True)
class Text:
    """Three parts of int64 tokens, (T,) each; `vocabulary` holds the words in the order of their tokens."""

    train: Tensor
    valid: Tensor
    test: Tensor
    vocabulary: tuple[str, ...]


def ptb(folder: Path, argument: str) -> Text:
    """Read `ptb:FOLDER`: ptb.train.txt, ptb.valid.txt and ptb.test.txt, the Penn Treebank as Mikolov prepared it."""
    return _read("ptb", "ptb.", argument)


def text(folder: Path, argument: str) -> Text:
    """Read `text:FOLDER`: train.txt, valid.txt and test.txt, words separated by blanks."""
    return _read("text", "", argument)


def _read(kind: str, prefix: str, argument: str) -> Text:
    names = [f"{prefix}{part}.txt" for part in ("train", "valid", "test")]
    need = ", ".join(f"`{name}`" for name in names)
    if not argument:
        raise error("NAS801", f"`{kind}` needs a folder", help=f"use {kind}:FOLDER, with {need} in FOLDER")
    root = Path(argument).expanduser()
    lines: list[list[list[str]]] = []
    for name in names:
        try:
            content = (root / name).read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            raise error(
                "NAS801", f"`{root}` does not contain `{name}`", help=f"{kind}:FOLDER needs {need} in FOLDER"
            ) from None
        except OSError as failure:
            raise error("NAS802", f"`{root / name}` cannot be read: {failure.strerror}") from None
        except UnicodeDecodeError:
            raise error("NAS802", f"`{root / name}` is not UTF-8 text") from None
        lines.append([[*line.split(), END] for line in content.splitlines()])
        if not any(lines[-1]):
            raise error("NAS802", f"`{root / name}` is empty")
    numbers = {word: None for line in lines[0] for word in line}
    table = {word: number for number, word in enumerate(numbers)}
    strange = any(word not in table for part in lines[1:] for line in part for word in line)
    if strange and UNKNOWN not in table:
        table[UNKNOWN] = len(table)
    parts = [
        torch.tensor([table[word] if word in table else table[UNKNOWN] for line in part for word in line])
        for part in lines
    ]
    return Text(parts[0], parts[1], parts[2], tuple(table))
