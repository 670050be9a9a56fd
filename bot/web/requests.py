"""Reading requests: bodies of a bounded size, and leaving off when whoever asked has gone."""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from bot import wording
from bot.web.problems import Problem

if TYPE_CHECKING:
    from starlette.requests import Request

_T = TypeVar("_T")
_Shape = TypeVar("_Shape", bound=BaseModel)

LARGEST = 64 * 1024
"""Bytes of a body at most: the longest question with the most ids of articles takes less."""


class Gone(Exception):
    """Whoever asked has closed the connection."""


def address_of(request: Request) -> str:
    """The address that a request came from; empty where there is none."""
    return request.client.host if request.client else ""


def wants_page(request: Request) -> bool:
    """Whether a request comes from a browser, which shows pages; programs get JSON."""
    return "text/html" in request.headers.get("accept", "")


async def until_gone(request: Request, work: Coroutine[Any, Any, _T]) -> _T:
    """Do ``work``, but leave off, and free its place in the queue, when whoever asked goes away.

    The request's body must have been read.

    Raises:
        Gone: they did.
    """
    working = asyncio.ensure_future(work)
    going = asyncio.ensure_future(_closed(request))
    try:
        await asyncio.wait({working, going}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise Gone
    finally:
        working.cancel()
        going.cancel()


async def _closed(request: Request) -> None:
    """Wait until the connection is closed."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def body(request: Request, shape: type[_Shape]) -> _Shape:
    """The body as an object of that shape; raises ``Problem``, and ``Gone`` where its end does not come."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        # Another kind could be sent by any page that a browser shows, without asking the server first.
        raise Problem("media-type", "Send it with the header Content-Type: application/json.")
    content = bytearray()
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > LARGEST:
                raise Problem("large", f"Send at most {LARGEST:,} bytes.", {"Connection": "close"})
    except ClientDisconnect as error:
        raise Gone from error
    try:
        return shape.model_validate_json(bytes(content.removeprefix(codecs.BOM_UTF8)))  # which Windows saves with it
    except ValidationError as error:
        raise _invalid(error) from error


def query(request: Request, shape: type[_Shape]) -> _Shape:
    """The fields of an address as an object of that shape; raises ``Problem``."""
    try:
        return shape.model_validate(dict(request.query_params))
    except ValidationError as error:
        raise _invalid(error) from error


def _invalid(error: ValidationError) -> Problem:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return Problem("json", wording.line(f"{first['msg']}: send an object in UTF-8."))
    where = ".".join(map(str, first["loc"])) or "the body"
    return Problem("fields", wording.line(f"{where}: {first['msg']}.")[:500])
