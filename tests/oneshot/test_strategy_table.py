"""spaces/STRATEGIES.md lists which strategy can search which shipped space.

`NASDSL_UPDATE_GOLDEN=1` rewrites it; test_pairs_*.py run every pair.
"""

from __future__ import annotations

import os

from pairs import CELLS, CHAINS, NO_DATA, STRATEGIES, TABLE, WORDS, Verdict, refuses, verdict
from shipped import SHIPPED

import nasdsl

HEAD = """# Strategies and shipped spaces

This table shows which strategies can search which shipped space in its default configuration. `make golden` generates
it by asking each strategy, and the tests run every pair on a small version of the space: search, derivation and
retraining.

- yes: works with the default options
- option: works with the option given below the table
- no: rejected before training, for the reason given below the table

"""


def told(strategies: list[str], found: Verdict) -> str:
    """One line for strategies that a space is told the same by."""
    assert found.refusal is not None
    reason = found.refusal.message.removeprefix(f"`{strategies[0]}` ")
    names = ", ".join(f"`{name}`" for name in strategies)
    if found.options:
        [(name, value)] = found.options.items()
        return f"- {names} with `--option {name}={value}`: {reason}\n"
    return f"- {names}: {reason}; {found.refusal.help[0]}\n"


def reasons(verdicts: dict[str, Verdict]) -> str:
    """The lines of one space; strategies with one reason stand together."""
    groups: dict[str, list[str]] = {}
    for strategy, found in verdicts.items():
        if found.refusal is not None:
            groups.setdefault(told([strategy], found).partition(": ")[2], []).append(strategy)
    return "".join(told(strategies, verdicts[strategies[0]]) for strategies in groups.values())


def rendered() -> str:
    table = [f"| space | {' | '.join(STRATEGIES)} |", "|---" * (len(STRATEGIES) + 1) + "|"]
    below = ""
    for name in (*CELLS, *CHAINS, *WORDS):
        space = nasdsl.load(name)
        assert refuses(space) is None
        verdicts = {strategy: verdict(strategy, space, {}) for strategy in STRATEGIES}
        table.append(f"| `{name}` | {' | '.join(found.word for found in verdicts.values())} |")
        below += f"\n## `{name}`\n\n{reasons(verdicts)}"
    below += "\n## Spaces without data\n\nNo data set matches these spaces, so no strategy can search them yet.\n\n"
    for name in NO_DATA:
        below += f"- {refuses(nasdsl.load(name))}\n"
    return HEAD + "\n".join(table) + "\n" + below


def test_the_table() -> None:
    assert sorted((*CELLS, *CHAINS, *WORDS, *NO_DATA)) == sorted(SHIPPED)
    text = rendered()
    if os.environ.get("NASDSL_UPDATE_GOLDEN") == "1":
        TABLE.write_text(text)
    assert TABLE.read_text() == text
