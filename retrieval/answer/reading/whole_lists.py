"""What a question asks for that is a whole list: "what are the rules?", "which boats are there?", "list the steps"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from retrieval.answer.follow_ups.variants import without_context
from retrieval.answer.reading.listed import ASKING, announcement
from retrieval.articles.formats.values import HEADING
from retrieval.text.back_matter import is_back_matter
from retrieval.text.list_items import is_listed
from retrieval.text.passages import Passage
from retrieval.text.sentences import Sentence, Span, headings_above, numbers_in, sentences, sentences_in
from retrieval.text.terms import content_terms, terms

_MOST = 900
"""Code points of a list that are quoted: its first items."""
_ANY_LIST = frozenset({"items", "points", "steps"})
"""What the items of any list are called."""
_ASKED = re.compile(
    rf"""^\W*
    (?:(?:what|which|who)(?:\s+(?:are|were)|['’]re)|list|name|(?:show|give|tell)\s+me|(?P<bare>what|which))\s+
    (?:all\s+)?(?:of\s+)?(?:(?:the|your|our|their|its)\s+)?
    (?P<whose>(?:(?!(?:{ASKING}|is|are|was|were|do|does|did)\b)[\w’'-]+\s+){{0,2}}?)
    (?P<name>[^\W\d_]{{3,}}s)
    (?P<there>\s+are\s+there|\s+(?:do|does)\s+(?P<has>(?:(?!{ASKING}\b)[\w’'-]+\s+){{1,6}})(?:have|offer|sell|serve)|)
    (?P<of>(?:\s+(?:in|of|for|on|at|to)\b(?:(?!\b{ASKING}\b).)*?)?)\W*$""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


class Things(NamedTuple):
    """What a question wants to have listed."""

    name: str
    """What they are, as it was asked: "rules"."""
    about: frozenset[str]
    """The question's other terms, which what stands above the list has."""


@lru_cache(maxsize=256)
def list_asked_for(question: str) -> Things | None:
    """What a question wants to have listed; None where it asks for something else."""
    found = _ASKED.match(without_context(question))
    if found is None or (found["bare"] and not found["there"]):
        return None
    return Things(
        found["name"].lower(), frozenset(content_terms(f"{found['whose']} {found['has'] or ''} {found['of']}"))
    )


def words_of_list(question: str, passage: Passage, sentence: Sentence) -> Span | None:
    """A list, of which a sentence is the first item, if it is what the question wants to have listed."""
    asked, text = list_asked_for(question), passage.article.text
    if asked is None or sentence.heading or not is_listed(text, sentence.start, sentence.end):
        return None
    every = sentences(text)
    at = numbers_in(text, Span(sentence.start, sentence.end)).start
    if _goes_on(text, every, at):
        return None
    headings, title = headings_above(text, sentence.start), passage.article.title
    before = announcement(text, every, at)
    named = " ".join([before, *(headings[-1:] or [title])])
    is_named = asked.name in _ANY_LIST or re.search(rf"\b{asked.name}\b", named, re.IGNORECASE)
    meant = asked.about.issubset(terms(" ".join([title, *headings, before]))) and _is_meant(question, passage, headings)
    words = Span(sentence.start, _end(text, every, at))
    fits = is_named and meant and words.end > sentence.end
    return words if fits and not is_back_matter(text, words) else None


def _is_meant(question: str, passage: Passage, headings: Sequence[str]) -> bool:
    """Whether a list stands under the only heading of its name, or every one above that has a word of the question."""
    same = [each for each in HEADING.finditer(passage.article.text) if headings and each[2] == headings[-1]]
    around = [each for each in headings[:-1] if each != passage.article.title]
    return len(same) < 2 or all(content_terms(each) & content_terms(question) for each in around)  # noqa: PLR2004


def is_list(question: str, passage: Passage, span: Span) -> bool:
    """Whether a span is the list that a question wants to have."""
    some = sentences_in(passage.article.text, span) if list_asked_for(question) else ()
    return any(words_of_list(question, passage, sentence) == span for sentence in some[:1])


def _goes_on(text: str, every: Sequence[Sentence], at: int) -> bool:
    """Whether the item before a sentence is of the same list."""
    for sentence in reversed(every[:at]):
        if sentence.heading or sentence.opens or is_listed(text, sentence.start, sentence.end):
            return not sentence.heading and is_listed(text, sentence.start, sentence.end)
    return False


def _end(text: str, every: Sequence[Sentence], at: int) -> int:
    """Where the last item of a list ends, of those that are quoted."""
    end = every[at].end
    for sentence in every[at + 1 :]:
        goes_on = not sentence.opens or is_listed(text, sentence.start, sentence.end)
        if sentence.heading or not goes_on or sentence.end - every[at].start > _MOST:
            break
        end = sentence.end
    return end
