"""What a question asks for by its number: "what is rule 3?", "what does the second step say?"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from retrieval.answer.follow_ups.variants import without_context
from retrieval.articles.formats.values import HEADING
from retrieval.text.back_matter import is_back_matter
from retrieval.text.list_items import after_marker, is_listed, label_at, numbers_at, numbers_of
from retrieval.text.passages import Passage
from retrieval.text.sentences import Sentence, Span, headings_above, numbers_in, sentences, sentences_in
from retrieval.text.terms import content_terms, terms

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_CARDINALS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_WORDS = {word: number for words in (_ORDINALS, _CARDINALS) for number, word in enumerate(words, 1)}
_ANY_LIST = frozenset({"item", "number", "point", "step"})
"""What the items of any list are called."""
_ANY_PART = _ANY_LIST | {"section", "part", "chapter"}
"""And parts of an article, under headings."""
_LONG, _FAR = 600, 3000
"""Code points of a part under a heading that are quoted, and before an item that may say what its list is of."""
_NUMBER = rf"(?P<number>\d{{1,3}}|[a-z]|[ivx]{{2,5}}|{'|'.join(_CARDINALS)})"
ASKING = r"(?:who\w*|what|which|when|where|why|how)"
"""A word that asks: behind the thing that is named by its number, it asks for something else of it."""
_ASKED = re.compile(
    rf"""^\W*(?:(?:what|which)(?:['’]s|\s+(?:is|are|was|(?P<says>does|do|did)))?\s+|(?:tell|show)\s+me\s+|quote\s+|read\s+)?
    (?:the\s+)?(?P<whose>(?:(?!(?:{ASKING}|is|are|was|were|do|does|did)\b)[\w’'-]+\s+){{0,2}}?)
    (?:
        (?P<ordinal>{"|".join(_ORDINALS)})\s+(?P<thing>[^\W\d_]{{3,}})
        |(?P<name>[^\W\d_]{{3,}})\s+(?:number\s+|no\.?\s*|\#\s*)?{_NUMBER}
    )
    (?P<of>(?:\s+(?:in|of|for|on|to)\b(?:(?!\b{ASKING}\b).)*?)?)
    (?(says)\s+(?:says?|states?|means?)\b|)
    (?P<about>(?:\s+about\b(?:(?!\b{ASKING}\b).)*)?)\W*$""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_NAMED = re.compile(rf"(?P<name>[^\W\d_]{{3,}})\s+{_NUMBER}(?:[.:)]|\s*[–—-])\s", re.IGNORECASE)
"""The beginning of a part that says its name: "Section 2. Books come back", "Rule 3: No spoilers"."""


class Item(NamedTuple):
    """An item of a list, or a part of an article, as a question asks for it."""

    of: str
    """What the item is, in small letters: "rule"."""
    numbers: frozenset[int]
    """Its number; of "step i" the first or the ninth."""
    by_digits: bool
    """Whether it is asked for by digits, so that "a." is not what is meant."""
    about: frozenset[str]
    """The question's other terms, of which the item or what stands above it has one."""


@lru_cache(maxsize=256)
def item_asked_for(question: str) -> Item | None:
    """The item that a question asks for by its number; None where it asks for something else."""
    found = _ASKED.match(without_context(question))
    if found is None:
        return None
    said = found["ordinal"] or found["number"]
    numbers = _numbers(said)
    about = frozenset(content_terms(f"{found['whose']} {found['of']} {found['about']}"))
    return Item((found["thing"] or found["name"]).lower(), numbers, said.isdecimal(), about) if numbers else None


def words_of_item(question: str, passage: Passage, sentence: Sentence) -> Span | None:
    """What an item says, of which a sentence is the first, if the question asks for that one."""
    asked = item_asked_for(question)
    if asked is None or sentence.heading:
        return None
    text, every = passage.article.text, sentences(passage.article.text)
    at = numbers_in(text, Span(sentence.start, sentence.end)).start
    headings = headings_above(text, sentence.start)
    above = " ".join([passage.article.title, *headings, announcement(text, every, at)])
    heading = HEADING.match(text, every[at - 1].start) if at else None
    if _is_asked_for(asked, text, sentence.start, listed=asked.of in _ANY_LIST or _several(asked.of, above)):
        end = _end_of_item(text, every, at)
    elif heading and _is_asked_for(asked, heading[2], 0, listed=asked.of in _ANY_PART or _several(asked.of, above)):
        end = max(each.end for each in _part(every, at))
    else:
        return None
    words = Span(sentence.start, end)
    meant = not asked.about or asked.about.intersection(terms(f"{above} {text[slice(*words)]}"))
    return words if meant and not is_back_matter(text, words) else None


def is_item(question: str, passage: Passage, span: Span) -> bool:
    """Whether a span is what the item says that a question asks for by its number."""
    some = sentences_in(passage.article.text, span) if item_asked_for(question) else ()
    return any(words_of_item(question, passage, sentence) == span for sentence in some[:1])


def _is_asked_for(asked: Item, text: str, start: int, *, listed: bool) -> bool:
    """Whether what begins at ``start`` has the name and number asked for or, ``listed`` among such, the number."""
    named = _NAMED.match(f"{text[after_marker(text, start) :][:_LONG]}\n")
    if named and named["name"].lower() == asked.of:
        return bool(_numbers(named["number"]) & asked.numbers)
    label = label_at(text, start)
    fits = not (asked.by_digits and label.isalpha()) or bool(re.fullmatch("[ivx]+", label))
    return listed and fits and bool(numbers_of(label) & asked.numbers)


def _several(what: str, text: str) -> bool:
    """Whether a text speaks of several such things: "Rules of the house"; an article about Windows 11 lists none."""
    return bool(re.search(rf"\b(?:{what}(?:e?s|e?n|e)|{what.removesuffix('y')}ies)\b", text, re.IGNORECASE))


def _numbers(said: str) -> frozenset[int]:
    return frozenset({_WORDS[said.lower()]}) if said.lower() in _WORDS else numbers_of(said.lower())


def _end_of_item(text: str, every: Sequence[Sentence], at: int) -> int:
    end = every[at].end
    for later in every[at + 1 :]:
        if later.opens or later.heading or numbers_at(text, later.start):
            break
        end = later.end
    return end


def _part(every: Sequence[Sentence], at: int) -> Iterator[Sentence]:
    """The sentences from one on that stand under the same heading, as many as are quoted."""
    for sentence in every[at:]:
        if sentence.heading or (sentence.end - every[at].start > _LONG and sentence is not every[at]):
            return
        yield sentence


def announcement(text: str, every: Sequence[Sentence], at: int) -> str:
    """What stands before the list that a sentence is in."""
    first = every[at].start
    for sentence in reversed(every[:at]):
        if sentence.heading or first - sentence.start > _FAR:
            break
        if sentence.opens and not is_listed(text, sentence.start, sentence.end):
            return text[sentence.start : sentence.end]
    return ""
