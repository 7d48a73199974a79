"""Quoting of untrusted text in generated code and pages.  (`terminal.py` does terminals.)

A label, a parameter or a file name may hold any text.  As a value it is a `repr`; in a comment it goes through
`remark`; as a name through `identifier`; into a page through `html`, `dot` or `mermaid`.
"""

from __future__ import annotations

import html as _html
import re

from nasdsl.terminal import printable


def remark(text: str) -> str:
    """Return the text for a comment or docstring of generated Python: one line that ends neither."""
    return printable(text).replace("\n", "\ufffd").replace("\t", " ").replace("\\", "/").replace('"', "'")


def identifier(text: str) -> str:
    """Return an ASCII identifier that resembles the text: `sep_conv(3)` gives `sep_conv_3`.

    Different texts may give the same identifier; callers keep a table of used names.
    """
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_") or "item"
    return f"_{name}" if name[0].isdigit() else name


def html(text: str) -> str:
    """Quote text for the content or an attribute of an HTML or SVG page."""
    return _html.escape(printable(text), quote=True)


def dot(text: str) -> str:
    """Escape text for a quoted Graphviz string; the quotes are not included."""
    return printable(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")


def mermaid(text: str) -> str:
    """Escape text for a quoted Mermaid label, which is rendered as HTML; the quotes are not included."""
    kept = printable(text).replace("\n", " ")
    return "".join(f"#{ord(char)};" if char in _MERMAID else char for char in kept)


# `#` begins an entity of Mermaid's, the others are its own syntax or HTML's.
_MERMAID = frozenset('"#&<>`\\|{}%;')
