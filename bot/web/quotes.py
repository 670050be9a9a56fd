"""A quote by its permanent link: what became of it, as a page for a browser and as JSON for a program."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.routing import Route

from bot import contract, links, wording
from bot.web import rendering
from bot.web.json_response import JsonResponse
from bot.web.pages import page
from bot.web.requests import address_of, until_gone, wants_page
from retrieval.text.quote_link import QuoteLink
from retrieval.text.sentences import Span

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from bot.web.service import Service
    from retrieval.answer.tracing import Trace


def routes(service: Service) -> list[Route]:
    """The addresses of quotes."""
    return [Route(f"{links.QUOTES}/{{link}}", Quotes(service).quote)]


class Quotes:
    """What the address of a quote answers.

    Args:
        service: where the articles are.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    async def quote(self, request: Request) -> Response:
        """What became of a quote."""
        link = QuoteLink.read(request.path_params["link"])
        self._service.admit(address_of(request))
        found = await until_gone(request, self._service.trace(link))

        def made() -> Response:
            if wants_page(request):
                return _page(found)
            return JsonResponse(contract.trace_json(found, server=self._service.address))

        response = await asyncio.to_thread(made)
        response.headers["Vary"] = "Accept"
        return response


def _page(found: Trace) -> Response:
    """What became of a quote, as a page."""
    link, view = found.link, None
    marks: list[Span] = []
    lost: list[Span] = []
    if found.article and found.span:
        if found.state == "changed" and not link.last:
            start, now = found.span.start, found.article.text[slice(*found.span)]
            marks = [Span(start + first, start + last) for first, last in links.differing(now, link.words)]
            lost = links.differing(link.words, now)
        view = rendering.slice_view(found.article, found.span, marks, stale=found.stale, newer=found.newer)
    return page(
        "quote.html",
        title=wording.line(link.title),
        state=found.state,
        stands=found.stands,
        said=links.SAID[found.state],
        quote=view,
        quoted=list(rendering.pieces(link.quoted, 0, len(link.quoted), lost)),
        quoted_from=wording.line(link.article),
        article=rendering.article_view(found.article) if found.article else None,
        also_in=rendering.article_view(found.also_in) if found.also_in else None,
        then=links.THEN,
        now=links.NOW if view else links.NOT_LIKE_IT,
    )
