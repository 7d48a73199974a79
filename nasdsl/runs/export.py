"""Export of one network as source, safetensors, ONNX or torch.export, each verified before it is kept."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from nasdsl.diagnostics import error, suggest
from nasdsl.files import write_atomic
from nasdsl.graph.architecture import Architecture
from nasdsl.runs import index as runs
from nasdsl.runs.weights import SavedWeights, load_supernet, read_tensors
from nasdsl.runtime.transfer import transfer
from nasdsl.space import Space, open_space

T = TypeVar("T")

FORMATS = {"source": ".py", "safetensors": ".safetensors", "onnx": ".onnx", "torch": ".pt2"}
OPSET = 18
# An export may order its sums otherwise: how far outputs may be apart, as a part of the largest.
TOLERANCE = 1e-4
# It is compared on batches of these sizes: an export for one size only is not what was asked for.
BATCHES = (2, 3)


@dataclass(frozen=True)
class Trained:
    """A network with its weights; `origin` describes their source."""

    space: Space
    architecture: Architecture
    net: nn.Module
    origin: str


@dataclass(frozen=True)
class Exported:
    """An exported file; `checked` describes its verification, `opset` is the ONNX operator set version."""

    path: Path
    checked: str
    opset: int | None = None


def of_run(folder: str | os.PathLike[str], space: Space | None = None) -> Trained:
    """Load the network of a finished run, with its retrained weights or the shared weights of a search.

    The space is the copy in the run, or `space` if its file uses other files.  Raises NAS807, NAS808 and the errors of
    `Space`.
    """
    folder, run = Path(folder), runs.read(folder)
    if not (folder / "architecture.json").is_file():
        hint = "run the same command with --resume to continue" if run.state == "interrupted" else ""
        raise error("NAS807", f"the run in `{folder}` is {run.state} and has no architecture yet", help=hint)
    if space is None:
        space = open_space(f"{folder / 'space.nas'}:{run.space}", run.parameters)
    elif set(run.parameters) <= set(space.declared):
        space = space.rebind(**run.parameters)
    architecture = space.read_architecture(folder / "architecture.json")
    net = space.network(architecture, seed=0)
    if run.kind == "search":
        transfer(load_supernet(space, folder), net, space.slices(architecture))
        return Trained(space, architecture, net, f"the shared weights of the search in `{folder}`")
    path = folder / "weights.safetensors"
    if not path.is_file():
        raise error("NAS807", f"the run in `{folder}` is {run.state}; weights are written at the end")
    return Trained(space, architecture, _loaded(net, path), f"the weights trained in `{folder}`")


def of_architecture(
    space: Space, architecture: Architecture, weights: str | os.PathLike[str] | None = None, seed: int = 0
) -> Trained:
    """Build the network of an architecture, with the weights in a file or fresh ones.  Raises NAS808."""
    net = space.network(architecture, seed=seed)
    if weights is None:
        return Trained(space, architecture, net, f"fresh weights (seed {seed})")
    return Trained(space, architecture, _loaded(net, Path(weights)), f"the weights in `{weights}`")


def _loaded(net: nn.Module, path: Path) -> nn.Module:
    found = SavedWeights(str(path), read_tensors(path))
    try:
        net.load_state_dict(found.tensors)
    except RuntimeError:
        notes = found.put_into(net)
        raise error("NAS808", f"the weights in `{path}` belong to a different network", help=notes[1:]) from None
    return net


def export(trained: Trained, format: str, path: str | os.PathLike[str], opset: int = OPSET) -> Exported:
    """Write the network to `path` atomically, in evaluation mode and for batches of any size.

    Raises NAS601 for an unknown format, NAS812 if a package is missing, NAS818 if the format
    cannot hold the network or the outputs of the file differ, NAS603 if it cannot be written.
    """
    if format not in FORMATS:
        raise error(
            "NAS601", f"unknown format `{format}`", help=suggest(format, FORMATS) or "one of " + ", ".join(FORMATS)
        )
    path = Path(path)
    trained.net.cpu().float().eval()
    made = _MAKERS[format](trained, opset)
    try:
        write_atomic(path, made.data)
    except OSError as failure:
        raise error("NAS603", f"`{path}` cannot be written: {failure.strerror}") from None
    return Exported(path, made.checked, opset if format == "onnx" else None)


@dataclass(frozen=True)
class _Made:
    data: bytes
    checked: str


def _source(trained: Trained, opset: int) -> _Made:
    """Write the source, which only needs torch; weights are a separate file."""
    return _Made(trained.space.source(trained.architecture).encode(), "needs only torch; does not contain weights")


def _safetensors(trained: Trained, opset: int) -> _Made:
    from safetensors.torch import save

    about = {"format": "pt", "space": trained.space.name, "architecture": json.dumps(trained.architecture.to_json())}
    data = save({name: value.contiguous() for name, value in trained.net.state_dict().items()}, about)
    return _Made(data, "names match `Network` in the source")


def _onnx(trained: Trained, opset: int) -> _Made:
    _need("onnx", "onnxscript")
    import onnx

    given = examples(trained, BATCHES[0])
    names = [f"input{i}" if i else "input" for i in range(len(given))]
    outputs = [f"output{i}" if i else "output" for i in range(len(_run(trained.net, given)))]
    with _quiet():
        program = _attempt(
            lambda: torch.onnx.export(
                trained.net,
                given,
                dynamo=True,
                verbose=False,
                opset_version=opset,
                input_names=names,
                output_names=outputs,
                dynamic_shapes=_dynamic(given),
            ),
            "ONNX",
        )
    assert program is not None
    model = program.model_proto
    found = next(item.version for item in model.opset_import if item.domain in ("", "ai.onnx"))
    if found != opset:
        text = f"the exporter writes opset {found} for this network, not {opset}"
        raise error("NAS818", text, help=f"--opset {found}")
    _attempt(lambda: onnx.checker.check_model(model), "ONNX")
    data = model.SerializeToString()
    if find_spec("onnxruntime") is None:
        return _Made(data, "valid ONNX; not run, since onnxruntime is not installed")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])

    def run(given: tuple[Tensor, ...]) -> list[Tensor]:
        feed = {name: value.numpy() for name, value in zip(names, given, strict=True)}
        return [torch.from_numpy(value) for value in session.run(None, feed)]

    return _Made(data, "onnxruntime: " + _compare(trained, run))


def _torch(trained: Trained, opset: int) -> _Made:
    given = examples(trained, BATCHES[0])
    file = io.BytesIO()
    with _quiet():
        program = _attempt(
            lambda: torch.export.export(trained.net, given, dynamic_shapes=_dynamic(given)), "torch.export"
        )
        torch.export.save(program, file)
        # through a file, as a user loads it
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "network.pt2"
            path.write_bytes(file.getvalue())
            module = torch.export.load(path).module()
    return _Made(file.getvalue(), "loaded again: " + _compare(trained, lambda given: _run(module, given)))


_MAKERS: dict[str, Callable[[Trained, int], _Made]] = {
    "source": _source,
    "safetensors": _safetensors,
    "onnx": _onnx,
    "torch": _torch,
}


def examples(trained: Trained, batch: int) -> tuple[Tensor, ...]:
    """Return random inputs (batch, ...) of the network, a function of the batch size."""
    generator = torch.Generator().manual_seed(batch)
    words = min((item.num_embeddings for item in trained.net.modules() if isinstance(item, nn.Embedding)), default=2)
    return tuple(
        torch.randint(words, (batch, *shape), generator=generator)
        if kind == "tokens"
        else torch.randn(batch, *shape, generator=generator)
        for kind, shape in trained.space.input_types
    )


def _dynamic(given: tuple[Tensor, ...]) -> tuple[dict[int, Any], ...]:
    return tuple({0: torch.export.Dim.DYNAMIC} for _ in given)


@torch.no_grad()
def _run(net: Callable[..., Tensor | tuple[Tensor, ...]], given: tuple[Tensor, ...]) -> list[Tensor]:
    result = net(*given)
    return list(result) if isinstance(result, tuple | list) else [result]


def _compare(trained: Trained, run: Callable[[tuple[Tensor, ...]], list[Tensor]]) -> str:
    """Describe the difference of the outputs.  Raises NAS818 if it exceeds the tolerance."""
    worst = 0.0
    for batch in BATCHES:
        given = examples(trained, batch)
        wanted = _run(trained.net, given)
        found = _attempt(lambda given=given: run(given), "the exported network")
        for one, two in zip(wanted, found, strict=True):
            if one.shape != two.shape:
                shapes = f"{tuple(two.shape)}, not {tuple(one.shape)}"
                raise error("NAS818", f"the exported network returns a tensor of shape {shapes}")
            worst = max(worst, float((one - two).abs().max() / one.abs().max().clamp_min(1e-6)))
    if not worst <= TOLERANCE:
        raise error("NAS818", f"the outputs of the exported network differ: relative error {worst:.1e}")
    sizes = " and ".join(map(str, BATCHES))
    return f"outputs within {worst:.1e} (relative), on batches of {sizes}"


def _attempt(action: Callable[[], T], what: str) -> T:
    """Run `action`, and convert any error of an exporter to NAS818."""
    try:
        return action()
    except Exception as failure:
        lines = [line for line in str(failure).splitlines() if line.strip()]
        reason = lines[0][:200] if lines else type(failure).__name__
        raise error("NAS818", f"{what} does not support this network: {reason}") from None


def _need(*packages: str) -> None:
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        hint = "pip install 'nasdsl[export]'  # or: pip install onnx onnxscript onnxruntime"
        raise error("NAS812", f"ONNX export needs {' and '.join(missing)}, not installed", help=hint)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence the standard output and warnings of exporters."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
