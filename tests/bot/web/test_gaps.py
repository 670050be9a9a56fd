"""The page of what was asked in vain, and who sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.tally import Tally
from bot.web.access import Access
from bot.web.service import Service
from tests.bot.web.conftest import Serve

if TYPE_CHECKING:
    from starlette.testclient import TestClient

VAIN = "what does the lagrangian of quantum chromodynamics say?"
HOSTILE = "<script>quantum()</script> \"'> <svg onload=lagrangian()> hadron tensor gluon meson lattice \x1b[31m\u202e"


def test_what_was_declined_is_on_the_page_and_what_was_answered_is_not(client: TestClient) -> None:
    client.post("/ask", json={"question": VAIN})
    client.get("/", params={"q": VAIN.upper()})
    client.get("/", params={"q": "who met Vladimir Putin in Sochi?"})

    said = client.get("/gaps")

    assert said.status_code == 200
    assert "3 questions: 2 declined, 0 answered and voted down." in said.text
    assert f">{VAIN}</a>" in said.text
    assert "<p>2× · last on " in said.text
    assert "Sochi?" not in said.text


def test_other_wordings_and_votes_are_told(client: TestClient, service: Service) -> None:
    client.post("/ask", json={"question": "tell us of quantum chromodynamics and its lagrangian"})
    client.post("/ask", json={"question": "of quantum chromodynamics and its lagrangian, tell us more"})
    assert service.tally.questions is not None
    service.tally.questions.voted("", {"up": 1, "down": 2})

    said = client.get("/gaps").text

    assert "<summary>1 other wording</summary>" in said
    assert "4 votes against, 2 for" in said


def test_nothing_in_a_question_acts_on_the_page(client: TestClient) -> None:
    client.post("/ask", json={"question": HOSTILE})

    said = client.get("/gaps")

    assert "default-src 'none'" in said.headers["content-security-policy"]
    assert "<script>" not in said.text  # none but the server's own, which has an address
    assert "<svg" not in said.text
    assert not set(said.text) & {"\x1b", "\u202e"}
    assert "&lt;script&gt;quantum()&lt;/script&gt;" in said.text


@pytest.mark.parametrize(
    ("access", "status"),
    [(Access(), 200), (Access("a-token-of-16-characters"), 200), (Access(any_host=True), 404)],
)
def test_where_everybody_may_ask_nobody_sees_what_others_asked(serve: Serve, access: Access, status: int) -> None:
    client = serve(access)
    headers = {"Authorization": f"Bearer {access.token}"} if access.token else {}

    assert client.get("/gaps", headers=headers).status_code == status
    assert ('href="/gaps"' in client.get("/library", headers=headers).text) == (status == 200)
    if access.token:
        assert client.get("/gaps").status_code == 401
    assert client.get("/gaps", headers=headers | {"Origin": "https://news.example.org"}).status_code == 404


def test_the_most_frequent_are_shown_of_many(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.rendering.GAPS", 1)
    client.post("/ask", json={"question": VAIN})
    client.post("/ask", json={"question": "of lasers, tell the wavelength in air"})

    assert "The 1 most frequent of 2, by what they mean" in client.get("/gaps").text


def test_without_a_log_the_page_says_so(client: TestClient, service: Service) -> None:
    service.tally = Tally()

    assert "Questions are not kept here" in client.get("/gaps").text
