"""What the bot shows, as cards: the text of a message within Discord's limits, and its buttons. Pure.

Discord's library is not needed here: ``messages`` makes its messages of cards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from bot import beside, languages, wording
from bot.discord.library import NOTHING, Beside, short_id
from bot.discord.markup import attribution, escaped, fitting, opened_at, page_of, plain, quotation, size
from bot.discord.memory import Forgotten, Place, Record
from bot.languages import count, say, sentence
from bot.small_talk import Remark
from retrieval.answer.quoting.excerpts import cut_at
from retrieval.articles.article import Article, ArticleInfo
from retrieval.text.sentences import Span, paragraph_around

CARD_TEXT, EMBED_AUTHOR, CONTENT, LABEL, THREAD_NAME, CHOICE = 4000, 256, 2000, 80, 100, 100
"""Discord's limits. Whether it counts code points or UTF-16 units it does not say: ``size`` counts the larger."""

BUSY = sentence("I am busy: please try again in a moment.")
CLOSING = sentence("I am about to restart: please ask again in a minute.")
TOO_OLD = sentence("That answer is too old for its buttons: please ask again.")
CHANGED = sentence("That article has changed since it was quoted: please ask again.")
NO_ARTICLES = sentence("There are no articles yet. Whoever manages this server can add one with /articles add.")
BROKEN = sentence("Something is wrong on my side. Whoever runs me finds out what in my log.")
NO_TEXT = sentence("There are no words in that message to look for.")
NOT_HERE = sentence("I do not answer here.")
ROLE_MENTIONED = sentence(
    "You mentioned my role, and what stands beside that I cannot read: choose me among the members, or use `/ask`."
)
CARE_REFUSED = sentence("The articles are cared for by members who may manage this server.")
CARE_ELSEWHERE = sentence(
    "I am in several servers: whoever runs me has to name, in QUOTH_DISCORD_GUILDS, those that may do this."
)
CARE_BUSY = sentence("Another change to the articles is under way: please try again when it is done.")
NO_POSTS = sentence("Whoever runs me has to set QUOTH_DISCORD_POSTS first, and to allow the message content intent.")
POSTS_ON = sentence("From now on I answer new posts there, where I am sure.")
POSTS_OFF = sentence("I no longer answer posts there.")
STOPPING = sentence("It will stop in a moment.")
OVER = sentence("It is over.")
NOT_REMOVED = sentence("Nothing was removed.")
REMOVING = sentence("Removing…")
COLLECTION_NAME = sentence("A collection is called by up to 32 letters, digits and hyphens.")
COLLECTIONS_FULL = sentence("This server has as many collections as it may have: use one of them.")
MARKED = sentence("This was it, says who asked.")
NOT_YOURS = sentence("Only who asked, and who may delete messages, can say that.")
UP, DOWN = "👍", "👎"

Verb = Literal[
    "page",
    "paragraph",
    "nearest",
    "up",
    "down",
    "ask",
    "open",
    "read",
    "list",
    "remove",
    "keep",
    "cancel",
    "form",
    "this",
    "other",
]
CUSTOM_ID = rf"quoth:(?P<verb>{'|'.join(get_args(Verb))}):(?P<number>\d{{1,5}}):(?P<key>.{{0,80}})"
"""What a button's id says, in at most 100 characters: what to do, with which quote or page, of what."""


# --- cards ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press. Its ``id`` is all that Discord hands back, even after a restart."""

    label: str
    id: str
    emoji: str | None = None
    enabled: bool = True
    danger: bool = False
    row: int = 0
    url: str = ""
    """The address that it opens; then it has no id."""

    @property
    def asks(self) -> bool:
        """Whether it stands for a question."""
        return self.id.startswith("quoth:ask:")


@dataclass(frozen=True, slots=True)
class Card:
    """A message: as components or with an embed, as the settings want it, else in plain Markdown."""

    body: str
    """Markdown, with what else is shown at most ``CARD_TEXT``; nothing for a notice, which is plain Markdown always."""
    plain: str
    """All of it as one text, at most ``CONTENT``."""
    small: str = ""
    """Small print under it."""
    title: str = ""
    """What was asked, as Markdown, above it."""
    question: str = ""
    """What was asked, as an embed's author, which knows no Markdown; at most ``EMBED_AUTHOR``."""
    link: str = ""
    """The address of the article."""
    buttons: tuple[Button, ...] = ()

    @property
    def embed(self) -> str:
        """Body and small print as one text."""
        return "\n".join(filter(None, (self.body, self.small)))


def notice(said: str, *buttons: Button) -> Card:
    """A card with one sentence of Quoth's own; what it names of others is escaped by whoever made it."""
    return Card("", say(said), buttons=buttons)


def voted(card: Card, votes: Mapping[str, int]) -> Card:
    """The card with the number of votes on its buttons for them."""
    counts = {UP: votes.get("up", 0), DOWN: votes.get("down", 0)}
    buttons = (
        replace(each, label=f"{n}" if (n := counts.get(each.emoji or "")) else each.label) for each in card.buttons
    )
    return replace(card, buttons=tuple(buttons))


