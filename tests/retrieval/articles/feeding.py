"""Feeds, stories and sitemaps to serve, and what became of them in a library."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

from retrieval.articles import care
from retrieval.articles.feeds import FeedUpdate, Wanted, update_all
from retrieval.articles.fetching import Fetcher, FetchLimits
from tests.retrieval.articles.web import HERE, Page, Web

if TYPE_CHECKING:
    from pathlib import Path

    from retrieval.articles.article import ArticleInfo


FETCHER = Fetcher(HERE, FetchLimits(pause=0))
TEXTS = Wanted(pages="never")
MILL = "<p>The Golden mill burned down in <b>1911</b>, says the Herald.</p>"


def item(id: str, text: str = MILL, title: str = "The mill", day: datetime | None = None, link: str = "") -> str:
    """An entry in RSS."""
    dated = f"<pubDate>{format_datetime(day or datetime(2016, 11, 28, 10, tzinfo=UTC))}</pubDate>"
    said = f"<title><![CDATA[{title}]]></title><link>{link or f'https://example.org/{id}'}</link>"
    return f"<item><guid>tag:{id}</guid>{said}{dated}<description><![CDATA[{text}]]></description></item>"


def rss(*items: str, title: str = "Herald") -> Page:
    text = f'<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title>{"".join(items)}</channel></rss>'
    return Page(text.encode(), "application/rss+xml")


ATOM = b"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Nature &amp; more</title><id>tag:nature</id>
<entry><id>tag:whales</id><title type="html">Whales of the &lt;i&gt;north&lt;/i&gt;</title>
<link href="/whales"/><author><name>Ann Lee</name></author><published>2020-02-01T10:00:00Z</published>
<summary>Short.</summary><content type="html">&lt;p&gt;Blue whales eat krill in the north.&lt;/p&gt;</content></entry>
<entry><id>tag:plain</id><title>Bread</title><content type="text">Bread rises &lt; fast.</content></entry>
</feed>"""


def update(library: Path) -> FeedUpdate:
    [found] = update_all(library, FETCHER)
    return found


def articles(library: Path) -> list[str]:
    return [article.id for article in care.survey(library)[0]]


def texts(library: Path) -> dict[str, str]:
    return {id: care.find(library, id).text for id in articles(library)}


def numbers(found: FeedUpdate) -> tuple[int, int, int]:
    return found.added, found.changed, found.without_text


def story(words: str, title: str = "A story") -> Page:
    return Page(
        f"<html><head><title>{title}</title></head><body><article><p>{words}</p></article></body></html>".encode()
    )


def sitemap(web: Web, *paths: str, day: str = "2020-01-01") -> Page:
    inside = "".join(f"<url><loc>{web.at(path)}</loc><lastmod>{day}</lastmod></url>" for path in paths)
    return Page(f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{inside}</urlset>".encode(), "text/xml")


def dated(web: Web, *numbers: int) -> Page:
    """Entries, one a day, each with a page of its own."""
    day = datetime(2016, 11, 28, 10, tzinfo=UTC)
    items = [
        item(str(n), f"<p>Told on day {n}.</p>", f"News {n}", day + timedelta(days=n), web.at(f"/{n}", story("Here.")))
        for n in numbers
    ]
    return rss(*items)


def of_day(library: Path, number: int) -> ArticleInfo | None:
    return next((each for each in care.survey(library)[0] if each.title == f"News {number}"), None)


def withdraw(web: Web, number: int) -> None:
    web.at("/feed", dated(web, 5, 3, 1))
    web.at(f"/{number}", Page(status=404))
