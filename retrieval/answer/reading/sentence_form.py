"""Whether the form of a sentence fits a question: the order of its words, a reason, a table's row, a mere repetition.

Which words a sentence shares with a question says nothing of who did it to whom: "what did Ann ask Ben?" shares as many
with "Ben asked Ann". In a question with a helping verb, and in one for who did something, the words stand in the order
of subject, verb and object, as they do in a sentence that answers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from retrieval.answer.asking.question import asking_terms, kind_of, names
from retrieval.text.passages import Passage
from retrieval.text.sentences import Span, headings_above
from retrieval.text.table_heads import BETWEEN_CELLS
from retrieval.text.terms import content_terms, located_terms, stop_terms

_SUBJECT = re.compile(
    r"\b(?:did|does|do|has|have|had|will|would|can|could|should)(?:n['’]?t)? |^\W*who (?!(?:is|are|was|were)\b)",
    re.IGNORECASE,
)
"""What stands before a question's subject, or for it. The last one counts: "who did Ann ask?" has it behind "did"."""
_CLAUSE = re.compile(
    r"\b(?:according to|in|on|at|during|after|before|since|until|because|if|when|while|for|with|from|by|about)\b",
    re.IGNORECASE,
)
"""How words begin that may stand anywhere in a sentence."""
_BY = re.compile(r"\b(?:by|from|according to)\W+(?:\w+\W+){0,4}$", re.IGNORECASE)
"""What stands before one who does something, where the sentence has it the other way round."""
_PASSIVE = re.compile(r"\w+ by\b")
_OF = re.compile(r"\w+ of (?:\w+ )?$")

_REASON = re.compile(
    r"\b(?:because|since|due to|owing to|thanks to|as a result of|on account of|in order to|so that|so as to|therefore"
    r"|hence|reason(?:s|ed)?|caused?|leads? to|led to|result(?:s|ed|ing)? (?:in|from)|aim(?:s|ed|ing)? (?:to|at))\b",
    re.IGNORECASE,
)
_PURPOSE = re.compile(r"\b(?:to (?!(?:the|its|his|her|their|this|that)\b)[a-z]{3,}|for \w+ing|after)\b", re.IGNORECASE)
_MANNER = re.compile(
    r"\b(?:by (?:\w+ly )?\w+ing|by means of|using|through|via|with the help of|in order to)\b", re.IGNORECASE
)

_ARTICLE = r"(?:an?\s+|the\s+)?"
_WHAT_IS = re.compile(
    r"^\W*(?:(?:what|who)(?:['’]s|\s+(?:is|are))|define|what\s+do(?:es)?(?=.*\bmean\W*$))\s+(?:an?\s+)?(?!the\b)"
    r"(?P<name>(?:[\w’'.-]+\s+){0,3}?[\w’'.-]+?)(?:\s+mean)?\W*$",
    re.IGNORECASE,
)
_EXPLAINED = r"""(?:s|es)?['"”’*]*(?:\s*\([^)\n]*\))?
    (?:\n|:\s|\s+[–—-]\s|\s+(?:is|are|means?|refers?\s+to|denotes?|stands?\s+for)\b)"""
"""What follows a name where it is explained: "Chaff (husks) is", "Chaff: what is left"."""

_STANDS_FOR = re.compile(
    r"^\W*what\s+(?:(?:does|did|do)\s+(?:the\s+)?(?:\w+\s+)??(?P<one>[\w.&-]+)\s+(?:stand|mean)|is\s+(?P<other>[\w.&-]+)\s+short)"
    r"\s+for\W*$",
    re.IGNORECASE,
)

_WHEN_CLAUSE = re.compile(r"(?:when(?:ever)?|while|if|as)\b", re.IGNORECASE)
_REPEATED = 0.6
"""What part of the question's terms such a clause has at least to repeat it; one with so many hardly ever answers."""


def reverses(question: str, sentence: str) -> bool:
    """Whether a sentence has the question's words, each two of those that it has, the other way round.

    No sentence does where the order of the question's words says nothing.
    """
    asked = _ordered_terms(question)
    places: dict[str, list[int]] = {}
    for term, start, _ in located_terms(sentence, 0, len(sentence)) if asked else ():
        if term in asked:
            places.setdefault(term, []).append(start)
    there = [places[term] for term in asked if term in places]
    orders = [_in_order(sentence, one, other) for at, one in enumerate(there) for other in there[at + 1 :]]
    return bool(orders) and not any(orders)


def gives_reason(question: str, sentence: str) -> float:
    """1 where a question asks why, or how, and the sentence says so; a half where it may; else 0."""
    kind = kind_of(question)
    if kind == "why":
        return 1.0 if _REASON.search(sentence) else 0.5 if _PURPOSE.search(sentence) else 0.0
    return float(kind == "how" and bool(_MANNER.search(sentence)))


def defines(question: str, sentence: str) -> bool:
    """Whether a question asks what something is, and a sentence begins with saying so: "what is chaff?", "Chaff is".

    Or what letters stand for, and they follow the words in brackets, or the words them.
    """
    if short := _STANDS_FOR.match(question):
        letters = re.escape(short["one"] or short["other"])
        return bool(
            re.search(rf"\((?:the\s+)?{letters}s?\)|\b{letters}s?\s+(?:\(|stands?\s+for\b)", sentence, re.IGNORECASE)
        )
    asked = _WHAT_IS.match(question)
    if asked is None:
        return False
    said = rf"\W*{_ARTICLE}['\"“‘*]*{re.escape(asked['name'])}{_EXPLAINED}"
    return bool(re.match(said, sentence, re.IGNORECASE | re.VERBOSE))


def of_another_row(question: str, passage: Passage, sentence: Span) -> bool:
    """Whether a sentence is a row of a table that lacks a name of the question which another row beside it has."""
    text = passage.article.text
    row = text[sentence.start : sentence.end]
    if BETWEEN_CELLS not in row:
        return False
    said = "\n".join((passage.article.title, *headings_above(text, sentence.start), row))
    rows = [each for each in passage.text.split("\n\n") if BETWEEN_CELLS in each]
    return any(name not in said and any(name in each for each in rows) for name in names(question, ()))


def only_repeats(question: str, answer: str) -> bool:
    """Whether what answers "when" is a clause with the question's own words: "when is it ill?", "when it is ill"."""
    if kind_of(question) != "when" or not _WHEN_CLAUSE.match(answer):
        return False
    asked = content_terms(question) - asking_terms(question)
    return bool(asked) and len(asked & content_terms(answer)) >= _REPEATED * len(asked)


@lru_cache(maxsize=64)
def _ordered_terms(question: str) -> tuple[str, ...]:
    """A question's terms from subject to object, where their order tells; else none."""
    *_, found = (None, *_SUBJECT.finditer(question))
    if found is None:
        return ()
    clause = _CLAUSE.search(question, found.end())
    end = clause.start() if clause else len(question)
    return tuple(
        dict.fromkeys(term for term, *_ in located_terms(question, found.end(), end) if term not in stop_terms())
    )


def _in_order(sentence: str, before: Sequence[int], after: Sequence[int]) -> bool:
    """Whether any of some words comes before any of others, is named behind "by", or has "by" behind it.

    "Heads of companies" are company heads.
    """
    return (
        min(before) < max(after)
        or any(_OF.fullmatch(sentence, start, there) for start in after for there in before)
        or bool(_BY.search(sentence, 0, max(before)))
        or any(_PASSIVE.match(sentence, start) for start in before)
    )
