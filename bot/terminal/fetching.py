"""Pages that a person names by their addresses, fetched while a bar shows how far it is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.settings import Settings
from bot.terminal.console import console
from bot.terminal.progress import progress
from retrieval.articles.fetching import Fetched, Fetcher

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def is_address(text: str) -> bool:
    """Whether a person names something on the web, or elsewhere outside of this machine, rather than a file."""
    return bool(_ADDRESS.match(text))


def fetch(settings: Settings, addresses: Sequence[str]) -> list[Fetched]:
    """Fetch what is at each of the ``addresses``, one after the other; raises what ``Fetcher.fetch`` does."""
    if not addresses:
        return []
    fetcher = Fetcher(settings.fetch_hosts)
    with progress(console(stderr=True)) as told:
        return [fetcher.fetch(address, told) for address in dict.fromkeys(addresses)]
