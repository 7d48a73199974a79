"""`nasdsl recipes`: list the training recipes, or show one."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer

from nasdsl.cli.common import Json, print_options
from nasdsl.options.settings import describe_options
from nasdsl.options.training import TrainOptions
from nasdsl.terminal import one_line, say
from nasdsl.training import recipes


def show(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Show the settings of this recipe.")] = None,
    as_json: Json = False,
) -> None:
    """List the recipes of `nasdsl retrain --recipe NAME`, or show one with all training options."""
    found = {item: recipes.find(item) for item in ([name] if name else recipes.names())}
    if as_json:
        say(json.dumps({item: asdict(recipe) for item, recipe in found.items()}, indent=2))
        return
    for item, recipe in found.items():
        say(one_line(f"{item:21} {recipe.paper:16} {recipe.about}"))
        if name:
            _show_one(recipe)
    if not name:
        say("\nRun `nasdsl recipes NAME` for the settings of a recipe.")


def _show_one(recipe: recipes.Recipe) -> None:
    said = {**recipe.settings, **{f"{key} of the space": value for key, value in recipe.parameters.items()}}
    say("\n" + one_line(", ".join(f"{key} {value}" for key, value in said.items())))
    print_options(describe_options(TrainOptions), recipe.options)
    if recipe.options:
        say("\n* set by the recipe")


def result_text(figures: dict[str, Any], part: str) -> str:
    """Return `accuracy 0.9812`, `perplexity 61.20`, or an empty string if neither was measured."""
    if figures.get(f"{part}_accuracy") is not None:
        return f"accuracy {figures[f'{part}_accuracy']:.4f}"
    if figures.get(f"{part}_perplexity") is not None:
        return f"perplexity {figures[f'{part}_perplexity']:.2f}"
    return ""
