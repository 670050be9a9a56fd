"""File formats by suffix: how to read each, and how large a file may be.

To add a format, write one module beside this one with a function of a file's name and bytes (``text.py`` is the
shortest), and add one line to ``FORMATS`` below; ``RULES`` stay, as no file is read differently. Everything else
(listing, indexing, ``quoth articles add``, the help texts, ``quoth doctor``) goes by that line.

A reader brings a file into plain text in which paragraphs are set apart by blank lines and headings stand on lines of
their own behind ``#`` marks. What it returns is what is quoted. Readers get bytes and open nothing themselves: no
file, no address, no entity that a document names. They run in a confined process (``retrieval.articles.confined``)
where nothing can be opened; what a library loads only when it is needed has to be loaded before, in
``retrieval.articles.confined_process``. Its tests need a whole file, in ``tests/retrieval/articles/made_files.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import PurePath

from retrieval.articles.formats.disguises import refuse_disguised
from retrieval.articles.formats.values import Extracted
from retrieval.errors import ArticleUnreadable

RULES = "13"
"""Raised whenever the same file would be read differently, so that indexes of what was read before are rebuilt."""


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: how to read it, and how large it may be."""

    read: str
    """A function of the file's name and bytes, behind the name of its module, which is one beside this."""
    max_mib: int
    """Larger files are skipped: the Bible is 4 MiB of text, so that is a mistake or an attack, not an article."""
    confined_from: int = 0
    """Files of so many bytes or more are read in the confined process, as they might make their parser hang, swell or
    crash; smaller ones are not worth the journey."""

    def reader(self) -> Callable[[str, bytes], Sequence[Extracted]]:
        """The function, whose module is imported only now: a question that finds the index fresh needs none of them."""
        module, name = self.read.split(".")
        found: Callable[[str, bytes], Sequence[Extracted]] = getattr(import_module(f"{__package__}.{module}"), name)
        return found


def format_of(name: str) -> Format:
    """The format of a file with this name, which must have one."""
    return FORMATS[PurePath(name).suffix.lower()]


def extract_articles(name: str, content: bytes) -> Sequence[Extracted]:
    """Read a file's content.

    Raises:
        ArticleUnreadable: it is not what its name says, damaged, locked, or nested or packed beyond reason.
    """
    if not content.strip():
        raise ArticleUnreadable(name, "it holds no text")
    try:
        return format_of(name).reader()(name, content)
    except ArticleUnreadable:
        raise
    except RecursionError:
        reason = "it is nested too deeply"
    except MemoryError:
        reason = "reading it takes too much memory"
    except Exception as error:
        if format_of(name).confined_from:
            raise
        refuse_disguised(name, content)
        # Parsers of damaged PDF, Word and HTML files raise whatever went wrong first.
        kind = PurePath(name).suffix.lower().removeprefix(".").upper()
        raise ArticleUnreadable(name, f"it is damaged or no {kind} file") from error
    raise ArticleUnreadable(name, reason)


_PAGE = Format("web.read_page", max_mib=8)

_TEXT = Format("text.read_text", max_mib=32, confined_from=2**20)

_SUBTITLES = Format("subtitles.read_subtitles", max_mib=8)

_MARKDOWN = Format("markdown.read_markdown", max_mib=8, confined_from=2**16)

_SPREADSHEET = Format("spreadsheets.read_spreadsheet", max_mib=32)

_TABLE = Format("table_files.read_table", max_mib=64)

FORMATS: Mapping[str, Format] = {
    ".txt": _TEXT,
    ".text": _TEXT,
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".mdx": _MARKDOWN,
    ".rst": Format("restructured.read_restructured", max_mib=8),
    ".ipynb": Format("notebook.read_notebook", max_mib=64),
    ".json": Format("json_files.read_json", max_mib=64),
    ".jsonl": Format("json_files.read_json_lines", max_mib=64),
    ".csv": _TABLE,
    ".tsv": _TABLE,
    ".xlsx": _SPREADSHEET,
    ".xls": _SPREADSHEET,
    ".ods": _SPREADSHEET,
    ".html": _PAGE,
    ".htm": _PAGE,
    ".xhtml": _PAGE,
    ".pdf": Format("pdf.read_pdf", max_mib=64),
    ".docx": Format("word.read_word", max_mib=32),
    ".odt": Format("open_document.read_open_document", max_mib=32),
    ".rtf": Format("rich_text.read_rich_text", max_mib=32),
    ".pptx": Format("slides.read_slides", max_mib=64),
    ".epub": Format("book.read_book", max_mib=64),
    ".eml": Format("mail.read_mail", max_mib=32),
    ".mbox": Format("mailbox.read_mailbox", max_mib=256),
    ".srt": _SUBTITLES,
    ".vtt": _SUBTITLES,
}
"""By suffix. A new format is one function and one line here."""

USUAL = tuple(dict.fromkeys(next(each for each in FORMATS if FORMATS[each] == kind) for kind in FORMATS.values()))
"""The first suffix of each format."""

NO_FORMAT = f"its name ends in none of {', '.join(FORMATS)}"
"""Why a file of a kind that is not read is no article."""
