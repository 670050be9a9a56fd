"""Options that several commands of ``quoth`` share, and what is made of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bot.settings import Settings
    from retrieval.answer.query import Filters


def day(text: str) -> date:
    """A day as it is typed."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day; write it as 2016-11-28") from None


def place(text: str) -> str:
    """A folder as it is typed: an empty name, as of a variable that is not set, is not the folder one is in."""
    if not text.strip():
        raise typer.BadParameter("it is empty; name a folder")
    return text


def folder(text: str) -> Path:
    """The same as a path."""
    return Path(place(text))


ArticlesOption = Annotated[
    Path | None, typer.Option("--articles", metavar="DIR", parser=folder, help="The folder of articles.")
]
IndexOption = Annotated[
    str | None,
    typer.Option("--index", metavar="DIR", parser=place, help="The folder of the index, or milvus://HOST:PORT/NAME."),
]
TopOption = Annotated[int | None, typer.Option("--top", metavar="N", min=1, max=50, help="Quotes at most.")]
SourceOption = Annotated[str | None, typer.Option("--source", metavar="S", help="Quote only this source.")]
AfterOption = Annotated[
    date | None, typer.Option("--after", metavar="DATE", parser=day, help="Published on this day or later.")
]
BeforeOption = Annotated[
    date | None, typer.Option("--before", metavar="DATE", parser=day, help="Published on this day or earlier.")
]
ArticleOption = Annotated[
    list[str] | None, typer.Option("--article", metavar="ID", help="Quote only this article; may be repeated.")
]
ExplainOption = Annotated[bool, typer.Option("--explain", help="Show the scores of each stage.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]


def load(context: typer.Context, **given: Any) -> Settings:
    """Read the settings; options ``given`` with a command, or before it with its group, go before all others."""
    from bot import settings
    from retrieval.articles import confined
    from retrieval.articles.tesseract import Tesseract

    outer = context.obj or {}
    read = settings.load(**{name: outer.get(name) if value is None else value for name, value in given.items()})
    confined.allow(read.reading_seconds)
    confined.read_pictures_by(Tesseract(read.ocr, read.ocr_kept) if read.ocr else None)
    return read


def filters(source: str | None, after: date | None, before: date | None, article: list[str] | None) -> Filters:
    """Which articles may be quoted, by the options that limit them."""
    from retrieval.answer.query import Filters

    return Filters(frozenset(article or ()), source, after, before)


def whole(text: str) -> str:
    """Text from the command line with its undecodable bytes replaced: as lone surrogates no tokenizer takes them."""
    return text.encode("utf-8", "replace").decode()
