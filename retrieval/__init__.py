"""Quoth's engine: a folder of articles in, verbatim quotes that answer a question out.

    from retrieval import Engine

    engine = Engine.open("data/articles")
    for quote in engine.ask("who met in Sochi?"):
        print(quote.text, quote.article.title)

It knows nothing of terminals, Discord or environment variables; see ``bot`` for those. The way of the data:

    folder -> Article -> Passage -> Encoder -> Snapshot            (``index.updating.update``)
    Query -> QueryVariants -> Hits -> Readings -> Quotes -> Answer (``answer.pipeline.Pipeline``)

The names below are imported when they are first used, so that importing this package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from retrieval import errors
    from retrieval.answer.answer import Answer
    from retrieval.answer.conversation import Conversation, Talk
    from retrieval.answer.query import Context, Filters
    from retrieval.answer.quoting.quotes import Quote
    from retrieval.answer.tracing import Trace
    from retrieval.articles.article import Article, ArticleInfo
    from retrieval.engine import Engine
    from retrieval.errors import QuothError
    from retrieval.text.quote_link import QuoteLink

__all__ = [
    "Answer",
    "Article",
    "ArticleInfo",
    "Context",
    "Conversation",
    "Engine",
    "Filters",
    "Quote",
    "QuoteLink",
    "QuothError",
    "Talk",
    "Trace",
    "errors",
]

_MODULES = {
    "Answer": "answer.answer",
    "Article": "articles.article",
    "ArticleInfo": "articles.article",
    "Context": "answer.query",
    "Conversation": "answer.conversation",
    "Engine": "engine",
    "Filters": "answer.query",
    "Quote": "answer.quoting.quotes",
    "QuoteLink": "text.quote_link",
    "QuothError": "errors",
    "Talk": "answer.conversation",
    "Trace": "answer.tracing",
}


def __getattr__(name: str) -> Any:
    if name == "errors":
        return import_module("retrieval.errors")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
