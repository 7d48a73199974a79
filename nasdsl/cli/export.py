"""`nasdsl export`: write a network in the format of another tool."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from nasdsl.cli.common import AllowExtern, Json, Settings, load_space
from nasdsl.diagnostics import error
from nasdsl.terminal import one_line, say

RunPath = Annotated[Path | None, typer.Argument(metavar="[RUN]", help="Folder of a finished run.")]
ArchFile = Annotated[Path | None, typer.Option("--arch", help="Architecture file to export instead of a run.")]
SpaceName = Annotated[
    str | None,
    typer.Option(
        "--space", metavar="SPACE", help="Space of the architecture; by default, the shipped space that the file names."
    ),
]
WeightFile = Annotated[Path | None, typer.Option("--weights", help="File of weights (with --arch).")]
Format = Annotated[str, typer.Option("--format", help="Format: source, safetensors, onnx or torch (torch.export).")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="Output file.")]
Opset = Annotated[int, typer.Option("--opset", help="ONNX operator set version.", min=1)]


def export(
    run: RunPath = None,
    arch: ArchFile = None,
    space: SpaceName = None,
    weights: WeightFile = None,
    set_: Settings = None,
    allow_extern: AllowExtern = False,
    format: Format = "source",
    output: Output = None,
    opset: Opset = 18,
    as_json: Json = False,
) -> None:
    """Export a network for any batch size, and verify the result against the original."""
    if (run is None) == (arch is None):
        raise error("NAS601", "pass a run folder, or --arch with an architecture file")
    if run is not None and weights is not None:
        raise error("NAS601", "--weights requires --arch; a run already has weights")
    name = space or (_space_of(arch) if arch is not None else None)
    loaded = load_space(name, set_, _parameters_of(arch), allow_extern) if name else None
    from nasdsl.runs import export as exporting

    if run is not None:
        trained = exporting.of_run(run, loaded)
    else:
        assert arch is not None
        assert loaded is not None
        trained = exporting.of_architecture(loaded, loaded.read_architecture(arch), weights)
    path = output or Path(trained.space.name + exporting.FORMATS.get(format, ""))
    made = exporting.export(trained, format, path, opset)
    if as_json:
        row = {"file": str(made.path), "format": format, "weights": trained.origin, "checked": made.checked}
        say(json.dumps({**row, **({"opset": made.opset} if made.opset else {})}, indent=2))
        return
    version = f" (opset {made.opset})" if made.opset else ""
    say(one_line(f"{made.path}: {format}{version}, {made.checked}"))
    if format != "source":
        say(one_line(f"with {trained.origin}"))


def _read(arch: Path | None) -> dict[str, object]:
    """Read the space and parameters that an architecture file names; the space checks them."""
    if arch is None:
        return {}
    try:
        data = json.loads(arch.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _space_of(arch: Path) -> str:
    name = _read(arch).get("space")
    if not isinstance(name, str) or "/" in name:
        raise error("NAS521", f"`{arch}` cannot be read, or names no space")
    return name


def _parameters_of(arch: Path | None) -> dict[str, object]:
    parameters = _read(arch).get("parameters")
    return parameters if isinstance(parameters, dict) else {}