def button(verb: Verb, number: int, key: str, label: str = "", **more: bool | str | int) -> Button:
    """A button that does something (``verb``) with a quote or page, of the answer or article that has a key."""
    return Button(label, f"quoth:{verb}:{number}:{key}", **more)  # type: ignore[arg-type]


def answer(record: Record, article: Article | None, number: int = 0, about: Beside = NOTHING) -> Card:
    """An answer, showing one of its quotes; ``article`` is the one that it is from, or None when that has changed.

    ``about`` says what is known of the article beside its text.
    When the articles do not say it is that sentence, and the nearest passages are behind a button.
    """
    votes = _voting(record, number)
    if record.answered:
        turns = paging("page", number, len(record.places), record.key, sentence("More quotes ({n} of {total}) ▶"))
        around = (button("paragraph", number, record.key, say("Paragraph")), *_reading(record.places[number], article))
        # A row has room for five.
        votes = tuple(replace(each, row=1) for each in votes) if turns else votes
        buttons = (*turns, *around, *votes)
        return _page(record, article, number, _understood(record), buttons, about)
    nearest = (button("nearest", 0, record.key, say("Nearest passages")),) if record.places else ()
    said = _understood(record) + (
        f"{say(wording.NOT_SAID)} {escaped(record.note, 600)}" if record.note else say(wording.NOT_SAID)
    )
    return _titled(record, said, (*nearest, *votes))


def _reading(place: Place, article: Article | None) -> tuple[Button, ...]:
    """A button to read the article, from where a quote stands."""
    if article is None:
        return ()
    return (button("open", page_of(article.text, place.start), short_id(article.id), say("Article")),)


def _voting(record: Record, number: int) -> tuple[Button, ...]:
    """The two buttons for votes; none under what is not kept. They say which quote is shown, so that it stays."""
    if record.passing:
        return ()
    return button("up", number, record.key, emoji=UP), button("down", number, record.key, emoji=DOWN)


def offered(card: Card, record: Record) -> Card:
    """An answer that nobody asked the bot for, with the question whether it was what they meant."""
    judging = (
        button("this", 0, record.key, say("This was it"), row=1),
        button("other", 0, record.key, say("This was not it"), row=1),
    )
    return replace(card, buttons=(*(each for each in card.buttons if each.emoji not in {UP, DOWN}), *judging))


def quotes(record: Record, article: Article | None, number: int, about: Beside = NOTHING) -> Card:
    """Further quotes of an answer or, when the articles do not say, further passages that are none."""
    return (answer if record.answered else nearest)(record, article, number, about)


def nearest(record: Record, article: Article | None, number: int, about: Beside = NOTHING) -> Card:
    """One of the passages that came nearest to a question that the articles do not answer."""
    label = say("**Not an answer**, only what comes nearest:") + "\n"
    turns = paging("nearest", number, len(record.places), record.key, sentence("More passages ({n} of {total}) ▶"))
    return _page(record, article, number, label, turns, about)


def paragraph(record: Record, article: Article | None, number: int, about: Beside = NOTHING) -> Card:
    """The paragraph around a quote, with the quote in bold."""
    place = record.places[number]
    if article is None:
        return notice(CHANGED)
    span = paragraph_around(article.text, Span(place.start, place.end))
    within = _within(place, article)
    return _quoted(record, article, span, within, "", (), _below(place, article, about))


def _within(place: Place, article: Article) -> Sequence[tuple[int, int]]:
    """The quote as what is bold in its paragraph, around the answer if all of it is more than fits."""
    if place.highlights and place.end - place.start > CONTENT // 2:
        return place.highlights
    return [(place.start, min(place.end, len(article.text)))]


def _page(
    record: Record,
    article: Article | None,
    number: int,
    label: str,
    buttons: tuple[Button, ...],
    about: Beside,
) -> Card:
    place = record.places[number]
    if article is None:
        return _titled(record, say(CHANGED), buttons)
    marks = place.highlights if record.answered else ()
    below = _below(place, article, about)
    return _quoted(record, article, Span(place.start, place.end), marks, label, buttons, below)


def _quoted(
    record: Record,
    article: Article,
    span: Span,
    marks: Sequence[tuple[int, int]],
    label: str,
    buttons: tuple[Button, ...],
    below: tuple[str, str],
) -> Card:
    above, title = _asked(record), _title(record)
    verdict, small = below
    text, cut = article.text, cut_at(article.text, span)
    around = label + verdict + "\n" + small
    quoted = quotation(text, span, marks, CARD_TEXT - size(title + around), cut)
    shorter = quotation(text, span, marks, CONTENT - size(above + around), cut)
    return Card(
        label + quoted + verdict,
        f"{above}{label}{shorter}{verdict}\n{small}",
        small,
        title,
        plain(record.question, EMBED_AUTHOR) if record.titled else "",
        opened_at(article, span),
        buttons,
    )


