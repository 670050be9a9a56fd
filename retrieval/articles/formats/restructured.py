"""reStructuredText files, as the text that a reader of the page sees: those of Sphinx, Pelican and Nikola too.

Structure is read off docutils' tree, https://docutils.sourceforge.io/docs/ref/doctree.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from docutils import nodes

from retrieval.articles.formats.decoding import decode
from retrieval.articles.formats.metadata import front_matter, pick_metadata
from retrieval.articles.formats.numerals import numbered
from retrieval.articles.formats.restructured_marks import LABEL, document_of
from retrieval.articles.formats.values import ExtractedArticle, no_headings, raised, squeezed


def read_restructured(name: str, content: bytes) -> list[ExtractedArticle]:
    """A reStructuredText file: what it says of itself, and the text that a reader sees."""
    found = front_matter(name, decode(name, content))
    document = document_of(found.text)
    known = pick_metadata(_fields(document))
    text = "\n\n".join(filter(None, _blocks(document, 1)))
    return [replace(found, text=text, metadata={**found.metadata, **known.values}, notes=found.notes + known.notes)]


# --- what a file says of itself ------------------------------------------------------------------------------


def _fields(document: nodes.document) -> Mapping[str, str]:
    """Names and values at the head of a document: fields, a header as Python's proposals have it, Nikola's comments."""
    found: dict[str, str] = {}
    for child in document.children:
        match child:
            case nodes.comment() if named := _COMMENTED.fullmatch(child.astext()):
                found.setdefault(named[1], named[2])
            case nodes.docinfo():
                found |= dict(map(_field, child.children))
            case _:
                pass
    return {"date": found["created"], **found} if "created" in found else found


_COMMENTED = re.compile(r"(title|date|link): +(\S.*)")


def _field(field: nodes.Node) -> tuple[str, str]:
    """A field's name and value, whether docutils knows what it means or not."""
    if isinstance(field, nodes.field):
        return field.children[0].astext().lower(), squeezed(field.children[1].astext())
    return type(field).__name__, squeezed(field.astext())


# --- blocks --------------------------------------------------------------------------------------------------


def _blocks(node: nodes.Node, level: int) -> Iterator[str]:
    """The paragraphs of a node; a section in it has headings of this level."""
    match node:
        case nodes.document() | nodes.section():
            titled = isinstance(next(iter(node.children), None), nodes.title)
            yield from _within(node, level + titled)
        case nodes.title() | nodes.subtitle() | nodes.rubric() if not isinstance(node.parent, _BOXES):
            yield _heading(node, level - isinstance(node, nodes.title))
        case nodes.Element() if isinstance(node, _UNSEEN):
            pass
        case nodes.system_message():
            yield from _not_understood(node)
        case nodes.literal_block() | nodes.doctest_block() | nodes.math_block():
            yield no_headings(node.astext().rstrip())
        case nodes.line_block():
            yield "\n".join(filter(None, (squeezed(_words(line)) for line in node.findall(nodes.line))))
        case nodes.TextElement():
            yield no_headings(_BLANKS.sub(" ", _words(node)).strip())
        case nodes.Element():
            yield from _grouped(node, level)
        case _:
            pass


_UNSEEN = (nodes.Invisible, nodes.label, nodes.raw, nodes.image, nodes.docinfo, nodes.decoration, nodes.meta)

_BOXES = (nodes.admonition, nodes.sidebar, nodes.table, nodes.topic)

_BLANKS = re.compile(r"[ \t]{2,}")


def _within(node: nodes.Node, level: int) -> Iterator[str]:
    for child in node.children:
        yield from _blocks(child, level)


def _heading(node: nodes.Element, level: int) -> str:
    words = squeezed(_words(node))
    return f"{'#' * min(6, level)} {words}" if words else ""


def _not_understood(message: nodes.system_message) -> Iterator[str]:
    """What docutils could make nothing of, as it is written; of mere warnings the text stands elsewhere."""
    if message["level"] >= _ERROR:
        for block in message.findall(nodes.literal_block):
            yield no_headings(_DIRECTIVE.sub("", block.astext()).strip())


_ERROR = 3

_DIRECTIVE = re.compile(r"\A\.\. [^\n]*(?:\n[ \t]+:[^\n]*)*")


