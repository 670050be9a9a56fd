"""Instructions: to a question how something is done, a numbered step is quoted with the others of its list."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from retrieval.text.sentences import Sentence, Span, sentences

_MOST = 900
"""Code points of all steps together, some ten lines. Longer instructions are quoted from the step that was found on."""
_NUMBER = re.compile(r"[ \t]*(\d{1,3})[.)][ \t]+\S")


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
    steps: list[Sentence] = []
    last = 0
    for sentence in near:
        found = _NUMBER.match(text, sentence.start)
        number = int(found[1]) if found else last + 1
        if sentence.heading or number != last + 1:
            if any(step.start == start for step in steps):
                return steps
            steps = []
        if found and not sentence.heading:
            steps.append(sentence)
            last = number
    return steps if any(step.start == start for step in steps) else []


def _end_of(text: str, near: Sequence[Sentence], step: Sentence) -> int:
    """Where a step ends: with the last sentence of its paragraph before the next step."""
    end = step.end
    for sentence in near[near.index(step) + 1 :]:
        if sentence.opens or _NUMBER.match(text, sentence.start):
            break
        end = sentence.end
    return end
