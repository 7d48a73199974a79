"""Text from outside on its way into generated code and pages: nothing else quotes it.  (`terminal.py` does terminals.)

A label, a parameter, a file name may hold anything.  As a value it is a `repr`; as a remark it goes through
`remark`; as a name through `identifier`; into a page through `html`, `dot` or `mermaid`.
"""

from __future__ import annotations

import html as _html
import re

from nasdsl.terminal import printable


def remark(text: str) -> str:
    """The text as it may stand in a comment or docstring of generated Python: one line that ends neither."""
    return printable(text).replace("\n", "\ufffd").replace("\t", " ").replace("\\", "/").replace('"', "'")


def identifier(text: str) -> str:
    """An ASCII identifier that resembles the text: `sep_conv(3)` is `sep_conv_3`.

    Other texts may give the same: who asks keeps a table of what is taken.
    """
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_") or "item"
    return f"_{name}" if name[0].isdigit() else name


def html(text: str) -> str:
    """The text as content or attribute of an HTML or SVG page."""
    return _html.escape(printable(text), quote=True)


def dot(text: str) -> str:
    """The text as a quoted string of Graphviz, without its quotes."""
    return printable(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")


def mermaid(text: str) -> str:
    """The text as a quoted label of Mermaid, without its quotes: Mermaid renders labels as HTML."""
    kept = printable(text).replace("\n", " ")
    return "".join(f"#{ord(char)};" if char in _MERMAID else char for char in kept)


# `#` begins an entity of Mermaid's, the others are its own syntax or HTML's.
_MERMAID = frozenset('"#&<>`\\|{}%;')
