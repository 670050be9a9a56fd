"""Data sets of questions with their answers, read from the formats that they come in."""

from __future__ import annotations

import gzip
import json
import re
import string
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import unquote

from retrieval.articles.article import Article
from retrieval.articles.parsing import parse
from retrieval.errors import AnswersMissing, ArticleUnreadable, DatasetInvalid, FileFailed, FileMissing
from retrieval.text.sentences import Span

_T = TypeVar("_T")

_GAP = "\n\n"
"""Between an article's paragraphs."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what is known of its answer."""

    text: str
    answers: tuple[str, ...]
    """The words that answer, as different people marked them; empty: nothing in the data set answers."""
    article: str | None
    """Id of the article that it was asked about."""
    paragraph: Span | None
    """The paragraph that it was asked about, in code points of that article's text."""
    sentences: bool = False
    """Whether ``answers`` are whole sentences: a quote should be one, and a highlight cannot be."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Articles, and questions about them."""

    articles: tuple[Article, ...]
    questions: tuple[Question, ...]
    unfilled: int = 0
    """Further questions, of which nobody has said yet what answers them."""


def load(path: Path, *, only_questions: bool = False) -> Dataset:
    """Read a data set, plain or packed by gzip. What it is, its contents tell.

    ``only_questions`` is for questions about articles that are elsewhere: it may hold no text, and answers are not
    looked for in any.

    - SQuAD 1.1 or 2.0 (Rajpurkar et al. 2016, 2018): an article is all its paragraphs under its title.
    - JSON lines in Quoth's own form: objects with ``title`` and ``text`` or ``context`` (a paragraph), ``question``,
      and ``answers`` or ``answer``, strings out of the text in a list, or a single one. Without them, or with an empty
      list, nothing answers the question; with null nobody has said yet, and it is left out. Without ``question`` the
      line only adds its paragraph to what is searched; without ``text`` it only asks.
    - JSON lines of ClapNQ (Rosenthal et al. 2024, arXiv:2404.02103): the sentences selected are the answers.
    - JSON lines of QED (Lamm et al. 2020, arXiv:2009.06354): ``original_nq_answers`` are the answers.

    In JSON lines, paragraphs of one title make one article. ClapNQ's and QED's text comes in tokens ("Röntgen ,
    of Germany"), which are put together again as they are printed.

    Raises:
        FileMissing, FileFailed: the file is not there, or cannot be read.
        DatasetInvalid: it is none of these, or an answer is not in its paragraph; the reason says where.
        AnswersMissing: nobody has filled in the answers to any of its questions.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise FileMissing(path) from error
    except OSError as error:
        raise FileFailed(path, error.strerror or str(error)) from error
    try:
        dataset = _parse(_decode(content), only_questions=only_questions)
    except _FaultError as fault:
        raise DatasetInvalid(path, str(fault)) from fault
    if not dataset.questions:
        raise AnswersMissing(path, dataset.unfilled)
    return dataset


def as_file(article: Article) -> str:
    """The contents of a file that reads back as the same article."""
    import yaml

    title = yaml.safe_dump({"title": article.title}, allow_unicode=True, width=float("inf"))
    return f"---\n{title}---\n\n{article.text}\n"


def holds(quote: str, gold: str, *, sentence: bool = False) -> bool:
    """Whether a quote has the words of ``gold`` in it, in a row and as ``normalise`` has them, whatever its article.

    A quote also holds a gold ``sentence`` when it is a part of it.
    """
    text, words = (f" {normalise(each)} " for each in (quote, gold))
    if not words.strip():
        return gold.strip() in quote
    return words in text or (sentence and bool(text.strip()) and text in words)


def normalise(text: str) -> str:
    """A text as SQuAD's own script compares it: lower case, no ASCII punctuation, no articles, single spaces."""
    bare = text.lower().translate(_NO_PUNCTUATION)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())


_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


class _FaultError(Exception):
    """What makes no sense in a data set, and where."""


def _decode(content: bytes) -> str:
    try:
        unpacked = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
        return unpacked.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error) as error:
        raise _FaultError("it is a damaged gzip file") from error
    except UnicodeDecodeError as error:
        raise _FaultError(f"byte {error.start} is not UTF-8") from error


