"""One's own weights for a supernet: files of any origin to start from, and supernets saved and loaded whole."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nasdsl.diagnostics import error
from nasdsl.files import write_atomic
from nasdsl.runs.checkpoint import inherited
from nasdsl.space import Space

SUPERNET = "nasdsl-supernet"
# Where others keep the weights in a checkpoint, and what they put before the names.
_WRAPPERS = ("state", "net", "state_dict", "model", "model_state_dict", "module")
_PREFIXES = ("module.", "_orig_mod.")
SHOWN = 4


@dataclass(frozen=True)
class SavedWeights:
    """Tensors by name, and where they are from."""

    origin: str
    tensors: dict[str, Tensor]

    def put_into(self, net: nn.Module) -> list[str]:
        """Copies the tensors whose name and shape the network has; returns what is to be said of the rest.

        Raises NAS808 where not one parameter is among them.
        """
        state = net.state_dict()
        taken = {name for name, value in self.tensors.items() if name in state and value.shape == state[name].shape}
        if not any(name in taken for name, _ in net.named_parameters()):
            names = ", ".join(f"`{name}`" for name in list(self.tensors)[:SHOWN])
            hint = "names and shapes must be those of the supernet's `state_dict()`"
            raise error("NAS808", f"no weight in `{self.origin}` is one of the supernet's; it has {names}", help=hint)
        net.load_state_dict({**state, **{name: self.tensors[name] for name in taken}})
        shapes = [name for name in self.tensors if name in state and name not in taken]
        notes = [f"{len(taken)} of {len(state)} tensors start from `{self.origin}`"]
        notes += _named("of another shape", shapes)
        notes += _named("not in the supernet", [name for name in self.tensors if name not in state])
        notes += _named("not in the file", [name for name in state if name not in self.tensors])
        return notes


def _named(what: str, names: list[str]) -> list[str]:
    if not names:
        return []
    text = ", ".join(f"`{name}`" for name in names[:SHOWN])
    rest = len(names) - SHOWN
    return [f"{what}: {text}" + (f" and {rest} more" if rest > 0 else "")]


def starting_weights(
    inherit: str | os.PathLike[str] | None, weights: str | os.PathLike[str] | None
) -> SavedWeights | None:
    """The shared weights of a search run, or those of a file, or None.  Raises NAS601, NAS808."""
    if inherit is not None and weights is not None:
        raise error("NAS601", "--inherit takes the weights of a run, --weights those of a file: one of them")
    if inherit is not None:
        return of_search(inherit)
    return SavedWeights(str(weights), read_tensors(weights)) if weights is not None else None


def of_search(run: str | os.PathLike[str]) -> SavedWeights:
    """The shared weights in the last checkpoint of a search.  Raises NAS808."""
    return SavedWeights(str(run), inherited(Path(run)).net)


def read_tensors(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """The tensors of a safetensors file or of a checkpoint that holds nothing but data.  Raises NAS808.

    In a checkpoint the table of weights may stand under a usual key (`state_dict`, `model`); the prefixes that
    wrappers of modules add are dropped.
    """
    path = Path(path)
    if not path.is_file():
        raise error("NAS808", f"there is no file of weights `{path}`")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load

            found: Any = load(path.read_bytes())
        else:
            found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as failure:  # either reader fails in many ways on a damaged file
        reason = (str(failure).splitlines() or [type(failure).__name__])[0][:200]
        hint = "a safetensors file, or what torch.save made of a table of tensors"
        raise error("NAS808", f"`{path}` is damaged or holds no weights: {reason}", help=hint) from None
    tensors = _tensors(found)
    if not tensors:
        raise error("NAS808", f"`{path}` holds no table of weights")
    return {_bare(name): value for name, value in tensors.items()}


def _tensors(found: Any) -> dict[str, Tensor]:
    for _ in range(len(_WRAPPERS)):
        if not isinstance(found, Mapping):
            return {}
        tensors = {name: value for name, value in found.items() if isinstance(value, Tensor) and isinstance(name, str)}
        inner = next((found[key] for key in _WRAPPERS if isinstance(found.get(key), Mapping)), None)
        if inner is None or len(tensors) > 1:
            return tensors
        found = inner
    return {}


def _bare(name: str) -> str:
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name


# supernets as a whole


def save_supernet(space: Space, net: nn.Module, path: str | os.PathLike[str]) -> None:
    """Writes a supernet's weights with what they belong to, whole or not at all.  Raises NAS603."""
    from safetensors.torch import save

    about = {"format": SUPERNET, "space": space.name, "fingerprint": space.fingerprint}
    about["parameters"] = json.dumps(space.parameters)
    data = save({name: value.detach().cpu().contiguous() for name, value in net.state_dict().items()}, about)
    try:
        write_atomic(Path(path), data)
    except OSError as failure:
        raise error("NAS603", f"`{path}` cannot be written: {failure.strerror}") from None


def load_supernet(space: Space, path: str | os.PathLike[str]) -> nn.Module:
    """The supernet of a space with the weights of `save_supernet`, or of a search run where `path` is a folder.

    The file must have all weights: to start from some of them there is `SavedWeights.put_into`.  Raises NAS808.
    """
    path = Path(path)
    if path.is_dir():
        found = of_search(path)
    else:
        found = SavedWeights(str(path), read_tensors(path))
        made_for = _about(path).get("fingerprint", space.fingerprint)
        if made_for != space.fingerprint:
            hint = f"it was saved with the parameters {_about(path).get('parameters', 'of another space')}"
            raise error("NAS808", f"`{path}` belongs to another space or other parameters", help=hint)
    net = space.supernet()
    try:
        net.load_state_dict(found.tensors)
    except RuntimeError:
        notes = found.put_into(net)
        raise error("NAS808", f"the weights in `{path}` are of another supernet", help=notes[1:]) from None
    return net


def _about(path: Path) -> dict[str, str]:
    """The metadata of a safetensors file, empty for any other."""
    from safetensors import SafetensorError, safe_open

    if path.suffix != ".safetensors":
        return {}
    try:
        with safe_open(path, "pt") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError):
        return {}
