"""Markdown files, as the text that a reader of the page sees.

CommonMark and tables, and what Obsidian, Docusaurus, Hugo and Jekyll put into Markdown besides.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from retrieval.articles.formats.decoding import decode
from retrieval.articles.formats.disguises import refuse_disguised
from retrieval.articles.formats.metadata import front_matter
from retrieval.articles.formats.values import ExtractedArticle, no_headings, raised, squeezed

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


def read_markdown(name: str, content: bytes) -> list[ExtractedArticle]:
    """A Markdown file: front matter, and the text that a reader sees."""
    refuse_disguised(name, content)
    found = front_matter(name, decode(name, content))
    return [replace(found, text=plain_markdown(found.text, is_mdx=name.lower().endswith(".mdx")))]


def plain_markdown(text: str, *, is_mdx: bool = False) -> str:
    """Markdown as plain text: no marks, link targets or images; headings keep ``#``, rows of tables are lines.

    Structure is read off markdown-it-py's tokens, https://markdown-it-py.readthedocs.io.
    """
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    if is_mdx:
        parser.disable("code")  # what is indented there stands in a component
    return "\n\n".join(filter(None, _blocks(parser, parser.parse(_without_site_marks(text)))))


def _blocks(parser: MarkdownIt, tokens: Iterable[Token]) -> Iterator[str]:
    prefix = ""
    lists = _Lists()
    row: list[str] | None = None
    for token in tokens:
        prefix = lists.mark_at(token) or prefix
        match token.type:
            case "heading_open":
                prefix = "#" * int(token.tag[1]) + " "
            case "tr_open":
                row = []
            case "tr_close":
                yield " | ".join(filter(None, row or []))
                row = None
            case "inline":
                if row is not None:
                    row.append(squeezed(_plain_inline(token.children or [])))
                else:
                    yield from _paragraph(parser, token, prefix)
                prefix = ""
            case "fence" | "code_block":
                yield "" if token.info.strip().lower() in _DRAWN else _code(token.content)
            case "html_block":
                yield from _html_words(token.content)
            case _:
                pass


_DRAWN = frozenset({"dataview", "dataviewjs", "mermaid", "plantuml", "query", "tasks"})
"""Languages of code of which a reader sees what it draws or finds, not the code."""


def _code(written: str) -> str:
    """Code, without lines that would bring in another file."""
    return no_headings(_BROUGHT_IN.sub("", written).rstrip())


_BROUGHT_IN = re.compile(r"^[ \t]*(?:\{\{ ?#\w*include [^\n]*\}\}|-+8<-+ [^\n]*)\n", re.MULTILINE)


def _paragraph(parser: MarkdownIt, token: Token, prefix: str) -> Iterator[str]:
    """A paragraph, a heading or an item, behind its mark; or the rows of a table that is drawn in the text."""
    words = token.children or []
    if _DRAWN_TABLE.fullmatch(token.content):
        yield from _drawn_rows(parser, token.content)
    elif not (prefix and _leads_below(words)):
        yield _marked(prefix, _plain_inline(words))


_DRAWN_TABLE = re.compile(r"(?:(?:\|.*\||(?=[^\n]*[-=])[+|][-=:|+ ]*)(?:\n|\Z)){2,}")
"""A table with lines drawn around its cells, as of Pandoc, or one without a head."""


def _drawn_rows(parser: MarkdownIt, table: str) -> Iterator[str]:
    """The rows of such a table: a line each or, where lines of dashes part them, what stands between these."""
    grid = table.startswith("+")
    rows: list[list[str]] = []
    begins = True
    for line in table.split("\n"):
        if not re.search(r"[^-=:|+ ]", line) and re.search("[-=]", line):
            begins = True
            continue
        cells = [cell.replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip("|"))]
        if grid and not begins and len(cells) == len(rows[-1]):
            cells = [f"{above} {cell}" for above, cell in zip(rows.pop(), cells, strict=True)]
        rows.append(cells)
        begins = False
    for row in rows:
        words = (_plain_inline(parser.parseInline(cell.strip())[0].children or []) for cell in row)
        yield " | ".join(filter(None, map(squeezed, words)))


def _leads_below(item: list[Token]) -> bool:
    """Whether an item only leads to a heading of its page, as in a list of contents."""
    opens = item[0] if item else None
    whole = opens is not None and item[-1].type == "link_close" and item[-1].level == opens.level
    links = sum(token.type == "link_open" for token in item)
    return opens is not None and whole and links == 1 and str(opens.attrs.get("href", "")).startswith("#")


class _Lists:
    """The lists around a place, and what stands before their items: a number where the list has them."""

    def __init__(self) -> None:
        self._numbers: list[int | None] = []
        """The next item's in each, the innermost last."""

    def mark_at(self, token: Token) -> str:
        """What stands before the item that a token opens; nothing where it opens none."""
        if token.type in ("bullet_list_open", "ordered_list_open"):
            ordered = token.type == "ordered_list_open"
            self._numbers.append(int(token.attrs.get("start", 1)) if ordered else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self._numbers.pop()
        elif token.type == "list_item_open":
            number = self._numbers[-1]
            if number is None:
                return "- "
            self._numbers[-1] = number + 1
            return f"{number}{token.markup} "
        return ""


def _marked(prefix: str, line: str) -> str:
    """A line of text behind the mark of a heading or of an item of a list."""
    if not line.strip():
        return ""
    return prefix + squeezed(line) if prefix.startswith("#") else no_headings(prefix + line.strip())


def _plain_inline(tokens: Iterable[Token]) -> str:
    """The words of an inline token's children."""
    parts: list[str] = []
    code: list[str] = []
    for token in tokens:
        match token.type:
            case "softbreak" | "hardbreak":
                parts.append("\n")
            case "html_inline" if _BREAK.match(token.content):
                parts.append("\n")
            case "text" | "text_special":
                parts.append(_CODE.sub("", token.content))
            case "code_inline":  # is to be left as it is
                parts.append(f"\ue000{len(code)}\ue001")
                code.append(token.content)
            case _:
                pass
    line = "".join(parts)
    for pattern, seen in _NOTE_MARKS:
        line = pattern.sub(seen, line)
    return _CODE.sub(lambda place: code[int(place[1] or 0)], line)


_CODE = re.compile("\ue000(\\d+)\ue001|[\ue000\ue001]")
"""Stands for a piece of code, which is no place for the marks below."""

_NOTE_MARKS = (
    (re.compile(r"\A\[(?:\[_?toc_?\]|toc)\]\Z", re.IGNORECASE), ""),  # the place of a table of contents
    (re.compile(r"!\[\[[^\[\]\n]{0,300}\]\]"), ""),  # another note or a picture, shown here
    (re.compile(r"\[\[(?:[^\[\]\n|]{1,300}\|)?([^\[\]\n|]{1,300})\]\]"), r"\1"),  # a link to another note
    (re.compile(r"\A\[!\w{1,30}\][+-]?[ \t]*\n?"), ""),  # what kind of box this is
    (re.compile(r"\A\[[ xX/><!?*-]\][ \t]+"), ""),  # a task, done or not
    (re.compile(r"\[\^[^\[\]\s]{1,60}\](?::[ \t]*)?"), ""),  # a footnote
    (re.compile(r"~~(?=\S)[^~\n]{1,500}(?<=\S)~~"), ""),  # struck out
    (re.compile(r"(?<=\w)~(\w{1,9})~(?!\w\w)"), r"\1"),  # set lower
    (re.compile(r"(?<=\w)\^([\d+\u2212-]{1,6})\^"), lambda power: raised(power[1])),
    (re.compile(r"==(?=\S)([^=\n]{1,500})(?<=\S)=="), r"\1"),  # marked
    (re.compile(r"[ \t]+\^[\w-]{1,60}$", re.MULTILINE), ""),  # the name of a paragraph
    (re.compile(r"[ \t]*\{[:#.][^{}\n]{0,200}\}$", re.MULTILINE), ""),  # attributes of a paragraph or heading
    (
        re.compile(
            r"[ \t]*\{:?[ \t]*(?:[#.]|(?:align|class|data-[\w-]+|height|loading|target|width)=)[^{}\n]{0,200}\}"
        ),
        "",
    ),  # those of a link, a button or a picture
    (re.compile(r"(?<![\w+])\+\+([\w-]+(?:\+[\w-]+)*)\+\+(?![\w+])"), r"\1"),  # keys to press
    (re.compile(r"\^\^(?=\S)([^^\n]{1,500})(?<=\S)\^\^"), r"\1"),  # underlined
    (re.compile(r"(?<![\w:.]):[a-z0-9+_-]*[a-z][a-z0-9+_-]*:(?![\w:`])"), ""),  # an emoji or an icon by its name
    (re.compile(r"^:(?:[ \t]+(?=\S)|[ \t]*\n)", re.MULTILINE), ""),  # what a term means, in the line below it
    (re.compile(r"[ \t]{2,}"), " "),
)
"""What Obsidian and others put into a paragraph, and what of it a reader sees."""


_COMPONENT = r"""
    ^[ ]{0,3}(?P<component></?[A-Z][\w.]*+
     (?:[^<>{}"']|"[^"]*+"|'[^']*+'|\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*+\})*+\})*+\})*+>)[ \t]*$
    """
"""One of MDX, alone on its lines."""

_SITE_MARKS = re.compile(
    _COMPONENT
    + r"""
    |(?P<code>^[ ]{0,3}(?P<fence>`{3,}+|~{3,}+)[^\n]*+\n(?:.*?\n)??(?:[ ]{0,3}(?P=fence)[`~]*[ \t]*$|\Z)|`[^`\n]+`)
    |<sup>(?P<power>[\d+\u2212-]{1,6})</sup>
    |\{\{[^{}]{0,1000}\}\}                      # a variable or a shortcode
    |\{%-?[ ]*comment[ ]*-?%\}[^%]{0,1000}\{%-?[ ]*endcomment[ ]*-?%\}
    |^[ ]{0,3}(?:[-*+]|\d{1,2}[.)])[ \t]+[^\n]*\n\{:[ ]?toc\b[^{}\n]*\}[ \t]*$      # where kramdown lists the headings
    |\{(?P<role>[\w:-]{2,20})\}`(?P<said>[^`<\n]*?)[ ]*(?:<[^<>`\n]*>)?`           # a role of MyST
    |^\([\w:.-]+\)=[ \t]*$                      # the name of a place, there
    |\{%[^{}]{0,1000}%\}                        # a tag of Liquid, Jinja or Nunjucks
    |%%[^%]{0,1000}%%                           # a comment of Obsidian
    |^[ \t]*:{3,}[ \t]*(?:\{[\w:-]+\}|[\w-]*)[ \t]*\[?(?P<title>[^\]\n]{0,200})\]?[ \t]*$
     (?:\n[ \t]*:[a-z-]+:[^\n]*$)*             # where a box begins or ends
    |^\{:[^{}\n]{0,200}\}[ \t]*$                # attributes of kramdown
    |^\*\[[^\]\n]{1,60}\]:[^\n]*$                # what an abbreviation stands for
    |\{/\*[^{}]{0,1000}\*/\}                     # a comment of MDX
    |^export[ ](?:const|default|function)[ ][^\n]{1,300}$
    |^import[ ][^\n;]{1,200}?[ ]?['"][^'"\n]{1,200}['"];?[ \t]*$        # a component that MDX brings in
    |^\[\^[^\[\]\s]{1,60}\]:(?=[ \t])           # where a footnote is
    |^[ \t]*-+8<-+[ ][^\n]*$                    # a piece of another file
    # What a term means, with lines below that are indented.
    |^(?P<sense>:[ \t]{1,3}[^\n]*\n(?:(?:[ ]{2}|\t)[^\n]*(?:\n|\Z)|[ \t]*\n(?=[ ]{2}|\t))+)
    # A box of MkDocs: its kind, its title, and its text, which is indented.
    |^(?:!!!|\?\?\?\+?|===)[ \t]+(?:[\w-]+[ \t]*){0,5}(?:"(?P<box>[^"\n]{0,200})")?[ \t]*\n
     (?P<boxed>(?:(?:[ ]{4}|\t)[^\n]*(?:\n|\Z)|[ \t]*\n)+)
    """,
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)


_TITLED = re.compile(r"""\b(?:label|title)=["']([^"'\n]{1,200})["']""")

_INDENT = re.compile(r"^(?: {4}|\t)", re.MULTILINE)


def _without_site_marks(text: str) -> str:
    """Markdown without the marks by which programs that make sites of it put in what is not in the text."""

    def seen(found: re.Match[str]) -> str:
        if found["code"]:
            box = _MYST_BOX.fullmatch(found[0])
            return _unboxed(box) if box else found[0]
        if found["role"] or found["power"]:
            return found["said"] or raised(found["power"] or "")
        if found["component"]:
            titled = _TITLED.search(found["component"])
            return f"\n{titled[1] if titled else ''}\n"
        if found["sense"]:
            return _INDENT.sub("", found["sense"])
        if found["boxed"] is not None:
            return f"{found['box'] or ''}\n\n{_INDENT.sub('', found['boxed'])}\n"
        return f"\n{found['title']}\n" if found["title"] is not None else ""

    return _SITE_MARKS.sub(seen, text)


_MYST_BOX = re.compile(
    r"""[ ]{0,3}(?P<fence>`{3,}|~{3,})\{(?P<name>[\w:-]+)\}[ \t]*(?P<title>[^\n]*)\n
    (?:---\n.*?\n---[ \t]*\n|(?:[ ]*:[\w-]+:[^\n]*\n)+)?(?P<body>.*?)\n?[ ]{0,3}(?P=fence)[`~]*[ \t]*""",
    re.DOTALL | re.VERBOSE,
)
"""A directive of MyST with its options."""

_MYST_CODE = frozenset(
    {"code", "code-block", "code-cell", "doctest", "highlight", "math", "parsed-literal", "sourcecode"}
)

_MYST_UNSEEN = frozenset(
    {
        *("bibliography", "contents", "csv-table", "eval-rst", "image", "include", "index", "list-table"),
        *("literalinclude", "mermaid", "raw", "tableofcontents", "toctree", *_DRAWN),
    }
)
"""Of these a reader sees what is in other files, or what is not written in Markdown."""


def _unboxed(box: re.Match[str]) -> str:
    """The text in a directive of MyST, under its title, or the code in it."""
    if box["name"] in _MYST_UNSEEN:
        return ""
    if box["name"] in _MYST_CODE:
        return f"{box['fence']}\n{box['body']}\n{box['fence']}"
    title = "" if box["name"] == "figure" else box["title"]
    return f"\n{title}\n\n{_without_site_marks(box['body'])}\n"


_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)

_BREAK = re.compile(r"</?(?:p|div|br|li|ul|ol|table|tr|h[1-6]|details|summary|section|figure)\b[^<>]*>", re.IGNORECASE)

_CELL = re.compile(r"</t[dh]>\s*(?=<t[dh]\b)", re.IGNORECASE)

_CELLS = re.compile(r"<(t[dh])\b(?:(?!<t[dh]\b).)*?</\1>", re.IGNORECASE | re.DOTALL)

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


def _html_words(block: str) -> Iterator[str]:
    """The words of a block of HTML, in paragraphs."""
    shown = _CELLS.sub(lambda cell: _BREAK.sub(" ", cell[0]), _HIDDEN.sub("", block))
    shown = _BREAK.sub("\n\n", _CELL.sub(" | ", shown))
    for part in _TAG.sub("", shown).split("\n\n"):
        yield from filter(None, [squeezed(html.unescape(part))])
