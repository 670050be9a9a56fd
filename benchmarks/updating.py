"""``python -m benchmarks.updating DATA``: building an index of many articles, and adding one to it.

The articles are generated: paragraphs of a data set drawn by chance, 300 to 1,200 words of them each. Building and
adding are each a process of its own, with the real encoder, so that each one's memory is its own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import resource
import tempfile
from pathlib import Path

from retrieval.evaluation.datasets import load
from retrieval.index.updating import update
from retrieval.models.runtimes import encoder_named

SHORTEST, LONGEST = 300, 1200
"""Words of an article, as news has them."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.updating", description=main.__doc__)
    parser.add_argument("data", type=Path, help="a data set that quoth eval reads, for its paragraphs")
    parser.add_argument("--articles", type=int, default=10_000)
    asked = parser.parse_args()
    paragraphs = [part for article in load(asked.data).articles for part in article.text.split("\n\n")]
    chance = random.Random(1)  # noqa: S311 - repeatable on purpose
    with tempfile.TemporaryDirectory(prefix="quoth-updating-") as name:
        articles, index = Path(name, "articles"), Path(name, "index")
        articles.mkdir()
        for number in range(asked.articles):
            _write(articles, number, paragraphs, chance)
        built = _measured(articles, index)
        _write(articles, asked.articles, paragraphs, chance)
        added = _measured(articles, index)
    print(f"adding took {added / built:.1%} of building")


def _write(folder: Path, number: int, paragraphs: list[str], chance: random.Random) -> None:
    """An article of its own: sentences of many, and a line that no other has."""
    wanted, words = chance.randint(SHORTEST, LONGEST), [f"Report number {number}."]
    while len(words) < wanted:
        words.extend([*chance.choice(paragraphs).split(), "\n\n"])
    text = " ".join(words[:wanted]).replace(" \n\n ", "\n\n")
    (folder / f"{number:05}.txt").write_text(f"Report {number}\n\n{text}\n", encoding="utf-8")


def _measured(articles: Path, index: Path) -> float:
    """Bring the index up to date in a process of its own, print what it took, and return the seconds."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        passages, encoded, seconds, mebibytes = pool.apply(_update, (articles, index))
    print(f"{passages:,} passages, {encoded:,} encoded, {seconds:.1f} s, at most {mebibytes:,.0f} MiB", flush=True)
    return seconds


def _update(articles: Path, index: Path) -> tuple[int, int, float, float]:
    report = update(articles, index, encoder_named())
    kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return report.passages, report.encoded, report.elapsed_s, kibibytes / 1024


if __name__ == "__main__":
    main()