def _grouped(node: nodes.Element, level: int) -> Iterator[str]:
    """The paragraphs of what has a form of its own: items of a list, terms and what they mean, rows of a table."""
    match node:
        case nodes.bullet_list() | nodes.enumerated_list():
            for number, item in enumerate(node.children, int(node.get("start", 1))):
                yield from _behind(f"{_mark(node, number)} ", item, level)
        case nodes.definition_list_item():
            *terms, meaning = node.children
            yield from _behind(" : ".join(map(_words, terms)) + "\n", meaning, level)
        case nodes.field():
            name, body = node.children
            yield from _behind(f"{_field_name(_words(name))}: ", body, level)
        case nodes.option_list_item():
            options, meaning = node.children
            yield from _behind(", ".join(option.astext() for option in options.children) + "\n", meaning, level)
        case nodes.citation():
            yield from _behind(f"[{node.children[0].astext()}] ", node, level)  # its label is not seen again
        case nodes.row():
            yield " | ".join(filter(None, (squeezed(" ".join(_within(cell, level))) for cell in node.children)))
        case _:
            yield from _within(node, level)


def _behind(mark: str, node: nodes.Node, level: int) -> Iterator[str]:
    """The paragraphs in a node, of which the first stands behind a mark."""
    first, *rest = [*filter(None, _within(node, level)), ""]
    yield (mark + first).rstrip()
    yield from rest


def _mark(items: nodes.Element, number: int) -> str:
    """What stands before an item of a list: its number or letter, where the list has them."""
    if isinstance(items, nodes.bullet_list):
        return "-"
    return f"{items['prefix']}{numbered(number, _KINDS.get(items['enumtype'], '1'))}{items['suffix']}"


_KINDS = {"loweralpha": "a", "upperalpha": "A", "lowerroman": "i", "upperroman": "I"}


def _field_name(written: str) -> str:
    """A field's name; of an argument ("param int size") the argument's."""
    kind, *rest = written.split() or [""]
    return rest[-1] if rest and kind in _ARGUMENTS else " ".join([kind.capitalize(), *rest])


_ARGUMENTS = frozenset({"param", "parameter", "arg", "argument", "key", "keyword", "var", "ivar", "cvar", "vartype"})


# --- words ---------------------------------------------------------------------------------------------------


def _words(node: nodes.Node) -> str:
    """The words in a paragraph, or in a part of one."""
    match node:
        case nodes.Text():
            said = node.astext()
        case nodes.citation_reference():
            said = f"[{node.astext()}]"
        case nodes.problematic():
            said = _as_meant(node.astext())
        case nodes.superscript() if _POWER.fullmatch(node.astext()):
            said = raised(node.astext())
        case nodes.inline() if LABEL in node:
            said = _named(node)
        case nodes.Element() if not isinstance(node, _NO_WORDS):
            said = "".join(map(_words, node.children))
        case _:
            said = ""
    return said


_NO_WORDS = (nodes.footnote_reference, nodes.image, nodes.raw, nodes.system_message)

_POWER = re.compile("[\\d+\u2212-]{1,6}")


def _as_meant(written: str) -> str:
    """The words of a mark that leads nowhere, such as a link whose address is lacking."""
    for pattern, words in _NOWHERE:
        if found := pattern.fullmatch(written):
            return found.expand(words)
    return written


_NOWHERE = (
    (
        re.compile(r"\|[^|]+\|_{0,2}|\[[\d#*][^\]]*\]_|:[\w.:+-]+:`.*`", re.DOTALL),
        "",
    ),  # a name that Sphinx fills in, a footnote
    (re.compile(r"`([^`<]+?)(?:\s*<[^<>`]*>)?`_{1,2}", re.DOTALL), r"\1"),
    (re.compile(r"([\w.-]+?)__?"), r"\1"),
    (re.compile(r"(\[[^\]]+\])_"), r"\1"),
)


def _named(reference: nodes.inline) -> str:
    """What a reference to a place is called: the heading there, where it is in the same file, else its name."""
    document = reference.document
    place = (
        document.ids.get(document.nameids.get(nodes.fully_normalize_name(reference[LABEL])) or "") if document else None
    )
    titles = [child for child in place.children if isinstance(child, nodes.title)] if place is not None else []
    return _words(titles[0]) if titles else reference.astext()
