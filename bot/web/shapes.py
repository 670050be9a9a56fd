"""What goes into the JSON interface and comes out of it, as models that check it and describe it in OpenAPI."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from retrieval.answer.query import MAX_QUESTION, Filters

_MOST_ARTICLES = 100
_KEY = 64


def _whole(value: object) -> object:
    """A whole number, which JSON may write as 3.0; anything else is left for pydantic to judge."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Place = Annotated[list[int], Field(min_length=2, max_length=2)]
"""Where words begin and end."""


class Question(BaseModel):
    """A question, which articles may answer it, and what it may go on from."""

    model_config = ConfigDict(extra="forbid", strict=True)

    question: str = Field(
        description="In your own words.",
        examples=["who met in Sochi?"],
        json_schema_extra={"minLength": 1, "maxLength": MAX_QUESTION, "pattern": r"[\p{L}\p{N}_]"},
    )
    top: Annotated[int | None, BeforeValidator(_whole)] = Field(
        default=None, ge=1, le=50, description="Quotes at most."
    )
    source: str | None = Field(default=None, max_length=500, description="Quote only this source.")
    after: date | None = Field(default=None, description="Published on this day or later.")
    before: date | None = Field(default=None, description="Published on this day or earlier.")
    articles: list[str] = Field(
        default_factory=list, max_length=_MOST_ARTICLES, description="Quote only the articles with these ids."
    )
    talk: str | None = Field(
        default=None,
        max_length=_KEY,
        description="The talk of an earlier answer, which this question may go on from. One that rested for an hour, "
        "or that others have crowded out, begins anew.",
    )
    explain: bool = Field(default=False, description="Whether to tell each stage's scores.")

    @property
    def filters(self) -> Filters:
        """Which articles may answer."""
        return Filters(frozenset(self.articles), self.source, self.after, self.before)


class ListQuery(BaseModel):
    """Which part of the list of articles is wanted."""

    find: str = Field(default="", max_length=500, description="Only those with these words in title, source or id.")
    offset: int = Field(default=0, ge=0, le=2**53, description="How many to pass over.")
    limit: int = Field(default=100, ge=1, le=1_000, description="How many to list at most.")


class Article(BaseModel):
    """What is known of an article besides its text."""

    id: str
    title: str
    source: str | None
    published: date | None
    url: str | None
    path: str


class ArticleText(Article):
    """An article with its text; places in it count Unicode code points."""

    text: str
    passages: list[Place]
    pages: list[int]


class ArticleList(BaseModel):
    """Some of the articles, and how many there are."""

    articles: list[Article]
    total: int
    next: str | None = Field(description="The address of the next part, if there is one.")


class Verdict(BaseModel):
    """What an article says of the standing of a quote."""

    kind: str
    text: str | None
    start: int | None
    end: int | None


class Time(BaseModel):
    """What a time in a quote means by its article's date."""

    words: str
    first: date
    last: date


class Words(BaseModel):
    """A slice of an article, word for word; offsets count Unicode code points in the article's text."""

    text: str
    start: int
    end: int
    highlights: list[Place] = Field(description="The words that answer.")
    article: Article
    headings: list[str] = Field(description="That it stands under, the highest first.")
    page: int | None
    ocr: bool
    url: str | None
    url_at_words: str | None = Field(description="The same, for browsers that open an address at given words.")
    link: str = Field(description="An address of this server that shows these words later too, or what became of them.")
    cut: Annotated[list[bool], Field(min_length=2, max_length=2)]
    verdict: Verdict | None
    times: list[Time]


class Quote(Words):
    """Words that answer, or come nearest to it."""

    score: float
    older: bool
    newer: Article | None = Field(description="An article of a later day that is about the same.")
    also_in: list[str]


class LinkedWords(Words):
    """Words that a link leads to, without what only an answer knows of them."""

    score: None


class Source(BaseModel):
    """An article as a link names it."""

    id: str
    title: str


class Quoted(BaseModel):
    """What was quoted, as the link has it."""

    text: str
    whole: bool = Field(description="Whether that is all; of a very long quote it is the beginning and the end.")
    start: int
    end: int
    article: Source


class LinkedQuote(BaseModel):
    """What became of a quote."""

    link: str
    state: Literal["stands", "moved", "renamed", "elsewhere", "changed", "gone"]
    stands: bool = Field(description="Whether the article that was quoted still has the words.")
    said: str = Field(description="That in words.")
    quoted: Quoted
    quote: LinkedWords | None = Field(description="Where the words stand now.")
    now: LinkedWords | None = Field(description="What of a changed article is most like the words.")
    also_in: str | None = Field(description="Another article that has the words which a changed one lacks.")
    stale: str | None = Field(description="What became of the article's file since it was indexed.")
    newer: Article | None = Field(description="An article of a later day that is about the same as words that stand.")


class Answer(BaseModel):
    """What the articles say. When ``answered`` is false, the quotes are what came nearest, and no answer."""

    question: str
    answered: bool
    confidence: Annotated[float, Field(ge=0, le=1)]
    quotes: list[Quote]
    elapsed_ms: float
    talk: str = Field(description="Send it with a next question that may go on from this one.")
    understood: str = Field(default="", description="How the question was read, where not as it stands.")
    explain: dict[str, Any] = Field(default_factory=dict)


class Health(BaseModel):
    """Whether the server runs, and whether it can answer."""

    alive: bool
    ready: bool


class Problem(BaseModel):
    """Why a request was not answered (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
