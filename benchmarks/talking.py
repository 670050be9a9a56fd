"""``python -m benchmarks.talking``: follow-up questions, slips of the fingers, and questions that stumble.

``cast CAST SQUAD``: the turns of TREC CAsT 2021 (manual) among the passages of its talks and SQuAD's paragraphs, each
with the question before it, the talk's first, and the passage that truly answered it; then the same with what was
said in another talk, so that every turn changes the subject. ``pronouns SQUAD``: questions that name what an earlier
one named, with a pronoun in its place, behind what the engine said to that one. ``slips SQUAD``: questions with one
random typing slip in their rarest word, with the speller and without. ``stumbles SQUAD DISFL_QA``: questions as a
person might stumble over them against their fluent originals.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import string
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from retrieval.answer.asking.spelling import Correction, Speller
from retrieval.answer.query import Context
from retrieval.answer.reading.span_reader import reader_named
from retrieval.answer.search import Hit, Searcher
from retrieval.articles.article import Article
from retrieval.engine import THRESHOLD, Engine
from retrieval.evaluation.datasets import Dataset, Question, load
from retrieval.evaluation.metrics import Marks, indexed, mark, outcomes, spread
from retrieval.index.dense import DenseIndex
from retrieval.index.filling import Filling
from retrieval.index.planning import Wanted, plan
from retrieval.index.postings import Postings
from retrieval.index.protocol import Terms
from retrieval.index.publishing import Draft, publish
from retrieval.index.snapshot import Snapshot
from retrieval.models.encoder import Encoder
from retrieval.models.runtimes import encoder_named
from retrieval.text.sentences import Span
from retrieval.text.terms import terms

_DEPTH = 10

_BEFORE = 20
"""Questions before another among which is the one that it may follow."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question of a talk, where its answer is, and what was said before it."""

    talk: int
    question: str
    rewritten: str
    article: str
    context: Context | None


# --- follow-up questions -------------------------------------------------------------------------------------


def turns_of(talks: Sequence[dict[str, Any]]) -> tuple[list[Article], list[Turn]]:
    """The talks' passages as articles, the same text once, and their turns."""
    ids: dict[str, str] = {}
    turns = []
    for number, talk in enumerate(talks):
        said = talk["turn"]
        for place, turn in enumerate(said):
            text = turn["passage"]
            ids.setdefault(text, f"cast-{len(ids)}.md")
            before = said[place - 1]
            context = Context(said[0]["raw_utterance"], before["raw_utterance"], before["passage"]) if place else None
            turns.append(Turn(number, turn["raw_utterance"], turn["manual_rewritten_utterance"], ids[text], context))
    articles = [
        Article(id=id, title="", source=None, published=None, url=None, path=id, text=text) for text, id in ids.items()
    ]
    return articles, turns


def shuffled(turns: Sequence[Turn]) -> list[Turn]:
    """Every turn behind what was said in another talk."""
    chance = random.Random(0)  # noqa: S311 - no secret
    behind = [turn for turn in turns if turn.context]
    return [
        replace(turn, context=chance.choice([other for other in behind if other.talk != turn.talk]).context)
        for turn in turns
    ]


Find = Callable[[Turn], Sequence[Hit]]
"""What is found for a turn, best first."""


def ranks(find: Find, turns: Sequence[Turn]) -> list[int]:
    """Of each turn's own passage, from 1; one more than the last where it is not among the first."""
    found = []
    for turn in turns:
        hits = find(turn)[:_DEPTH]
        places = [number for number, hit in enumerate(hits, 1) if hit.passage.article.id == turn.article]
        found.append(min(places, default=_DEPTH + 1))
    return found


def cast(asked: argparse.Namespace) -> None:
    """Measure and print."""
    articles, turns = cast_among_squad(asked.cast, asked.squad)
    encoder = encoder_named()
    with TemporaryDirectory(prefix="quoth-talking-") as folder:
        snapshot = whole_passages(Path(folder), articles, encoder)
        print(f"{len(articles):,} passages; tuned on the even talks")
        _cast(_finding(snapshot, encoder, asked.reader), turns)


def cast_among_squad(cast: Path, squad: Path) -> tuple[list[Article], list[Turn]]:
    """The passages of CAsT's talks and SQuAD's paragraphs, an article each, and the talks' turns."""
    articles, turns = turns_of(json.loads(gzip.decompress(cast.read_bytes())))
    paragraphs = [
        Article(
            id=f"squad-{article.id}-{number}",
            title=article.title,
            source=None,
            published=None,
            url=None,
            path=article.path,
            text=text,
        )
        for article in load(squad).articles
        for number, text in enumerate(article.text.split("\n\n"))
    ]
    return [*articles, *paragraphs], turns


