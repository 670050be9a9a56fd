"""Fetching from a server on this machine, and names that lead where a test says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from retrieval.articles.fetching import Fetcher, FetchLimits
from retrieval.articles.public_network import look_up
from retrieval.errors import FetchFailed
from tests.retrieval.articles.web import HERE, Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retrieval.articles.received import Fetched


PAGE = Page(b"<html><body><p>The bridge opened on Monday.</p></body></html>", "text/html; charset=utf-8")
PUBLIC = "93.184.216.34"


class Names:
    """A resolver whose answers for a name are given one after the other; the last holds from then on."""

    def __init__(self, **answers: Sequence[str]) -> None:
        self.answers = {f"{name}.example": list(given) for name, given in answers.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        if host not in self.answers:
            return look_up(host, port)
        answers = self.answers[host]
        return answers.pop(0).split() if len(answers) > 1 else answers[0].split()


def fetch(address: str, limits: FetchLimits | None = None, names: Names | None = None) -> Fetched:
    return Fetcher(HERE, limits, names).fetch(address)


def failure(address: str, limits: FetchLimits | None = None, names: Names | None = None) -> FetchFailed:
    with pytest.raises(FetchFailed) as caught:
        fetch(address, limits, names)
    return caught.value
