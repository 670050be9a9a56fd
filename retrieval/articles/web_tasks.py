"""What the confined process reads of the web beside articles: feeds and lists of pages, and rules for robots."""

from __future__ import annotations

import codecs
import contextlib
import encodings
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from retrieval.articles.listings import read_listing
from retrieval.errors import ArticleUnreadable


def _listing(given: Mapping[str, str], content: bytes) -> Any:
    try:
        return asdict(read_listing(content, given["content_type"], given["address"]))
    except ArticleUnreadable:
        raise
    except (RecursionError, MemoryError) as error:
        raise ArticleUnreadable("listing", "it is nested or packed beyond reason") from error
    except Exception as error:
        # feedparser meets feeds made by anybody, and raises whatever went wrong first.
        raise ArticleUnreadable("listing", f"it is damaged: {type(error).__name__}") from error


def _robots(given: Mapping[str, str], content: bytes) -> Any:
    """Whether robots.txt lets an agent ask for an address, and how many seconds apart."""
    from protego import Protego

    rules = Protego.parse(content.decode("utf-8-sig", errors="replace"))
    delay = rules.crawl_delay(given["agent"])
    return {"allowed": rules.can_fetch(given["address"], given["agent"]), "delay": float(delay or 0)}


TASKS: Mapping[str, Callable[[Mapping[str, str], bytes], Any]] = {"listing": _listing, "robots": _robots}
"""Functions of what has to be known and of a content; what they give, JSON can hold."""


_LATE = ("_strptime", "xml.sax.expatreader", "feedparser.sgml", "lxml.html", "stringprep")
"""Modules that only some of what is read makes the readers import."""

_SAMPLES = (
    (
        b"<?xml version='1.0'?><rss version='2.0'><channel><item><title>A</title><description>&lt;p&gt;B</description>"
        b"<pubDate>Mon, 28 Nov 2016 10:00:00 GMT</pubDate></item></channel></rss>"
    ),
    b"<rss version='2.0'><channel><title>A & B<item><title>C",
    b"<?xml version='1.0' encoding='koi8-r'?><feed xmlns='http://www.w3.org/2005/Atom'><title>A</title></feed>",
    b"<urlset><url><loc>https://example.org/</loc></url></urlset>",
    b'<html><head><link rel="alternate" type="application/rss+xml" href="/a"></head><p>Words.</html>',
    b'{"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "date_published": "2016-11-28T10:00:00Z"}]}',
)


def load_codecs() -> None:
    """Load every encoding that Python knows, as none can be loaded later."""
    for module in pkgutil.iter_modules(encodings.__path__):
        with contextlib.suppress(LookupError, ImportError):
            codecs.lookup(module.name)


def warm_up() -> None:
    """Load all that these tasks load when they need it, as later nothing can be opened any more."""
    load_codecs()
    for name in _LATE:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for content in _SAMPLES:
        with contextlib.suppress(ArticleUnreadable, ImportError):
            _listing({"content_type": "", "address": "https://example.org/"}, content)
    with contextlib.suppress(ImportError):
        _robots({"agent": "Quoth", "address": "https://example.org/"}, b"User-agent: *\nDisallow: /a*b$\n")