def _finding(snapshot: Snapshot, encoder: Encoder, reader: str) -> Find:
    """By the search alone or, with a reader, by the engine, which orders what was found by what was read in it."""
    if reader == "none":
        searcher = Searcher(snapshot, encoder)
        return lambda turn: searcher.search(turn.question, _DEPTH, context=turn.context)
    engine = Engine(snapshot, encoder, reader=reader_named(reader))
    return lambda turn: engine.ask(turn.question, context=turn.context).hits


def whole_passages(folder: Path, articles: Sequence[Article], encoder: Encoder) -> Snapshot:
    """A snapshot of articles that are a passage each, however long."""
    texts = [f"{article.title}. {article.text}" if article.title else article.text for article in articles]
    drawn = plan(Wanted.to_read([partial(_same, article) for article in articles]))
    filling = Filling(
        written=drawn.written,
        spans=[[Span(0, len(article.text))] for article in articles],
        dense=DenseIndex.build(encoder.encode_document(texts)),
        postings=Postings.build(texts),
    )
    draft = Draft(
        built_at=datetime.now(UTC),
        encoder=encoder.name,
        fingerprint=encoder.fingerprint,
        sources=(),
        refused=(),
        plan=drawn,
        before=None,
        fillings=[filling],
    )
    return publish(folder, draft, None)


def _same(article: Article) -> Article:
    return article


def _cast(find: Find, turns: Sequence[Turn]) -> None:
    later = [turn for turn in turns if turn.context]
    first = [turn for turn in turns if not turn.context]
    alone = [replace(turn, context=None) for turn in turns]
    for name, several in (
        ("first turns", first),
        ("follow-ups, as typed", [replace(turn, context=None) for turn in later]),
        ("follow-ups, a person's rewrite", [replace(turn, question=turn.rewritten, context=None) for turn in later]),
        ("follow-ups, in their talk", later),
        ("every turn, as typed", alone),
        ("every turn, in another's talk", shuffled(turns)),
    ):
        found = ranks(find, several)
        _show(name, found)
        _show("  of odd talks", [rank for rank, turn in zip(found, several, strict=True) if turn.talk % 2])


def _show(name: str, found: Sequence[int]) -> None:
    hits = "  ".join(f"hit@{k} {sum(rank <= k for rank in found) / len(found):.3f}" for k in (1, 3, 10))
    print(f"{name:32} n={len(found):4}  {hits}", flush=True)


_NAME = r"(?:the )?[A-Z]\w+(?: [A-Z]\w+)*"
_NAMED = re.compile(
    r"\b(?:did|does|do|was|is|were|are|has|had|have|can|could|will|would) "
    rf"(?P<subject>{_NAME})\b(?!['’])|(?<=[a-z] )(?P<last>{_NAME})(?= ?\?$)"
)


def with_pronoun(question: Question, earlier: str, article: Article) -> Question | None:
    """The question with a pronoun for a name that ``earlier`` has too; None where it has no such name."""
    for match in _NAMED.finditer(question.text):
        place = match.lastgroup or ""
        name = match[place].removeprefix("the ")
        if name in earlier and question.text.count(name) == 1 and name not in " ".join(question.answers):
            start, end = match.span(place)
            he, it = (len(re.findall(rf"\b{word}\b", article.text)) for word in ("he", "it"))
            person = he > it and name in article.title.replace("_", " ")
            pronoun = {"subject": "he", "last": "him"}[place] if person else "it"
            return replace(question, text=f"{question.text[:start]}{pronoun}{question.text[end:]}")
    return None


def follow_ups(dataset: Dataset) -> list[tuple[Question, Question, Question]]:
    """Questions with a pronoun, each behind an earlier one that has the name and the one that it was."""
    articles = {article.id: article for article in dataset.articles}
    found = []
    for number, question in enumerate(dataset.questions):
        for earlier in reversed(dataset.questions[max(0, number - _BEFORE) : number]):
            if earlier.article == question.article and not set(earlier.answers) & set(question.answers):
                follow_up = with_pronoun(question, earlier.text, articles[question.article or ""])
                if follow_up:
                    found.append((earlier, question, follow_up))
                    break
    return found


