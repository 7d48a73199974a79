"""The one way by which text reaches a terminal: what a stranger's file holds must not steer it."""

from __future__ import annotations

import io
import sys


def printable(text: str) -> str:
    """The text with line ends and tabs, and U+FFFD for every other character that is not shown as itself.

    One character stays one character, so that carets below a line still point at their place.
    """
    return "".join(char if char in "\n\t" or char.isprintable() else "\ufffd" for char in text)


def one_line(text: str) -> str:
    """As `printable`, with spaces for line ends and tabs: a name cannot pass for the line that follows it."""
    return printable(text.translate({ord("\n"): " ", ord("\t"): " "}))


def say(text: object = "", *, error: bool = False, end: str = "\n", painted: bool = False) -> None:
    """Print `text` to standard output, or to standard error, without anything that a terminal would obey.

    Text that is `painted` was made printable before it got its colours.
    """
    shown = str(text) if painted else printable(str(text))
    if error:
        print(shown, file=sys.stderr, end=end, flush=True)  # noqa: T201
    else:
        print(shown, end=end)  # noqa: T201


def hand_on(text: str) -> None:
    """Write the text of a user's file to standard output: byte for byte for a program, printable on a terminal."""
    if sys.stdout.isatty():
        say(text, end="")
        return
    sys.stdout.flush()  # what was said before comes before
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()


def escape_what_cannot_be_encoded() -> None:
    """Let both streams write `\\xe9` where their encoding has no such character; Python would raise."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
