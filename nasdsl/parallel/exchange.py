"""Communication between processes, with a diagnostic if another one has stopped."""

from __future__ import annotations

from collections.abc import Callable

import torch.distributed as dist
from torch import Tensor

from nasdsl.diagnostics import error


def mean_(tensor: Tensor, size: int) -> None:
    """Replace a tensor by its mean over `size` processes.  Raises NAS817."""
    checked(lambda: dist.all_reduce(tensor))
    tensor /= size


def checked(exchange: Callable[[], object]) -> None:
    """Run an exchange.  Raises NAS817 if another process has stopped."""
    try:
        exchange()
    except RuntimeError as failure:
        reason = str(failure).splitlines()[0][:120]
        raise error("NAS817", f"another process of this run stopped ({reason})") from None
