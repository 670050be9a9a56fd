"""Charts in Word and PowerPoint files: their titles, and their numbers as the rows of a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from retrieval.articles.formats.packed import xml_of
from retrieval.articles.formats.values import squeezed

if TYPE_CHECKING:
    from docx.opc.part import Part as WordPart
    from lxml.etree import _Element
    from pptx.opc.package import Part as SlidesPart

_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"

_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def charts(drawn: _Element, part: WordPart | SlidesPart) -> Iterator[str]:
    """The charts that an element of a file's ``part`` shows: title, names of the series, a row for each category."""
    for place in drawn.iter(f"{_C}chart"):
        link = part.rels.get(place.get(_ID))
        if link is not None and not link.is_external:
            yield from _rows(xml_of(link.target_part.blob))


def _rows(chart: _Element) -> Iterator[str]:
    title = chart.find(f"{_C}chart/{_C}title")
    if title is not None:
        yield squeezed("".join(part.text or "" for part in title.iter(f"{_A}t")))
    series = list(chart.iter(f"{_C}ser"))
    names = [squeezed(" ".join(value.text or "" for value in one.iterfind(f"{_C}tx//{_C}v"))) for one in series]
    yield " | ".join(filter(None, names))
    columns = [_points(one, "val") or _points(one, "yVal") for one in series]
    categories = next(filter(None, (_points(one, "cat") or _points(one, "xVal") for one in series)), {})
    for number in dict.fromkeys(number for column in (categories, *columns) for number in column):
        yield " | ".join(filter(None, (column.get(number, "") for column in (categories, *columns))))


def _points(series: _Element, kind: str) -> dict[str, str]:
    """The values of one kind that a series has, by their places."""
    points = series.iterfind(f"{_C}{kind}//{_C}pt")
    return {point.get("idx") or "": squeezed(point.findtext(f"{_C}v")) for point in points}
