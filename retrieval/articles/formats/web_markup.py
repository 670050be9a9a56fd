"""Setting a web page's markup right before its text is extracted: tables, formulas, dates."""

from __future__ import annotations

import re
from copy import deepcopy
from itertools import takewhile
from typing import TYPE_CHECKING

from retrieval.articles.formats.values import raised, squeezed
from retrieval.articles.formats.web_folds import unfold
from retrieval.articles.formats.web_numbers import number_items

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_BLOCKS = (
    "p",
    "div",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "br",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "pre",
)

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")

_LONG_PARAGRAPH = 80
"""Characters: a cell with a paragraph this long holds an article, not a value."""


def prepare(tree: HtmlElement) -> None:
    """Change a page so that what is extracted of it reads as the page does."""
    _drop_icons(tree)
    number_items(tree)
    for part in list(tree.iter("dl")):
        _pair(part)
    unfold(tree)
    _name_tables(tree)
    for part in [part for part in tree.iter() if isinstance(part.tag, str) and part.get("hidden") in _HIDDEN]:
        if part.getparent() is not None and part.tag != "body":
            part.drop_tree()
    for part in list(tree.iter("sup")):
        _raise(part)
    _run_on(tree)
    for table in list(tree.iter("table")):
        if is_layout(table):
            _undo_table(table)
        else:
            _repeat_down(table)
    for cell in list(tree.iter("td", "th")):
        _flatten(cell)
    for formula in list(tree.iter("math")):
        _spell_out(formula)
    for part in [part for part in tree.iter() if isinstance(part.tag, str) and "-" in part.tag]:
        part.tag = "div" if next(part.iterdescendants(*_BLOCKS), None) is not None else "span"
    _hide(tree)
    _join_containers(tree)
    _break_lines(tree)


_ICON = re.compile("[\ue000-\uf8ff]")
"""A character for private use: on web pages, one that a font draws as an icon."""


def _drop_icons(tree: HtmlElement) -> None:
    for part in tree.iter():
        if part.text and _ICON.search(part.text):
            part.text = _ICON.sub("", part.text)
        if part.tail and _ICON.search(part.tail):
            part.tail = _ICON.sub("", part.tail)


INDENT = "\ue002"
"""Stands for a blank at the beginning of a line of preformatted text, until each other run of blanks is one."""

_INDENTED = re.compile("^[ \t]+", re.MULTILINE)


def _indent(part: HtmlElement, *, fresh: bool = True) -> bool:
    """Mark the blanks at the beginning of each line; whether a line is ``fresh`` before a part, and behind it."""
    if not isinstance(part.tag, str):
        return fresh
    part.text, fresh = _marked(part.text or "", fresh=fresh or part.tag == "br")
    for child in part:
        fresh = _indent(child, fresh=fresh)
        child.tail, fresh = _marked(child.tail or "", fresh=fresh)
    return fresh


def _marked(text: str, *, fresh: bool) -> tuple[str, bool]:
    first, end, rest = ("", "", text) if fresh else text.partition("\n")
    rest = _INDENTED.sub(lambda blanks: INDENT * len(blanks[0].expandtabs(4)), rest)
    return first + end + rest, (fresh or bool(end)) and not rest.rpartition("\n")[2].strip(INDENT)


def _break_lines(tree: HtmlElement) -> None:
    """Put a <br> where a line ends in preformatted text: elsewhere on a page an end of a line is a blank."""
    for preformatted in tree.iter("pre"):
        _indent(preformatted)
    within = [part for preformatted in tree.iter("pre") for part in preformatted.iter() if isinstance(part.tag, str)]
    for part in within:
        part.text, laid = _lines(part, part.text)
        for child in list(part):
            child.tail, breaks = _lines(part, child.tail)
            laid += [child, *breaks]
        part[:] = laid


def _lines(part: HtmlElement, text: str | None) -> tuple[str, list[HtmlElement]]:
    """The first line of a text, and a <br> with each further one."""
    first, *rest = (text or "").split("\n")
    breaks = [part.makeelement("br") for _ in rest]
    for each, line in zip(breaks, rest, strict=True):
        each.tail = line
    return first, breaks


_NOT_SHOWN = re.compile(r"(?:display:none|visibility:hidden)(?:!important)?(?:;|$)")

_MOST = 0.5
"""Share of a page's text: what hides more waits for a script to show it, and is the article."""


