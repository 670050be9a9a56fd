"""Bytes to text: UTF-8, UTF-16 with or without its mark, older encodings where that is safe."""

from __future__ import annotations

import codecs
import re

from retrieval.errors import ArticleUnreadable


def decode(name: str, content: bytes) -> str:
    """Bytes to text: UTF-8 with or without BOM, UTF-16 by its BOM, else what charset-normalizer is sure of."""
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError:
        text = _detect(name, content)
    if "\0" in text:
        text = _wide(name, content)
    return unix_lines(text)


def unix_lines(text: str) -> str:
    """``text`` with every line ended by a single line feed."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def without_soft_hyphens(text: str) -> str:
    """``text`` without the marks for where a word may or must not be broken, which nobody sees or types."""
    return _ZERO_WIDTH.sub("", text.replace("\N{SOFT HYPHEN}", "").replace("\N{WORD JOINER}", ""))


_LETTER = "[A-Za-z\u00c0-\u052f]"

_ZERO_WIDTH = re.compile(rf"(?<={_LETTER})[\u200b-\u200d\ufeff](?={_LETTER})")
"""A space without width, or a mark for joined letters, inside of a word; elsewhere it parts words."""


_MAX_SPOILT = 0.25
"""Share of the bytes beyond ASCII that may be damaged in a text that still is taken for UTF-8."""


def _detect(name: str, content: bytes) -> str:
    """The text of bytes that are not all UTF-8: UTF-8 with a few of them damaged, or an older encoding."""
    import charset_normalizer

    if b"\0" in content:
        return _wide(name, content)
    if _mostly_utf8(content):
        return content.decode("utf-8-sig", errors="replace")
    if western := _western(content):
        return western
    best = charset_normalizer.from_bytes(content).best()
    if best and len(_MISREAD.findall(str(best))) <= _MAX_MISREAD * len(str(best)):
        return str(best)
    raise ArticleUnreadable(name, "its encoding cannot be told; save it as UTF-8")


_ALPHABETS = tuple(
    frozenset(letters)
    for letters in ("äöüß", "àâæçèéêëîïôöùûüœ", "áçéíïñóúü", "àáâãçéêíóôõúü", "àèéìòóù", "àäåéö", "åæéèêóòôø",
                    "áæéíðóöúýþ", "áèéêëíïóôöúü")
)  # fmt: skip
"""Letters beyond ASCII of German, French, Spanish, Portuguese, Italian, Swedish, Danish, Icelandic and Dutch."""

_NOT_WESTERN = re.compile(
    "[^\\W\\d_][\u0192\u02c6\u02dc\u201a\u201e\u2020-\u2022\u2030\u2039\u203a¡-©«-»¿][^\\W\\d_]|[a-z,.]\u2019?[À-Þ]|[\x80-\x9f]"
)
"""What stands in no word of these languages, but in those of others that are read in a wrong encoding."""


def _western(content: bytes) -> str | None:
    """The text of bytes that are a western European language in the encoding of Windows; None for others.

    Of short texts statistics tell only that it is one of several encodings, which differ in a letter or two.
    """
    text = str(content, "cp1252", "replace")
    letters = {letter for letter in text.lower() if letter > "\x7f" and letter.isalpha()} - {"µ", "ª", "º"}
    fits = "\ufffd" not in text and any(letters <= alphabet for alphabet in _ALPHABETS)
    return text if fits and not _NOT_WESTERN.search(text) else None


def _wide(name: str, content: bytes) -> str:
    """The text of bytes with zeros among them: UTF-16 or UTF-32 without a mark, or no text at all."""
    import charset_normalizer

    best = charset_normalizer.from_bytes(content).best()
    if best and best.encoding.startswith(("utf_16", "utf_32")) and "\0" not in str(best):
        return str(best)
    raise ArticleUnreadable(name, "it is not a text file")


_MISREAD = re.compile("[\uff61-\uff9f]")
"""Half a letter's width of Japanese, which nobody writes texts in: short texts in other encodings look so."""

_MAX_MISREAD = 0.2

_BEYOND_ASCII = bytes(range(128, 256))


def _mostly_utf8(content: bytes) -> bool:
    """Whether nearly all that is not ASCII makes whole characters of UTF-8, as no text in another encoding does."""
    whole = _beyond_ascii(content.decode("utf-8", errors="ignore").encode())
    damaged = _beyond_ascii(content) - whole
    return whole >= 2 * damaged and damaged <= max(2, _MAX_SPOILT * whole)


def _beyond_ascii(content: bytes) -> int:
    return len(content) - len(content.translate(None, _BEYOND_ASCII))
