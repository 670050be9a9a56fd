"""File formats: the text and the metadata that a file of each kind holds.

A reader brings a file into plain text in which paragraphs are set apart by blank lines and headings stand on lines of
their own behind ``#`` marks. What it returns is what is quoted. Readers get bytes and open nothing themselves: no
file, no address, no entity that a document names.
"""

from __future__ import annotations

import codecs
import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from itertools import pairwise
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from retrieval.errors import ArticleUnreadable

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table
    from docx.text.paragraph import Paragraph
    from lxml.etree import _Element
    from pypdf import PageObject, PdfReader

RULES = "1"
"""Raised whenever the same file would be read differently, so that indexes of what was read before are rebuilt."""

SIDECAR = ".meta.yaml"
"""Behind a file's whole name: the file that holds metadata for it, under the names that front matter uses."""

HEADING = re.compile(r"^(#{1,6}) +(\S.*)$", re.MULTILINE)
"""A heading's line in an article's text."""

_MAX_PAGES = 5_000
_MAX_UNPACKED = 128 * 2**20
_MAX_PARTS = 10_000
"""Of a Word file, which is a zip file: bytes once unpacked, and files in it."""


@dataclass(frozen=True, slots=True)
class Extract:
    """One article as its file holds it, with metadata under our names (title, source, published, url)."""

    text: str
    metadata: Mapping[str, str]
    number: int | None = None
    """Its place in the file, from 1, where a file may hold several."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why the article in one place of a file that may hold several cannot be read."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: how to read it, and how large it may be."""

    read: Callable[[str, bytes], Sequence[Extract | Fault]]
    """A function of the file's name and bytes."""
    max_mib: int
    """Larger files are skipped: the Bible is 4 MiB of text, so that is a mistake or an attack, not an article."""
    apart_from: int = 0
    """Bytes from which on a file of this kind might make its parser hang, swell or crash; see ``isolation``."""


def format_of(name: str) -> Format:
    """The format of a file with this name, which must have one."""
    return FORMATS[PurePath(name).suffix.lower()]


def extract(name: str, content: bytes) -> Sequence[Extract | Fault]:
    """Read a file's content.

    Raises:
        ArticleUnreadable: it is not what its name says, damaged, locked, or nested or packed beyond reason.
    """
    try:
        return format_of(name).read(name, content)
    except ArticleUnreadable:
        raise
    except RecursionError:
        reason = "it is nested too deeply"
    except MemoryError:
        reason = "reading it takes too much memory"
    except Exception as error:
        if format_of(name).apart_from:
            raise
        # Parsers of damaged PDF, Word and HTML files raise whatever went wrong first.
        kind = PurePath(name).suffix.lower().removeprefix(".").upper()
        raise ArticleUnreadable(name, f"it is damaged or no {kind} file") from error
    raise ArticleUnreadable(name, reason)


# --- metadata ------------------------------------------------------------------------------------------------

_METADATA_NAMES = {
    "title": ("title",),
    "source": ("source", "publisher", "site"),
    "published": ("published", "date"),
    "url": ("url", "link"),
}

_MAX_YAML = 2**14
"""Code points. PyYAML takes its time, and what is longer is no title, source and date."""

_YAML_SLIPS = (ValueError, LookupError, AttributeError, TypeError, RecursionError)
"""What PyYAML raises, of its own, for tagged values that make no sense, such as ``!!bool maybe``."""


def named(name: str, metadata: Mapping[Any, Any]) -> dict[str, str]:
    """Metadata under our names, whichever of the usual names they came under."""
    lowered = {str(key).strip().lower(): value for key, value in metadata.items()}
    found: dict[str, str] = {}
    for ours, names in _METADATA_NAMES.items():
        value = next((lowered[name] for name in names if lowered.get(name) is not None), None)
        if isinstance(value, (list, dict, set)):
            raise ArticleUnreadable(name, f"its {ours} is not a single value")
        if value is not None:
            found[ours] = value.isoformat() if isinstance(value, date | datetime) else str(value)
    return found


def read_sidecar(name: str, content: bytes) -> dict[str, str]:
    """The metadata that the sidecar of the file ``name`` holds; they win over those in the file."""
    text = decode(name, content)
    what = "its metadata file"
    if len(text) > _MAX_YAML:
        raise ArticleUnreadable(name, f"{what} is too long")
    metadata = _yaml(name, text, what, line=1)
    if metadata is not None and not isinstance(metadata, Mapping):
        raise ArticleUnreadable(name, f"{what} does not hold names and values")
    return named(name, metadata or {})


