"""What can go wrong with a request, as problem details (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from starlette.exceptions import HTTPException

from bot import wording
from bot.error_wording import in_words
from bot.pool import Busy, Closing
from bot.web.json_response import JsonResponse
from retrieval import errors
from retrieval.errors import QuothError

if TYPE_CHECKING:
    from starlette.requests import Request

RETRY_S = 5
"""Seconds after which somebody who found the queue full may come again, when some of it is answered."""

Kind = Literal[
    "article", "busy", "closing", "empty", "fault", "fields", "host", "index", "json", "large", "link", "media-type",
    "method", "model", "place", "question", "rate", "reading", "request", "talk", "token",
]  # fmt: skip

KINDS: Mapping[Kind, tuple[int, str]] = {
    "json": (400, "The body is not JSON"),
    "request": (400, "The request cannot be understood"),
    "token": (401, "An access token is needed"),
    "link": (404, "This is no link to a quote"),
    "article": (404, "There is no such article"),
    "place": (404, "There is nothing at this address"),
    "talk": (404, "That talk is over"),
    "method": (405, "This address does not take this method"),
    "large": (413, "The body is too large"),
    "media-type": (415, "The body must be JSON"),
    "host": (421, "The server is not known by this name"),
    "fields": (422, "A field is wrong"),
    "question": (422, "This is no question"),
    "rate": (429, "Too many questions from one address"),
    "fault": (500, "Quoth has a fault"),
    "busy": (503, "Too many are asking"),
    "closing": (503, "The server is stopping"),
    "empty": (503, "There are no articles"),
    "index": (503, "The index cannot be reached"),
    "model": (503, "Quoth cannot answer just now"),
    "reading": (503, "The articles are still being read"),
}
"""The status and the title of each kind of problem."""


class NotReady(Exception):
    """The index is being opened; ``stage``, ``done`` and ``total`` as ``Progress`` tells them."""

    def __init__(self, stage: str, done: int, total: int) -> None:
        super().__init__(stage, done, total)
        self.done, self.total = done, total


@dataclass(eq=False)
class Problem(Exception):
    """A request that is not answered, and why; ``detail`` is a sentence with the remedy."""

    kind: Kind
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The status code."""
        return KINDS[self.kind][0]

    @property
    def title(self) -> str:
        """What is the same for all problems of the kind."""
        return KINDS[self.kind][1]

    @property
    def details(self) -> dict[str, Any]:
        """The object of RFC 9457; the type leads to where the documentation explains it."""
        return {"type": f"/docs#{self.kind}", "title": self.title, "status": self.status, "detail": self.detail}


def respond(request: Request, problem: Problem) -> JsonResponse:
    """Problem details as a response; ``request`` is what it is about."""
    details = problem.details | {"instance": request.url.path}
    return JsonResponse(details, problem.status, problem.headers, media_type="application/problem+json")


def problem_of(error: Exception) -> Problem:
    """Any exception as a problem; of those that are not the asker's business only that there is one."""
    match error:
        case Problem():
            return error
        case Busy() | Closing() | NotReady():
            return _not_now(error)
        case QuothError():
            return _refused(error)
        case HTTPException():
            return _of_http(error)
    return Problem("fault", "Its log says what happened: please report it.")


def _not_now(error: Busy | Closing | NotReady) -> Problem:
    when = f"Ask again in {RETRY_S} seconds"
    match error:
        case Busy():
            return Problem("busy", f"{when}.", later())
        case Closing():
            return Problem("closing", f"{when}, when it may have started anew.", later())
    how_far = f"{error.done:,} of {error.total:,} are done" if error.total else "that has just begun"
    return Problem("reading", f"{when}: {how_far}.", later())


def later() -> dict[str, str]:
    """The header that says when to come again."""
    return {"Retry-After": str(RETRY_S)}


def _refused(error: QuothError) -> Problem:
    match error:
        case errors.QuestionEmpty() | errors.QuestionTooLong():
            return Problem("question", in_words(error))
        case errors.LinkUnreadable(_, reason):
            return Problem("link", f"As {reason}, it leads nowhere: copy it whole, as it was given.")
        case errors.ArticleUnknown(name, near):
            remedy = f"did you mean {' or '.join(near)}?" if near else "the list of articles has those there are."
            return Problem("article", wording.line(f"No article has the id {name}: {remedy}"))
        case errors.IndexUnreachable():
            return Problem("index", "The store that holds it does not answer: ask again in a minute.", later())
    return Problem("model", "Its log says why: ask again when whoever runs it has put that right.", later())


def _of_http(error: HTTPException) -> Problem:
    kinds: dict[int, Kind] = {404: "place", 405: "method"}
    kind = kinds.get(error.status_code, "request")
    details: dict[str, str] = {
        "place": "Look at /docs for what there is.",
        "method": "Look at /docs for the methods that there are.",
        "request": str(error.detail),
    }
    return Problem(kind, details[kind], error.headers or {})
