"""The numbers that OpenDocument texts put before the items of their lists, which are not in their text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from retrieval.articles.formats.numerals import numbered, whole

if TYPE_CHECKING:
    from lxml.etree import _Element

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"

_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"

_BULLET = "- "


@dataclass(frozen=True, slots=True)
class _Level:
    """How one level of a list is numbered."""

    kind: str
    before: str
    after: str
    start: int
    shown: int
    """Numbers that are shown: its own and those of the levels around it."""

    @classmethod
    def of(cls, level: _Element) -> _Level:
        """A level as a file describes it."""
        said = [level.get(f"{_STYLE}num-{name}") or "" for name in ("format", "prefix", "suffix")]
        numbers = [whole(level.get(_TEXT + name), 1) for name in ("start-value", "display-levels")]
        return cls(said[0], said[1], said[2], numbers[0], numbers[1])


@dataclass(slots=True)
class ListNumbers:
    """Counts the items of lists from a file's beginning on."""

    styles: Mapping[str, Mapping[int, _Level]]
    """By a list style's name: its levels that have numbers."""
    counts: dict[str, dict[int, int]] = field(default_factory=dict)
    """By a list style's name: the last number of each level."""

    @classmethod
    def of(cls, roots: Iterable[_Element]) -> ListNumbers:
        """By the list styles that the parts of a file describe."""
        return cls(
            {
                style.get(f"{_STYLE}name") or "": {
                    whole(level.get(f"{_TEXT}level"), 1): _Level.of(level)
                    for level in style.iter(f"{_TEXT}list-level-style-number")
                    if level.get(f"{_STYLE}num-format")
                }
                for root in roots
                for style in root.iter(f"{_TEXT}list-style")
            }
        )

    def begin(self, style: str, items: _Element) -> None:
        """A list begins, and counts anew unless it says that it goes on with an earlier one."""
        if items.get(f"{_TEXT}continue-numbering") != "true" and not items.get(f"{_TEXT}continue-list"):
            self.counts.pop(style, None)

    def mark(self, style: str, level: int, item: _Element) -> str:
        """What stands before the next item of a list: its number, or the mark of a list without numbers."""
        levels = self.styles.get(style, {})
        counts = self.counts.setdefault(style, {})
        for deeper in [each for each in counts if each > level]:
            del counts[deeper]
        if level not in levels:
            return _BULLET
        here = levels[level]
        after_last = counts[level] + 1 if level in counts else here.start
        counts[level] = whole(item.get(f"{_TEXT}start-value"), after_last)
        shown = [each for each in range(max(1, level - here.shown + 1), level + 1) if each in levels]
        numbers = (numbered(counts.get(each, levels[each].start), levels[each].kind) for each in shown)
        return f"{here.before}{'.'.join(numbers)}{here.after} "
