"""Source text, spans and diagnostics, which every stage uses to report to the user.

A diagnostic is data; `render` is one of its renderers and `to_json` another.  Stages collect diagnostics in a
`Reporter`, and the driver raises `NasError` once.
"""

from nasdsl.diagnostics.errors import NasError, Reporter, error
from nasdsl.diagnostics.model import (
    Diagnostic,
    Label,
    Source,
    Span,
    diagnostic,
    display_name,
    suggest,
)
from nasdsl.diagnostics.rendering import render

__all__ = [
    "Diagnostic",
    "Label",
    "NasError",
    "Reporter",
    "Source",
    "Span",
    "diagnostic",
    "display_name",
    "error",
    "render",
    "suggest",
]
