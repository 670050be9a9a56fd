"""Instructions: to a question how something is done, a numbered step is quoted with the others of its list."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from retrieval.text.list_items import numbers_at
from retrieval.text.sentences import Sentence, Span, sentences

_MOST = 900
"""Code points of all steps together, some ten lines. Longer instructions are quoted from the step that was found on."""


def with_steps(text: str, span: Span) -> Span:
    """Whole sentences that begin with a step, with the other steps of its list and what stands between them."""
    every = sentences(text)
    low, high = (bisect_left(every, span.start + by, key=lambda each: each.start) for by in (-_MOST, _MOST))
    near = every[low:high]
    steps = _list_around(text, near, span.start)
    if not steps:
        return span
    ends = [_end_of(text, near, step) for step in steps]
    first = steps[0].start if ends[-1] - steps[0].start <= _MOST else span.start
    return Span(first, max(span.end, *(end for end in ends if end - first <= _MOST)))


def _list_around(text: str, near: Sequence[Sentence], start: int) -> list[Sentence]:
    """The steps of the list that has one at ``start``, each numbered one higher than the last; else none."""
    seen: list[_List] = []
    around: list[_List] = []  # those that a place is in, the innermost last
    for sentence in near:
        numbers = numbers_at(text, sentence.start)
        if sentence.heading:
            around = []
        elif numbers:
            inner = next((each for each in reversed(around) if each.last + 1 in numbers), None)
            if inner is None:
                inner = _List(min(numbers) - 1)
                around = [*around, inner] if inner.last == 0 else [inner]
                seen.append(inner)
            else:
                around = around[: around.index(inner) + 1]
            inner.last += 1
            inner.steps.append(sentence)
    return next((each.steps for each in seen if any(step.start == start for step in each.steps)), [])


@dataclass(slots=True)
class _List:
    """A numbered list, or as much of it as has been read."""

    last: int
    steps: list[Sentence] = field(default_factory=list)


def _end_of(text: str, near: Sequence[Sentence], step: Sentence) -> int:
    """Where a step ends: with the last sentence of its paragraph before the next step."""
    end = step.end
    for sentence in near[near.index(step) + 1 :]:
        if sentence.opens or numbers_at(text, sentence.start):
            break
        end = sentence.end
    return end
