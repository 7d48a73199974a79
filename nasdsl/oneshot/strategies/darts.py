"""DARTS, first and second order (Liu, Simonyan, Yang; ICLR 2019; arXiv 1806.09055), on any space."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor
from torch.func import functional_call

from nasdsl.oneshot.base import Published
from nasdsl.oneshot.mixture.base import Mixture, MixtureOptions
from nasdsl.oneshot.mixture.derivation import derive_choices
from nasdsl.oneshot.mixture.relaxations import Relaxation, Softmax
from nasdsl.oneshot.mixture.unrolled import unrolled_gradient
from nasdsl.options.settings import option
from nasdsl.tasks.base import Batch, SupernetChoices
from nasdsl.tasks.metrics import accuracy, cross_entropy

__all__ = ["Darts", "DartsOptions", "derive_choices"]


@dataclass(frozen=True)
class DartsOptions(MixtureOptions):
    order: int = option(1, "2 differentiates through one virtual step of the weights", choices=(1, 2))
    clip_virtual: bool = option(False, "also clip the virtual step, as in the authors' code for recurrent networks")


class Darts(Mixture[DartsOptions]):
    """Alternates gradient steps on weights and on architecture parameters, each on one half of the images.

    A decision that selects one operation is a softmax over all candidates, including phantoms.  If a fixed number of
    tensors is picked that are each the result of a decision, as DARTS picks two edges per node (one in its recurrent
    cell), the supernet sums all of them and derivation keeps the strongest; other subsets have sigmoid gates.
    """

    name = "darts"
    paper = "arXiv 1806.09055"
    published = Published(epochs=50, batch_size=64)
    Options = DartsOptions

    def relax(self) -> Relaxation:
        return Softmax()

    def gradients(self, train: Batch, valid: Batch) -> tuple[dict[str, Tensor | None], float, float]:
        if self.options.order == 1:
            return super().gradients(train, valid)
        weights: dict[str, Tensor] = dict(self.net.named_parameters())
        state = self.optimiser.state
        velocity = {
            name: state[value]["momentum_buffer"]
            for name, value in weights.items()
            if state.get(value, {}).get("momentum_buffer") is not None
        }
        [group] = self.optimiser.param_groups
        seen: list[float] = []

        def losses(values: dict[str, Tensor], batch: Batch) -> Iterator[Tensor]:
            for part in self.context.parts(batch):
                # copies, so that the statistics of batch-norm do not see steps that were never taken
                buffers = {name: value.clone() for name, value in self.net.named_buffers()}

                def ahead(
                    *inputs: Tensor | SupernetChoices, buffers: dict[str, Tensor] = buffers
                ) -> Tensor | tuple[Tensor, ...]:
                    return functional_call(self.net, {**values, **buffers}, inputs)

                logits, targets = self.outcome(part, self.choices(self.draw()), ahead)
                if batch is valid:
                    seen.append(accuracy(logits, targets))
                yield cross_entropy(logits, targets)

        found, value = unrolled_gradient(
            lambda values: losses(values, train),
            lambda values: losses(values, valid),
            weights,
            self.alphas,
            velocity,
            group["lr"],
            group["momentum"],
            group["weight_decay"],
            self.context.average,
            self.options.clip if self.options.clip_virtual else 0.0,
        )
        return dict(found), value, sum(seen) / len(seen)
