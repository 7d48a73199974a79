"""Commands run in this process, as a user gives them."""

from __future__ import annotations

import sys

import pytest

from nasdsl.cli import main as cli


def run(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit status, and all that was written to standard output and standard error."""
    monkeypatch.setattr(sys, "argv", ["nasdsl", *arguments])
    capfd.readouterr()
    status = 0
    try:
        cli.main()
    except SystemExit as stop:
        status = int(stop.code or 0)
    written = capfd.readouterr()
    return status, written.out + written.err
