"""Answers and articles as the contract's JSON objects, which the command line prints and the server sends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bot.wording import understood, why_declined, why_follow_up
from retrieval.articles.article import Article, ArticleInfo, Skipped

if TYPE_CHECKING:
    from retrieval.answer.answer import Answer
    from retrieval.answer.quotes import Quote
    from retrieval.answer.search import Hit


def answer_json(found: Answer, *, explain: bool = False) -> dict[str, Any]:
    """An answer as the contract's JSON object.

    ``explain`` adds, under that name, each stage's scores, and which articles have changed since they were indexed.
    """
    said: dict[str, Any] = {
        "question": found.question,
        "answered": found.answered,
        "confidence": round(found.confidence, 4),
        "quotes": [_quote_json(quote) for quote in found.quotes],
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


def _quote_json(quote: Quote) -> dict[str, Any]:
    return {
        "text": quote.text,
        "start": quote.start,
        "end": quote.end,
        "highlights": [list(mark) for mark in quote.highlights],
        "score": round(quote.score, 4),
        "article": article_json(quote.article),
        "page": quote.page,
        "ocr": quote.scanned,
        "url": quote.url,
        "cut": list(quote.cut),
        "verdict": _verdict_json(quote),
        "times": [
            {"words": each.words, "first": each.first.isoformat(), "last": each.last.isoformat()}
            for each in quote.times
        ],
        "older": quote.older,
        "also_in": [other.id for other in quote.also_in],
    }


def _verdict_json(quote: Quote) -> dict[str, Any] | None:
    """What the article says of the quote's standing: null for nearly all quotes."""
    if (found := quote.verdict) is None:
        return None
    start, end = found.span or (None, None)
    return {
        "kind": found.kind,
        "text": quote.article.text[start:end] if found.span else None,
        "start": start,
        "end": end,
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
