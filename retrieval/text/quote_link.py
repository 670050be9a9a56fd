"""Permanent links to quotes: what of an article was quoted, kept in the link itself, so that it is found again.

The models are the text position and text quote selectors of the Web Annotation Data Model: offsets, the words, and a
little of what stands before and behind them. Only the words count, not the white space between them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from retrieval.errors import LinkUnreadable
from retrieval.text.sentences import Sentence, Span, sentences

if TYPE_CHECKING:
    from retrieval.articles.article import Article

LONGEST = 420
"""Characters of a link that holds a quote whole. Discord's buttons open addresses of 512 at most."""

_AROUND = 24
"""Code points that are kept of what stands before, and behind, a quote: they tell two places with the same words."""

_WHOLE = 1_000
"""Code points that are kept at most, however well they pack."""

_ENDS = ((160, 80), (80, 40), (40, 20))
"""How much of the beginning and the end of a quote is kept that is too long to be kept whole; the first that fits."""

_VERSION = b"\x01"
_DIGEST = 9
"""Bytes of the hash, which make twelve characters without padding."""

_MOST = 8_192
"""Characters of a link that is read, and bytes that it may unpack to."""

_FAR = 2**53

_NEAR = 70.0
"""How alike words must be, of 100, to be what a quote has become. Sentences about other things reach 40 to 60."""

_GAP = 200
"""Code points, at most, of the white space between two sentences."""

_STOPS = '.!?:…\u3002\uff01\uff1f”"’»)]'
"""What a sentence may end with."""

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class QuoteLink:
    """A link to a quote: its article, its place there, a hash of its words, and the words themselves."""

    article: str
    """The article's id when it was quoted; so are the others."""
    title: str
    start: int
    end: int
    words: str
    """With one space for white space. Of a very long quote only the beginning; then ``last`` has the end."""
    last: str
    length: int
    """Code points of all the words."""
    digest: bytes
    """The beginning of the SHA-256 of all the words."""
    before: str
    """What stands right before the quote; so does ``after`` behind it."""
    after: str
    inside: int
    """Whether it was but a part of a sentence: 1 where words stood before it there, 2 behind it, 3 for both."""

    @classmethod
    def to(cls, article: Article, start: int, end: int) -> QuoteLink:
        """The link to ``article.text[start:end]``."""
        text = article.text
        words = _plain(text[start:end])
        link = cls(
            article=article.id,
            title=article.title,
            start=start,
            end=end,
            words=words,
            last="",
            length=len(words),
            digest=_digest(words),
            before=_spaced(text[max(0, start - _AROUND) : start]),
            after=_spaced(text[end : end + _AROUND]),
            inside=_inside(text, Span(start, end)),
        )
        for first, last in _ENDS:
            if len(link.words) <= _WHOLE and len(link.token) <= LONGEST:
                break
            link = replace(link, words=_beginning(words, first), last=_ending(words, last))
        return link

    @property
    def token(self) -> str:
        """The link as letters, digits, hyphens and underscores."""
        fields = [self.article, self.title, self.start, self.end, self.before, self.after, self.inside, self.words]
        fields += [self.last, self.length] if self.last else []
        body = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        return base64.urlsafe_b64encode(_VERSION + self.digest + zlib.compress(body, 9)).rstrip(b"=").decode()

    @classmethod
    def read(cls, token: str) -> QuoteLink:
        """The link that ``token`` is of.

        Raises:
            LinkUnreadable: it is of none: something is missing, or its words are not those that its hash is of.
        """
        try:
            link = cls(*_fields(token))
        except (ValueError, TypeError, RecursionError, binascii.Error, zlib.error) as error:
            raise LinkUnreadable(token, "it is cut off, or something in it has changed") from error
        if not link.last and link.digest != _digest(link.words):
            raise LinkUnreadable(token, "its words are not those that its hash is of")
        return link

    @property
    def quoted(self) -> str:
        """What was quoted then, as far as the link has it."""
        return f"{self.words} … {self.last}" if self.last else self.words

    # --- finding the words again ---------------------------------------------------------------------------------

    def place(self, text: str) -> Span | None:
        """Where the words stand in a text: where they stood or, of several places, the likeliest; None for nowhere."""
        if self._at(text, Span(self.start, self.end)):
            return Span(self.start, self.end)
        places = [each for each in self._occurrences(text) if self._at(text, each)]
        return min(places, key=lambda each: (-self.fit(text, each), abs(each.start - self.start)), default=None)

    def _at(self, text: str, place: Span) -> bool:
        """Whether the very words stand at a place, as whole a sentence as then: not in "often men" or "never Abe met".

        "Ten men" and "Abe met" are there, but no longer say what they said.
        """
        words = text[place.start : place.end]
        if _digest(_plain(words)) != self.digest or words != words.strip() or _inside(text, place) & ~self.inside:
            return False
        before, after = text[max(0, place.start - 1) : place.start], text[place.end : place.end + 1]
        joined_before = _joined(before, words[:1]) and before != self.before[-1:]
        return not joined_before and (not _joined(words[-1:], after) or after == self.after[:1])

    def _occurrences(self, text: str) -> Iterator[Span]:
        """Where the words begin in a text, and what is as long as all of them there."""
        for match in re.finditer(r"\s+".join(map(re.escape, self.words.split())), text):
            yield Span(match.start(), match.end() if not self.last else _reached(text, match.start(), self.length))

    def fit(self, text: str, place: Span) -> int:
        """How many characters around a place are those that stood around the quote."""
        before = _spaced(text[max(0, place.start - 2 * _AROUND) : place.start])
        after = _spaced(text[place.end : place.end + 2 * _AROUND])
        return _common(before[::-1], self.before[::-1]) + _common(after, self.after)

    def closest(self, text: str) -> Span | None:
        """The sentences of a text that are most like the quote; None where none is like it."""
        first = _aligned(self.words, text)
        if first is None:
            return None
        last = _aligned(self.last, text) if self.last else None
        near = last is not None and 0 <= last.end - first.start <= 2 * self.length
        return _whole_sentences(text, Span(first.start, last.end) if last and near else first)


