"""The pages, made on the server: asking, the list of articles, reading one, and what the JSON interface is."""

from __future__ import annotations

import asyncio
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import BaseModel, BeforeValidator, Field
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot import wording
from bot.finding import found
from bot.languages import count, day
from bot.small_talk import remark
from bot.web import rendering
from bot.web.openapi import document
from bot.web.problems import KINDS, Problem, problem_of
from bot.web.requests import address_of, query, until_gone
from bot.web.service import Question, Service
from retrieval.answer.query import MAX_QUESTION, Filters
from retrieval.errors import ArticleUnknown, QuestionEmpty, QuestionTooLong

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from bot.web.service import Further, Reply
    from retrieval.articles.article import ArticleInfo

_LISTED = 100
"""Articles on one page of the list."""


def _or_none(value: object) -> object:
    """An empty field of a form is one that was left out."""
    return value or None


Day = Annotated[date | None, BeforeValidator(_or_none)]


class AskQuery(BaseModel):
    """The fields of the form in which questions are asked."""

    q: str = ""
    talk: str = Field(default="", max_length=64)
    source: str = Field(default="", max_length=500)
    article: str = Field(default="", max_length=2_000)
    after: Day = None
    before: Day = None

    @property
    def filters(self) -> Filters:
        """Which articles may answer."""
        return Filters(frozenset([self.article] if self.article else []), self.source or None, self.after, self.before)

    @property
    def limits(self) -> dict[str, str]:
        """The fields that limit which articles may answer, as they stand in an address."""
        given = {"source": self.source, "article": self.article, "after": self.after, "before": self.before}
        return {name: str(value) for name, value in given.items() if value}


class PlaceQuery(BaseModel):
    """The place in an article that an address leads to."""

    start: int = Field(default=0, ge=0, le=2**53)
    end: int = Field(default=0, ge=0, le=2**53)
    of: str = Field(default="", max_length=64)


class LibraryQuery(BaseModel):
    """Which page of the list of articles is wanted."""

    find: str = Field(default="", max_length=500)
    page: int = Field(default=1, ge=1, le=10**9)


