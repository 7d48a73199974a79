"""A page for every diagnostic code: what it means, an example that raises it, and the way out.

The pages are the Markdown files of this folder, named by their code; the tests run every example in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nasdsl.diagnostics.codes import CODES

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Page:
    code: str
    slug: str
    summary: str
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.slug}: {self.summary}\n\n{self.text}"


def find(name: str) -> Page | None:
    """The page of a code (`NAS402`, in any case) or of its slug (`shape-mismatch`)."""
    wanted = name.strip().lower()
    for code, (slug, summary) in CODES.items():
        if wanted in (code.lower(), slug):
            return Page(code, slug, summary, (FOLDER / f"{code}.md").read_text(encoding="utf-8"))
    return None
