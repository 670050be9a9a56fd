"""Words to terms: the forms under which lexical search compares words."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

from retrieval.text.stop_words import STOP_WORDS

RULES = "lemma-porter-2"
"""Raised whenever the same text would give other terms."""

IRREGULAR = Path(__file__).with_name("irregular.txt")
"""Words whose base form has another stem than they have, a line each: the word and the stem ("met meet").

``python -m training.irregular`` writes it from simplemma's English dictionary, which would take a quarter of a second
to load for every first question.
"""

_WORD = re.compile(r"\w[\w\u0300-\u036f]*")
"""Accents that follow their letter as code points of their own belong to the word."""


class _Stemmer(threading.local):
    """PyStemmer's objects must not be shared by threads."""

    def __init__(self) -> None:
        import Stemmer

        self.stem = Stemmer.Stemmer("porter").stemWord


_stemmer = _Stemmer()


@lru_cache(maxsize=2**17)
def term(word: str) -> str:
    """The form under which BM25 compares ``word``: "Met", "meets" and "meeting" are one term, so are "é" and "e".

    Porter's stemmer (https://tartarus.org/martin/PorterStemmer/) knows no irregular forms: these are looked up.
    """
    bare = plain(word)
    # To the stemmer a lone "s" is an ending and nothing else.
    return _irregular().get(bare) or stem(unicodedata.normalize("NFC", bare).lower()) or bare


@cache
def _irregular() -> Mapping[str, str]:
    return dict(line.split() for line in IRREGULAR.read_text(encoding="utf-8").splitlines())


def stem(word: str) -> str:
    """The term of most words in small letters, quickly: that of all but irregular forms."""
    stemmed: str = _stemmer.stem(word)
    return stemmed


def plain(word: str) -> str:
    """``word`` in small letters without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", word.lower()) if not unicodedata.combining(c)) or word


def words_of(text: str) -> list[str]:
    """The words of ``text``, in order."""
    return _WORD.findall(text)


def terms(text: str) -> list[str]:
    """The terms of ``text``, in order."""
    return list(map(term, words_of(text)))


def located_terms(text: str, start: int, end: int) -> list[tuple[str, int, int]]:
    """The terms of ``text[start:end]``, each with its word's place in ``text``."""
    return [(term(word[0]), *word.span()) for word in _WORD.finditer(text, start, end)]


def content_terms(text: str) -> set[str]:
    """The terms of ``text`` that mean something by themselves."""
    return set(terms(text)) - stop_terms()


@lru_cache(maxsize=1)
def stop_terms() -> frozenset[str]:
    """Terms that say nothing of what a question is about."""
    return frozenset(term for word in (*STOP_WORDS, "many", "much", "whose", "tell") for term in terms(word))


def coverage(weights: Mapping[str, float], text: str) -> float:
    """What part of a question, by ``LexicalIndex.weights``, the words of ``text`` cover: 0 to 1."""
    return sum(weights[term] for term in set(terms(text)) & weights.keys())
