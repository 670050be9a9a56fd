"""The log of what runs for long: lines for people or JSON objects for programs, with the token in neither."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

from bot.error_wording import no_setting
from bot.settings import Settings, unknown

_SECRETS = re.compile(
    r"((?:/|%2F)(?:interactions|webhooks)/\d+/)[\w.~-]+|([\"']token[\"']: ?[\"'])[^\"']+|(token=[\"']?)[^\s\"'>]+"
)
"""Where discord.py writes the tokens of interactions into its debugging lines: for minutes, who has one can answer."""


class _Formatter(logging.Formatter):
    """Lines for people or, ``as_json``, objects for programs; no token is in either."""

    def __init__(self, token: str, *, as_json: bool) -> None:
        super().__init__("{asctime} {levelname:<7} {name}: {message}", style="{")
        self._token = token
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        text = self._object(record) if self._as_json else super().format(record)
        return _SECRETS.sub(r"\1\2\3[token]", text.replace(self._token, "[token]") if self._token else text)

    def _object(self, record: logging.LogRecord) -> str:
        facts = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            facts["error"] = self.formatException(record.exc_info)
        return json.dumps(facts, ensure_ascii=False)


def configure(settings: Settings, token: str) -> None:
    """Send the log of this process to standard error, as the settings want it; a ``token``, if any, stays out."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter(token, as_json=settings.log_json))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    # It tells of each request; what came of them the bot says itself.
    logging.getLogger("httpx").setLevel(max(root.level, logging.WARNING))
    for name, near in unknown().items():
        told, remedy = no_setting(name, near)
        if remedy:
            logging.getLogger("quoth").warning("%s: %s", told, remedy)
        else:
            logging.getLogger("quoth").info("%s", told)
