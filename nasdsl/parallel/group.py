"""Distributed runs: every process has all weights and a share of each batch.

Each process, started by `torchrun`, computes the gradients of its share; their mean over the processes is that of
the whole batch, so that all take the same step.  All random draws (paths, noise of a relaxation, orders
of images, augmentation) are the same in every process.  Only process 0 writes files.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from nasdsl.diagnostics import NasError, error
from nasdsl.parallel.batch_norm import SynchronisedBatchNorm
from nasdsl.parallel.exchange import checked, mean_

T = TypeVar("T")


class Divisible(Protocol):
    """A batch that can be divided among processes."""

    def pieces(self, number: int) -> Sequence[Self]:
        """Split into `number` equal parts."""
        ...


Whole = TypeVar("Whole", bound=Divisible)


@dataclass(frozen=True)
class ProcessGroup:
    """The processes of a run.  `rank` counts from 0; `local` is the rank on this machine.

    All but `share` must be called by every process at the same point.  They raise NAS817 if another process
    has stopped.
    """

    rank: int = 0
    size: int = 1
    local: int = 0

    @property
    def alone(self) -> bool:
        """True for a single process."""
        return self.size == 1

    @property
    def first(self) -> bool:
        """True in the process that writes files."""
        return self.rank == 0

    def device(self, name: str) -> str:
        """Return the device of this process: for `cuda`, and `auto` with GPUs, the GPU with its local rank."""
        if self.alone:
            return name
        kind, _, index = name.partition(":")
        if index and kind != "cpu":
            hint = f"--device {kind} assigns one device to each process"
            raise error("NAS813", f"`{name}` is a single device, but {self.size} processes were started", help=hint)
        if name == "cuda" or (name == "auto" and torch.cuda.is_available()):
            return f"cuda:{self.local}"
        return name

    # batches

    def divide(self, size: int, parts: int) -> None:
        """Check that a batch divides evenly among processes and accumulation parts.  Raises NAS601."""
        whole = self.size * parts
        if size % whole:
            among = [f"{self.size} processes"] if self.size > 1 else []
            among += [f"{parts} parts"] if parts > 1 else []
            text = f"a batch of {size} cannot be divided evenly among {' of '.join(among)}"
            below = size - size % whole
            hint = f"--batch-size {below}" if below else f"the batch size must be at least {whole}"
            raise error("NAS601", text, help=hint)

    def share(self, batch: Whole) -> Whole:
        """Return this process's share of a batch that divides evenly among the processes."""
        return batch if self.alone else batch.pieces(self.size)[self.rank]

    def share_if_even(self, batch: Whole, size: int) -> Whole:
        """Return this process's share, or the whole batch if it does not divide evenly: the mean is the same."""
        return batch if size % self.size else self.share(batch)

    # numbers and gradients

    def average(self, tensors: Iterable[Tensor | None]) -> None:
        """Replace each tensor by its mean over the processes, in place."""
        if self.alone:
            return
        kinds: dict[tuple[torch.dtype, torch.device], list[Tensor]] = {}
        for tensor in tensors:
            if tensor is not None:
                kinds.setdefault((tensor.dtype, tensor.device), []).append(tensor)
        for items in kinds.values():
            flat = torch.cat([item.detach().reshape(-1) for item in items])
            mean_(flat, self.size)
            for item, values in zip(items, flat.split([item.numel() for item in items]), strict=True):
                item.detach().copy_(values.view_as(item))

    def mean(self, value: float) -> float:
        """Return the mean of a number over the processes."""
        return self._means([value])[0]

    def union(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """Merge the tables of all processes, on the CPU if there are several processes."""
        if self.alone:
            return tensors
        tables: list[dict[str, Tensor]] = [{} for _ in range(self.size)]
        checked(lambda: dist.all_gather_object(tables, {name: value.cpu() for name, value in tensors.items()}))
        return {name: value for table in tables for name, value in table.items()}

    def any(self, flag: bool) -> bool:
        """Return True if the flag is set in any process."""
        return self._means([float(flag)])[0] > 0

    def agree(self, metrics: dict[str, float], stop: bool, due: bool) -> tuple[dict[str, float], bool, bool]:
        """Return metrics of the whole batch, `stop` if any process was asked to, and `due` of process 0."""
        if self.alone:
            return metrics, stop, due
        *values, stopped, dues = self._means([*metrics.values(), float(stop), float(due and self.first)])
        return dict(zip(metrics, values, strict=True)), stopped > 0, dues > 0

    def _means(self, values: list[float]) -> list[float]:
        if self.alone:
            return values
        tensor = torch.tensor(values, dtype=torch.float64)
        mean_(tensor, self.size)
        return tensor.tolist()

    # together and in turn

    def together(self, action: Callable[[], T]) -> T:
        """Run `action`, and return its result if it succeeds in every process; raise in all otherwise."""
        if self.alone:
            return action()
        try:
            result = action()
        except NasError:
            self.any(True)
            raise
        if self.any(False):
            raise error("NAS817", "another process failed; see its error message")
        return result

    @contextmanager
    def entered(self, manager: AbstractContextManager[T]) -> Iterator[T]:
        """Enter `manager` in every process before any of them continues."""
        with ExitStack() as stack:
            yield self.together(lambda: stack.enter_context(manager))

    def in_turn(self, action: Callable[[], T]) -> T:
        """Run `action` in process 0 before all others, which find its result (such as a download)."""
        if self.first:
            result = self.together(action)
            self.together(lambda: None)
            return result
        self.together(lambda: None)
        return self.together(action)

    def same(self, value: int, what: str) -> None:
        """Check that a value is the same in all processes.  Raises NAS817."""
        if abs(self.mean(float(value)) - value) > 1e-6:
            hint = "all processes must share the run folder"
            raise error("NAS817", f"{what} differs between processes", help=hint)

    def apart(self, *seeds: int) -> AbstractContextManager[object]:
        """Use random numbers specific to this process (for dropout), a function of `seeds`; the common stream stays."""
        return nullcontext() if self.alone else self._apart(seeds)

    @contextmanager
    def _apart(self, seeds: tuple[int, ...]) -> Iterator[None]:
        devices = [torch.cuda.current_device()] if torch.cuda.is_initialized() else []
        with torch.random.fork_rng(devices=devices):
            mixed = self.rank
            for seed in seeds:
                mixed = (mixed * 1_000_003 + seed + 1) % 2**63
            torch.manual_seed(mixed)
            yield

    def norms(self) -> AbstractContextManager[object]:
        """Within the block, compute batch-norm statistics over the shares of all processes."""
        return nullcontext() if self.alone else SynchronisedBatchNorm(self.size)


ALONE = ProcessGroup()


def group() -> ProcessGroup:
    """Return the group of processes: a single one unless started by `torchrun`.  Joins the group when first called.

    Raises NAS817 if the others cannot be reached.
    """
    if not dist.is_available():
        return ALONE
    if not dist.is_initialized():
        if _number("WORLD_SIZE", 1) == 1:
            return ALONE
        # Numbers go over gloo also where gradients go over nccl.
        backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() and dist.is_nccl_available() else "gloo"
        try:
            dist.init_process_group(backend)
        except (RuntimeError, ValueError) as failure:
            reason = str(failure).splitlines()[0]
            hint = "start two processes with `torchrun --nproc-per-node 2 -m nasdsl search ...`"
            raise error("NAS817", f"the other processes cannot be reached: {reason}", help=hint) from None
        atexit.register(_leave)
    return ProcessGroup(dist.get_rank(), dist.get_world_size(), _number("LOCAL_RANK", 0))


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    return int(text) if text.isdecimal() else default


def _leave() -> None:
    if dist.is_initialized():
        dist.destroy_process_group()