def _fields(token: str) -> tuple[str, str, int, int, str, str, int, bytes, str, str, int]:
    """What a link holds, in the order of its class; raises ``ValueError`` and the like."""
    if not re.fullmatch(r"[\w-]+", token, re.ASCII) or len(token) > _MOST:
        raise ValueError(token)
    packed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    if packed[:1] != _VERSION:
        raise ValueError(token)
    unpacking = zlib.decompressobj()
    body = unpacking.decompress(packed[1 + _DIGEST :], _MOST)
    if not unpacking.eof or unpacking.unused_data:
        raise ValueError(token)
    article, title, start, end, before, after, inside, words, *more = json.loads(body.decode("utf-8", "surrogatepass"))
    last, length = more or ("", len(words))
    if not all(isinstance(each, str) for each in (article, title, before, after, words, last)):
        raise TypeError(token)
    if (
        not all(type(each) is int and 0 <= each <= _FAR for each in (start, end, inside, length))
        or start >= end
        or not words
    ):
        raise ValueError(token)
    return article, title, start, end, words, last, length, packed[1 : 1 + _DIGEST], before, after, inside


def _plain(text: str) -> str:
    """The words of a text with one space between them."""
    return " ".join(text.split())


def _spaced(text: str) -> str:
    """A text with one space for white space, at its ends too."""
    return re.sub(r"\s+", " ", text)


def _digest(words: str) -> bytes:
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).digest()[:_DIGEST]


def _beginning(words: str, length: int) -> str:
    """So much of the beginning, up to the end of a word where there is one."""
    return words[:length].rpartition(" ")[0] or words[:length]


def _ending(words: str, length: int) -> str:
    return words[-length:].partition(" ")[2] or words[-length:]


def _joined(left: str, right: str) -> bool:
    """Whether two characters beside each other are of one word or number: "1.5", "often", "non-profit"."""
    if not left or not right:
        return False
    if left.isalnum():
        return right.isalnum() or right in "’'-_"
    return left in ".,:’'-_@/" and right.isalnum()


def _inside(text: str, place: Span) -> int:
    """Whether words are but a part of their sentence, as ``QuoteLink.inside`` has it."""
    before = text[max(0, place.start - _GAP) : place.start].rstrip()[-1:]
    after = text[place.end : place.end + _GAP].lstrip()[:1]
    begins = not before or before in _STOPS or any(each.start == place.start for each in sentences(text))
    ends = not after or text[place.end - 1] in _STOPS or any(each.end == place.end for each in sentences(text))
    return (not begins) + 2 * (not ends)


def _reached(text: str, start: int, length: int) -> int:
    """Where so many characters end that begin at ``start``, white space counting one."""
    left = length
    for word in _WORD.finditer(text, start):
        if len(word[0]) >= left:
            return word.start() + left
        left -= len(word[0]) + 1
    return len(text)


def _common(one: str, other: str) -> int:
    """How many characters two texts have in common at their beginning."""
    from rapidfuzz.distance import Prefix

    return int(Prefix.similarity(one, other))


def _aligned(words: str, text: str) -> Span | None:
    """The part of a text that is most like the words."""
    from rapidfuzz import fuzz

    if len(text) < len(words) // 2:
        return None
    found = fuzz.partial_ratio_alignment(words, text, score_cutoff=_NEAR)
    return Span(found.dest_start, found.dest_end) if found and found.dest_start < found.dest_end else None


def _whole_sentences(text: str, span: Span) -> Span:
    """The sentences that a span has a good part of."""
    touched = [each for each in sentences(text) if each.start < span.end and span.start < each.end]
    good = [each for each in touched if _shared(each, span) > (each.end - each.start) / 2] or touched
    return Span(good[0].start, good[-1].end) if good else span


def _shared(one: Sentence, other: Span) -> int:
    """How many code points are in both."""
    return min(one.end, other.end) - max(one.start, other.start)
