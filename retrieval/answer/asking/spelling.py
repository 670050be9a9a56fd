"""Spelling correction: a word that no article and no dictionary has, read as a near one that the articles have."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from retrieval.answer.asking.question import asked_in
from retrieval.index.protocol import Index
from retrieval.text.terms import plain, stem, term, words_of

_WORD = re.compile(r"(?<![^\W_])[^\W\d_]+\d[^\W\d_]+(?![^\W_])|[^\W\d_]+")
"""A word, which may have one digit inside for a letter: "h0spital"."""
_SHORTEST = 4
"""Letters of a word that may be a slip: among shorter ones everything is near everything."""
_LONGEST = 30
"""Letters of a word that may be a slip: each letter more is 53 words more that may be meant."""
_LONG = 9
"""Letters from which two edits are no more than a slip."""
_SAME_START = 6
"""Letters below which the first must be right: short words that differ there are seldom one."""
_CONTRACTED = re.compile(
    r"(?:is|are|was|were|has|have|had|do|does|did|ca|could|wo|would|should|must|need)nt|(?:they|you|we)(?:re|ve|ll|d)"
    r"|(?:could|would|should)ve|(?:who|what|where|when|why|how|that|there|here|let)s"
)
"""What many type without its apostrophe, and no dictionary has."""
_READ = 8
"""Passages that are looked through for how a term is written, and near terms for which that is done."""


@dataclass(frozen=True, slots=True)
class Slip:
    """A word of a question and what it was read as."""

    typed: str
    meant: str


@dataclass(frozen=True, slots=True)
class Correction:
    """A question with its slips put right, and these."""

    text: str
    slips: tuple[Slip, ...] = ()


class Speller:
    """Corrects questions about the articles of an index. Any number of threads may use it."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._stands = lru_cache(maxsize=4096)(self._stands_somewhere)

    def corrected(self, question: str) -> Correction:
        """The question with its slips put right, and these.

        A word is one when neither the articles nor simplemma's English dictionary has it and one edit (two for a
        long word) makes it one that the articles have: by optimal string alignment, which takes two letters that
        changed places for one edit. Of several words as near, the one is meant that a passage has beside most of
        the question. A word with a capital inside of the question is a name, and is read as nothing but another name,
        unless it is long. What a dictionary of the question's language has is no slip.
        """
        abroad = asked_in(question)
        words = dict.fromkeys((found[0], _is_name(question, found)) for found in _WORD.finditer(question))
        slips = {
            word: self._likeliest(near, question)
            for word, named in words
            if (near := self._near(word, named=named)) and not _is_of(abroad, word, near)
        }
        text = _WORD.sub(lambda match: slips.get(match[0], match[0]), question)
        return Correction(text, tuple(Slip(typed, meant) for typed, meant in slips.items()))

    def _likeliest(self, words: Sequence[str], question: str) -> str:
        """The one that stands in the passage which is best for the question; of equal ones the commonest."""
        if len(words) == 1:
            return words[0]
        terms = [term(word) for word in words]
        scores = self._index.best_scores(question, terms)
        common = [self._index.terms.frequency(each) for each in terms]
        return max(zip(words, scores, common, strict=True), key=lambda each: each[1:])[0]

    def _near(self, word: str, *, named: bool) -> list[str]:
        """What may be meant by a word, if it is a slip: words of the articles, all equally near to it."""
        low = plain(word)
        if not _SHORTEST <= len(low) <= _LONGEST or _CONTRACTED.fullmatch(low):
            return []
        typed = term(low)
        if self._stands(low, typed):
            return []
        written = set()
        for each in self._written(typed):
            if low.startswith(plain(each)) or plain(each).startswith(low):
                return []  # a form of it
            written.add(each)
        from rapidfuzz.distance import OSA

        if is_english(low):
            return []
        edits = 2 if len(low) >= _LONG else 1
        there = sorted((*written, *self._named(typed, edits)))  # of "Plan" and "plan" the second stays
        if not low.isalpha():
            there = [each for each in there if each.isalpha() and len(each) == len(low)]
        likely = list({each.casefold(): each for each in (*(() if named else self._known(low)), *there)}.values())
        if named:
            likely = [each for each in likely if each[0].isupper() and self._names(each)]
        near = {each: OSA.distance(low, plain(each), score_cutoff=edits) for each in likely if _starts(low, each)}
        least = min(near.values(), default=edits + 1)
        return sorted(each for each, distance in near.items() if distance == least <= edits)

    def _known(self, low: str) -> Iterator[str]:
        """English words one edit away from ``low`` whose terms the articles have."""
        terms = self._index.terms.vocabulary
        for other in edited(low):  # hundreds: the dictionary is asked for few of them
            if stem(other) in terms and is_english(other) and term(other) in terms:
                yield other

    def _named(self, typed: str, edits: int) -> Iterator[str]:
        """Words of the articles whose terms are near to the term ``typed``, which has no ending that could hide it."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        terms = self._index.terms.vocabulary
        for other, _, _ in process.extract(typed, terms, scorer=OSA.distance, score_cutoff=edits, limit=_READ):
            yield from self._written(other)

    def _stands_somewhere(self, low: str, typed: str) -> bool:
        """Whether a word stands in the first passage that has its term, where most do."""
        return any(low in words_of(text.lower()) for text in self._texts(typed, 1))

    def _written(self, meant: str) -> Iterator[str]:
        """The words of this term, as they are written in the first passages, or titles, that have it."""
        for text in self._texts(meant, _READ):
            yield from (each for each in words_of(text) if term(each) == meant)

    def _names(self, word: str) -> bool:
        """Whether a word with a capital is a name: no English word, or one that has its capital within a sentence."""
        inside = re.compile(rf"(?<=[^\W_A-Z] ){re.escape(word)}\b")
        return not is_english(plain(word)) or any(map(inside.search, self._texts(term(word), _READ)))

    def _texts(self, meant: str, most: int) -> Iterator[str]:
        """The first passages, or titles, that have this term."""
        for passage in self._index.having(meant, most):
            yield from (passage.text, passage.article.title)


def _is_name(question: str, word: re.Match[str]) -> bool:
    """Whether a word has a capital because it is a name: inside of a question that is not all in capitals."""
    before, behind = _WORD.findall(question[: word.start()]), _WORD.findall(question[word.end() :])
    if len(word[0]) >= _LONG or not word[0][0].isupper() or not (before or (behind and behind[0][0].isupper())):
        return False
    return sum(str(other)[0].islower() for other in (*before, *behind)) > len(before + behind) / 2


def _is_of(languages: Sequence[str], word: str, near: Sequence[str]) -> bool:
    """Whether a word is one of these languages or, in Russian, a name near to it with an ending."""
    if not languages:
        return False
    from simplemma import is_known

    low = word.lower()
    declined = "ru" in languages and any(low.startswith(each.lower()) for each in near)
    return declined or any(is_known(each, lang=tuple(languages), low_memory=True) for each in (low, low.capitalize()))


def _starts(low: str, other: str) -> bool:
    """Whether the first letter is right, where it must be."""
    return len(low) >= _SAME_START or plain(other)[:1] == low[0]


def is_english(word: str) -> bool:
    """Whether simplemma's English dictionary has a word in small letters."""
    from simplemma import is_known  # takes a quarter of a second to load, so most questions are to do without

    return is_known(word, lang="en", low_memory=True)


def edited(word: str) -> Iterator[str]:
    """Everything one edit away from ``word``, with the alphabet's letters."""
    for at in range(len(word) + 1):
        before, behind = word[:at], word[at:]
        yield from (f"{before}{letter}{behind}" for letter in string.ascii_lowercase)
        if behind:
            yield before + behind[1:]
            yield from (f"{before}{letter}{behind[1:]}" for letter in string.ascii_lowercase)
        if len(behind) > 1:
            yield f"{before}{behind[1]}{behind[0]}{behind[2:]}"
