"""The only module that prints: text from files of unknown origin must not control the terminal."""

from __future__ import annotations

import io
import sys


def printable(text: str) -> str:
    """Replace every unprintable character except line ends and tabs by U+FFFD.

    Each character yields exactly one, so that carets below a line stay aligned.
    """
    return "".join(char if char in "\n\t" or char.isprintable() else "\ufffd" for char in text)


def one_line(text: str) -> str:
    """Like `printable`, with line ends and tabs replaced by spaces, so that text cannot imitate another line."""
    return printable(text.translate({ord("\n"): " ", ord("\t"): " "}))


def say(text: object = "", *, error: bool = False, end: str = "\n", painted: bool = False) -> None:
    """Print `text` to standard output, or to standard error, without control characters.

    `painted` text was made printable before it was colored.
    """
    shown = str(text) if painted else printable(str(text))
    if error:
        print(shown, file=sys.stderr, end=end, flush=True)  # noqa: T201
    else:
        print(shown, end=end)  # noqa: T201


def hand_on(text: str) -> None:
    """Write the text of a user's file to standard output: unchanged to a pipe, printable to a terminal."""
    if sys.stdout.isatty():
        say(text, end="")
        return
    sys.stdout.flush()  # what was said before comes before
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()


def escape_what_cannot_be_encoded() -> None:
    """Make both streams escape characters that their encoding lacks (`\\xe9`) instead of raising."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