def routes(service: Service, *, gaps: bool) -> list[Route]:
    """The addresses of the pages; that of the ``gaps`` only where they may be seen."""
    pages = Pages(service, gaps=gaps)
    return [
        *([Route("/gaps", pages.gaps)] if gaps else []),
        Route("/", pages.ask),
        Route("/more", pages.more),
        Route("/library", pages.library),
        Route("/read/{id:path}", pages.read),
        Route("/docs", pages.docs),
    ]


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("bot.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A template with these values as a response."""
    return HTMLResponse(_templates().get_template(template).render(**values), status)


def refused(problem: Problem) -> Response:
    """A problem as a page."""
    response = page("problem.html", problem.status, problem=problem)
    response.headers.update(problem.headers)
    return response


class Pages:
    """What each address of a page answers.

    Args:
        service: what is asked.
        gaps: whether the page of what was asked in vain may be seen.
    """

    def __init__(self, service: Service, *, gaps: bool) -> None:
        self._service = service
        self._gaps = gaps

    async def ask(self, request: Request) -> Response:
        """The box for a question and, when one was asked, the answer under it."""
        asked = query(request, AskQuery)
        if not asked.q.strip():
            return self._page(asked)
        if (kind := remark(asked.q)) is not None:
            if kind in ("more", "context", "sources") and asked.talk:
                return RedirectResponse(f"/more?{urlencode({'talk': asked.talk, **asked.limits})}", 303)
            going_on = asked.model_copy(update={"talk": ""}) if kind == "new" else asked
            return self._page(going_on, said=wording.small_talk(kind, self._articles))
        self._service.admit(address_of(request), "page")
        question = Question(asked.q, asked.filters, talk=asked.talk or None)
        try:
            reply = await until_gone(request, self._service.ask(question, "page"))
        except (ArticleUnknown, QuestionEmpty, QuestionTooLong) as error:
            return self._page(asked, status=problem_of(error).status, problem=problem_of(error))
        return await asyncio.to_thread(self._answered, asked, reply)

    def _answered(self, asked: AskQuery, reply: Reply) -> Response:
        """The page with an answer, for which long articles are hashed."""
        answer = reply.answer
        shown: dict[str, Any] = {
            "answered": answer.answered,
            "understood": wording.line(wording.understood(answer)),
            "quotes": [rendering.quote_view(each, answered=answer.answered) for each in answer.quotes],
            "excluded": "" if answer.hits else wording.excluded(asked.filters, self._articles),
            "talk": reply.talk,
        }
        return self._page(asked, question=wording.line(asked.q), answer=shown)

    async def more(self, request: Request) -> Response:
        """Further quotes for the question before."""
        asked = query(request, AskQuery)
        self._service.admit(address_of(request), "page")
        further = await until_gone(request, self._service.more(asked.talk, asked.filters, "page"))
        return await asyncio.to_thread(self._further, asked, further)

    def _further(self, asked: AskQuery, further: Further) -> Response:
        answer = further.turn.answer
        shown: dict[str, Any] = {
            "answered": answer.answered,
            "understood": "",
            "quotes": [rendering.quote_view(each, answered=answer.answered) for each in further.quotes],
            "excluded": "" if further.quotes else wording.NOTHING_MORE,
            "talk": further.talk,
        }
        return self._page(asked, question=wording.line(answer.question), answer=shown, further=True)

    def _page(self, asked: AskQuery, *, status: int = 200, **shown: Any) -> Response:
        """The page with the box; what is not given of it is left out."""
        known = self._articles
        values: dict[str, Any] = {
            "question": "",
            "said": "",
            "problem": None,
            "answer": None,
            "further": False,
            **shown,
            "asked": asked,
            "limits": wording.filters(asked.filters),
            "limited": urlencode(asked.limits),
            "sources": sorted({wording.line(each.source) for each in known if each.source}),
            "library": _library(known),
            "longest": MAX_QUESTION,
            "nearest": wording.NEAREST.removesuffix(":"),
            "not_said": wording.NOT_SAID,
        }
        return page("ask.html", status, **values)

    async def library(self, request: Request) -> Response:
        """The list of articles."""
        wanted = query(request, LibraryQuery)
        listed = found(self._articles, wanted.find)
        last = max(1, -(-len(listed) // _LISTED))
        number = min(wanted.page, last)
        shown = listed[(number - 1) * _LISTED : number * _LISTED]
        return page(
            "library.html",
            articles=[rendering.article_view(each) for each in shown],
            total=count(len(listed), "article"),
            find=wanted.find,
            finding=urlencode({"find": wanted.find}) + "&" if wanted.find else "",
            number=number,
            last=last,
            gaps=self._gaps,
        )

    async def read(self, request: Request) -> Response:
        """An article to read, with a quote marked in its place."""
        place = query(request, PlaceQuery)
        index = self._service.opened().index

        def made() -> Response:
            article = index.article(request.path_params["id"])
            same = not place.of or place.of == rendering.fingerprint(article)
            marked = same and place.start < place.end <= len(article.text)
            mark = (place.start, place.end) if marked else None
            return page(
                "read.html",
                article=rendering.article_view(article),
                id=article.id,
                paragraphs=rendering.paragraphs(article, mark),
                changed=not same,
            )

        return await asyncio.to_thread(made)

    async def gaps(self, request: Request) -> Response:
        """What was asked in vain: for who opens the page, and not for pages of other sites that may ask."""
        if "origin" in request.headers:
            raise HTTPException(404)
        found = await self._service.gaps()
        return page("gaps.html", gaps=rendering.gaps_view(found) if found else None)

    async def docs(self, _: Request) -> Response:
        """What the JSON interface is."""
        return page("docs.html", document=document(), problems=KINDS)

    @property
    def _articles(self) -> Sequence[ArticleInfo]:
        return self._service.opened().index.articles


def _library(articles: Sequence[ArticleInfo]) -> str:
    """How many articles there are, and how new they are."""
    newest = max((each.published for each in articles if each.published), default=None)
    return count(len(articles), "article") + (f", the newest of {day(newest)}" if newest else "")
