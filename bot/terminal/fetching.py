"""Pages that a person names by their addresses, fetched while a bar shows how far it is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.settings import Settings
from bot.terminal.console import console
from bot.terminal.progress import progress
from retrieval.articles.fetching import Fetcher
from retrieval.articles.received import Fetched

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def is_address(text: str) -> bool:
    """Whether a person names something on the web, or elsewhere outside of this machine, rather than a file."""
    return bool(_ADDRESS.match(text))


def fetcher(settings: Settings) -> Fetcher:
    """What fetches, as the settings say; one for all that a program fetches, so that it takes its turns."""
    return Fetcher(settings.fetch_hosts, contact=settings.fetch_contact)


def fetch(settings: Settings, addresses: Sequence[str]) -> list[Fetched]:
    """Fetch what is at each of the ``addresses``, one after the other; raises what ``Fetcher.fetch`` does."""
    if not addresses:
        return []
    one = fetcher(settings)
    with progress(console(stderr=True)) as told:
        return [one.fetch(address, told) for address in dict.fromkeys(addresses)]