def _hide(tree: HtmlElement) -> None:
    """Take away what the page's own styles hide, unless that is most of the page."""
    hidden = [
        part
        for part in tree.iter()
        if isinstance(part.tag, str) and _NOT_SHOWN.search((part.get("style") or "").replace(" ", "").lower())
    ]
    parts = set(hidden)
    outermost = [part for part in hidden if not any(around in parts for around in part.iterancestors())]
    length = sum(len("".join(part.itertext())) for part in outermost)
    if length <= _MOST * len("".join(tree.itertext())):
        for part in outermost:
            if part.getparent() is not None and part.tag != "body":
                part.drop_tree()


def _join_containers(tree: HtmlElement) -> None:
    """Make one of the containers of an article that stands in several alike, with advertisements between them."""
    alike: dict[tuple[HtmlElement, str], list[HtmlElement]] = {}
    for part in tree.iter("div", "section"):
        if part.getparent() is not None and _CONTAINER.search(part.get("class") or "") and _has_paragraphs(part):
            within = next(part.iterancestors("article", "main"), part.getparent())
            alike.setdefault((within, part.get("class")), []).append(part)
    for first, *others in alike.values():
        for other in (one for one in others if first not in one.iterancestors()):
            first.extend(list(other))
            other.drop_tree()


_CONTAINER = re.compile(r"body|content|article|text|chunk", re.IGNORECASE)


def _has_paragraphs(part: HtmlElement) -> bool:
    return sum(len("".join(one.itertext())) > _LONG_PARAGRAPH for one in part.findall("p")) > 1


REPEATED = "\N{WORD JOINER}"
"""Tells a paragraph from the same one before it, as trafilatura leaves out the second; to be taken away again."""


def mark_repeated(tree: HtmlElement) -> None:
    """Put the mark into every paragraph that says what the one before it says."""
    before = ""
    times = 0
    for part in tree.iter("p"):
        words = squeezed("".join(part.itertext()))
        times = times + 1 if words and words == before else 0
        before = words
        if times % 2:  # each need only differ from the one before it
            part.text = REPEATED + (part.text or "")


_HIDDEN = ("", "hidden", "true")
"""Values of the attribute that hides an element."""


_POWER = re.compile(r"[\d+\u2212-]{1,4}")

_NOTE = re.compile(r"\d{1,3}|[a-z*†‡]")


def _raise(part: HtmlElement) -> None:
    """Write a power as such (10³, m²), and take away the number of a footnote behind a word."""
    words = squeezed("".join(part.itertext()))
    previous, parent = part.getprevious(), part.getparent()
    if parent is None:
        return
    before = (parent.text if previous is None else previous.tail) or ""
    if _POWER.fullmatch(words) and re.search(r"\d$|(?<![^\W\d_])[^\W\d_]{1,2}$", before):
        tail = part.tail
        part.clear()
        part.text, part.tail = raised(words), tail
    elif _NOTE.fullmatch(words) and re.search(r"[^\W\d_]{3}$|[.,;:!?)\"”’]$", before):
        part.drop_tree()


_OF_WORDS = ("p", "li", "td", "th", "dd", "blockquote")


def _run_on(tree: HtmlElement) -> None:
    """Leave of code, speech and days inside of paragraphs their words; the extractor would cut there, or drop them."""
    for part in list(tree.iter("code", "q", "time")):
        if part.getparent() is None or next(part.iterancestors("pre"), None) is not None:
            continue
        if part.tag == "time" and _stands_alone(part):  # it dates the page
            continue
        if part.tag == "q":
            part.text = f"“{part.text or ''}"
            part.tail = f"”{part.tail or ''}"
        part.drop_tag()


def _stands_alone(part: HtmlElement) -> bool:
    """Whether there are no other words in the paragraph, the item or the cell that something is in."""
    around = next(part.iterancestors(*_OF_WORDS), part)
    return squeezed("".join(around.itertext())) == squeezed("".join(part.itertext()))


def _pair(terms: HtmlElement) -> None:
    """Make a table of a list of names with a short value each; what is explained at length stays a list."""
    parts = list(terms.iterdescendants("dt", "dd"))
    names = [part for part in parts if part.tag == "dt"]
    long = any(len(squeezed("".join(part.itertext()))) > _LONG_PARAGRAPH for part in parts)
    if not names or long or next(terms.iterdescendants("dl", "table", "p", "ul", "ol"), None) is not None:
        return
    rows: list[list[HtmlElement]] = []
    for part in parts:
        if part.tag == "dt" or not rows:
            rows.append([])
        rows[-1].append(part)
    terms.tag = "table"
    for child in list(terms):
        terms.remove(child)
    for row in rows:
        line = terms.makeelement("tr")
        terms.append(line)
        for part in row:
            part.tag, part.tail = "td", None
            line.append(part)


