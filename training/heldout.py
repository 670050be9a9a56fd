"""``python -m training.heldout OUT DATA``: questions that nothing is trained on, and what the product finds for them.

So a run on another machine can tell how well its network reads what the product would have it read, and ends with
figures: which of two networks is the better one, not how good the product is; that ``quoth eval`` tells.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import track

from training.pack import TrainingPassage

if TYPE_CHECKING:
    from retrieval.answer.search import Hit

HITS = 14
"""As many as the product reads."""


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage that the product found, with its fused score."""

    title: str
    text: str
    score: float
    sentences: tuple[tuple[int, int, bool], ...]
    """Start, end, and whether it holds an answer."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A question with what is known and what was found."""

    group: str
    """Of questions whose figures belong together."""
    question: str
    answers: tuple[str, ...]
    """None where its paragraph does not answer."""
    paragraph: TrainingPassage
    hits: tuple[FoundPassage, ...]


def found(path: Path, titles: Sequence[str] | None, questions: int, *, without: bool) -> Iterator[HeldOut]:
    """Ask so many questions of a data set, of which the articles of ``titles`` are indexed, or all but these."""
    from retrieval.answer.search import Searcher
    from retrieval.evaluation.datasets import Dataset, load
    from retrieval.evaluation.metrics import indexed, spread
    from retrieval.models.runtimes import encoder_named

    whole = load(path)
    wanted = [article for article in whole.articles if titles is None or (article.title in titles) != without]
    by_id = {article.id: article for article in wanted}
    asked = spread([each for each in whole.questions if each.article in by_id], questions)
    encoder = encoder_named()
    with indexed(Dataset(tuple(wanted), ()), encoder, threshold=0.5) as (engine, _):
        searcher = Searcher(engine.index, encoder)
        for each in track(asked, "Asking", console=Console(stderr=True)):
            article = by_id[each.article or ""]
            passages = tuple(_found_passage(hit, each.answers) for hit in searcher.search(each.text, HITS))
            paragraph = article.text[slice(*each.paragraph)] if each.paragraph else ""
            yield HeldOut(
                path.name.split(".json")[0],
                each.text,
                each.answers,
                TrainingPassage(article.title, paragraph),
                passages,
            )


def _found_passage(hit: Hit, answers: Sequence[str]) -> FoundPassage:
    """A hit, with each sentence's place in its passage and whether it holds an answer."""
    from retrieval.answer.reading.reader import sentences_of
    from retrieval.evaluation.datasets import holds

    passage = hit.passage
    sentences = tuple(
        (
            sentence.start - passage.start,
            sentence.end - passage.start,
            any(holds(passage.article.text[sentence.start : sentence.end], answer) for answer in answers),
        )
        for sentence in sentences_of(passage)
    )
    return FoundPassage(passage.article.title, passage.text, round(hit.score, 4), sentences)


def save(path: Path, questions: Sequence[HeldOut]) -> None:
    """Write them as JSON lines."""
    with path.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0) as file:
        for each in questions:
            file.write((json.dumps(asdict(each), ensure_ascii=False) + "\n").encode())


def load_held_out(path: Path) -> list[HeldOut]:
    """Read what ``save`` wrote."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [_held_out(json.loads(line)) for line in file]


def _held_out(row: dict[str, Any]) -> HeldOut:
    hits = tuple(
        FoundPassage(
            hit["title"],
            hit["text"],
            hit["score"],
            tuple((start, end, holds) for start, end, holds in hit["sentences"]),
        )
        for hit in row["hits"]
    )
    return HeldOut(row["group"], row["question"], tuple(row["answers"]), TrainingPassage(**row["paragraph"]), hits)


def main() -> None:
    """Index data sets, search them, and write what was found."""
    parser = argparse.ArgumentParser(prog="python -m training.heldout", description=main.__doc__)
    parser.add_argument("out", type=Path, help="file to write")
    parser.add_argument("data", type=Path, help="any file that quoth eval reads")
    parser.add_argument(
        "--titles", type=Path, help="JSON of two lists of titles: articles to train on, and to report on"
    )
    parser.add_argument("--part", default="train", help="which of the lists")
    parser.add_argument("--without", action="store_true", help="take all articles but those of the list")
    parser.add_argument("--questions", type=int, default=800, help="asked, spread over the file")
    asked = parser.parse_args()
    titles = None
    if asked.titles:
        titles = [title.replace("_", " ") for title in json.loads(asked.titles.read_text("utf-8"))[asked.part]]
    save(asked.out, list(found(asked.data, titles, asked.questions, without=asked.without)))


if __name__ == "__main__":
    main()
