"""Files of one kind under a name of another, as a failed download leaves a web page under the name of a PDF file."""

from __future__ import annotations

import codecs

from retrieval.errors import ArticleUnreadable

_BEGINNINGS = {
    b"%pdf-": (".pdf", "a PDF file"),
    b"<!doctype html": (".html", "a web page"),
    b"{\\rtf": (".rtf", "an RTF file"),
}


def refuse_disguised(name: str, content: bytes) -> None:
    """Raise ``ArticleUnreadable`` for another kind of file than its name says, where its beginning tells."""
    head = content[:64].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    for beginning, (suffix, kind) in _BEGINNINGS.items():
        if head.startswith(beginning) and not name.lower().endswith(suffix):
            raise ArticleUnreadable(name, f"it is {kind}; let its name end in {suffix}")
