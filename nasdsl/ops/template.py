"""PyTorch templates of operations: an expression, or a module that is constructed once and called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Attrs = dict[str, Any]


@dataclass(frozen=True)
class Expression:
    """Written where the result is needed.  `{0}` is the operand, `{name}` an attribute."""

    text: str


@dataclass(frozen=True)
class ConstructorArgument:
    """An attribute that the constructor takes, by position or by the keyword of its name.

    A keyword is left out where it has its `default`.  `value` computes what is given from the attributes instead.
    The elastic class takes the argument too, unless `elastic` is false.
    """

    name: str
    positional: bool = False
    default: int | None = None
    value: Callable[[Attrs], Any] | None = None
    elastic: bool = True


def positional(*names: str) -> tuple[ConstructorArgument, ...]:
    """Attributes that are given by position, in this order."""
    return tuple(ConstructorArgument(name, positional=True) for name in names)


def keyword(name: str, default: int | None = None) -> ConstructorArgument:
    """An attribute that is given by keyword, and left out where it has its default."""
    return ConstructorArgument(name, default=default)


@dataclass(frozen=True)
class ElasticTemplate:
    """The class of `nasdsl.runtime` that stands in a supernet where sizes are searched.

    A call passes the attributes in `passes` that are searched.  It passes the layout of the input's features where
    they are several pieces, or always if `layout` is true.
    """

    callee: str
    passes: tuple[str, ...] = ()
    layout: bool = False


@dataclass(frozen=True)
class ModuleTemplate:
    """A module in the constructor and a call in `forward`.

    `callee` is a class of torch, or of `runtime/modules.py`: then `carries` names the functions and classes of that
    file whose source a standalone network carries.  In `call`, `{module}` is the module, `{0}` the operand and
    `{sizes}` what an elastic module is passed.
    """

    callee: str
    arguments: tuple[ConstructorArgument, ...] = ()
    elastic: ElasticTemplate | None = None
    call: str = "{module}({0}{sizes})"
    carries: tuple[str, ...] = ()


@dataclass(frozen=True)
class ByAttribute:
    """A template for each value of an attribute that is never searched."""

    attribute: str
    cases: Mapping[int, ModuleTemplate]


Template = Expression | ModuleTemplate
