"""JSON as a response, whatever an article or a question holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response


class JsonResponse(Response):
    """An object as JSON in UTF-8."""

    media_type = "application/json"

    def __init__(
        self,
        content: Mapping[str, Any],
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
    ) -> None:
        super().__init__(_encoded(content), status_code, headers, media_type)


def _encoded(content: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    except (
        UnicodeEncodeError
    ):  # half of a character, as in the name of a file that is not UTF-8: only escaped is it JSON
        return json.dumps(content, allow_nan=False).encode()
