"""The limit of questions in a minute."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from bot.pool import Pool
from bot.web import rate
from bot.web.access import Access
from bot.web.app import create_app
from bot.web.rate import Rate
from bot.web.service import Opening, Service
from retrieval.text.quote_link import QuoteLink
from tests.bot.examples import an_article

LINK = QuoteLink.to(an_article("They met."), 0, 9).token


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_let_through_and_then_they_come_evenly() -> None:
    clock = Clock()
    limit = Rate(4, clock)

    assert [limit.wait("a") for _ in range(5)] == [0, 0, 0, 0, pytest.approx(15)]
    assert limit.wait("b") == 0
    clock.now += 15
    assert [limit.wait("a"), limit.wait("a")] == [0, pytest.approx(15)]
    clock.now += 3_600
    assert [limit.wait("a") for _ in range(5)] == [0, 0, 0, 0, pytest.approx(15)]


@pytest.mark.parametrize("most", [1, 3, 7, 13, 100, 999])
def test_a_minutes_share_is_exact(most: int) -> None:
    limit = Rate(most, Clock())

    assert [limit.wait("a") > 0 for _ in range(most + 1)] == [False] * most + [True]


def test_without_a_limit_there_is_none_and_nothing_is_remembered() -> None:
    limit = Rate(0)

    assert {limit.wait("a") for _ in range(1_000)} == {0}
    assert not limit._paid


def test_no_more_addresses_are_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate, "_REMEMBERED", 10)
    limit = Rate(1, Clock())

    assert {limit.wait(str(n)) for n in range(1_000)} == {0}
    assert list(limit._paid) == [str(n) for n in range(990, 1_000)]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/ask"), ("GET", "/?q=who+met+Putin%3F"), ("GET", "/more?talk=a"), ("GET", f"/quotes/{LINK}")],
)
def test_who_asks_too_often_hears_when_to_ask_again(source: Opening, method: str, path: str) -> None:
    pool = Pool("test", workers=1)
    app = create_app(Service(source, pool, top=3, rate=Rate(1, Clock())), Access())
    body: dict[str, Any] = {"json": {"question": "who met Putin?"}} if method == "POST" else {}
    client = TestClient(app, base_url="http://127.0.0.1")
    other = TestClient(app, base_url="http://127.0.0.1", client=("10.0.0.9", 50_000))

    statuses = [each.request(method, path, **body).status_code for each in (client, client, other)]
    refused = client.request(method, path, **body)

    pool.close()
    assert [status == 429 for status in statuses] == [False, True, False]
    assert refused.json()["type"] == "/docs#rate"
    assert refused.headers["retry-after"] == "60"
    assert client.get("/articles").status_code == client.get("/").status_code == 200
