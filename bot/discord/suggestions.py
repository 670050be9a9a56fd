"""Questions that the articles are sure to answer, for whoever does not know what to ask.

They are made of sentences that begin with somebody's name, which "Who" takes the place of: "Shinzo Abe met Vladimir
Putin in Sochi." Each is asked, and offered only where the answer is that sentence and that name.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from bot.discord.service import AnswerService, Busy, Closing
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
    r"[a-z]+ed|met|won|wrote|said|became|began|led|made|built|took|gave|held|sang|died|lost|left|ran|sold|found|told"
    r"|was|will|has|had"
)
_NAMED = re.compile(rf"(?P<name>(?:[A-Z][\w'’.-]+ ){{1,3}})(?P<verb>{_VERBS})\b(?P<rest>[^\n;:()\"“”]*?)[.]?")
_NO_NAME = re.compile(
    r"(?:The|A|An|This|That|These|Those|It|He|She|They|We|In|On|At|But|And|For|After|Before|When|While)\b"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question, and where its answer stands."""

    question: str
    article: str
    sentence: Span
    name: Span


def candidates(article: Article) -> Iterator[Candidate]:
    """The questions that an article's first sentences can be made into."""
    for found_at in sentences(article.text)[:_SENTENCES]:
        span = Span(found_at.start, found_at.end)
        sentence = " ".join(article.text[span.start : span.end].split())
        found = _NAMED.fullmatch(sentence)
        if found is None or _NO_NAME.match(sentence) or len(sentence) != span.end - span.start:
            continue
        question = f"Who {found['verb']}{found['rest'].rstrip(' ,')}?"
        if found["rest"].count(" ") > 1 and len(question) <= _LONGEST:
            yield Candidate(question, article.id, span, Span(span.start, span.start + len(found["name"].strip())))


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
    infos = sorted(engine.snapshot.articles, key=lambda info: str(info.published or ""), reverse=True)
    several = [list(candidates(engine.snapshot.article(info.id))) for info in infos[:_ARTICLES]]
    for place in range(_SENTENCES):
        yield from (some[place] for some in several if len(some) > place)


def _answered(engine: Engine, candidate: Candidate) -> bool:
    """Whether a candidate is answered, surely, by its sentence and its name."""
    answer = engine.ask(candidate.question)
    if not answer.answered or answer.confidence < _SURE:
        return False
    quote = answer.quotes[0]
    inside = quote.article.id == candidate.article and quote.start <= candidate.sentence.start < quote.end
    named = [mark for mark in quote.highlights if mark.start < candidate.name.end and mark.end > candidate.name.start]
    words = [quote.article.text[mark.start : mark.end] for mark in quote.highlights]
    # Without a model what is marked are the question's own words.
    return inside and (bool(named) or all(word in candidate.question for word in words))
