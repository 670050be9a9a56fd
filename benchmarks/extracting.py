"""``python -m benchmarks.extracting KIND FOLDER``: how much of what files say is read.

A file's words, and its runs of four words, are compared with those of the text that a collection says it has. Precision
is the share of what was read that is right, recall the share of what is right that was read. A file that is refused has
none of both. Figures are means over the files.
"""

from __future__ import annotations

import argparse
import gzip
import html
import json
import re
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import html as markup

from retrieval.articles.confined import let_go
from retrieval.articles.parsing import parse
from retrieval.errors import ArticleUnreadable

RUN = 4
"""Words in a run: they tell whether words stand in the right order."""

WORST = 10


@dataclass(frozen=True, slots=True)
class Sample:
    """A file, and the words that are in it."""

    label: str
    name: str
    content: bytes
    expected: str


@dataclass(frozen=True, slots=True)
class Score:
    """How like two bags of things are, 0 to 1."""

    precision: float
    recall: float

    @classmethod
    def of(cls, found: Counter[str], expected: Counter[str]) -> Score:
        """Compare what was found with what was expected; something is there as often as it occurs."""
        right = (found & expected).total()
        return cls(right / max(1, found.total()), right / max(1, expected.total()))

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.precision * self.recall / max(1e-9, self.precision + self.recall)


@dataclass(frozen=True, slots=True)
class Measured:
    """How well a file was read."""

    label: str
    words: Score
    runs: Score
    refused: str = ""
    """Why it was not read at all."""
    untitled: bool = False
    """Whether its title had to be its file's name."""


def main() -> None:
    """Measure how much of the files of a collection is read."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.extracting", description=main.__doc__)
    parser.add_argument("kind", choices=KINDS, help="whose collection it is")
    parser.add_argument("folder", type=Path, help="where it lies")
    asked = parser.parse_args()
    measured = [measure(sample) for sample in KINDS[asked.kind](asked.folder)]
    let_go()
    if not measured:
        sys.exit(f"benchmarks.extracting: {asked.folder} holds no {asked.kind} collection; see benchmarks/README.md")
    print("\n".join(report(measured)))


def measure(sample: Sample) -> Measured:
    """Read a file as Quoth does, and compare its words."""
    try:
        articles = parse(sample.name, sample.content).articles
    except ArticleUnreadable as error:
        return Measured(sample.label, Score(0, 0), Score(0, 0), error.reason)
    found, expected = words("\n\n".join(article.text for article in articles)), words(sample.expected)
    return Measured(
        sample.label,
        Score.of(Counter(found), Counter(expected)),
        Score.of(runs(found), runs(expected)),
        untitled=articles[0].title == Path(sample.name).stem,
    )


def words(text: str) -> list[str]:
    """The words of a text, whatever marks stand between them."""
    return re.findall(r"\w+", text.lower())


def runs(several: Sequence[str]) -> Counter[str]:
    """Each run of so many words; of fewer words all of them are one."""
    return Counter(" ".join(several[start : start + RUN]) for start in range(max(1, len(several) - RUN + 1)))


def report(measured: Sequence[Measured]) -> Iterator[str]:
    """The totals in a table, and the files that were read worst."""
    yield f"{len(measured)} files, {sum(bool(one.refused) for one in measured)} refused"
    yield f"{sum(one.untitled for one in measured)} without a title of their own"
    yield ""
    yield "| | precision | recall | F1 | median F1 |"
    yield "|---|---:|---:|---:|---:|"
    scores: Mapping[str, list[Score]] = {
        "words": [one.words for one in measured],
        f"runs of {RUN} words": [one.runs for one in measured],
    }
    for what, each in scores.items():
        means = (statistics.mean(values) for values in zip(*((s.precision, s.recall, s.f1) for s in each), strict=True))
        cells = [*means, statistics.median(score.f1 for score in each)]
        yield f"| {what} | {' | '.join(f'{cell:.3f}' for cell in cells)} |"
    yield ""
    yield "the worst:"
    for one in sorted(measured, key=lambda one: one.words.f1 + one.runs.f1)[:WORST]:
        said = f"refused: {one.refused}" if one.refused else f"runs F1 {one.runs.f1:.3f}"
        both = f"precision {one.words.precision:.3f}, recall {one.words.recall:.3f}"
        yield f"  {one.words.f1:.3f} ({both}) {one.label}, {said}"


# --- collections ---------------------------------------------------------------------------------------------


def _readability(folder: Path) -> Iterator[Sample]:
    """github.com/mozilla/readability, ``test/test-pages``: a folder a page, with what should be left of it."""
    for page in sorted(folder.rglob("source.html")):
        if (right := page.with_name("expected.html")).exists():
            expected = _page_words(right.read_text(encoding="utf-8"))
            yield Sample(page.parent.name, "source.html", page.read_bytes(), expected)


def _scrapinghub(folder: Path) -> Iterator[Sample]:
    """github.com/scrapinghub/article-extraction-benchmark: packed pages, and their texts in one file."""
    truth = folder / "ground-truth.json"
    for name, known in json.loads(truth.read_bytes()).items() if truth.exists() else ():
        content = gzip.decompress((folder / "html" / f"{name}.html.gz").read_bytes())
        yield Sample(f"{name[:12]} {known['url']}", "page.html", content, known["articleBody"])


def _docling(folder: Path) -> Iterator[Sample]:
    """github.com/docling-project/docling, ``tests/data/pdf`` or ``tests/data/docx``: files, and texts in Markdown."""
    for right in sorted(folder.rglob("groundtruth/*.md")):
        sources = right.parent.parent / "sources"
        files = [sources / right.stem, *(sources / f"{right.stem}{suffix}" for suffix in (".pdf", ".docx"))]
        expected = _markdown_words(right.read_text(encoding="utf-8"))
        for file in (file for file in files if file.is_file() and words(expected)):
            yield Sample(file.name, file.name, file.read_bytes(), expected)


KINDS: Mapping[str, Callable[[Path], Iterator[Sample]]] = {
    "readability": _readability,
    "scrapinghub": _scrapinghub,
    "docling": _docling,
}


_INLINE = frozenset(("a", "abbr", "b", "cite", "code", "em", "font", "i", "mark", "q", "small", "span", "strong", "u"))


def _page_words(page: str) -> str:
    tree = markup.document_fromstring(f"<div>{page}</div>")
    for part in tree.iter():
        if part.tag not in _INLINE:
            part.text = f" {part.text or ''}" if isinstance(part.tag, str) else ""
            part.tail = f" {part.tail or ''}"
    return "".join(tree.itertext())


_NO_WORDS = re.compile(r"<!--.*?-->|(?<=\])\([^()\s]*\)|</?[a-z]+[^<>\n]*>", re.DOTALL)
"""Of Markdown: comments, addresses of links, tags."""


def _markdown_words(text: str) -> str:
    return html.unescape(re.sub(r"\\(?=\W|_)", "", _NO_WORDS.sub(" ", text)))


if __name__ == "__main__":
    main()
