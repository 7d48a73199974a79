"""The device and precision of a run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch

from nasdsl.diagnostics import error

# Makes the block in which a forward pass runs.
Autocast = Callable[[], AbstractContextManager[object]]


def pick_device(name: str) -> torch.device:
    """Return the named device; `auto` is a GPU if available.  Raises NAS813."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type == "meta":  # `meta` tensors hold no numbers
        raise error("NAS813", f"unknown device `{name}`", help="use auto, cpu, cuda, or cuda:1 for the second GPU")
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as failure:
        reason = str(failure).splitlines()[0].partition(". ")[0]
        raise error("NAS813", f"the device `{name}` is not available: {reason}") from None
    return device


def autocast(device: torch.device, precision: str = "auto") -> Autocast:
    """Return the autocast context of the forward pass; weights and updates stay in float32.  Raises NAS813."""
    able = torch.amp.is_autocast_available(device.type)
    if device.type == "cuda":
        able = torch.cuda.is_bf16_supported(including_emulation=False)
    if precision == "bfloat16" and not able:
        raise error("NAS813", f"the device `{device}` does not support bfloat16", help="--precision float32")
    if precision == "float32" or not able or (precision == "auto" and device.type != "cuda"):
        return nullcontext
    return lambda: torch.autocast(device.type, dtype=torch.bfloat16)
