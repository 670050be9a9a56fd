"""Words in bold: no part of a number or of a word, and never one of two quotation marks or brackets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from retrieval.text.sentences import Span

_NUMBER = re.compile(
    r"\d{4}-\d\d-\d\d(?!\d)|(?:(?<![A-Z])[A-Z]{0,3}[$€£¥]|(?<![A-Za-z])[A-Za-z]{0,4})"
    r"\d+(?:[.,:/]\d+)*(?:%|[A-Za-z]{0,4})"
)
"""With letters and signs around it, as of £2.5m, E42 and 4%; a date in figures, as 05/03/2024 and 2024-03-05."""

_SPACELESS = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""A letter of a script without spaces between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""

_LONGEST_NUMBER = 40
"""Code points; of a word too, as far as it is looked at."""

_QUOTATION, _CLOSING = re.compile(r"[\"“”]"), re.compile(r"[.,!?]?[\"”]")


def whole(text: str, highlights: Sequence[Span]) -> tuple[Span, ...]:
    """What to highlight: of a number such as 2.4 never a part, nor of a word, and no punctuation by itself."""
    marked: tuple[Span, ...] = ()
    for start, end in highlights:
        if any(map(str.isalnum, text[start:end])):
            around = _NUMBER.finditer(text, max(0, start - _LONGEST_NUMBER), end + _LONGEST_NUMBER)
            touched = [number.span() for number in around if number.start() < end and start < number.end()]
            touched.append(_whole_words(text, start, end))
            marked = united(marked, [_paired(text, min(touched)[0], max(last for _, last in touched))])
    return marked


def united(some: Sequence[Span], more: Sequence[Span]) -> tuple[Span, ...]:
    """``some``, and those of ``more`` that overlap none of them."""
    return (*some, *(new for new in more if all(new.end <= old.start or old.end <= new.start for old in some)))


def _paired(text: str, start: int, end: int) -> Span:
    """A place with both of its quotation marks or brackets, or with none, and without half of "'s"."""
    if text[end - 1] in "'’" and text[end : end + 1].isalpha():
        end -= 1
    if len(_QUOTATION.findall(text, start, end)) % 2:
        if closing := _CLOSING.match(text, end):
            end = closing.end()
        elif _QUOTATION.match(text, start):
            start += 1
        elif _QUOTATION.match(text, end - 1):
            end -= 1
    opened = text.count("(", start, end) - text.count(")", start, end)
    if opened < 0 and text[end - 1] == ")":
        end -= 1
    elif opened > 0 and text[end : end + 1] == ")":
        end += 1
    return Span(start, end)


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """A place in a text, with the rest of the words that it cuts; in scripts without spaces no word is known."""
    earliest, latest = max(0, start - _LONGEST_NUMBER), min(len(text), end + _LONGEST_NUMBER)
    while start > earliest and _is_letter(text[start - 1]) and _is_letter(text[start]):
        start -= 1
    while end < latest and _is_letter(text[end - 1]) and _is_letter(text[end]):
        end += 1
    return start, end


def _is_letter(character: str) -> bool:
    """Whether a character is a letter, or a mark on one, of a script that has spaces between its words."""
    return unicodedata.category(character)[0] in "LM" and not _SPACELESS.match(character)