def pronouns(asked: argparse.Namespace) -> None:
    """Measure and print."""
    dataset = load(asked.squad)
    earlier, written, typed = zip(*spread(follow_ups(dataset), asked.limit), strict=True)
    reader = reader_named(asked.reader)
    with indexed(dataset, encoder_named(), reader=reader, threshold=THRESHOLD) as (engine, _):
        talks = [engine.ask(question.text).next_context for question in earlier]
        others = talks[len(talks) // 2 :] + talks[: len(talks) // 2]
        for name, questions, contexts in (
            ("as written", written, [None] * len(talks)),
            ("as written, in another's talk", written, others),
            ("with a pronoun", typed, [None] * len(talks)),
            ("with a pronoun, in its talk", typed, talks),
        ):
            marks = [
                mark(question, engine.ask(question.text, context=context), 0.0)
                for question, context in zip(questions, contexts, strict=True)
            ]
            _show_held(name, marks)


def _show_held(name: str, marks: Sequence[Marks]) -> None:
    held = sum(mark.first_quote for mark in marks) / len(marks)
    print(f"{name:32} n={len(marks):5}  first quote holds the answer {held:.3f}", flush=True)


# --- slips and stumbles --------------------------------------------------------------------------------------


def slipped(question: str, common: Terms, chance: random.Random) -> str:
    """The question with one letter of its rarest word left out, doubled, replaced, or in the place of the next."""
    words = list(re.finditer(r"[^\W\d_]{4,}", question))
    if not words:
        return question
    weights = common.weights(question)
    word = max(words, key=lambda match: max(weights.get(term, 0.0) for term in terms(match[0])))
    at = chance.randrange(len(word[0]) - 1)
    typed = word[0]
    match chance.randrange(4):
        case 0:
            typed = typed[:at] + typed[at + 1 :]
        case 1:
            typed = typed[:at] + typed[at + 1] + typed[at] + typed[at + 2 :]
        case 2:
            typed = typed[:at] + chance.choice(string.ascii_lowercase) + typed[at + 1 :]
        case _:
            typed = typed[:at] + chance.choice(string.ascii_lowercase) + typed[at:]
    return question[: word.start()] + typed + question[word.end() :]


_AS_TYPED = "with a slip, taken as typed"


def _compared(asked: argparse.Namespace, pairs: Callable[[Engine, Dataset], dict[str, list[Question]]]) -> None:
    """How often the first quote holds the answer, for each form of the same questions."""
    dataset = load(asked.squad)
    reader = reader_named(asked.reader)
    with indexed(dataset, encoder_named(), reader=reader, threshold=THRESHOLD) as (engine, _):
        for name, questions in pairs(engine, dataset).items():
            # What the speller is worth shows without it.
            as_typed = patch.object(Speller, "corrected", lambda _, question: Correction(question))
            with as_typed if name == _AS_TYPED else nullcontext():
                marks = [outcome.marks for outcome in outcomes(engine, questions)]
            _show_held(name, marks)


def slips(asked: argparse.Namespace) -> None:
    """Measure and print."""

    def pairs(engine: Engine, dataset: Dataset) -> dict[str, list[Question]]:
        chance = random.Random(0)  # noqa: S311 - no secret
        well = list(spread(dataset.questions, asked.limit))
        typed = [replace(each, text=slipped(each.text, engine.index.terms, chance)) for each in well]
        return {"as written": well, "with a slip": typed, _AS_TYPED: typed}

    _compared(asked, pairs)


def stumbles(asked: argparse.Namespace) -> None:
    """Measure and print."""
    spoken = json.loads(gzip.decompress(asked.disfl_qa.read_bytes()))
    keys = [
        question["id"]
        for article in json.loads(gzip.decompress(asked.squad.read_bytes()))["data"]
        for paragraph in article["paragraphs"]
        for question in paragraph["qas"]
    ]

    def pairs(_: Engine, dataset: Dataset) -> dict[str, list[Question]]:
        both = [
            (replace(each, text=spoken[key]["original"]), replace(each, text=spoken[key]["disfluent"]))
            for key, each in zip(keys, dataset.questions, strict=True)
            if key in spoken and each.answers  # where nothing answers, no quote can hold the answer
        ]
        some = spread(both, asked.limit)
        return {"fluent": [fluent for fluent, _ in some], "stumbling": [stumbling for _, stumbling in some]}

    _compared(asked, pairs)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.talking", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, run in (("cast", cast), ("pronouns", pronouns), ("slips", slips), ("stumbles", stumbles)):
        command = commands.add_parser(name)
        command.set_defaults(run=run)
        if run is cast:
            command.add_argument("cast", type=Path, help="CAsT 2021's manual evaluation topics, .json.gz")
        command.add_argument("squad", type=Path, help="SQuAD 1.1's dev set, .json.gz")
        if run is stumbles:
            command.add_argument("disfl_qa", type=Path, help="Disfl-QA's test set, .json.gz")
        if run is not cast:
            command.add_argument("--limit", type=int, default=1000, help="questions, spread over the file")
        command.add_argument("--reader", default="none", help="as QUOTH_READER has it")
    asked = parser.parse_args()
    asked.run(asked)


if __name__ == "__main__":
    main()
