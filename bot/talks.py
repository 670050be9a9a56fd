"""Sessions: the conversations of many people, bounded in number and age; and telling small talk from questions."""

from __future__ import annotations

import re
import threading
import time
import tomllib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from retrieval.answer.conversation import Talk
from retrieval.answer.courtesies import without_courtesies

MAX_AGE_S = 3600.0
"""After an hour without a question a talk begins anew."""

MAX_TALKS = 1_000
"""Talks kept at once where many people ask; the one that rested longest goes first."""


class Talks:
    """The conversations of many people, each under a key, bounded in number and age.

    Any number of threads may use it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, kept: int = MAX_TALKS) -> None:
        self._clock = clock
        self._kept = kept
        self._lock = threading.Lock()
        self._talks: OrderedDict[Hashable, tuple[float, Talk]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._talks)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._talks

    def of(self, key: Hashable) -> Talk:
        """The conversation under ``key``; an empty one where there is none, or none that is recent."""
        with self._lock:
            since, talk = self._talks.get(key, (self._clock(), Talk()))
            return talk if self._clock() - since < MAX_AGE_S else Talk()

    def keep(self, key: Hashable, talk: Talk) -> None:
        """Put a conversation under ``key``, in place of the one before."""
        with self._lock:
            self._talks[key] = self._clock(), talk
            self._talks.move_to_end(key)
            while len(self._talks) > self._kept:
                self._talks.popitem(last=False)

    def forget(self, member: int) -> None:
        """Drop the conversations of a member: those whose key is a pair of a place and the member."""
        with self._lock:
            for key in [key for key in self._talks if isinstance(key, tuple) and key[-1] == member]:
                del self._talks[key]


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
