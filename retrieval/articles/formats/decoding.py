"""Bytes to text: UTF-8, UTF-16 by its mark, older encodings where that is safe."""

from __future__ import annotations

import codecs

from retrieval.errors import ArticleUnreadable


def decode(name: str, content: bytes) -> str:
    """Bytes to text: UTF-8 with or without BOM, UTF-16 by its BOM, else what charset-normalizer is sure of."""
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = _detect(name, content)
    if "\0" in text:
        raise ArticleUnreadable(name, "it is not a text file")
    return unix_lines(text)


def unix_lines(text: str) -> str:
    """``text`` with every line ended by a single line feed."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _detect(name: str, content: bytes) -> str:
    import charset_normalizer

    if b"\0" not in content and (best := charset_normalizer.from_bytes(content).best()):
        return str(best)
    raise ArticleUnreadable(name, "its encoding cannot be told; save it as UTF-8")
