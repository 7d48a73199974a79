"""Commands that start fast: each is imported when it is run, and pydantic only where a value has to be converted."""

from __future__ import annotations

import gc
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from nasdsl.terminal import printable

# Typer names only those that derive from it, and has moved it.
_UsageError: type[typer.BadParameter] = typer.BadParameter.__mro__[1]


def _sparing(parameters: list[Any]) -> list[Any]:
    for parameter in parameters:
        _spare(parameter)
    return parameters


def _spare(parameter: Any) -> None:
    """Let a parameter take a value as it is where nothing has to be converted.

    Newer versions of typer hand every value to pydantic, whose import takes longer than that of the front end.
    """
    descriptor = getattr(parameter, "type_descriptor", None)
    if descriptor is None or "process_value" in vars(parameter):
        return
    kind, convert = descriptor.annotation, parameter.process_value

    def process(context: Any, value: Any) -> Any:
        if value is None:
            fits = not parameter.required
        elif kind == list[str]:
            fits = isinstance(value, list | tuple) and all(type(item) is str for item in value)
        else:
            fits = kind in (bool, str, int, float) and type(value) is kind
        if not fits:
            return convert(context, value)
        return value if parameter.callback is None else parameter.callback(context, parameter, value)

    parameter.process_value = process


class Command(TyperCommand):
    """A command that does not convert what needs no conversion."""

    def get_params(self, ctx: Any) -> list[Any]:
        return _sparing(super().get_params(ctx))

    def invoke(self, ctx: Any) -> Any:
        gc.enable()
        return super().invoke(ctx)


class Group(TyperGroup):
    """A group that does not convert what needs no conversion."""

    def get_params(self, ctx: Any) -> list[Any]:
        return _sparing(super().get_params(ctx))


class LazyGroup(Group):
    """A group whose commands are a table of `module:attribute`: a function, or an application of its own."""

    table: ClassVar[dict[str, str]] = {}

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name in self.table and cmd_name not in self.commands:
            self.add_command(_load(cmd_name, self.table[cmd_name]), cmd_name)
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.table)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args[0] not in self.table:
            for name in self.table:  # among them is what a misspelt one may have meant
                self.get_command(ctx, name)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """What is said of wrong usage quotes the command line: in `*.nas` stand names that strangers gave to files."""
        try:
            return super().invoke(ctx)
        except _UsageError as failure:
            failure.message = printable(failure.message)
            raise


def _load(name: str, target: str) -> Any:
    module, _, attribute = target.partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        return get_command(found)
    single = typer.Typer(add_completion=False, rich_markup_mode=None)
    single.command(name, cls=Command)(found)
    return get_command(single)
