"""What the bot shows of the articles: lists and pages of them, and what became of a change. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bot import wording
from bot.discord.cards import CONTENT, NO_ARTICLES, Card, button, notice, paging
from bot.discord.library import short_id
from bot.discord.markup import address, attribution, escaped, page, pages, quotation, size
from retrieval.articles.article import Article, ArticleInfo
from retrieval.text.sentences import Span

if TYPE_CHECKING:
    from retrieval.index.changes import Stale
    from retrieval.index.updating import Report

_LISTED, _IN_ROW = 10, 5
"""Articles on a page: as many as always fit, however long their titles; and buttons in a row."""
_NAMED = 5
"""Files that were skipped which are named."""

_STAGES = {
    "waiting": "Waiting for another program",
    "reading": "Reading articles",
    "pages": "Reading the pages of a long file",
    "encoding": "Encoding passages",
}


def listing(articles: Sequence[ArticleInfo], page: int, search: str = "") -> Card:
    """A page of the list of articles, or of those whose title or source has the words ``search`` in it.

    Each has a button to read it.
    """
    found = [article for article in articles if _has(article, search)]
    pages = max(1, -(-len(found) // _LISTED))
    page = min(page, pages - 1)
    shown = found[page * _LISTED : (page + 1) * _LISTED]
    first = page * _LISTED + 1
    if not found:
        none = f"No article has “{escaped(search, 80)}” in its title or source."
        return notice(none if articles else NO_ARTICLES)
    like = f" with “{escaped(search, 80)}” in title or source" if search else ""
    lines = [_listed(number, article) for number, article in enumerate(shown, first)]
    text = "\n".join([f"{wording.count(len(found), 'article')}{like}:", *lines])
    read = [button("open", 0, short_id(each.id), str(number)) for number, each in enumerate(shown, first)]
    rows = [replace(each, row=place // _IN_ROW) for place, each in enumerate(read)]
    turns = [replace(each, row=2) for each in paging("list", page, pages, search[:80], "articles")]
    return Card(text, text, "-# A number opens its article.", buttons=(*rows, *turns))


def _has(article: ArticleInfo, search: str) -> bool:
    return search.strip().casefold() in f"{article.title}\n{article.source or ''}".casefold()


def _listed(number: int, article: ArticleInfo) -> str:
    facts = [rf"{number}\. **{escaped(article.title, 64)}**"]
    facts += [escaped(article.source, 25)] if article.source else []
    facts += [wording.day(article.published)] if article.published else []
    return " · ".join(facts)


def reading(article: Article, number: int, stale: Stale | None = None) -> Card:
    """A page of an article, to be read."""
    total = pages(article.text)
    number = min(number, total - 1)
    small = f"-# {attribution(article)}" + (f"\n-# {wording.STALE[stale]}." if stale else "")
    title = f"**{escaped(article.title, 300)}**"
    room = CONTENT - size(title + small) - 2
    body = quotation(article.text, trimmed(article.text, page(article.text, number)), (), room)
    turns = paging("read", number, total, short_id(article.id), "pages")
    link = address(article.url or "") or ""
    return Card(body, f"{title}\n{body}\n{small}", small, title, "", link, turns)


def trimmed(text: str, span: Span) -> Span:
    """A span without the blanks around its words."""
    words = text[span.start : span.end]
    start = span.start + len(words) - len(words.lstrip())
    return Span(start, max(start, span.end - len(words) + len(words.rstrip())))


def removal(article: ArticleInfo, key: str) -> Card:
    """The question whether an article is to be removed for good, with two buttons."""
    choices = (button("remove", 0, key, "Remove", danger=True), button("keep", 0, "", "Keep"))
    return notice(f"Remove **{escaped(article.title, 300)}** ({escaped(article.id, 300)}) for good?", *choices)


def progress(stage: str, done: int, total: int) -> str:
    """How far an update of the index is, as a sentence."""
    return f"{_STAGES.get(stage, 'Working')}: {done:,} of {total:,}…" if total else f"{_STAGES.get(stage, 'Working')}…"


def still_reading(stage: str, done: int, total: int) -> str:
    """What whoever asks before there is an index is told."""
    so_far = f" ({done:,} of {total:,}{' passages' if stage == 'encoding' else ''})" if total else ""
    return f"I am still reading the articles{so_far}: please ask again in a while."


def refreshed(report: Report | None, total: int) -> str:
    """What an update of the index did, in a sentence, and the first files that it skipped; None stands for nothing."""
    changes = {"added": report.added, "changed": report.changed, "removed": report.removed} if report else {}
    said = [f"{len(ids):,} {word}" for word, ids in changes.items() if ids]
    skipped = [file for file in report.skipped if not file.in_part] if report else []
    said += [f"{len(skipped):,} skipped"] if skipped else []
    named = [f"- {escaped(file.path, 100)}: {escaped(file.reason, 150)}" for file in skipped[:_NAMED]]
    more = [f"- and {len(skipped) - _NAMED:,} more"] if len(skipped) > _NAMED else []
    return "\n".join([f"{', '.join(said) or 'Nothing has changed'}: {wording.count(total, 'article')}.", *named, *more])


def audited(member: str, action: str, article: str, outcome: str) -> str:
    """A line of the audit log, for a channel."""
    what = f" **{escaped(article, 300)}**" if article else ""
    return f"{escaped(member, 100)}: {action}{what} ({outcome})"
