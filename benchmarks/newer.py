"""``python -m benchmarks.newer [DATA]``: how often "a newer article is about the same" is right, and what it takes.

``newer.jsonl`` has 20 stories, each with a first report, an update of it, and newer articles that are none: another
event of the subject (``event``), the same people and places in another matter (``names``) and, of most, the same kind
of event elsewhere in nearly the same words (``series``). Every passage of every article is quoted. What was chosen was
chosen on every other story, the first among them.

With DATA, a data set that ``quoth eval`` reads, each of its articles is of a day of its own, and none is about the same
as another: whatever is told is wrong.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median

from retrieval.answer.newer import NewerArticles, NewerWeights
from retrieval.answer.quoting.quotes import Quote
from retrieval.answer.search import Hit
from retrieval.articles.article import ArticleInfo
from retrieval.evaluation.datasets import load
from retrieval.index.protocol import Index
from retrieval.index.updating import open_up_to_date
from retrieval.models.runtimes import encoder_named

STORIES = Path(__file__).with_suffix(".jsonl")


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of one quote, and how long that took."""

    quoted: ArticleInfo
    newer: ArticleInfo | None
    ms: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.newer", description=main.__doc__)
    parser.add_argument("data", type=Path, nargs="?", help="a data set whose articles are about different things")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="quoth-newer-") as name:
        folder = Path(name, "articles")
        folder.mkdir()
        if asked.data:
            told = list(_told(_different(folder, asked.data)))
            wrong = sum(each.newer is not None for each in told)
            print(f"{len(told):,} passages: {wrong} times wrongly, {wrong / len(told):.2%}; {_taken(told)}")
            return
        halves = _stories(folder)
        told = list(_told(folder))
    for half, ids in halves.items():
        print(f"{half}: {_judged([each for each in told if each.quoted.id in ids])}")
    print(_taken(told))


def _stories(folder: Path) -> dict[str, set[str]]:
    """Write the stories' articles; returns their ids by the half that they belong to."""
    rows = [json.loads(line) for line in STORIES.read_text(encoding="utf-8").splitlines()]
    numbers = {story: number for number, story in enumerate(dict.fromkeys(row["story"] for row in rows))}
    halves: dict[str, set[str]] = {"chosen on": set(), "not looked at": set()}
    for row in rows:
        id = f"{row['story']}.{row['kind']}.md"
        _write(folder / id, row["title"], date.fromisoformat(row["published"]), row["text"])
        halves["not looked at" if numbers[row["story"]] % 2 else "chosen on"].add(id)
    return halves


def _different(folder: Path, data: Path) -> Path:
    """Write a data set's articles, each of a day of its own."""
    for number, article in enumerate(load(data).articles):
        _write(folder / f"{number:05}.md", article.title, date(2001, 1, 1) + timedelta(days=number), article.text)
    return folder


def _write(path: Path, title: str, published: date, text: str) -> None:
    path.write_text(
        f"---\n{json.dumps({'title': title, 'published': str(published)})}\n---\n{text}\n", encoding="utf-8"
    )


def _told(folder: Path) -> Iterator[Told]:
    """What is told of each passage of the articles in a folder."""
    index, _ = open_up_to_date(folder, folder.with_name("index"), encoder_named())
    newer = NewerArticles(index, NewerWeights())
    for quote in _quotes(index):
        started = time.perf_counter()
        found = newer.about(quote)
        yield Told(quote.article.info, found, (time.perf_counter() - started) * 1e3)


def _quotes(index: Index) -> Iterator[Quote]:
    for number in range(index.passages):
        [passage] = index.passages_at([number])
        hit = Hit(passage, score=0.0, dense=0.0, lexical=0.0, dense_z=0.0, lexical_z=0.0)
        yield Quote(passage.article, passage.start, passage.end, (), 0.0, hit)


def _judged(told: list[Told]) -> str:
    """How many were told rightly, wrongly, and not at all."""
    outcomes: Counter[str] = Counter()
    for each in told:
        story, kind, _ = each.quoted.id.split(".")
        wanted = f"{story}.update.md" if kind == "first" else None
        if each.newer is None:
            outcomes["missed" if wanted else "rightly nothing"] += 1
        else:
            outcomes["right" if each.newer.id == wanted else f"wrong: {each.newer.id} of {each.quoted.id}"] += 1
    wrong = sum(number for outcome, number in outcomes.items() if outcome.startswith("wrong"))
    right, missed = outcomes["right"], outcomes["missed"]
    several = ", ".join(f"{number} {outcome}" for outcome, number in outcomes.most_common())
    return f"precision {right / max(1, right + wrong):.2f}, recall {right / (right + missed):.2f} ({several})"


def _taken(told: list[Told]) -> str:
    taken = sorted(each.ms for each in told)
    return f"{median(taken):.2f} ms a quote, p95 {taken[int(len(taken) * 0.95)]:.2f}"


if __name__ == "__main__":
    main()
