"""Questions with their near misses over the same words, for the network that says whether a passage answers."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from retrieval.text.sentences import sentences
from training.forms import keywords, slip
from training.pack import Asked
from training.rivals import rivals
from training.sources import Sources
from training.turned import things, turned

NEAR = "squad2-train"
"""The data set of questions that people made from others, so that the text no longer answers."""
TOGETHER = 4
"""Questions about one passage, of both kinds, that are one family at most."""
HELD_OUT_TITLES = 30
SEED = 1
"""Chooses what is held out."""
_SEARCHED = 12_000
"""Texts that wrong ones are looked for in, at most, at a time."""
_TURNED = ("name", "number", "year", "month")
"""Ways to turn a question that can be trusted unread; three in four are no longer answered for sure."""


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """A question over a text."""

    source: str
    question: str
    title: str
    text: str
    place: tuple[int, int] | None
    """Of the answer in the text, in code points; None where there is none."""
    quoted: tuple[int, int] | None = None
    """Words that the judge is asked about; None for any that it likes best."""

    @property
    def right(self) -> bool:
        """Whether the words it is asked about answer."""
        if self.place is None or self.quoted is None:
            return self.place is not None
        return self.place[0] < self.quoted[1] and self.quoted[0] < self.place[1]


Family = tuple[JudgedPair, ...]
"""Pairs that belong into one batch, the answerable one first."""


def held_out(sources: Sources, seed: int) -> tuple[list[JudgedPair], set[str]]:
    """Pairs of some articles to measure on, as many that answer as do not, and these articles' titles."""
    near = [asked for asked in sources.questions if asked.source == NEAR and asked.twin is not None]
    titles = sorted({sources.passages[asked.passage].title for asked in near})
    kept = set(random.Random(seed).sample(titles, min(HELD_OUT_TITLES, len(titles) // 2)))  # noqa: S311 - repeatable
    found = [
        _pair(sources, each)
        for asked in near
        if sources.passages[asked.passage].title in kept
        for each in (asked, sources.questions[asked.twin or 0])
    ]
    return list(dict.fromkeys(found)), kept


def families(sources: Sources, without: set[str], dice: random.Random) -> list[Family]:
    """All that is trained on, of articles other than ``without``, in any order."""
    kept = [
        number for number, asked in enumerate(sources.questions) if sources.passages[asked.passage].title not in without
    ]
    near = [number for number in kept if sources.questions[number].source == NEAR]
    twins = {sources.questions[number].twin for number in near}
    plain = [n for n in kept if sources.questions[n].source == "squad" and n not in twins]
    searches = [n for n in kept if sources.questions[n].source not in ("squad", NEAR) and sources.questions[n].place]
    dice.shuffle(plain)
    dice.shuffle(searches)
    found = [_with_twin(sources, sources.questions[number]) for number in near]
    found += _turned(sources, plain[: len(near) // 3], dice)
    found += _wrong(sources, plain[len(near) // 3 : len(near) // 3 + len(near) // 6])
    found += _wrong(sources, searches[: len(near) // 5])
    dice.shuffle(found)
    return found


def of_both_kinds(sources: Sources, dice: random.Random) -> list[Family]:
    """All questions, those about one passage together: some are answered there and some are not."""
    about: dict[int, list[JudgedPair]] = {}
    for asked in sources.questions:
        about.setdefault(asked.passage, []).append(_pair(sources, asked))
    found: list[Family] = []
    for pairs in about.values():
        dice.shuffle(pairs)
        found += [_answerable_first(pairs[start : start + TOGETHER]) for start in range(0, len(pairs), TOGETHER)]
    return found


def _pair(sources: Sources, asked: Asked) -> JudgedPair:
    passage = sources.passages[asked.passage]
    return JudgedPair(asked.source, asked.question, passage.title, passage.text, asked.place)


def _answerable_first(pairs: Sequence[JudgedPair]) -> Family:
    return tuple(sorted(pairs, key=lambda pair: pair.place is None))


def _with_twin(sources: Sources, asked: Asked) -> Family:
    own = _pair(sources, asked)
    return (own,) if asked.twin is None else (_pair(sources, sources.questions[asked.twin]), own)


def _turned(sources: Sources, numbers: Sequence[int], dice: random.Random) -> Iterator[Family]:
    """Questions beside what they can be turned into."""
    for number in numbers:
        own = _pair(sources, sources.questions[number])
        names = [thing.text for thing in things(own.text) if thing.kind == "name"]
        new = turned(own.question, own.text, names, sources.questions[number].answers, dice)
        if new and new[0] in _TURNED:
            yield own, replace(own, source="turned", question=new[1], place=None)


def _wrong(sources: Sources, numbers: Sequence[int]) -> Iterator[Family]:
    """Questions over their own passage and over the likest that does not answer."""
    asked = [sources.questions[number] for number in numbers]
    if not asked:
        return
    places = list(dict.fromkeys(each.passage for each in asked))[:_SEARCHED]
    texts = [f"{sources.passages[each].title}. {sources.passages[each].text}" for each in places]
    found = rivals([each.question for each in asked], [each.answers for each in asked], texts)
    for each, row in zip(asked, found.tolist(), strict=True):
        other = next((places[number] for number in row if number >= 0 and places[number] != each.passage), None)
        if other is not None:
            own, passage = _pair(sources, each), sources.passages[other]
            yield own, JudgedPair("wrong passage", each.question, passage.title, passage.text, None)


def as_asked(family: Family, dice: random.Random) -> Family:
    """The family as it is trained on this time: as people type, and half of the time over fewer sentences."""
    whole = any(pair.quoted for pair in family)  # as the product hands it to the judge
    if not whole and dice.random() < 1 / 2 and len({pair.text for pair in family}) == 1:
        family = _shorter(family, dice)
    return tuple(replace(pair, question=_typed(pair.question, dice)) for pair in family)


def _shorter(family: Family, dice: random.Random) -> Family:
    """The same over the sentences around the answer; what has none, over any."""
    text, place = family[0].text, family[0].place
    spans = sentences(text)
    at = [n for n, each in enumerate(spans) if place and each.start < place[1] and place[0] < each.end]
    first, last = (at[0], at[-1]) if at else (chosen := dice.randrange(len(spans)), chosen)
    start = spans[max(0, first - dice.randint(0, 1))].start
    end = spans[min(len(spans) - 1, last + dice.randint(0, 1))].end
    if any(pair.place and not start <= pair.place[0] < pair.place[1] <= end for pair in family):
        return family
    moved = [pair.place and (pair.place[0] - start, pair.place[1] - start) for pair in family]
    return tuple(replace(pair, text=text[start:end], place=new) for pair, new in zip(family, moved, strict=True))


def _typed(question: str, dice: random.Random) -> str:
    """A third without the question mark, one in sixteen as keywords, and one in sixteen with a slip of the finger."""
    if dice.random() < 1 / 3:
        question = question.rstrip("? ")
    if dice.random() < 1 / 16:
        question = keywords(question, dice)
    return slip(question, dice) if dice.random() < 1 / 16 else question
