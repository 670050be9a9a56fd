"""What an update of a store has to write: which files' records are new, and which texts have to be encoded."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from retrieval.articles.article import Article, ArticleInfo
from retrieval.index.changes import Survey
from retrieval.index.milvus.records import FileRecord, Kept, Text, pack
from retrieval.index.sources import Source
from retrieval.text.passages import cut

HASH = 32
"""Characters of a hash that are kept: 128 bits."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A text that the store has already."""

    number: int
    parts: int
    encoded: str
    """The hash of what was encoded, title and text."""


@dataclass(frozen=True, slots=True)
class NewText:
    """A text that has to be written."""

    number: int
    text: Text


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be written for the next version."""

    records: Sequence[FileRecord]
    texts: Sequence[NewText]
    live: frozenset[int]
    """The numbers of all texts that the next version has."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An article of the next version, whose text may have another number than before."""

    kept: Kept
    read: Callable[[], Article]


def planned(
    survey: Survey,
    files: Mapping[str, FileRecord],
    stored: Mapping[str, Sequence[Stored]],
    version: int,
    last_text: int,
) -> Plan:
    """Compare the folder as surveyed with what the store has.

    Args:
        survey: the folder.
        files: the records of the version before; none where all is written anew.
        stored: the texts that are there, by the text's hash.
        version: the next one.
        last_text: the highest number that a text has.
    """
    wanted = {path: list(_wanted(survey, source, files.get(path))) for path, source in survey.sources.items()}
    sharing: dict[str, list[_Wanted]] = defaultdict(list)
    for some in wanted.values():
        for each in some:
            sharing[each.kept.hash].append(each)
    places: dict[str, Stored] = {}
    fresh: list[NewText] = []
    for name, several in sharing.items():
        found = _suitable(stored.get(name, ()), several)
        if found is None:
            last_text += 1
            text = _text_of(several[0].read())
            found = Stored(last_text, len(pack(text.value)), several[0].kept.content)
            fresh.append(NewText(last_text, text))
        places[name] = found
    records = [*_records(wanted, survey, files, places, version)]
    records += [FileRecord(path, version) for path in files if path not in survey.sources]
    return Plan(records, fresh, frozenset(each.number for each in places.values()))


def hash_of(text: str) -> str:
    """What tells a text from others."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:HASH]


def _wanted(survey: Survey, source: Source, before: FileRecord | None) -> Iterator[_Wanted]:
    """A file's articles; those that are as they were are not read."""
    known = {each.info.id: each for each in before.articles} if before else {}
    then = before.source.articles if before and before.source else {}
    for id, digest in source.articles.items():
        read = survey.reader(id)
        if id in known and then.get(id) == digest:
            yield _Wanted(known[id], read)
        else:
            article = read()
            yield _Wanted(_kept(article), lambda article=article: article)  # type: ignore[misc]


def _kept(article: Article) -> Kept:
    """What is known of an article whose text has no number yet."""
    return Kept(
        ArticleInfo(**article.known), 0, 0, hash_of(article.text), article.content_hash[:HASH], "",
        article.pages, article.scanned,
    )  # fmt: skip


def _suitable(stored: Sequence[Stored], sharing: Sequence[_Wanted]) -> Stored | None:
    """The text as it was encoded for one of the articles that share it, if it was."""
    contents = {each.kept.content for each in sharing}
    return next((each for each in stored if each.encoded in contents), None)


def _text_of(article: Article) -> Text:
    return Text(article.title, article.text, [(start, end) for start, end in cut(article.text)])


def _records(
    wanted: Mapping[str, Sequence[_Wanted]],
    survey: Survey,
    files: Mapping[str, FileRecord],
    places: Mapping[str, Stored],
    version: int,
) -> Iterator[FileRecord]:
    """The records of files that are not what they were."""
    for path, some in wanted.items():
        articles = tuple(_placed(each.kept, places[each.kept.hash]) for each in some)
        before, source = files.get(path), survey.sources[path]
        if before is None or before.source != source or before.articles != articles:
            yield FileRecord(path, version, source, articles)


def _placed(kept: Kept, stored: Stored) -> Kept:
    return replace(kept, text=stored.number, parts=stored.parts, encoded=stored.encoded)
