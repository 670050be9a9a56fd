"""Small talk, and commands in words such as "more", told from questions to the articles."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from retrieval.answer.asking.courtesies import without_courtesies

Remark = Literal["farewell", "thanks", "greeting", "aside", "who", "help", "new", "more", "context", "sources"]
"""An aside asks nothing, and says next to nothing: "lol"."""

_SMALL_TALK: tuple[Remark, ...] = ("farewell", "thanks", "greeting", "aside")
"""Kinds of which a message may have several; the first of these counts."""

_LONGEST = 4
"""Words of a phrase of small talk."""

_REMARKS: dict[Remark, str] = {
    "who": r"(and )?(who|what) are you|what('s| is) your name|are you (a )?(bot|robot|human|real|an ai)",
    "help": r"help( me)?( please)?|(and )?what (can|could|should|may) i ask( you)?( about)?|what can you do"
    r"|how (does this|do you) work|what (do you know|articles (are there|do you have))( about)?",
    "new": r"new( (topic|subject|conversation|talk))?|start over|(let's )?change the subject",
    "more": r"(show (me )?|give me |tell me )?more( please)?|next( (one|quote|please))?|go on|anything else|what else",
    "context": r"where does (it|that|the article) say (that|this|so)"
    r"|((show|give) (me )?)?(the )?(context|paragraph)( please)?|really|seriously"
    r"|(are )?you sure( about (that|this|it))?|is (that|this|it) (really )?(so|true|right)",
    "sources": r"(show|give) me the (article|source)s?|which article( (is|was) (that|this|it))?"
    r"|what('s| is) (the|your) source|where is (that|this|it) from|(and )?(the |your )?sources?( please)?",
}


def remark(said: str) -> Remark | None:
    """What kind of small talk or command in words ("more") ``said`` is; None for a question to the articles."""
    return _remark(said) or _remark(without_courtesies(" ".join(said.split())))


def _remark(said: str) -> Remark | None:
    words = " ".join(re.sub(r"[^\w\s']+", " ", said.replace("’", "'").casefold()).split())
    kind = next((kind for kind, pattern in _REMARKS.items() if re.fullmatch(pattern, words)), None)
    return kind or _small_talk(words)


def _small_talk(words: str) -> Remark | None:
    """The kind of small talk that words are, where they are nothing but such: "ok thanks, bye"."""
    left = re.sub(r"\b(?:ha|he|ja){2,}h?\b", "haha", re.sub(r"([^\W\d])\1{2,}", r"\1", words)).split()
    known = _phrases()
    found: set[str] = set()
    while left:
        beginnings = [" ".join(left[:size]) for size in range(min(_LONGEST, len(left)), 0, -1)]
        phrase = next((each for each in beginnings if each in known), None)
        if phrase is None:
            return None
        found.add(known[phrase])
        del left[: len(phrase.split())]
    return next((kind for kind in _SMALL_TALK if kind in found), None)


@cache
def _phrases() -> Mapping[str, str]:
    """What small talk is made of, and of which kind each phrase is."""
    kinds = tomllib.loads(Path(__file__).with_name("small_talk.toml").read_text(encoding="utf-8"))
    return {phrase: kind for kind, phrases in kinds.items() for phrase in phrases}
