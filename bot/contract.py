"""Answers and articles as the contract's JSON objects, which the command line prints and the server sends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bot import links
from bot.wording import understood, why_declined, why_follow_up
from retrieval.articles.article import Article, ArticleInfo, Skipped
from retrieval.text.quote_link import QuoteLink
from retrieval.text.sentences import Span

if TYPE_CHECKING:
    from retrieval.answer.answer import Answer
    from retrieval.answer.quoting.quotes import Quote
    from retrieval.answer.search import Hit
    from retrieval.answer.tracing import Trace


def answer_json(found: Answer, *, explain: bool = False, server: str = "") -> dict[str, Any]:
    """An answer as the contract's JSON object; ``server`` is the address that its links lead to.

    ``explain`` adds, under that name, each stage's scores, and which articles have changed since they were indexed.
    """
    said: dict[str, Any] = {
        "question": found.question,
        "answered": found.answered,
        "confidence": round(found.confidence, 4),
        "quotes": [_quote_json(quote, server) for quote in found.quotes],
        "elapsed_ms": round(found.elapsed_ms, 2),
    }
    if how := understood(found):
        said["understood"] = how
    if explain:
        said["explain"] = {
            "read_as": found.read_as,
            "context": asdict(found.context) if found.context else None,
            "follow_up": why_follow_up(found) or None,
            "hits": [_hit_json(hit) for hit in found.hits],
            "evidence": dict(found.evidence),
            "declined": list(why_declined(found)),
            "stale": {quote.article.id: quote.stale for quote in found.quotes if quote.stale},
        }
    return said


def _quote_json(quote: Quote, server: str) -> dict[str, Any]:
    return {
        **_slice_json(quote.article, quote.span, server),
        "highlights": [list(mark) for mark in quote.highlights],
        "score": round(quote.score, 4),
        "older": quote.older,
        "newer": article_json(quote.newer) if quote.newer else None,
        "also_in": [other.id for other in quote.also_in],
    }


def _slice_json(article: Article, span: Span, server: str) -> dict[str, Any]:
    """What is known of words of an article by themselves, whatever was asked."""
    from retrieval.answer.quoting.excerpts import cut_at
    from retrieval.answer.times import explained
    from retrieval.text.sentences import headings_above

    url = article.url_at(span.start)
    text = article.text[span.start : span.end]
    return {
        "text": text,
        "start": span.start,
        "end": span.end,
        "article": article_json(article),
        "headings": headings_above(article.text, span.start),
        "page": article.page_at(span.start),
        "ocr": article.is_scanned(span.start, span.end),
        "url": url,
        "url_at_words": links.at_words(url, text),
        "link": links.address_of(QuoteLink.to(article, span.start, span.end), server),
        "cut": list(cut_at(article.text, span)),
        "verdict": _verdict_json(article, span),
        "times": [
            {"words": each.words, "first": each.first.isoformat(), "last": each.last.isoformat()}
            for each in explained(text, article.published)
        ],
    }


def _verdict_json(article: Article, place: Span) -> dict[str, Any] | None:
    """What the article says of the standing of its words: null for nearly all of them."""
    from retrieval.answer.quoting.claims import verdict

    if (found := verdict(article, place)) is None:
        return None
    start, end = found.span or (None, None)
    return {
        "kind": found.kind,
        "text": article.text[start:end] if found.span else None,
        "start": start,
        "end": end,
    }


def trace_json(found: Trace, *, server: str = "") -> dict[str, Any]:
    """What became of a quote as a JSON object: ``quote`` where its words stand, ``now`` what stands there instead."""
    link, place = found.link, None
    if found.article and found.span:
        # Which words answered, and how well, a link does not say.
        place = {**_slice_json(found.article, found.span, server), "highlights": [], "score": None}
    return {
        "link": links.address_of(link, server),
        "state": found.state,
        "stands": found.stands,
        "said": links.said(found),
        "quoted": {
            "text": link.quoted,
            "whole": not link.last,
            "start": link.start,
            "end": link.end,
            "article": {"id": link.article, "title": link.title},
        },
        "quote": None if found.state == "changed" else place,
        "now": place if found.state == "changed" else None,
        "also_in": found.also_in.id if found.also_in else None,
        "stale": found.stale,
        "newer": article_json(found.newer) if found.newer else None,
    }


_STAGES = ("score", "dense", "dense_z", "lexical", "lexical_z")


def _hit_json(hit: Hit) -> dict[str, Any]:
    scores = {name: round(getattr(hit, name), 4) for name in _STAGES}
    return {
        "article": hit.passage.article.id,
        "start": hit.passage.start,
        "end": hit.passage.end,
        **scores,
        "talk": round(hit.posterior, 4),
    }


def article_json(article: ArticleInfo) -> dict[str, Any]:
    """What is known of an article besides its text, as the contract's JSON object."""
    return {
        "id": article.id,
        "title": article.title,
        "source": article.source,
        "published": article.published.isoformat() if article.published else None,
        "url": article.url,
        "path": article.path,
    }


def article_text_json(shown: Article, passages: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """An article with its text, and the offsets of its passages and pages, as a JSON object."""
    places = {"passages": [list(passage) for passage in passages], "pages": list(shown.pages)}
    return {**article_json(shown), "text": shown.text, **places}


def skipped_json(file: Skipped) -> dict[str, Any]:
    """A file that is no article, or that was read in part, as a JSON object."""
    return {"path": file.path, "note" if file.in_part else "error": file.reason}
