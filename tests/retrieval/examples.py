"""A small newsroom, and an encoder that remembers what it was asked to encode."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path

from retrieval.answer.quoting.quotes import Quote
from retrieval.answer.reading.reader import whole_sentences
from retrieval.articles.article import Article
from retrieval.models.encoder import Vectors
from retrieval.text.sentences import Span
from tests.fakes import FakeEncoder

SHIPPED = Path(__file__).parents[2] / "data" / "articles"
"""The articles that Quoth comes with."""

FERRY = "The last ferry to Gullholm sails on 30 September."
"""A sentence that two of the articles tell."""

NEWS = {
    "harbour/bridge.md": f"""\
---
title: Bridge to Gullholm opens after nine years
source: Northern Herald
published: 2019-06-01
url: https://herald.example/bridge
---

# A crossing at last

Mayor Ingrid Solberg opened the Gullholm bridge on Saturday. The crossing cost 410 million kroner and replaces a
ferry that carried 900 cars a day. {FERRY}

## What it means for the island

Doctors reach the island in six minutes now. The school on Gullholm expects forty more pupils next year.
""",
    "harbour/ferry.txt": f"""\
---
title: Farewell to the Gullholm ferry
source: Coast Radio
published: 2019-07-15
---
GULLHOLM, July 15. /CR/. Captain Olav Brekke has steered the ferry for thirty-one years.

{FERRY} Brekke will retire and grow apples.
""",
    "science/whales.md": """\
---
title: Whales sing lower than they used to
source: northern herald
published: 2021-03-09
---

Blue whales have lowered the pitch of their songs since the 1960s, researchers in Perth report. Nobody knows why.

Marine biologist Alinta Murray listened to 4,000 hours of recordings. "They all changed together," she said.
""",
    "sports/final.txt": """\
Fjordby wins the cup on penalties

Goalkeeper Sami Haddad saved three penalties as Fjordby beat Elvestad in the cup final on Sunday.

The match had ended one all. Fjordby last won the trophy in 1974.
""",
}
"""By path: a file each. The last has no source and no date."""


def write(folder: Path, name: str, text: str | bytes, *, age_s: float = 3600) -> Path:
    """Put a file into ``folder`` as if it had been written ``age_s`` seconds ago."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    then = time.time() - age_s
    os.utime(path, (then, then))
    return path


def newsroom(folder: Path) -> Path:
    """A folder with the articles above."""
    for name, text in NEWS.items():
        write(folder, name, text)
    return folder


def article_of(text: str, id: str = "a.txt", title: str = "A note", published: date | None = None) -> Article:
    return Article(id=id, title=title, source=None, published=published, url=None, path=id, text=text)


def completed(by: Callable[[str, Span], Span], text: str, words: str) -> str:
    """The sentences with ``words``, and what completes them."""
    start = text.index(words)
    return text[slice(*by(text, whole_sentences(text, Span(start, start + len(words)))))]


def assert_covers(text: str, spans: Iterable[Span]) -> None:
    """Every non-blank character lies in exactly one span; spans are in order and neither begin nor end blank."""
    reached = 0
    for start, end in spans:
        assert reached <= start < end <= len(text)
        assert not text[reached:start].strip()
        assert text[start:end] == text[start:end].strip()
        reached = end
    assert not text[reached:].strip()


class CountingEncoder(FakeEncoder):
    """Remembers the texts that it was given."""

    def __init__(self, fingerprint: str = FakeEncoder.fingerprint) -> None:
        self.fingerprint = fingerprint
        self.documents: list[str] = []

    def encode_document(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        self.documents.extend(texts)
        return super().encode_document(texts, progress)

    def taken(self) -> list[str]:
        """What was encoded since this was asked last."""
        taken, self.documents = self.documents, []
        return taken


def bold(quote: Quote) -> list[str]:
    return [quote.article.text[start:end] for start, end in quote.highlights]


def assert_verbatim(quote: Quote) -> None:
    """A quote is whole sentences of its article, with the bold words apart and inside it."""
    text = quote.article.text
    assert 0 <= quote.start < quote.end <= len(text)
    assert quote.text == text[quote.start : quote.end]
    assert whole_sentences(text, Span(quote.start, quote.end)) == (quote.start, quote.end)
    assert quote.paragraph.start <= quote.start < quote.end <= quote.paragraph.end
    reached = quote.start
    for start, end in sorted(quote.highlights):
        assert reached <= start < end <= quote.end
        reached = end
