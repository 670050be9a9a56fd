"""``python -m training.quoted OUT SQUAD UNANSWERABLE``: what the product would quote, for its judge to learn from.

Each question is searched for and read by the product, over a group of whole articles that has its own. Of the best
reading, and of the best in two other passages, it is kept which words would be quoted, and whether they answer: so the
second network can train on what it will be asked about. A line of the file is a family: a question that people asked,
and the near misses that people made of it or that were turned from it. A killed run is gone on with.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from retrieval.answer.reading.reader import Reading, ReadingTask, total_score
from retrieval.answer.reading.span_reader import SHIPPED, SpanReader
from retrieval.evaluation.datasets import Dataset, holds, load
from retrieval.evaluation.metrics import f1, indexed
from retrieval.models.runtimes import encoder_named
from retrieval.models.token_scores import WEIGHTS_FILE
from training.near_misses import NEAR, SEED, Family, JudgedPair, held_out
from training.pack import Asked
from training.sources import Sources
from training.turned import things, turned

TOGETHER = 20
"""Articles of a group, which are indexed together."""
PASSAGES = 3
"""Passages of which the best reading is kept."""
OTHERS = 0.3
"""How often a reading of another passage is learnt from beside a question's best."""
TURNED = "turned"
OFTEN = 0.2
"""How often a question is turned as well."""
ALIKE = 0.5
"""F1 with an answer from which on words of another passage answer too."""
_FAMILIES = 8
"""That are asked together."""


def quoted_families(folder: Path, held_out: set[str], dice: random.Random) -> tuple[list[JudgedPair], list[Family]]:
    """What a folder holds: of the articles held out each question's best reading, of the others all families.

    A family has each question's best reading and now and then another.
    """
    held: list[JudgedPair] = []
    found: list[Family] = []
    lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    for line in lines:
        family = [[_pair(row) for row in rows] for rows in json.loads(line) if rows]
        if any(pair.title in held_out for rows in family for pair in rows):
            held += [rows[0] for rows in family if rows[0].source != TURNED]
        else:
            found.append(tuple(pair for rows in family for pair in _some(rows, dice)))
    return held, [family for family in found if family]


def _some(rows: Sequence[JudgedPair], dice: random.Random) -> list[JudgedPair]:
    others = [dice.choice(rows[1:])] if rows[1:] and dice.random() < OTHERS else []
    return [rows[0], *others]


def _pair(row: dict[str, Any]) -> JudgedPair:
    spans = {name: row[name] and (row[name][0], row[name][1]) for name in ("place", "quoted")}
    return JudgedPair(**(row | spans))


def groups(titles: Sequence[str], first: set[str], seed: int) -> Iterator[list[str]]:
    """Titles of articles that are indexed together: those held out, then the others by chance."""
    others = sorted(set(titles) - first)
    random.Random(seed).shuffle(others)  # noqa: S311 - repeatable on purpose
    yield sorted(first & set(titles))
    for start in range(0, len(others), TOGETHER):
        yield others[start : start + TOGETHER]


def families(sources: Sources, titles: set[str], dice: random.Random) -> Iterator[list[Asked]]:
    """Of some articles each question that near misses were made of, those, and now and then one more, turned."""
    near = defaultdict(list)
    for asked in sources.questions:
        if asked.source == NEAR and asked.twin is not None and sources.passages[asked.passage].title in titles:
            near[asked.twin].append(asked)
    for twin, some in near.items():
        own = sources.questions[twin]
        passage = sources.passages[own.passage].text
        family = [own, *some]
        names = [thing.text for thing in things(passage) if thing.kind == "name"]
        new = turned(own.question, passage, names, own.answers, dice) if dice.random() < OFTEN else None
        if new and new[0] in ("name", "number", "year", "month"):
            family.append(Asked(TURNED, new[1], own.passage, None))
        yield family