def _parse(text: str, *, only_questions: bool) -> Dataset:
    collection = _Collection(only_questions)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict) and "data" in document:
        _read_squad(document, collection)
    else:
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                _read_line(f"line {number}", line, collection)
    return collection.finished()


class _Place(NamedTuple):
    """Where a paragraph stands: its article's id, its range of that article's text, and its own text."""

    article: str
    span: Span
    text: str


@dataclass(slots=True)
class _Draft:
    """An article while it is read: its id, and its paragraphs with their places."""

    id: str
    places: dict[str, _Place] = field(default_factory=dict)
    length: int = 0

    def add(self, text: str) -> _Place:
        """Append a paragraph, unless it is there already."""
        if text not in self.places:
            start = self.length + len(_GAP) if self.places else 0
            self.length = start + len(text)
            self.places[text] = _Place(self.id, Span(start, self.length), text)
        return self.places[text]


@dataclass(slots=True)
class _Collection:
    """A data set while it is read."""

    only_questions: bool = False
    drafts: dict[str, _Draft] = field(default_factory=dict)
    """By title."""
    questions: list[Question] = field(default_factory=list)
    unfilled: int = 0

    def add_paragraph(self, where: str, title: str, text: str) -> _Place:
        """Add a paragraph to the article of that title."""
        title, text = " ".join(_clean(title).split()), _clean(text)
        if not title or not text:
            raise _FaultError(f"{where}: the {'text' if title else 'title'} is empty")
        draft = self.drafts.setdefault(title, _Draft(f"{len(self.drafts):05}.txt"))
        return draft.add(text)

    def add_question(
        self, where: str, text: str, answers: Iterable[str], place: _Place | None, *, sentences: bool = False
    ) -> None:
        """Add a question about the paragraph at ``place``, in which its answers must be."""
        known = tuple(dict.fromkeys(_clean(answer) for answer in answers))
        for answer in known:
            # Some of SQuAD's answers end within a word: "Japan" where the text says "Japanese".
            if place is None and self.only_questions and answer:
                continue
            if place is None and answer:
                raise _FaultError(f"{where}: it has no text, so that it has to be asked of a folder, by --articles")
            if place is None or not answer or not (answer in place.text or holds(place.text, answer)):
                raise _FaultError(f"{where}: the answer {answer[:80]!r} is not in the text")
        if not re.search(r"\w", text):
            raise _FaultError(f"{where}: the question is empty")
        article, paragraph = (place.article, place.span) if place else (None, None)
        self.questions.append(Question(_clean(text), known, article, paragraph, sentences))

    def finished(self) -> Dataset:
        """All of it, once it is sure that an article written to a file reads back as the same."""
        if not self.questions and self.unfilled:
            return Dataset((), (), self.unfilled)
        if not self.questions:
            raise _FaultError("it holds no question")
        if not self.drafts and not self.only_questions:
            raise _FaultError("it holds no text to search")
        articles = tuple(
            Article(draft.id, title, source=None, published=None, url=None, path=draft.id, text=_GAP.join(draft.places))
            for title, draft in self.drafts.items()
        )
        for article in articles:
            if not _reads_back(article):
                raise _FaultError(f"the article {article.title[:80]!r} is not plain text")
        return Dataset(articles, tuple(self.questions), self.unfilled)


def _reads_back(article: Article) -> bool:
    try:
        return parse(article.path, as_file(article).encode()).articles == (article,)
    except ArticleUnreadable:
        return False


def _clean(text: str) -> str:
    """A text as a file gives it: Unix line ends, no half of a surrogate pair, no soft hyphens, no blanks around it."""
    whole = text.encode(errors="replace").decode()
    return whole.replace("\N{SOFT HYPHEN}", "").replace("\r\n", "\n").replace("\r", "\n").strip()


def _take(row: object, name: str, kind: type[_T], where: str) -> _T:
    """The field ``name`` of a JSON object, which must be there and of the kind given."""
    value = row.get(name) if isinstance(row, dict) else None
    if not isinstance(value, kind):
        raise _FaultError(f"{where}: {name!r} is missing or of the wrong kind")
    return value


def _strings(values: Iterable[object], where: str) -> Iterator[str]:
    for value in values:
        if not isinstance(value, str):
            raise _FaultError(f"{where}: an answer is not a string")
        yield value


