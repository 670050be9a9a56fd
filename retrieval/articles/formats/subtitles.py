"""Subtitles (.srt, .vtt): what is said, as paragraphs of whole sentences, without times.

pysubs2 takes the cues apart; what WebVTT has besides (voices, notes, named characters) it does not know.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING

from retrieval.articles.formats.decoding import decode
from retrieval.articles.formats.values import ExtractedArticle, squeezed, titled
from retrieval.errors import ArticleUnreadable

if TYPE_CHECKING:
    from pysubs2 import SSAEvent

_LONG_PAUSE_MS = 4000

_PAUSE_MS = 1500
"""A paragraph ends where nobody speaks for the longer time, or for the shorter one behind a sentence."""

_ENDS_SENTENCE = re.compile(r"[.!?\u2026\u3002\uff01\uff1f][\"'”’»)\]]*$")

_NO_CUE = re.compile(r"^(?:NOTE|STYLE|REGION)(?:[ \t][^\n]*)?\n(?:[^\n]+\n?)*", re.MULTILINE)

_VOICE = re.compile(r"<v(?:\.[\w.-]+)?[ \t]+([^<>\n]{1,80})>")

_TAG = re.compile(r"</?[a-zA-Z\d][^<>\n]{0,200}>")

_SOUND = re.compile(r"[\s♪♫#]*(?:\[[^\[\]]*\][\s♪♫]*)*")
"""A line that says what is heard, not what is said, as "[Music]"."""

_TURN = re.compile(r"(?:[-\u2010-\u2015](?!\d)|>>+)\s*(?=\S)")
"""Before what another person says; before a number the dash is its sign."""

_LANGUAGE = re.compile(r"\.[a-z]{2,3}(?:[-_][A-Za-z]{2,4})?$")


def read_subtitles(name: str, content: bytes) -> list[ExtractedArticle]:
    """Subtitles: their words in paragraphs; the title is the file's name, as none is in it."""
    import pysubs2

    kind = PurePath(name).suffix.lower().removeprefix(".")
    written = decode(name, content)
    if kind == "vtt":
        written = _VOICE.sub(r"\n>> \1: ", _NO_CUE.sub("", written))
    cues = pysubs2.SSAFile.from_string(written, format_=kind)
    if not cues:
        raise ArticleUnreadable(name, f"it is damaged or no {kind.upper()} file")
    cues.sort()
    text = "\n\n".join(_paragraphs(cues, named=kind == "vtt"))
    return [ExtractedArticle(text, {"title": titled(_LANGUAGE.sub("", PurePath(name).stem))})]


def _paragraphs(cues: Iterable[SSAEvent], *, named: bool) -> Iterator[str]:
    """What the cues say, in paragraphs: one ends with a pause, or where another person speaks."""
    said: list[str] = []
    before: list[str] = []
    end = 0
    for cue in cues:
        lines = _lines(cue.plaintext, named=named)
        pause = cue.start - end
        fresh = lines[_repeated(before, lines) if pause < _PAUSE_MS else 0 :]
        if said and (pause > _LONG_PAUSE_MS or (pause > _PAUSE_MS and _ENDS_SENTENCE.search(said[-1]))):
            yield " ".join(said)
            said = []
        for line in fresh:
            words = _TURN.sub("", line, count=1) if _TURN.match(line) else line
            if words != line and said:
                yield " ".join(said)
                said = []
            if said and words.startswith(said[-1]) and pause <= 0:  # a caption that grows word by word
                said.pop()
            said.append(words)
        before, end = lines or before, max(end, cue.end)
    if said:
        yield " ".join(said)


def _lines(text: str, *, named: bool) -> list[str]:
    """The lines of a cue that are said."""
    text = _TAG.sub("", text)
    lines = (squeezed(html.unescape(line) if named else line) for line in text.split("\n"))
    return [line for line in lines if line and not _SOUND.fullmatch(line)]


def _repeated(before: list[str], lines: list[str]) -> int:
    """How many of a cue's lines stood in the one before already, as captions that roll up have it."""
    longest = min(len(before), len(lines))
    return next((count for count in range(longest, 0, -1) if before[-count:] == lines[:count]), 0)