def is_layout(table: HtmlElement) -> bool:
    """Whether a table only places parts of the page beside each other."""
    headings = (next(part.iterancestors("th", "table")).tag == "table" for part in table.iterdescendants(*_HEADINGS))
    if table.get("role") == "presentation" or next(table.iterdescendants("table"), None) is not None or any(headings):
        return True
    heads = table.find(".//tr")
    if heads is not None and len(heads) > 1 and all(cell.tag == "th" for cell in heads):
        return False
    if any(len(squeezed("".join(part.itertext()))) > _LONG_PARAGRAPH for part in table.iterdescendants("p")):
        return True
    return any(map(_is_page, table.iterdescendants("td")))


_MANY_BREAKS = 4

_LONG_CELL = 400
"""Characters of a cell that with so many breaks in it is a page of text."""


def _is_page(cell: HtmlElement) -> bool:
    return len(cell.findall(".//br")) >= _MANY_BREAKS and len("".join(cell.itertext())) > _LONG_CELL


_ROLES = {
    **dict.fromkeys(("cell", "gridcell", "rowheader"), "td"),
    **dict.fromkeys(("table", "grid"), "table"),
    "row": "tr",
    "columnheader": "th",
}
"""What an element is that says so, whatever its own name is."""


def _name_tables(tree: HtmlElement) -> None:
    """Make tables of what a page declares to be tables and draws out of other elements."""
    for table in [part for part in tree.iter("div", "span") if part.get("role") in ("table", "grid")]:
        for part in [table, *table.iterdescendants("div", "span")]:
            part.tag = _ROLES.get(part.get("role") or "", part.tag)
            if part.get("role") == "rowgroup":
                part.tag = "tbody"


_MOST_ROWS = 100


def _repeat_down(table: HtmlElement) -> None:
    """Put what several rows begin with, in a cell that spans them, into each of these."""
    rows = list(table.iterdescendants("tr"))
    for number, row in enumerate(rows):
        leading = list(takewhile(lambda cell: cell.get("rowspan"), row))
        if len(leading) == len(row):
            continue
        for place, cell in enumerate(leading):
            spanned = cell.get("rowspan") or ""
            short = len(squeezed("".join(cell.itertext()))) <= _LONG_PARAGRAPH and cell.find(".//img") is None
            if not short or not spanned.isdecimal() or not 1 < int(spanned[:4]) <= _MOST_ROWS:
                continue
            del cell.attrib["rowspan"]
            for below in rows[number + 1 : number + int(spanned)]:
                if below.getparent() is row.getparent():
                    below.insert(place, deepcopy(cell))


_MENU_LINKS = 3


def _is_menu(cell: HtmlElement) -> bool:
    """Whether there is nothing but links in a cell, several of them."""
    links = cell.findall(".//a[@href]")
    words = squeezed("".join(cell.itertext())).replace(" ", "")
    linked = "".join("".join(link.itertext()) for link in links)
    return len(links) >= _MENU_LINKS and "".join(linked.split()) == words


def _undo_table(table: HtmlElement) -> None:
    for cell in [cell for cell in table.iterdescendants("td") if _is_menu(cell)]:
        if cell.getparent() is not None:
            cell.drop_tree()
    for part in [table, *table.iterdescendants("thead", "tbody", "tfoot", "tr", "td", "th")]:
        if part is table or next(part.iterancestors("table"), table) is table:
            part.tag = "div"


def _flatten(cell: HtmlElement) -> None:
    """Leave of a cell its words, with those of its paragraphs, lines and items apart."""
    from lxml import etree

    etree.strip_elements(cell, "script", "style", with_tail=False)
    for part in cell.iterdescendants(*_BLOCKS):
        part.text = " " + (part.text or "")
        part.tail = " " + (part.tail or "")
    etree.strip_tags(cell, *_BLOCKS)


def _spell_out(formula: HtmlElement) -> None:
    """Put a formula's source, or else its letters, in its place."""
    parent = formula.getparent()
    if parent is None:
        return
    notes = [note for note in formula.iterdescendants("annotation") if "tex" in (note.get("encoding") or "")]
    words = formula.get("alttext") or "".join(notes[0].itertext() if notes else formula.itertext())
    for twin in parent.getparent().findall("span[@class='katex-html']") if parent.getparent() is not None else []:
        twin.getparent().remove(twin)
    parent.attrib.pop("style", None)  # Wikipedia hides it behind a picture
    tail = formula.tail
    for child in list(formula):
        formula.remove(child)
    formula.attrib.clear()
    formula.tag, formula.text, formula.tail = "span", f" {squeezed(words)} ", tail
