"""``python -m training.prepare PACK SQUAD …``: data sets to a pack of training data. See README.md here."""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from training.pack import Asked, Pack, TrainingPassage
from training.rivals import rivals
from training.sources import Sources
from training.turned import things, turned

_OFTEN = 2
"""How often an article has a name that another of its questions may get."""


def with_turned(sources: Sources, seed: int = 11) -> list[Asked]:
    """The near misses that SQuAD's answerable questions can be turned into, one each."""
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    names = _names(sources.passages)
    found: list[Asked] = []
    for number, asked in enumerate(sources.questions):
        if asked.place is None or asked.source != "squad":
            continue
        passage = sources.passages[asked.passage]
        new = turned(asked.question, passage.text, names[passage.title], asked.answers, dice)
        if new:
            how, question = new
            found.append(Asked(f"turned: {how}", question, asked.passage, None, (), number))
    return found


def _names(passages: Sequence[TrainingPassage]) -> dict[str, list[str]]:
    """By an article's title, the names that it has more than once."""
    counts: dict[str, Counter[str]] = {}
    for passage in passages:
        of_article = counts.setdefault(passage.title, Counter())
        of_article.update(thing.text for thing in things(passage.text) if thing.kind == "name")
    return {title: [name for name, often in each.items() if often >= _OFTEN] for title, each in counts.items()}


def with_rivals(sources: Sources, progress: Progress) -> list[Asked]:
    """All questions with their wrong passages; those made from another have that one's."""
    searched = [number for number, asked in enumerate(sources.questions) if asked.twin is None]
    task = progress.add_task("Searching for wrong passages", total=len(searched))
    found = rivals(
        [sources.questions[number].question for number in searched],
        [sources.questions[number].answers for number in searched],
        [f"{passage.title}. {passage.text}" for passage in sources.passages],
        lambda done: progress.update(task, completed=done),
    )
    rows = dict(zip(searched, found.tolist(), strict=True))
    questions = []
    for number, asked in enumerate(sources.questions):
        own = rows[number if asked.twin is None else asked.twin]
        others = dict.fromkeys([*asked.rivals, *(each for each in own if each >= 0)])
        questions.append(replace(asked, rivals=tuple(each for each in others if each != asked.passage)))
    return questions


def main() -> None:
    """Read the data sets, turn questions, search, and write the pack."""
    parser = argparse.ArgumentParser(prog="python -m training.prepare", description=main.__doc__)
    parser.add_argument("pack", type=Path, help="folder to write")
    parser.add_argument("squad", type=Path, help="SQuAD 1.1's train-v1.1.json, plain or .gz")
    parser.add_argument("--lines", type=Path, action="append", default=[], help="JSON lines with offsets of answers")
    parser.add_argument("--few", type=Path, action="append", default=[], help="likewise, four questions a text at most")
    parser.add_argument("--data-set", type=Path, action="append", default=[], help="any file that quoth eval reads")
    asked = parser.parse_args()
    sources = Sources()
    sources.add_squad(asked.squad)
    for path in asked.lines:
        sources.add_lines(path)
    for path in asked.few:
        sources.add_lines(path, every=4)
    for path in asked.data_set:
        sources.add_data_set(path, path.name.split(".")[0])
    console = Console(stderr=True)
    with Progress(console=console) as progress:
        questions = with_rivals(sources, progress)
    questions += with_turned(sources)
    Pack(sources.passages, questions).save(asked.pack)
    console.print(f"{len(questions):,} questions over {len(sources.passages):,} passages in {asked.pack}.")


if __name__ == "__main__":
    main()
