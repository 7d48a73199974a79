"""External modules of a space: their permission, and checks of their declarations."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from nasdsl.diagnostics import error
from nasdsl.graph.archgraph import ArchGraph
from nasdsl.ir.program import Node, TensorType


def verify(graph: ArchGraph, allowed: bool) -> None:
    """Import every external module and run it once on zeros.

    Raises `NasError`: NAS702 if the user did not allow it, NAS703 if it cannot be imported or constructed,
    NAS704 if its output has a different shape than declared.
    """
    seen: set[Any] = set()
    for node in graph.nodes:
        if node.op != "extern":
            continue
        target = node.attrs["target"]
        if not allowed:
            hint = "allow it with `--allow-extern`, or `nasdsl.load(..., allow_extern=True)`, if you trust the file"
            raise error("NAS702", f"the space imports Python code: `{target}`", node.span, help=hint)
        given = [graph.node(operand).type for operand in node.operands]
        key = target, node.attrs["arguments"], tuple(given)
        if key not in seen:
            seen.add(key)
            _try(node, given, _declared(graph, node))


def _declared(graph: ArchGraph, node: Node) -> list[TensorType]:
    if node.type.kind != "results":
        return [node.type]
    return [graph.node(user).type for user in graph.users(node.id)]


def _try(node: Node, given: list[TensorType], declared: list[TensorType]) -> None:
    import torch

    target = node.attrs["target"]
    module, _, name = target.partition(":")
    try:
        made = getattr(import_module(module), name)(**dict(node.attrs["arguments"]))
    except Exception as failure:  # whatever their code does
        text = f"`{target}` cannot be constructed: {type(failure).__name__}: {failure}"
        hint = "check that its folder is on the Python path" if isinstance(failure, ImportError) else ""
        raise error("NAS703", text, node.span, help=hint) from None
    if not isinstance(made, torch.nn.Module):
        raise error("NAS703", f"`{target}` is not a torch.nn.Module", node.span)
    dims = [(2, *(int(str(dim)) for dim in item.dims)) for item in given]
    zeros = [
        torch.zeros(shape, dtype=torch.long if kind == "tokens" else torch.float32)
        for shape, kind in zip(dims, (item.kind for item in given), strict=True)
    ]
    try:
        with torch.no_grad():
            result = made.eval()(*zeros)
    except Exception as failure:
        found = ", ".join(map(str, given))
        text = f"`{target}` fails on {found}: {type(failure).__name__}: {failure}"
        raise error("NAS703", text, node.span) from None
    results = list(result) if isinstance(result, tuple | list) else [result]
    for part, wanted in zip(results, declared, strict=False):
        shape = "x".join(map(str, getattr(part, "shape", ("nothing",))[1:]))
        if shape != str(wanted):
            text = f"`{target}` is declared to return {wanted}, but returns {shape}"
            raise error("NAS704", text, node.span)
