"""Gaps: questions that the articles did not answer, or that readers found badly answered, by what they mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.question_log import Logged, Nearest
from retrieval.answer.asking.question import wording_of

Group = Callable[[Sequence[str], Sequence[str]], Sequence[Sequence[int]]]
"""Puts together questions that mean the same, given texts that show which words are names; gives indices."""

MOST = 2_000
"""Wordings that are put together, those asked most often; encoding so many takes about twenty seconds."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions in vain that mean the same."""

    question: str
    """The wording that was there most often."""
    others: tuple[str, ...]
    """The further wordings, the most frequent first."""
    times: int
    """How often it was asked in vain: declined, or answered and found to be no help."""
    declined: int
    up: int
    down: int
    """Votes, of all those times."""
    first: datetime
    last: datetime
    confidence: float
    """The greatest that an answer had."""
    nearest: Nearest | None
    """What came nearest then."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """How many questions there were, and what was asked in vain, the most frequent first."""

    questions: int
    answered: int
    declined: int
    unhelpful: int
    """Answered, and voted down."""
    found: tuple[Gap, ...]
    left_out: int = 0
    """Wordings that were not looked at, those asked least often of very many."""


def find(log: Sequence[Logged], group: Group) -> Gaps:
    """The gaps that a log shows.

    What was asked again in the same words and answered then is none any more, nor what was found helpful then.
    """
    vain = filter(None, map(_in_vain, _by_wording(log)))
    every = sorted(vain, key=len, reverse=True)
    asked = every[:MOST]
    texts = [some[-1].asked.understood for some in asked]
    around = [text for some in asked if (near := some[-1].asked.nearest) for text in (near.title, near.text)]
    groups = group(texts, around) if texts else ()
    found = [_gap([asked[number] for number in members]) for members in groups]
    answered = sum(each.asked.answered for each in log)
    return Gaps(
        questions=len(log),
        answered=answered,
        declined=len(log) - answered,
        unhelpful=sum(each.asked.answered and each.down > each.up for each in log),
        found=tuple(sorted(found, key=lambda gap: (gap.times, gap.last), reverse=True)),
        left_out=len(every) - len(asked),
    )


def _by_wording(log: Iterable[Logged]) -> list[list[Logged]]:
    found: dict[str, list[Logged]] = {}
    for each in log:
        found.setdefault(wording_of(each.asked.understood), []).append(each)
    return list(found.values())


def _in_vain(some: Sequence[Logged]) -> list[Logged]:
    """The times, in their order, that a wording was asked in vain, and that nothing later made good."""
    found: list[Logged] = []
    answered = helpful = False
    for each in reversed(some):
        if not each.asked.answered and not answered:
            found.append(each)
        if each.asked.answered and each.down > each.up and not helpful:
            found.append(each)
        answered = answered or each.asked.answered
        helpful = helpful or each.up > each.down
    return found[::-1]


def _gap(wordings: Sequence[Sequence[Logged]]) -> Gap:
    """One gap of its wordings, each with the times that it was asked in vain."""
    often = sorted(wordings, key=len, reverse=True)
    every = [each for some in often for each in some]
    nearest = max(every, key=lambda each: (each.asked.nearest is not None, each.asked.confidence))
    names = list(dict.fromkeys(_as_typed(some) for some in often))
    return Gap(
        question=names[0],
        others=tuple(names[1:]),
        times=len(every),
        declined=sum(not each.asked.answered for each in every),
        up=sum(each.up for each in every),
        down=sum(each.down for each in every),
        first=min(each.at for each in every),
        last=max(each.at for each in every),
        confidence=nearest.asked.confidence,
        nearest=nearest.asked.nearest,
    )


def _as_typed(some: Sequence[Logged]) -> str:
    """How a wording was typed most often."""
    return Counter(each.asked.understood for each in some).most_common(1)[0][0]
