"""Questions that the articles are sure to answer, for whoever does not know what to ask.

They are made of sentences by a few patterns: in "Shinzo Abe met Vladimir Putin in Sochi" a question word takes the
place of the name. Each is asked, and offered only where the answer is that sentence and those words.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from bot.discord.service import AnswerService
from bot.pool import Busy, Closing
from bot.unwrapping import unwrapped
from retrieval.text.sentences import Span, sentences

if TYPE_CHECKING:
    from retrieval.articles.article import Article
    from retrieval.engine import Engine

_log = logging.getLogger("quoth.discord")

OFFERED = 3
_LONGEST = 70
"""Code points: a button has room for eighty."""
_TRIED = 24
"""Candidates that are asked before the bot makes do with what it has."""
_ARTICLES, _SENTENCES = 60, 12
"""Articles, the newest, and of each the first sentences, that candidates are made of."""
_SURE = 0.5
"""Confidence from which an answer is one to show off with."""

_VERBS = (
    r"[a-z]+ed|met|won|wrote|became|began|led|made|built|took|gave|held|sang|died|lost|left|ran|sold|found|told|put"
    r"|will|has|had"
)
_WHO = re.compile(
    rf"(?P<answer>(?:[A-Z][\w'’.-]+ (?:of (?=[A-Z]))?){{1,6}})(?P<does>{_VERBS})\b(?P<rest>[^\n,;:()\"“”]*?)(?:[.,].*)?"
)
_NO_NAME = re.compile(
    r"(?:The|A|An|This|That|These|Those|It|He|She|They|We|In|On|At|But|And|For|After|Before|When|While)\b"
)
_PRONOUN = re.compile(r"\b(?:he|she|it|they|him|her|his|their|them|we|our|i|my)\b", re.IGNORECASE)
_HOW_MANY = re.compile(
    r"\b(?P<answer>\d[\d,]*|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|forty|fifty|hundreds of"
    r"|thousands of) (?P<what>(?:[a-z-]+ ){1,2}[a-z]{3,}s)\b"
)
_WHAT = re.compile(
    r"(?P<who>The (?:[a-z-]+ ){1,3})(?P<does>include|contain|offer|cover|cost|provide|require)s (?P<answer>.+)"
)
_CUT = re.compile(r" (?=(?:to|in|on|at|for|with|during|after|before|by|from|of|that|who|which|and|as)\b)")
"""Where a question may end before its sentence does."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question, and where its answer stands."""

    question: str
    article: str
    sentence: Span
    answer: Span


def candidates(article: Article) -> Iterator[Candidate]:
    """The questions that an article's first sentences can be made into."""
    for start, end, *_ in sentences(article.text)[:_SENTENCES]:
        for question, found in _questions(unwrapped(article.text[start:end])):
            if len(question) <= _LONGEST and not _PRONOUN.search(question):
                answer = Span(start + found.start("answer"), start + found.end("answer"))
                yield Candidate(question, article.id, Span(start, end), answer)


def _questions(sentence: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Questions that a sentence answers, each with where it does."""
    found = _WHO.fullmatch(sentence)
    if found and not _NO_NAME.match(sentence):
        yield f"Who {found['does']}{_shortened(found['rest'], _LONGEST - len(found['does']) - 5)}?", found
    if found := _WHAT.fullmatch(sentence):
        yield f"What does the {found['who'][4:]}{found['does']}?", found
    if found := _HOW_MANY.search(sentence):
        yield f"How many {found['what']} were there?", found


def _shortened(rest: str, room: int) -> str:
    """As much of a sentence as has room, up to a phrase's end, and without words that stand for others."""
    rest = rest.rstrip(" ,")
    if found := _PRONOUN.search(rest):
        room = min(room, found.start() - 1)
    if len(rest) <= room:
        return rest
    return rest[: max((cut.start() for cut in _CUT.finditer(rest) if cut.start() <= room), default=len(rest))]


async def chosen(service: AnswerService) -> tuple[str, ...]:
    """Up to three questions about different articles, each of which was asked and answered as it should be.

    They are asked one by one as members' questions are, and not at all while there are many of those.
    """
    engine = service.library.engine
    if engine is None:
        return ()
    good: list[str] = []
    for candidate in await asyncio.to_thread(lambda: list(islice(_of_all(engine), _TRIED))):
        try:
            if await service.pool.run(lambda each=candidate: _answered(engine, each)):  # type: ignore[misc]
                good.append(candidate.question)
        except (Busy, Closing):
            break
        if len(good) == OFFERED:
            break
    return tuple(good)


def _of_all(engine: Engine) -> Iterator[Candidate]:
    """Candidates of the newest articles, the first of each before the second of any."""
    infos = sorted(engine.index.articles, key=lambda info: str(info.published or ""), reverse=True)
    several = [list(candidates(engine.index.article(info.id))) for info in infos[:_ARTICLES]]
    for place in range(_SENTENCES):
        yield from (some[place] for some in several if len(some) > place)


def _answered(engine: Engine, candidate: Candidate) -> bool:
    """Whether a candidate is answered, surely, by its sentence and its name."""
    answer = engine.ask(candidate.question)
    if not answer.answered or answer.confidence < _SURE:
        return False
    quote = answer.quotes[0]
    inside = quote.article.id == candidate.article and quote.start <= candidate.sentence.start < quote.end
    meant = candidate.answer
    named = [mark for mark in quote.highlights if mark.start < meant.end and mark.end > meant.start]
    words = [quote.article.text[mark.start : mark.end] for mark in quote.highlights]
    # Without a model what is marked are the question's own words.
    return inside and (bool(named) or all(word in candidate.question for word in words))