def _read_squad(document: Mapping[str, Any], collection: _Collection) -> None:
    for number, article in enumerate(_take(document, "data", list, "the file"), 1):
        title = unquote(_take(article, "title", str, f"article {number}")).replace("_", " ")
        for part, paragraph in enumerate(_take(article, "paragraphs", list, repr(title)), 1):
            where = f"{title!r}, paragraph {part}"
            place = collection.add_paragraph(where, title, _take(paragraph, "context", str, where))
            for count, row in enumerate(_take(paragraph, "qas", list, where), 1):
                _read_squad_question(f"{where}, question {count}", row, place, collection)


def _read_squad_question(where: str, row: Mapping[str, Any], place: _Place, collection: _Collection) -> None:
    question = _take(row, "question", str, where)
    answers = [_take(answer, "text", str, where) for answer in _take(row, "answers", list, where)]
    if bool(answers) == bool(row.get("is_impossible")):
        raise _FaultError(f"{where}: it is marked as answerable and has no answer, or the reverse")
    collection.add_question(where, question, answers, place)


def _read_line(where: str, line: str, collection: _Collection) -> None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _FaultError(f"{where} is not JSON ({error})") from error
    if not isinstance(row, dict):
        raise _FaultError(f"{where} is not a JSON object")
    for mark_of_form, reader in _LINE_READERS.items():
        if mark_of_form in row:
            return reader(where, row, collection)
    raise _FaultError(f"{where}: it has neither a question nor a text")


def _read_own(where: str, row: Mapping[str, Any], collection: _Collection) -> None:
    place, field = None, "context" if "context" in row else "text"
    if row.get(field) is not None:
        place = collection.add_paragraph(where, _take(row, "title", str, where), _take(row, field, str, where))
    answers = row.get("answers", row.get("answer", []))
    if row.get("question") is None:
        return
    if answers is None:
        collection.unfilled += 1
    else:
        known = _strings(_listed(answers, where), where)
        collection.add_question(where, _take(row, "question", str, where), known, place)


def _listed(answers: object, where: str) -> list[object]:
    """Answers, of which one need be no list, and which the hub's copies of SQuAD have beside their places."""
    if isinstance(answers, str):
        return [answers]
    if isinstance(answers, dict):
        return _take(answers, "text", list, where)
    return _take({"answers": answers}, "answers", list, where)


def _read_clapnq(where: str, row: Mapping[str, Any], collection: _Collection) -> None:
    passage = next(iter(_take(row, "passages", list, where)), None)
    text = detokenised(_take(passage, "text", str, where))
    place = collection.add_paragraph(where, _take(passage, "title", str, where), text)
    outputs = _take(row, "output", list, where)
    sentences = _strings([one for output in outputs for one in _take(output, "selected_sentences", list, where)], where)
    answers = [detokenised(sentence) for sentence in sentences]
    collection.add_question(where, _take(row, "input", str, where), answers, place, sentences=True)


def _read_qed(where: str, row: Mapping[str, Any], collection: _Collection) -> None:
    text = detokenised(_take(row, "paragraph_text", str, where))
    place = collection.add_paragraph(where, _take(row, "title_text", str, where), text)
    marked = _take(row, "original_nq_answers", list, where)
    spans = [span for person in marked if isinstance(person, list) for span in person]
    answers = [detokenised(_take(span, "string", str, where)) for span in spans]
    collection.add_question(where, _take(row, "question_text", str, where), answers, place)


_LINE_READERS: Mapping[str, Callable[[str, Mapping[str, Any], _Collection], None]] = {
    "passages": _read_clapnq,
    "paragraph_text": _read_qed,
    "question": _read_own,
    "text": _read_own,
    "context": _read_own,
}
"""By a field that only that form has."""

_JOINS = (
    (re.compile(r"(?<=[(\[$£€]) | (?=[,.;:!?%)\]](?:\s|$))| (?=(?:n't|'(?:s|m|d|re|ve|ll))\b)"), ""),
    (re.compile(r"`` ?| ?''"), '"'),
    (re.compile(r"(?<=\w) - (?=\w)"), "-"),
    (re.compile(r" -- "), " – "),
)


def detokenised(text: str) -> str:
    """Text that was cut into tokens by blanks, in the manner of the Penn Treebank, as it was printed (nearly)."""
    for pattern, joined in _JOINS:
        text = pattern.sub(joined, text)
    return text
