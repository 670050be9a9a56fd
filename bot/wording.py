"""Sentences that the faces share: answers and articles in words, as plain text.

Articles are untrusted: everything that came out of one passes through ``clean`` before a terminal sees it. Offsets
count code points, and ``clean`` keeps every one in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bot.languages import count, day, number, say, sentence
from bot.small_talk import Remark
from retrieval.articles.article import ArticleInfo

if TYPE_CHECKING:
    from collections import Counter

    from retrieval.answer.answer import Answer
    from retrieval.answer.doubting.doubts import Doubt
    from retrieval.answer.follow_ups.interpretation import Reason
    from retrieval.answer.query import Context, Filters
    from retrieval.index.changes import Stale

NOT_SAID = sentence("The articles do not say.")
NEAREST = "Nearest, though not an answer:"
NEW_SUBJECT = sentence("A new subject, then.")
NOTHING_MORE = sentence("There is nothing more.")
ASK_FIRST = sentence("Ask a question first.")
STALE: Mapping[Stale, str] = {
    "changed": sentence("Its file has changed since it was indexed"),
    "removed": sentence("Its file was removed after it was indexed"),
}

_TITLES = 3
"""Articles that a reply to small talk names before it only counts."""
_NAMED = 5
"""Ids that a report names before it only counts."""

_ODD = {
    **dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000)], "\ufffd"),
    **dict.fromkeys(map(ord, "\t\v\f\r\x85\u2028\u2029"), " "),
    # Direction controls can make a line read as what it does not say; a word joiner is nothing in their place.
    **dict.fromkeys(map(ord, "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"), "\u2060"),
    ord("\n"): "\n",
}


def clean(text: str) -> str:
    """``text`` as it may go to a terminal, of the same length: no control, escape or direction characters."""
    return text.translate(_ODD)


def line(value: object) -> str:
    """A title, name or reason as one clean line."""
    return " ".join(clean(str(value)).split())


_KINDS_NAMED = 5


def other_kinds(kinds: Counter[str]) -> str:
    """That files of other kinds than articles have are left alone: how many, and of which kinds the most."""
    named = [f"{number:,} {line(kind) or 'without a suffix'}" for kind, number in kinds.most_common(_KINDS_NAMED)]
    more = ["others"] if len(kinds) > _KINDS_NAMED else []
    return f"{count(kinds.total(), 'file')} of kinds that are not read: {', '.join(named + more)}"


# --- answers -------------------------------------------------------------------------------------------------


def understood(found: Answer) -> str:
    """How a question was read where not as typed: words put right, and the conversation that it goes on from."""
    said = [say("reading {typed} as {meant}", typed=slip.typed, meant=slip.meant) for slip in found.slips]
    said += [say("about: {topic}", topic=about(found.context))] if found.context else []
    return "; ".join(said)


def why_declined(found: Answer) -> tuple[str, ...]:
    """What keeps the nearest passage from being an answer, a sentence each; nothing where it is one."""
    if found.answered or not found.quotes:
        return ()
    if found.doubts:
        return tuple(map(_doubt, found.doubts))
    if found.evidence.get("margin", 0.0) < 0:
        return ("No words in the passages found read like an answer.",)
    return ("The nearest passage says something like it, but hardly answers the question.",)


_FOLLOW_UP: Mapping[Reason, str] = {
    "the best reading is of the question in context": "its best answer lies with what was said before",
    "the best passage is likelier in context": "the passage that answers best lies near what was said before",
    "its wording stands on its own": "its words stand on their own",
    "the best reading is of the question as typed": "it has a better answer as typed",
}


def why_follow_up(found: Answer) -> str:
    """Why a question was taken for a follow-up or, within a conversation, was not; empty outside of one."""
    why = _FOLLOW_UP.get(found.interpretation.reason)
    return f"{'a follow-up' if found.interpretation.in_context else 'no follow-up'}: {why}" if why else ""


_ASKED_FOR = {"number": "how many or how much"}
_DOUBTS: Mapping[str, str] = {
    "period": "The passage counts by the {instead}, not by the {asked}.",
    "question": "The passage only asks that.",
    "time": "The passage tells of what was still to come.",
    "contact": "The passage gives no {asked}.",
    "unnamed": "The article says nothing of {asked}.",
    "word": "The passage says nothing of “{asked}”.",
}


def _doubt(doubt: Doubt) -> str:
    asked, instead = line(doubt.asked), line(doubt.found or "")
    if doubt.about == "kind":
        said = f"“{instead}”" if instead else "The passage"
        return f"{said} does not say {_ASKED_FOR.get(asked, asked)}."
    if doubt.about in _DOUBTS:
        return _DOUBTS[doubt.about].format(asked=asked, instead=instead)
    if doubt.about == "date" and not instead:
        return f"The article says nothing of {asked}."
    if doubt.about in ("name", "swapped", "identifier", "office"):
        return f"The passage is about {instead}, not {asked}." if instead else f"The passage does not name {asked}."
    return f"The passage gives {instead}, not {asked}." if instead else f"The passage does not give {asked}."


def about(talk: Context) -> str:
    """What a conversation was about, in a few words."""
    return ", ".join(talk.names) or f"“{talk.previous}”"


_OPENERS: dict[Remark, str] = {
    "greeting": sentence("Hello."),
    "thanks": sentence("You are welcome."),
    "farewell": sentence("Goodbye."),
    "who": sentence(
        "I am Quoth: I answer questions by quoting articles, word for word, and say so when they do not say."
    ),
    "help": sentence(
        "Ask in your own words, and go on from the answer: “when was that?”, “more”, “where does it say that?”."
    ),
}


def small_talk(kind: Remark | None, found: Sequence[ArticleInfo]) -> str:
    """A reply to a greeting, thanks and the like, or to silence (None), naming what there is to ask about.

    After a farewell nothing more is to be asked.
    """
    if kind == "farewell":
        return say(_OPENERS[kind])
    different = list(dict.fromkeys(article.title for article in found))  # the days of a chat have one title
    titles = ", ".join(f"“{line(title)}”" for title in different[:_TITLES])
    if len(different) > _TITLES:
        titles = say("{titles} and {n} more", titles=titles, n=number(len(different) - _TITLES))
    if kind and kind in _OPENERS:
        opener, there = [say(_OPENERS[kind])], say("Ask me about {titles}.", titles=titles)
    else:
        opener, there = [], say("Ask me something, say about {titles}.", titles=titles)
    return " ".join([*opener, there if found else say("There are no articles yet.")])


# --- articles ------------------------------------------------------------------------------------------------


def excluded(chosen: Filters, articles: Sequence[ArticleInfo]) -> str:
    """A sentence that no article passes a filter, and what could be asked for instead."""
    known = sorted({line(article.source) for article in articles if article.source})
    remedy = (
        f"the articles are from {', '.join(known)}"
        if chosen.source and known
        else "quoth articles lists those there are"
    )
    return f"No article is left by the filter ({filters(chosen)}): {remedy}."


def filters(chosen: Filters) -> str:
    """Which articles a person has limited the answers to, as in "only from TASS"; empty when to none."""
    limits = [say("from {source}", source=line(chosen.source))] if chosen.source else []
    limits += [say("of {day} or later", day=day(chosen.after))] if chosen.after else []
    limits += [say("of {day} or earlier", day=day(chosen.before))] if chosen.before else []
    limits += [say("among {ids}", ids=", ".join(map(line, sorted(chosen.articles))))] if chosen.articles else []
    return say("only {limits}", limits=", ".join(limits)) if limits else ""


def first_ids(ids: Sequence[str]) -> str:
    """The first few ids, and how many more there are."""
    names = ", ".join(map(line, ids[:_NAMED]))
    return names + (f" and {len(ids) - _NAMED:,} more" if len(ids) > _NAMED else "")