class Recorder(SpanReader):
    """The product's reader without its second network, which remembers what it read last."""

    last: list[list[Reading]]

    def read(self, tasks: Sequence[ReadingTask]) -> list[list[Reading]]:
        """As the product does."""
        self.last = super().read(tasks)
        return self.last

    def best(self) -> Iterator[list[Reading]]:
        """Of each question asked last the best readings of the best passages."""
        for some in self.last:
            best: dict[int, Reading] = {}
            for reading in sorted(some, key=total_score, reverse=True):
                best.setdefault(id(reading.hit), reading)
            yield list(best.values())[:PASSAGES]


def as_pair(asked: Asked, own: str, reading: Reading) -> JudgedPair | None:
    """What is kept of a reading; None where it is open whether it answers."""
    passage = reading.hit.passage
    span = (reading.span.start - passage.start, reading.span.end - passage.start)
    if span[0] < 0 or span[1] > len(passage.text):
        return None
    words = passage.text[slice(*span)]
    place = asked.place if asked.place and passage.text == own else None
    if place:
        return JudgedPair(asked.source, asked.question, passage.article.title, passage.text, place, span)
    alike = any(f1(words, answer) >= ALIKE for answer in asked.answers)
    if not alike and any(holds(passage.text, answer) for answer in asked.answers):
        return None
    kept = span if alike else None
    return JudgedPair(asked.source, asked.question, passage.article.title, passage.text, kept, span)


def ask(sources: Sources, articles: Dataset, several: Sequence[Sequence[Asked]], reader: Recorder) -> Iterator[str]:
    """The lines of some families, asked of an engine over the articles."""
    with indexed(articles, encoder_named(), reader=reader, threshold=0.5) as (engine, _):
        for start in range(0, len(several), _FAMILIES):
            some = several[start : start + _FAMILIES]
            engine.ask_all([asked.question for family in some for asked in family])
            read = reader.best()
            for family in some:
                rows = [
                    [as_pair(asked, sources.passages[asked.passage].text, each) for each in readings]
                    for asked, readings in zip(family, read, strict=False)
                ]
                yield json.dumps([[asdict(each) for each in kept if each] for kept in rows])


def main() -> None:
    """Ask, and write what would be quoted."""
    parser = argparse.ArgumentParser(prog="python -m training.quoted", description=main.__doc__)
    parser.add_argument("out", type=Path, help="folder to write")
    parser.add_argument("squad", type=Path, help="SQuAD 1.1's train-v1.1.json, plain or .gz")
    parser.add_argument(
        "unanswerable", type=Path, help="JSON lines of near misses with the questions they were made of"
    )
    parser.add_argument("--reader", type=Path, default=SHIPPED)
    parser.add_argument("--most", type=int, help="families of a group at most, chosen by chance")
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    sources = Sources()
    sources.add_squad(asked.squad)
    sources.add_lines(asked.unanswerable)
    articles = {article.title: article for article in load(asked.squad).articles}
    near = {sources.passages[each.passage].title for each in sources.questions if each.source == NEAR}
    with TemporaryDirectory(prefix="quoth-reader-") as name:
        Path(name, WEIGHTS_FILE).symlink_to((asked.reader / WEIGHTS_FILE).absolute())
        reader = Recorder(Path(name))
        for number, titles in enumerate(groups(sorted(near), held_out(sources, SEED)[1], asked.seed)):
            dice = random.Random(f"{asked.seed} {number}")  # noqa: S311 - repeatable on purpose
            several = list(families(sources, set(titles), dice))
            dice.shuffle(several)
            path = asked.out / f"{number:03}.jsonl"
            left = several[: asked.most][_lines(path) :]
            if left:
                dataset = Dataset(tuple(articles[title] for title in titles if title in articles), ())
                with path.open("a", encoding="utf-8") as file:
                    file.writelines(f"{line}\n" for line in ask(sources, dataset, left, reader))
                print(f"{path.name}: {_lines(path)} families", flush=True)


def _lines(path: Path) -> int:
    """How many whole lines a file has, which ends with one afterwards: a killed run may have left a part of one."""
    if not path.is_file():
        return 0
    whole = path.read_bytes().rpartition(b"\n")
    path.write_bytes(whole[0] + whole[1])
    return whole[0].count(b"\n") + bool(whole[1])


if __name__ == "__main__":
    main()
