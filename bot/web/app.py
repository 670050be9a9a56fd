"""The application: addresses, what becomes of errors, and who may ask."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from bot.error_wording import in_words
from bot.pool import Busy, Closing
from bot.web import api, pages, problems, quotes
from bot.web.access import Access, Guard
from bot.web.problems import NotReady, Problem, problem_of
from bot.web.requests import Gone, wants_page
from bot.web.service import Service
from retrieval.errors import QuothError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

_log = logging.getLogger("quoth.web")


def create_app(service: Service, access: Access) -> ASGIApp:
    """The whole server as an ASGI application; ``access`` says who may ask ``service``."""
    kinds = (Problem, QuothError, Busy, Closing, NotReady, HTTPException, Exception)
    handlers: dict[Any, Any] = {Gone: _gone, **dict.fromkeys(kinds, _failed)}
    static = StaticFiles(directory=Path(__file__).parent / "static")
    app = Starlette(
        routes=[
            *pages.routes(service, gaps=access.shows_gaps),
            *quotes.routes(service),
            *api.routes(service),
            Mount("/static", static),
        ],
        exception_handlers=handlers,
    )
    guarded = Guard(app, access, _refused)
    return _shared(guarded, access.origins) if access.origins else guarded


def _shared(app: ASGIApp, origins: frozenset[str]) -> ASGIApp:
    """The application, with leave for pages of other sites to ask it and to read what it says.

    A browser asks for leave without a token, so this comes before whoever looks for one.
    """
    return CORSMiddleware(
        app,
        allow_origins=sorted(origins),
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type"],
        expose_headers=["Retry-After"],
    )


async def _failed(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    if problem.kind == "model" and isinstance(error, QuothError):
        _log.error("A question cannot be answered: %s", in_words(error))
    return _refused(request, problem)


async def _gone(_request: Request, _: Exception) -> Response:
    return Response(status_code=499)  # which nobody will read


def _refused(request: Request, problem: Problem) -> Response:
    """A problem as a page for a browser, and as problem details for a program."""
    if wants_page(request):
        return pages.refused(problem)
    return problems.respond(request, problem)
