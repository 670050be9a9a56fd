"""The numbers that Word puts before the paragraphs of lists and before headings, which are not in their text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from retrieval.articles.formats.numerals import MOST, roman, whole
from retrieval.articles.formats.values import squeezed

if TYPE_CHECKING:
    from docx.document import Document
    from lxml.etree import _Element

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

BULLET = "-"

_NONE = "0"
"""The list of paragraphs that are taken out of the list of their style."""


@dataclass(frozen=True, slots=True)
class _Level:
    """How one level of a list is numbered."""

    kind: str
    text: str
    """With ``%1`` for the number of the first level."""
    start: int

    @classmethod
    def of(cls, level: _Element) -> _Level:
        """A level as a file describes it."""
        said = {name: _value(level, name) for name in ("numFmt", "lvlText", "start")}
        return cls(said["numFmt"] or "decimal", said["lvlText"], whole(said["start"], 1))

    def written(self, number: int) -> str:
        """A number in the letters or digits of this level."""
        number = min(number, MOST)
        if number < 1 or self.kind not in _WRITERS:
            return str(number)
        return _WRITERS[self.kind](number)


def _letters(number: int) -> str:
    """As Word counts: a to z, then aa, bb."""
    return chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)


_WRITERS: Mapping[str, Callable[[int], str]] = {
    "lowerLetter": _letters,
    "upperLetter": lambda number: _letters(number).upper(),
    "lowerRoman": roman,
    "upperRoman": lambda number: roman(number).upper(),
    "decimalZero": lambda number: f"{number:02}",
}


@dataclass(slots=True)
class Numbers:
    """Counts the numbered paragraphs of a file from its beginning on."""

    lists: Mapping[str, tuple[str, Mapping[int, int]]] = field(default_factory=dict)
    """By a list's id: the kind of list, and levels that begin anew with it, each at a number."""
    levels: Mapping[str, Mapping[int, _Level]] = field(default_factory=dict)
    """By a kind of list: its levels."""
    styles: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """By a style's id: the list and the level that its paragraphs belong to."""
    counts: dict[str, dict[int, int]] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, document: Document) -> Numbers:
        """What a file says of its lists; nothing where it has none."""
        from docx.opc.constants import RELATIONSHIP_TYPE

        roots = {link.reltype: link for link in document.part.rels.values()}
        # To a file without lists or styles python-docx would add its own, out of a file.
        if RELATIONSHIP_TYPE.NUMBERING not in roots:
            return cls()
        root = document.part.numbering_part.element
        kinds = {
            kind.get(f"{_W}abstractNumId") or "": {
                whole(level.get(f"{_W}ilvl")): _Level.of(level) for level in kind.iter(f"{_W}lvl")
            }
            for kind in root.iter(f"{_W}abstractNum")
        }
        lists = {
            one.get(f"{_W}numId") or "": (
                _value(one, "abstractNumId"),
                {
                    whole(change.get(f"{_W}ilvl")): whole(_value(change, "startOverride"), 1)
                    for change in one.iter(f"{_W}lvlOverride")
                    if change.find(f"{_W}startOverride") is not None
                },
            )
            for one in root.iter(f"{_W}num")
        }
        styles = document.styles.element.iter(f"{_W}style") if RELATIONSHIP_TYPE.STYLES in roots else ()
        known = {one.get(f"{_W}styleId") or "": _place(one.find(f"{_W}pPr")) for one in styles}
        return cls(lists, kinds, {style: place for style, place in known.items() if place})

    def mark(self, properties: _Element | None, style: str) -> str | None:
        """What stands before the next paragraph: a number, ``BULLET``, or nothing; None where it is in no list."""
        place = _place(properties) or self.styles.get(style)
        if place is None or place[0] == _NONE:
            return None
        if place[0] not in self.lists:
            return BULLET
        (list_id, level), (kind, begins) = place, self.lists[place[0]]
        known = self.levels.get(kind, {})
        counts = self.counts.setdefault(kind, {})
        if list_id not in self.begun:
            self.begun.add(list_id)
            for each in begins:
                counts.pop(each, None)
        first = begins.get(level, known[level].start if level in known else 1)
        counts[level] = counts[level] + 1 if level in counts else first
        for deeper in [each for each in counts if each > level]:
            del counts[deeper]
        return self._written(known, counts, level)

    def _written(self, known: Mapping[int, _Level], counts: Mapping[int, int], level: int) -> str:
        here = known.get(level)
        if here is None or here.kind == "bullet":
            return BULLET

        def number(found: re.Match[str]) -> str:
            other = int(found[1]) - 1
            if other not in known:
                return ""
            return known[other].written(counts.get(other, known[other].start))

        return "" if here.kind == "none" else squeezed(re.sub(r"%([1-9])", number, here.text))


def _place(properties: _Element | None) -> tuple[str, int] | None:
    """The list and the level that properties of a paragraph or a style name."""
    found = properties.find(f"{_W}numPr") if properties is not None else None
    list_id = _value(found, "numId") if found is not None else ""
    return (list_id, whole(_value(found, "ilvl"))) if found is not None and list_id else None


def _value(parent: _Element, name: str) -> str:
    found = parent.find(_W + name)
    return (found.get(f"{_W}val") or "") if found is not None else ""
