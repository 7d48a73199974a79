"""The record of a primitive, with all its properties."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from nasdsl.ir.program import TensorType
from nasdsl.ops.template import Attrs, ByAttribute, Template

# Parts of an axis, each (first, behind the last): the rows of a weight that a smaller one keeps.
Ranges = tuple[tuple[int, int], ...]
# The name of a tensor to the ranges of some of its axes.
Slices = dict[str, dict[int, Ranges]]


@dataclass(frozen=True)
class ParameterSpec:
    """A parameter of a primitive; one without a default must be given."""

    name: str
    type: type
    default: Any = ...
    least: float = 0


@dataclass(frozen=True, eq=False)
class Primitive:
    """An operation on one tensor.

    `infer` maps arguments and the type of the input to attributes and the type of the output, for one architecture;
    it raises `ShapeError`.  `template` is how the operation is written.

    Costs: `weights(attributes)` counts parameters; without it the operation has none.  `macs(attributes, output)`
    counts multiply-accumulates, and `macs_read_output` says that they depend on the output's sizes besides attributes.

    Dependent sizes: `searched` are the parameters in which a bar may stand; `elastic` the attributes that may differ
    between architectures which share weights; `law` refuses combinations of these; `slices(largest, present, rows)`
    gives the part of each tensor that an architecture keeps, `rows` being the features of its input; `mixes` are the
    elastic attributes over which a mixture is defined.

    Features: `takes` and `gives` name the attributes that hold how many features come in and go out.  `features` says
    whether the output has those of the input ("keep"), its own ("fresh"), or each once for every pixel ("expand").
    `divisible` says whether partial channels may narrow the operation by setting `takes` and `gives`.

    Laws: the operation gives its input back (`is_identity`) or zeros whatever it is given (`is_zero`); it maps zeros
    to zeros exactly (`keeps_zeros`), except where one of the attributes `constants` holds.  In training it draws
    random numbers or updates statistics (`effect`).
    """

    name: str
    parameters: tuple[ParameterSpec, ...]
    infer: Callable[[Attrs, TensorType], tuple[Attrs, TensorType]]
    template: Template | ByAttribute
    weights: Callable[[Attrs], int] | None = None
    macs: Callable[[Attrs, TensorType], int] | None = None
    macs_read_output: bool = False
    searched: frozenset[str] = frozenset()
    elastic: frozenset[str] = frozenset()
    law: Callable[[Attrs], bool] | None = None
    slices: Callable[[Attrs, Attrs, Ranges], Slices] | None = None
    mixes: frozenset[str] = frozenset()
    takes: str = ""
    gives: str = ""
    features: Literal["keep", "fresh", "expand"] = "keep"
    divisible: bool = True
    keeps_zeros: bool = True
    is_identity: bool = False
    is_zero: bool = False
    constants: frozenset[str] = frozenset()
    effect: Literal["", "random", "statistics"] = ""

    @property
    def has_weights(self) -> bool:
        return self.weights is not None

    @property
    def is_pure(self) -> bool:
        """Return True if the result depends only on weights and input, in training, too."""
        return not self.effect

    def of_zeros(self, attrs: Mapping[str, Any]) -> bool:
        """Return True if the primitive maps zeros to zeros exactly."""
        return self.keeps_zeros and not any(attrs.get(name) for name in self.constants)

    def written(self, attrs: Mapping[str, Any]) -> Template:
        """Return the template for these attributes."""
        template = self.template
        return template.cases[attrs[template.attribute]] if isinstance(template, ByAttribute) else template

    @property
    def templates(self) -> tuple[Template, ...]:
        """Return every template, whatever the attributes."""
        template = self.template
        return tuple(template.cases.values()) if isinstance(template, ByAttribute) else (template,)
