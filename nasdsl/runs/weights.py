"""Weights for supernets: files of any origin to start from, and saving and loading of whole supernets."""

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
    """Tensors by name, and the path of their source."""

    origin: str
    tensors: dict[str, Tensor]

    def put_into(self, net: nn.Module) -> list[str]:
        """Copy the tensors whose name and shape the network has; return notes about the others.

        Raises NAS808 if none of them is a parameter.
        """
        state = net.state_dict()
        taken = {name for name, value in self.tensors.items() if name in state and value.shape == state[name].shape}
        if not any(name in taken for name, _ in net.named_parameters()):
            names = ", ".join(f"`{name}`" for name in list(self.tensors)[:SHOWN])
            hint = "names and shapes must match the `state_dict()` of the supernet"
            raise error("NAS808", f"no weight in `{self.origin}` matches the supernet; it has {names}", help=hint)
        net.load_state_dict({**state, **{name: self.tensors[name] for name in taken}})
        shapes = [name for name in self.tensors if name in state and name not in taken]
        notes = [f"{len(taken)} of {len(state)} tensors initialized from `{self.origin}`"]
        notes += _named("of a different shape", shapes)
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
    """Read the shared weights of a search run or the weights of a file, or return None.  Raises NAS601, NAS808."""
    if inherit is not None and weights is not None:
        raise error("NAS601", "--inherit and --weights are mutually exclusive")
    if inherit is not None:
        return of_search(inherit)
    return SavedWeights(str(weights), read_tensors(weights)) if weights is not None else None


def of_search(run: str | os.PathLike[str]) -> SavedWeights:
    """Read the shared weights in the last checkpoint of a search.  Raises NAS808."""
    return SavedWeights(str(run), inherited(Path(run)).net)


def read_tensors(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """Read the tensors of a safetensors file or of a torch checkpoint that contains only data.  Raises NAS808.

    In a checkpoint the weights may be under a common key (`state_dict`, `model`); the prefixes that
    wrappers of modules add are dropped.
    """
    path = Path(path)
    if not path.is_file():
        raise error("NAS808", f"weights file `{path}` not found")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load

            found: Any = load(path.read_bytes())
        else:
            found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as failure:  # either reader fails in many ways on a damaged file
        reason = (str(failure).splitlines() or [type(failure).__name__])[0][:200]
        hint = "use a safetensors file, or a state dict saved by torch.save"
        raise error("NAS808", f"`{path}` is damaged or not a weights file: {reason}", help=hint) from None
    tensors = _tensors(found)
    if not tensors:
        raise error("NAS808", f"`{path}` does not contain a table of weights")
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
    """Write a supernet's weights atomically, with the space and parameters they belong to.  Raises NAS603."""
    from safetensors.torch import save

    about = {"format": SUPERNET, "space": space.name, "fingerprint": space.fingerprint}
    about["parameters"] = json.dumps(space.parameters)
    data = save({name: value.detach().cpu().contiguous() for name, value in net.state_dict().items()}, about)
    try:
        write_atomic(Path(path), data)
    except OSError as failure:
        raise error("NAS603", f"`{path}` cannot be written: {failure.strerror}") from None


def load_supernet(space: Space, path: str | os.PathLike[str]) -> nn.Module:
    """Load a supernet with the weights of `save_supernet`, or of a search run if `path` is a folder.

    The file must have all weights; `SavedWeights.put_into` accepts some of them.  Raises NAS808.
    """
    path = Path(path)
    if path.is_dir():
        found = of_search(path)
    else:
        found = SavedWeights(str(path), read_tensors(path))
        made_for = _about(path).get("fingerprint", space.fingerprint)
        if made_for != space.fingerprint:
            hint = f"it was saved with the parameters {_about(path).get('parameters', 'of another space')}"
            raise error("NAS808", f"`{path}` has a different space or different parameters", help=hint)
    net = space.supernet()
    try:
        net.load_state_dict(found.tensors)
    except RuntimeError:
        notes = found.put_into(net)
        raise error("NAS808", f"the weights in `{path}` belong to a different supernet", help=notes[1:]) from None
    return net


def _about(path: Path) -> dict[str, str]:
    """Return the metadata of a safetensors file, empty for other files."""
    from safetensors import SafetensorError, safe_open

    if path.suffix != ".safetensors":
        return {}
    try:
        with safe_open(path, "pt") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError):
        return {}