def _yaml(name: str, text: str, what: str, *, line: int) -> object:
    """A YAML document that begins in the given line of ``what``."""
    import yaml

    try:
        # Not the faster loader in C: values nested deeply enough overflow its stack and end the process.
        return yaml.safe_load(text)
    except (yaml.YAMLError, *_YAML_SLIPS) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {line + mark.line})" if mark else ""
        raise ArticleUnreadable(name, f"{what} is not valid YAML{where}") from error


# --- text and Markdown ---------------------------------------------------------------------------------------


def decode(name: str, content: bytes) -> str:
    """Bytes to text: UTF-8 with or without BOM, UTF-16 by its BOM, else what charset-normalizer is sure of."""
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = _detect(name, content)
    if "\0" in text:
        raise ArticleUnreadable(name, "it is not a text file")
    return _unix_lines(text)


def _unix_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _detect(name: str, content: bytes) -> str:
    import charset_normalizer

    if b"\0" not in content and (best := charset_normalizer.from_bytes(content).best()):
        return str(best)
    raise ArticleUnreadable(name, "its encoding cannot be told; save it as UTF-8")


_FRONT_MATTER = re.compile(r"\A\s*^---[ \t]*\n(.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)


def _front_matter(name: str, text: str) -> Extract:
    """Split YAML front matter from the text behind it; two rules with no names and values between them are text."""
    match = _FRONT_MATTER.match(text)
    if match is None:
        return Extract(text, {})
    if len(match[1]) > _MAX_YAML:
        raise ArticleUnreadable(name, "its front matter is too long")
    metadata = _yaml(name, match[1], "its front matter", line=text.count("\n", 0, match.start(1)) + 1)
    if not isinstance(metadata, Mapping):
        return Extract(text, {})
    return Extract(text[match.end() :], named(name, metadata))


def _read_text(name: str, content: bytes) -> list[Extract]:
    return [_front_matter(name, decode(name, content))]


def _read_markdown(name: str, content: bytes) -> list[Extract]:
    found = _front_matter(name, decode(name, content))
    return [Extract(_plain_markdown(found.text), found.metadata)]


def _plain_markdown(text: str) -> str:
    """Markdown (CommonMark) as plain text: no emphasis marks, link targets, images or HTML; headings keep ``#``.

    Structure is read off markdown-it-py's tokens, https://markdown-it-py.readthedocs.io.
    """
    from markdown_it import MarkdownIt

    blocks: list[str] = []
    prefix = ""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        match token.type:
            case "heading_open":
                prefix = "#" * int(token.tag[1]) + " "
            case "list_item_open":
                prefix = "- "
            case "inline":
                line = _plain_inline(token.children or [])
                if line.strip():
                    blocks.append(prefix + (line.replace("\n", " ") if prefix.startswith("#") else line))
                prefix = ""
            case "fence" | "code_block":
                blocks.append(token.content.rstrip())
            case _:
                pass
    return "\n\n".join(blocks)


def _plain_inline(tokens: list[Any]) -> str:
    """The words of an inline token's children."""
    words = {"text", "text_special", "code_inline"}
    return "".join(
        "\n" if token.type in {"softbreak", "hardbreak"} else token.content if token.type in words else ""
        for token in tokens
    )


# --- JSON ----------------------------------------------------------------------------------------------------


def _read_json(name: str, content: bytes) -> list[Extract | Fault]:
    """One article, or a list of them, each an object with a ``text``."""
    try:
        document = json.loads(decode(name, content))
    except ValueError as error:
        raise ArticleUnreadable(name, "it is not valid JSON") from error
    if not isinstance(document, list):
        found = _article_object(document, None)
        if isinstance(found, Fault):
            raise ArticleUnreadable(name, found.reason)
        return [found]
    return [_article_object(item, number) for number, item in enumerate(document, 1)]


def _read_json_lines(name: str, content: bytes) -> list[Extract | Fault]:
    """An article a line; the line's number stays its name, so blank lines count too."""
    lines = enumerate(decode(name, content).split("\n"), 1)
    return [_article_line(line, number) for number, line in lines if line.strip()]


def _article_line(line: str, number: int) -> Extract | Fault:
    try:
        return _article_object(json.loads(line), number)
    except ValueError:
        return Fault(number, "it is not valid JSON")
    except RecursionError:
        return Fault(number, "it is nested too deeply")


def _article_object(item: object, number: int | None) -> Extract | Fault:
    if not isinstance(item, dict):
        return Fault(number or 0, "it is not a JSON object")
    text = item.get("text")
    if not isinstance(text, str):
        return Fault(number or 0, 'it has no "text" that is a string')
    try:
        return Extract(_unix_lines(text), named("", item), number)
    except ArticleUnreadable as error:
        return Fault(number or 0, error.reason)


# --- web pages -----------------------------------------------------------------------------------------------

_CHARSET = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
_HEAD_BYTES = 4096
"""Where a page says what its encoding is."""


def _read_page(name: str, content: bytes) -> list[Extract]:
    """A web page as it was saved: its main text, without menus, advertisements and comments."""
    import trafilatura

    page = _decode_page(name, content)
    found = trafilatura.bare_extraction(
        page,
        with_metadata=True,
        include_comments=False,
        # Without it, pages with few paragraphs lose their headings and lists.
        favor_recall=True,
        # A day that merely occurs in the text is not the day of publication, and a wrong date is worse than none.
        date_extraction_params={"original_date": True, "extensive_search": False},
    )
    if found is None or isinstance(found, dict) or found.body is None:
        # So little text that nothing can be told from a menu: all of its paragraphs then.
        body, _, _ = trafilatura.baseline(page)
        return [Extract("\n\n".join(_page_blocks(body)), {})]
    metadata = {"title": found.title, "source": found.sitename, "published": found.date, "url": found.url}
    text = "\n\n".join(_page_blocks(found.body))
    return [Extract(text, {key: value for key, value in metadata.items() if value})]


def _decode_page(name: str, content: bytes) -> str:
    """A page's text, in the encoding that it names, if it names one that fits."""
    said = _CHARSET.search(content[:_HEAD_BYTES])
    if said and not content.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        # What is declared as Shift-JIS mostly is Microsoft's extension of it.
        charset = said[1].decode("ascii").lower().replace("_", "-")
        try:
            return str(content, "cp932" if charset in {"shift-jis", "sjis", "x-sjis"} else charset)
        except (LookupError, ValueError):
            pass
    return decode(name, content)


_PAGE_BLOCKS = {"code", "div", "head", "item", "list", "p", "quote", "row", "table"}


def _page_blocks(element: _Element) -> Iterator[str]:
    """The blocks of trafilatura's tree, whose elements are named after TEI's."""
    for child in element:
        mark = "- " if child.tag == "item" else ""
        if child.tag == "row":
            yield " | ".join(filter(None, map(_page_words, child)))
        elif any(part.tag in _PAGE_BLOCKS for part in child):
            yield from (mark + words for words in [_squeezed(child.text)] if words)
            yield from _page_blocks(child)
        elif words := _page_words(child):
            level = int((child.get("rend") or "h2")[-1]) if child.tag == "head" else 0
            yield f"{'#' * level} {_squeezed(words)}" if level else mark + words
        yield from filter(None, [_squeezed(child.tail)])


def _page_words(element: _Element) -> str:
    """An element's words, with line ends where the page breaks the line."""
    for end in element.iter("lb"):
        end.tail = "\u2028" + (end.tail or "")
    lines = "".join(element.itertext()).split("\u2028")
    return "\n".join(filter(None, map(_squeezed, lines)))


def _squeezed(text: str | None) -> str:
    return " ".join((text or "").split())


# --- PDF -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of print."""

    text: str
    height: float
    """Of its base line above the page's foot."""
    size: float
    """Of its first letter."""


_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_PRINTED = {**_LIGATURES, 0x00: None, 0x2010: "-"}
"""What looks like other characters and is found by no search for these."""

_SOFT_HYPHEN = re.compile("\xad\\s*")

_PROGRAM_TITLE = re.compile(r"microsoft \w+ - |untitled|.*\.(?:docx?|indd|odt|pdf|pptx?|rtf|tex)$", re.IGNORECASE)
_BULLET = re.compile(r"[•◦▪●∙‣\uf0a7\uf0b7] *")
_PAGE_NUMBER = re.compile(r"(?:page\s+)?[-–—\s]*\d{1,4}(?:\s*(?:/|of)\s*\d{1,4})?[-–—\s]*", re.IGNORECASE)
_ENDS_SENTENCE = re.compile(r"[.!?:;\u2026\u3002\uff01\uff1f][\"'”’»)\]]*$")
_KEEPS_HYPHEN = re.compile(r"\b(?:(?:twen|thir|for|fif|six|seven|eigh|nine)ty|ex|half|non|self|well)-$", re.IGNORECASE)
_MAX_HEADING = 150


def _read_pdf(name: str, content: bytes) -> list[Extract]:
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        raise ArticleUnreadable(name, "it is encrypted; save a copy without the password")
    if len(reader.pages) > _MAX_PAGES:
        raise ArticleUnreadable(name, f"it has more than {_MAX_PAGES:,} pages")
    pages = _without_margins([list(_page_lines(page)) for page in reader.pages])
    text = "\n\n".join(_pdf_blocks(pages))
    if not text:
        raise ArticleUnreadable(name, "it holds no text, perhaps only pictures of pages")
    title = _pdf_title(reader)
    return [Extract(text, {"title": title} if title else {})]


def _pdf_title(reader: PdfReader) -> str | None:
    """The title that the file gives itself, unless a program made it up from a file's name."""
    title = reader.metadata.title if reader.metadata else None
    return title if isinstance(title, str) and not _PROGRAM_TITLE.match(title.strip()) else None


def _page_lines(page: PageObject) -> Iterator[_Line]:
    """The lines of a page, in the order in which they are drawn."""
    pieces: list[tuple[str, float, float]] = []

    def note(text: str, cm: Sequence[float], tm: Sequence[float], _font: object, size: float) -> None:
        height = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        pieces.append((text, height, size * abs(tm[3] * cm[3])))

    page.extract_text(visitor_text=note)
    words, place = "", (0.0, 0.0)
    for text, *where in [*pieces, ("\n", 0.0, 0.0)]:
        for number, part in enumerate(text.split("\n")):
            if number and (line := _squeezed(_SOFT_HYPHEN.sub("", words).translate(_PRINTED))):
                yield _Line(line, *place)
            words = part if number else words + part
            if part.strip() and words == part:
                place = (where[0], where[1])


def _without_margins(pages: Sequence[Sequence[_Line]]) -> list[list[_Line]]:
    """Pages without page numbers, and without what stands at the top or the foot of most of them."""
    ends = Counter(words for page in pages for words in {_numberless(line) for line in [*page[:2], *page[-2:]]})
    repeated = {words for words, times in ends.items() if times > max(1, len(pages) / 2)}
    kept = []
    for page in pages:
        lines = list(page)
        for end in (0, -1):
            while lines and (_PAGE_NUMBER.fullmatch(lines[end].text) or _numberless(lines[end]) in repeated):
                lines.pop(end)
        kept.append(lines)
    return kept


def _numberless(line: _Line) -> str:
    return re.sub(r"\d+", "0", line.text)


def _pdf_blocks(pages: Sequence[Sequence[_Line]]) -> Iterator[str]:
    """Paragraphs and headings, told by spacing, size of print and where lines end."""
    lines = [line for page in pages for line in page]
    sizes = Counter[int]()
    for line in lines:
        sizes[round(line.size)] += len(line.text)
    body = max(sizes, key=lambda size: sizes[size], default=0)
    larger = sorted((size for size in sizes if size > body * 1.1), reverse=True)
    gaps = sorted(gap for page in pages for one, two in pairwise(page) if (gap := one.height - two.height) > 0)
    # Not the middle one: a page of short paragraphs has as many gaps between paragraphs as inside them.
    leading = gaps[len(gaps) // 5] if gaps else 0.0
    width = max((len(line.text) for line in lines), default=0)
    for block in _grouped(lines, lambda one, two: _parted(one, two, leading, width)):
        words = _joined(line.text for line in block)
        size = round(block[0].size)
        if size in larger and len(words) <= _MAX_HEADING:
            yield f"{'#' * min(3, larger.index(size) + 1)} {words}"
        else:
            yield _BULLET.sub("- ", words, count=1) if _BULLET.match(words) else words


def _grouped(lines: Iterable[_Line], parted: Callable[[_Line, _Line], bool]) -> Iterator[list[_Line]]:
    block: list[_Line] = []
    for line in lines:
        if block and parted(block[-1], line):
            yield block
            block = []
        block.append(line)
    if block:
        yield block


def _parted(one: _Line, two: _Line, leading: float, width: int) -> bool:
    """Whether a paragraph ends between two lines."""
    if abs(one.size - two.size) > 0.08 * max(one.size, two.size) or _BULLET.match(two.text):
        return True
    gap = one.height - two.height
    ends = bool(_ENDS_SENTENCE.search(one.text))
    if gap < 0:  # the next column or page: the paragraph may go on there
        return ends or not two.text[0].islower()
    # Headings are set with larger leading than the text, so the size of print is the other measure.
    return gap > max(1.35 * leading, 1.5 * one.size) or (ends and len(one.text) < 0.75 * width)


def _joined(lines: Iterable[str]) -> str:
    """Lines as one, with words that were broken at a line's end put together."""
    whole = ""
    for line in lines:
        if re.search(r"\w-$", whole) and line[0].islower():
            whole = (whole if _KEEPS_HYPHEN.search(whole) else whole[:-1]) + line
        else:
            whole = f"{whole} {line}" if whole else line
    return whole


# --- Word ----------------------------------------------------------------------------------------------------


def _read_docx(name: str, content: bytes) -> list[Extract]:
    import docx
    from docx.table import Table

    _check_zip(name, content)
    document = docx.Document(BytesIO(content))
    styles = _styles(document)
    blocks: list[str] = []
    for item in document.iter_inner_content():
        blocks.extend(_table_rows(item) if isinstance(item, Table) else _word_paragraph(item, styles))
    title = _squeezed(document.core_properties.title)
    return [Extract("\n\n".join(blocks), {"title": title} if title else {})]


def _check_zip(name: str, content: bytes) -> None:
    """Refuse a zip file that unpacks to more than any article; no more than it declares is unpacked."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts = archive.infolist()
    if len(parts) > _MAX_PARTS or sum(part.file_size for part in parts) > _MAX_UNPACKED:
        raise ArticleUnreadable(name, f"it unpacks to more than {_MAX_UNPACKED // 2**20} MiB or too many parts")
    if any(part.flag_bits & 1 for part in parts):
        raise ArticleUnreadable(name, "it is encrypted; save a copy without the password")


_HEADING_STYLE = re.compile(r"(?:heading ?([1-9])|title)$", re.IGNORECASE)
"""Word stores the names of its own styles in English, whatever language it speaks."""


def _styles(document: Document) -> dict[str, str]:
    """The names of the styles, by their ids."""
    from docx.opc.constants import RELATIONSHIP_TYPE

    # To a file without styles python-docx would add its own, out of a file.
    if all(link.reltype != RELATIONSHIP_TYPE.STYLES for link in document.part.rels.values()):
        return {}
    return {style.style_id: style.name or "" for style in document.styles}


def _word_paragraph(paragraph: Paragraph, styles: Mapping[str, str]) -> Iterator[str]:
    lines = [_squeezed(line) for line in paragraph.text.split("\n")]
    words = "\n".join(filter(None, lines))
    if not words:
        return
    id = paragraph._p.style or ""  # noqa: SLF001 - python-docx has no public name for what is there and no more
    style = styles.get(id, id)
    if heading := _HEADING_STYLE.match(style):
        yield f"{'#' * min(6, int(heading[1] or 1))} {_squeezed(words)}"
        return
    properties = paragraph._p.pPr  # noqa: SLF001 - nor for numbering
    listed = style.lower().startswith("list") or (properties is not None and properties.numPr is not None)
    yield f"- {words}" if listed else words


def _table_rows(table: Table) -> Iterator[str]:
    """A table's rows, each with its cells apart; a cell that spans columns is told once."""
    for row in table.rows:
        cells: dict[int, str] = {id(cell._tc): _squeezed(cell.text) for cell in row.cells}  # noqa: SLF001 - likewise
        if any(cells.values()):
            yield " | ".join(filter(None, cells.values()))


# --- formats by suffix ---------------------------------------------------------------------------------------

_PAGE = Format(_read_page, max_mib=8)
_TEXT = Format(_read_text, max_mib=32, apart_from=2**20)
_MARKDOWN = Format(_read_markdown, max_mib=8, apart_from=2**16)

FORMATS: Mapping[str, Format] = {
    ".txt": _TEXT,
    ".text": _TEXT,
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".json": Format(_read_json, max_mib=64, apart_from=2**20),
    ".jsonl": Format(_read_json_lines, max_mib=64, apart_from=2**20),
    ".html": _PAGE,
    ".htm": _PAGE,
    ".xhtml": _PAGE,
    ".pdf": Format(_read_pdf, max_mib=64),
    ".docx": Format(_read_docx, max_mib=32),
}
"""By suffix. A new format is one function and one line here."""
