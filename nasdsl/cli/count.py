"""`nasdsl count`."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from nasdsl.cli.common import Json, Settings, SpaceName, load_space
from nasdsl.diagnostics import NasError
from nasdsl.terminal import say

DEFAULT_LIMIT = 1_000_000


def count(
    space: SpaceName,
    networks: Annotated[bool, typer.Option("--networks", help="Also count distinct networks.")] = False,
    limit: Annotated[
        int, typer.Option("--limit", min=1, help="Maximum number of steps for counting networks.")
    ] = DEFAULT_LIMIT,
    set_: Settings = None,
    as_json: Json = False,
) -> None:
    """Count architectures, and with --networks also distinct networks, by the two definitions in the literature."""
    loaded = load_space(space, set_)
    data: dict[str, Any] = loaded.counted.to_json()
    if networks:
        data["networks"] = _networks(loaded, limit)
    if as_json:
        say(json.dumps(data, indent=2))
        return
    estimate = f" (estimate: {data['accepted']} of {data['draws']} draws)" if "count_kind" in data else ""
    say(f"{data['count']:,} architectures{estimate}")
    from nasdsl.graph.networks.count import NOTIONS

    for notion, number in data.get("networks", {}).items():
        say(f"{number:,} networks {NOTIONS[notion]}" if isinstance(number, int) else f"networks {notion}: {number}")


def _networks(loaded: Any, limit: int) -> dict[str, Any]:
    """Return the number for each notion, or a remark for the one that exceeds the limit.  Raises NAS527 if both do."""
    from nasdsl.graph.networks.count import NOTIONS

    found: dict[str, Any] = {}
    failures: list[NasError] = []
    for notion in NOTIONS:
        try:
            found[notion] = loaded.networks(notion, limit).total
        except NasError as failure:
            failures.append(failure)
            found[notion] = "more steps than the limit allows"
    if len(failures) == len(NOTIONS):
        raise failures[0]
    return found
