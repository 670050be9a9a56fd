"""The JSON interface: asking, the articles, health and figures."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from bot import contract
from bot.finding import found
from bot.web import shapes
from bot.web.json_response import JsonResponse
from bot.web.openapi import document
from bot.web.requests import address_of, body, query, until_gone
from bot.web.service import Question, Service
from retrieval.text.passages import cut

if TYPE_CHECKING:
    from starlette.requests import Request


def routes(service: Service) -> list[Route]:
    """The addresses of the interface."""
    api = Api(service)
    return [
        Route("/ask", api.ask, methods=["POST"]),
        Route("/articles", api.articles),
        Route("/articles/{id:path}", api.article),
        Route("/openapi.json", api.openapi),
        Route("/health", api.ready),
        Route("/health/alive", api.alive),
        Route("/metrics", api.metrics),
    ]


class Api:
    """What each address of the interface answers.

    Args:
        service: what is asked.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    async def ask(self, request: Request) -> Response:
        """An answer."""
        asked = await body(request, shapes.Question)
        self._service.admit(address_of(request), "json")
        question = Question(asked.question, asked.filters, asked.top, asked.talk)
        reply = await until_gone(request, self._service.ask(question, "json"))
        server = self._service.address
        said = await asyncio.to_thread(contract.answer_json, reply.answer, explain=asked.explain, server=server)
        return JsonResponse({**said, "talk": reply.talk})

    async def articles(self, request: Request) -> Response:
        """A part of the list of articles."""
        wanted = query(request, shapes.ListQuery)
        listed = found(self._service.opened().index.articles, wanted.find)
        end = wanted.offset + wanted.limit
        following = {"offset": end, "limit": wanted.limit} | ({"find": wanted.find} if wanted.find else {})
        said: dict[str, Any] = {
            "articles": [contract.article_json(each) for each in listed[wanted.offset : end]],
            "total": len(listed),
            "next": f"/articles?{urlencode(following)}" if end < len(listed) else None,
        }
        return JsonResponse(said)

    async def article(self, request: Request) -> Response:
        """An article with its text."""
        index = self._service.opened().index

        def read() -> dict[str, Any]:
            article = index.article(request.path_params["id"])
            return contract.article_text_json(article, cut(article.text))

        return JsonResponse(await asyncio.to_thread(read))

    async def openapi(self, _: Request) -> Response:
        """The description of the interface."""
        return JsonResponse(document())

    async def ready(self, _: Request) -> Response:
        """Whether questions are answered, by the status too."""
        ready = self._service.ready
        return JsonResponse({"alive": True, "ready": ready}, 200 if ready else 503)

    async def alive(self, _: Request) -> Response:
        """Whether the server runs: if not, nothing is said."""
        return JsonResponse({"alive": True, "ready": self._service.ready})

    async def metrics(self, _: Request) -> Response:
        """Figures for Prometheus."""
        return Response(self._service.figures.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
