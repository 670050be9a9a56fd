"""Cutting an article into passages of whole sentences: what is encoded, searched and read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from retrieval.articles.article import Article
from retrieval.text.sentences import WORD, Span, headings_above, sentences, trimmed, words_in
from retrieval.text.terms import content_terms

MAX_WORDS = 95
"""Size of a passage. Longer ones blur their vector and outgrow the encoder's window of 256 tokens."""

RULES = "8"
"""Raised whenever the same text would be cut differently, so that indexes cut by older rules are rebuilt."""

_HEADINGS = 200
"""Code points of the headings above a passage that tell what it is about."""
_CLAUSE_END = re.compile(r"[,;:)\]—–](?=\s)")


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of whole sentences of one article: what is encoded, searched and read."""

    article: Article
    start: int
    end: int

    @property
    def text(self) -> str:
        """The passage, word for word."""
        return self.article.text[self.start : self.end]

    @property
    def above(self) -> str:
        """The title of its article and the headings that it stands under, of which the last ones are kept."""
        headings = ". ".join(headings_above(self.article.text, self.start))[-_HEADINGS:]
        return f"{self.article.title}. {headings}" if headings else self.article.title

    def above_for(self, question: str) -> str:
        """The same, after the source where a question has a word of it: a library's answers seldom name the library."""
        source = self.article.source
        named = source and content_terms(source) & content_terms(question)
        return f"{source}. {self.above}" if named else self.above


def cut(text: str) -> list[Span]:
    """Cut a text into passages: whole sentences, at most ``MAX_WORDS`` words, never across a heading.

    Short paragraphs are joined while they fit; a long one is cut into parts of about equal length, since a tail of a
    few words makes a poor passage. A sentence longer than a passage is cut at a clause's end or between words.
    """
    passages: list[Span] = []
    for section in _sections(text):
        parcel: list[Span] = []
        for paragraph in section:
            if _words(text, parcel) + _words(text, paragraph) <= MAX_WORDS:
                parcel.extend(paragraph)
                continue
            if parcel:
                passages.append(Span(parcel[0].start, parcel[-1].end))
            *full, parcel = _parts(text, paragraph)
            passages.extend(Span(part[0].start, part[-1].end) for part in full)
        passages.append(Span(parcel[0].start, parcel[-1].end))
    return passages


def _sections(text: str) -> Iterator[list[list[Span]]]:
    """Headings with the paragraphs under them; a paragraph is a list of pieces that fit a passage."""
    section: list[list[Span]] = []
    body = False
    for sentence in sentences(text):
        pieces = list(_pieces(text, Span(sentence.start, sentence.end)))
        if sentence.heading and body:
            yield section
            section, body = [], False
        if sentence.opens and not (section and not body):
            section.append([])
        section[-1].extend(pieces)
        body = body or not sentence.heading
    if section:
        yield section


def _pieces(text: str, sentence: Span) -> Iterator[Span]:
    """The sentence itself or, when it is longer than a passage, parts that are not."""
    start, end = sentence
    while True:
        words = [word.span() for _, word in zip(range(MAX_WORDS + 1), WORD.finditer(text, start, end), strict=False)]
        if len(words) <= MAX_WORDS:
            yield Span(start, end)
            return
        first, last = words[MAX_WORDS // 2][0], words[MAX_WORDS - 1][1]
        clauses = list(_CLAUSE_END.finditer(text, first, last))
        stop = clauses[-1].end() if clauses else last
        yield from trimmed(text, start, stop)
        start = next(begin for begin, _ in words if begin >= stop)


def _words(text: str, spans: Sequence[Span]) -> int:
    return words_in(text, Span(spans[0].start, spans[-1].end)) if spans else 0


def _parts(text: str, pieces: Sequence[Span]) -> list[list[Span]]:
    """Share a paragraph's sentences out over as few passages as hold them, about equally full."""
    total = _words(text, pieces)
    target = total / ceil(total / MAX_WORDS)
    parts: list[list[Span]] = [[]]
    before = 0
    for piece in pieces:
        size = words_in(text, piece)
        # Go on to the next part once this one is nearer its share without the sentence than with it.
        if parts[-1] and (before + size > MAX_WORDS or before + size / 2 > target):
            parts.append([])
            before = 0
        parts[-1].append(piece)
        before += size
    return parts