_VERDICT, _NOTE = 240, 120
"""Longest of what is said beside a quote."""


def _below(place: Place, article: Article, about: Beside) -> tuple[str, str]:
    """What stands under a quote: the article's verdict on it; where it stands, and in small print what explains it."""
    end = min(place.end, len(article.text))
    verdict = beside.verdict(article, place.start, end)
    small = [attribution(article, beside.standing(article, place.start, end), article.url_at(place.start))]
    older = place.older and not about.newer
    small += [escaped(note, _NOTE) for note in beside.notes(article, place.start, end, older=older)]
    if about.newer:
        newer = replace(about.newer, title=plain(about.newer.title, _KNOWN_TITLE))
        small.append(escaped(beside.newer(newer), 2 * _NOTE))
    small += [f"{say(wording.STALE[about.stale])}."] if about.stale else []
    return f"\n{escaped(verdict, _VERDICT)}" if verdict else "", "\n".join(f"-# {each}" for each in small)


def _titled(record: Record, said: str, buttons: tuple[Button, ...]) -> Card:
    question = plain(record.question, EMBED_AUTHOR) if record.titled else ""
    return Card(said, _asked(record) + said, "", _title(record), question, buttons=buttons)


def _title(record: Record) -> str:
    """The question in bold, where nobody else sees what was asked."""
    return f"**{escaped(record.question, 300)}**" if record.titled else ""


def _understood(record: Record) -> str:
    """How the question was understood, as small print."""
    return f"-# {escaped(record.understood, 300)}\n" if record.understood else ""


def small_talk(kind: Remark | None, articles: Sequence[ArticleInfo]) -> Card:
    """A reply to a greeting, thanks and the like, naming what there is to ask about."""
    return notice(escaped(wording.small_talk(kind, articles), CONTENT))


_PURPOSE = sentence(
    "**I answer questions by quoting articles**, word for word, and say so when they do not say.\n"
    "Ask in your own words: mention me, use `/ask`, or reply to one of my answers to go on from it."
)
_WAYS = sentence(
    "-# For your eyes only: `/ask` with `private`, or a direct message to me.\n"
    "-# What do the articles have on a message? In its menu: Apps, Find in articles.\n"
    "-# All articles: `/articles list`. What I keep of you: `/forget me` deletes it."
)
_KNOWN, _KNOWN_TITLE, _MORE = 5, 100, 50
"""Articles that are named, the newest, and how much of each title; room to say that there are more."""


def welcome(articles: Sequence[ArticleInfo], examples: Sequence[str], none: str = NO_ARTICLES) -> Card:
    """What the bot is for, what it knows, how to ask, and ``examples``, which are answered when they are pressed.

    ``none`` is said where there are no articles.
    """
    newest = sorted(articles, key=lambda article: str(article.published or ""), reverse=True)
    lines = [f"- {attribution(replace(each, title=plain(each.title, _KNOWN_TITLE)))}" for each in newest[:_KNOWN]]
    knowing, ways = say("I know {articles}:", articles=count(len(articles), "article")), say(_WAYS)
    above, below = f"{say(_PURPOSE)}\n\n", f"\n\n{say('For example:')}" if examples else ""
    lines = fitting(lines, CONTENT - size(above + knowing + below + ways) - _MORE)
    if len(articles) > len(lines):
        lines.append(say("- and {n} more", n=languages.number(len(articles) - len(lines))))
    body = above + ("\n".join([knowing, *lines]) if articles else say(none)) + below
    buttons = [button("ask", 0, each, each, row=row) for row, each in enumerate(examples)]
    return Card(body, f"{body}\n{ways}", ways, buttons=tuple(buttons))


def sources(articles: Sequence[ArticleInfo]) -> Card:
    """The articles that were quoted, each once, with links."""
    return notice("\n".join(fitting(dict.fromkeys(map(attribution, articles)), CONTENT)))


def _asked(record: Record) -> str:
    """The question as small print, where the embed that would have it above is not there."""
    return f"-# {escaped(record.question, 300)}\n" if record.titled else ""


def paging(verb: Verb, number: int, total: int, key: str, label: str) -> tuple[Button, ...]:
    """Buttons to the page before and to the next, of ``total``; none where there is but one."""
    if total == 1:
        return ()
    # Discord wants different ids on the two, also when one leads nowhere.
    back, on = max(0, number - 1), min(number + 1, total - 1)
    return (
        button(verb, back, key, "◀", enabled=number > 0),
        button(verb, on, key, say(label, n=number + 1, total=total), enabled=number < total - 1),
    )


def not_a_day(typed: str) -> str:
    """What whoever typed something else for a day is told."""
    return say("{typed} is not a day: write it as 2016-11-28.", typed=escaped(typed, 100))


def forgotten(what: Forgotten) -> str:
    """What was deleted of a member's."""
    return say(
        "I have forgotten {answers} and {votes} of yours. What Discord shows of my answers is yours to delete there.",
        answers=count(what.answers, "answer"),
        votes=count(what.votes, "vote"),
    )
