"""What the bot shows of the articles: lists and pages of them, and what became of a change. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bot import wording
from bot.discord.cards import CONTENT, NO_ARTICLES, Card, button, notice, paging
from bot.discord.library import short_id
from bot.discord.markup import address, attribution, escaped, page, pages, quotation, size
from bot.languages import count, day, number, say, sentence
from retrieval.articles.article import Article, ArticleInfo
from retrieval.errors import FetchFailed, FetchProblem
from retrieval.text.sentences import Span

if TYPE_CHECKING:
    from retrieval.index.changes import Stale
    from retrieval.index.updating import Report

_LISTED, _IN_ROW = 10, 5
"""Articles on a page: as many as always fit, however long their titles; and buttons in a row."""
_MORE = sentence("More articles ({n} of {total}) ▶")
_NAMED = 5
"""Files that were skipped which are named."""

_STAGES = {
    "fetching": sentence("Fetching the page"),
    "waiting": sentence("Waiting for another program"),
    "reading": sentence("Reading articles"),
    "pages": sentence("Reading the pages of a long file"),
    "encoding": sentence("Encoding passages"),
}


def listing(articles: Sequence[ArticleInfo], page: int, search: str = "") -> Card:
    """A page of the list of articles, or of those whose title or source has the words ``search`` in it.

    Each has a button to read it.
    """
    search = " ".join(search.split())
    found = [article for article in articles if _has(article, search)]
    pages = max(1, -(-len(found) // _LISTED))
    page = min(page, pages - 1)
    shown = found[page * _LISTED : (page + 1) * _LISTED]
    first = page * _LISTED + 1
    if not found:
        none = say("No article has “{words}” in its title or source.", words=escaped(search, 80))
        return notice(none if articles else NO_ARTICLES)
    total = count(len(found), "article")
    if search:
        total = say("{articles} with “{words}” in title or source", articles=total, words=escaped(search, 80))
    lines = [_listed(place, article) for place, article in enumerate(shown, first)]
    text = "\n".join([f"{total}:", *lines])
    read = [button("open", 0, short_id(each.id), str(number)) for number, each in enumerate(shown, first)]
    rows = [replace(each, row=place // _IN_ROW) for place, each in enumerate(read)]
    turns = [replace(each, row=2) for each in paging("list", page, pages, search[:80], _MORE)]
    return Card(text, text, f"-# {say('A number opens its article.')}", buttons=(*rows, *turns))


def _has(article: ArticleInfo, search: str) -> bool:
    return search.casefold() in f"{article.title}\n{article.source or ''}".casefold()


def _listed(number: int, article: ArticleInfo) -> str:
    facts = [rf"{number}\. **{escaped(article.title, 64)}**"]
    facts += [escaped(article.source, 25)] if article.source else []
    facts += [day(article.published)] if article.published else []
    return " · ".join(facts)


def reading(article: Article, number: int, stale: Stale | None = None) -> Card:
    """A page of an article, to be read."""
    total = pages(article.text)
    number = min(number, total - 1)
    small = f"-# {attribution(article)}" + (f"\n-# {say(wording.STALE[stale])}." if stale else "")
    title = f"**{escaped(article.title, 300)}**"
    room = CONTENT - size(title + small) - 2
    body = quotation(article.text, trimmed(article.text, page(article.text, number)), (), room)
    turns = paging("read", number, total, short_id(article.id), sentence("More pages ({n} of {total}) ▶"))
    link = address(article.url or "") or ""
    return Card(body, f"{title}\n{body}\n{small}", small, title, "", link, turns)


def trimmed(text: str, span: Span) -> Span:
    """A span without the blanks around its words."""
    words = text[span.start : span.end]
    start = span.start + len(words) - len(words.lstrip())
    return Span(start, max(start, span.end - len(words) + len(words.rstrip())))


def removal(article: ArticleInfo, key: str, sign: int) -> Card:
    """The question whether an article is to be removed for good, with two buttons; ``sign`` tells it from others."""
    choices = (button("remove", sign, key, say("Remove"), danger=True), button("keep", 0, "", say("Keep")))
    names = {"title": escaped(article.title, 300), "id": escaped(article.id, 300)}
    return notice(say("Remove **{title}** ({id}) for good?", **names), *choices)


def progress(stage: str, done: int, total: int) -> str:
    """How far an update of the index is, as a sentence."""
    doing = say(_STAGES.get(stage, sentence("Working")))
    return f"{doing}: {_so_far(done, total)}…" if total else f"{doing}…"


NO_FETCHING = sentence(
    "I fetch no pages, as QUOTH_DISCORD_FETCH is off: give me a file, or a title, and I ask for the text."
)
_NOT_THERE = sentence("There is nothing that I could fetch at {address}: see whether it is written right.")
_NOT_OPEN = sentence("I must not fetch {address}: add the page as a file.")
_NOT_NOW = sentence("{address} cannot be fetched now: please try again later.")
_NO_ARTICLE = sentence("What is at {address} is no article that I can read: add it as a file of another kind.")
_NOT_FETCHED: Mapping[FetchProblem, str] = {
    **dict.fromkeys(("address", "gone", "missing", "scheme", "unknown host"), _NOT_THERE),
    **dict.fromkeys(("credentials", "downgrade", "forbidden", "private", "robots", "tls"), _NOT_OPEN),
    **dict.fromkeys(("broken", "busy", "server", "slow", "unreachable"), _NOT_NOW),
}


def not_fetched(error: FetchFailed) -> str:
    """Why a page was not fetched, without what the network that the bot runs in is like."""
    return say(_NOT_FETCHED.get(error.problem, _NO_ARTICLE), address=escaped(error.address, 300))


def _so_far(done: int, total: int) -> str:
    return say("{done} of {total}", done=number(done), total=number(total))


def still_reading(stage: str, done: int, total: int) -> str:
    """What whoever asks before there is an index is told."""
    if not total:
        return say("I am still reading the articles: please ask again in a while.")
    so_far = _so_far(done, total)
    if stage == "encoding":
        so_far = say("{so_far} passages", so_far=so_far)
    return say("I am still reading the articles ({so_far}): please ask again in a while.", so_far=so_far)


_CHANGES = (sentence("{n} added"), sentence("{n} changed"), sentence("{n} removed"), sentence("{n} skipped"))


def refreshed(report: Report | None, total: int) -> str:
    """What an update of the index did, in a sentence, and the first files that it skipped; None stands for nothing."""
    skipped = [file for file in report.skipped if not file.in_part] if report else []
    counts = (report.added, report.changed, report.removed, skipped) if report else ()
    said = [say(change, n=number(len(ids))) for change, ids in zip(_CHANGES, counts, strict=False) if ids]
    named = [f"- {escaped(file.path, 100)}: {escaped(file.reason, 150)}" for file in skipped[:_NAMED]]
    more = [say("- and {n} more", n=number(len(skipped) - _NAMED))] if len(skipped) > _NAMED else []
    changes = ", ".join(said) or say("Nothing has changed")
    return "\n".join([f"{changes}: {count(total, 'article')}.", *named, *more])


def audited(member: str, action: str, article: str, outcome: str) -> str:
    """A line of the audit log, for a channel."""
    what = f" **{escaped(article, 300)}**" if article else ""
    return f"{escaped(member, 100)}: {action}{what} ({outcome})"


def given(where: str, name: str | None) -> str:
    """What whoever chose the collection of a place is told."""
    if not name:
        return say("In {where} the articles of its surroundings are asked from now on.", where=where)
    return say(
        "In {where} the articles of **{name}** are asked from now on, and no others.",
        where=where,
        name=escaped(name, 32),
    )
