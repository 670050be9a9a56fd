"""The JSON interface: what it answers, and what becomes of what it does not."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from bot import contract
from bot.web import shapes
from bot.web.access import Access
from bot.web.app import create_app
from bot.web.openapi import document
from bot.web.requests import LARGEST, Gone, until_gone
from bot.web.service import Opening, Question, Service
from retrieval.engine import Engine
from retrieval.errors import ReaderUnavailable
from tests.bot.web.conftest import Blocked, Serve

if TYPE_CHECKING:
    from pydantic import BaseModel
    from starlette.testclient import TestClient

ODD = "odd/100 % #1?.txt"


def problem(response: Any) -> dict[str, Any]:
    """A response's problem details, which have all that RFC 9457 asks for and lead to an explanation."""
    assert response.headers["content-type"] == "application/problem+json"
    said: dict[str, Any] = response.json()
    shapes.Problem.model_validate(said)
    assert said["status"] == response.status_code
    return said


def has_shape(said: dict[str, Any], shape: type[BaseModel]) -> bool:
    """Whether an object has the fields of a shape, and the types that OpenAPI promises."""
    shape.model_validate(said)
    return set(said) <= set(shape.model_fields)


# --- asking --------------------------------------------------------------------------------------------------


def test_an_answer_is_the_contract_s_object_and_a_talk_to_go_on_from(client: TestClient, engine: Engine) -> None:
    response = client.post("/ask", json={"question": "who met Vladimir Putin in Sochi?", "explain": True})

    said = response.json()
    expected = contract.answer_json(engine.ask("who met Vladimir Putin in Sochi?"), explain=True)
    assert response.status_code == 200
    assert said["talk"]
    assert {name: value for name, value in said.items() if name not in ("talk", "elapsed_ms")} == {
        name: value for name, value in expected.items() if name != "elapsed_ms"
    }
    assert has_shape(said, shapes.Answer)
    assert has_shape(said["quotes"][0], shapes.Quote)


def test_what_the_articles_do_not_say_is_told_as_the_contract_does(client: TestClient) -> None:
    said = client.post("/ask", json={"question": "quantum chromodynamics lagrangian?"}).json()

    assert not said["answered"]


def test_a_talk_goes_on(client: TestClient) -> None:
    first = client.post("/ask", json={"question": "who met Vladimir Putin in Sochi?"}).json()

    again = client.post("/ask", json={"question": "when was that?", "talk": first["talk"]}).json()
    alone = client.post("/ask", json={"question": "when was that?"}).json()

    assert "Sochi" in again["understood"]
    assert "understood" not in alone


def test_a_whole_number_is_one_however_json_writes_it(client: TestClient) -> None:
    said = client.post("/ask", json={"question": "who met Vladimir Putin in Sochi?", "top": 1.0}).json()

    assert len(said["quotes"]) == 1


def test_a_body_saved_on_windows_is_json_as_well(client: TestClient) -> None:
    content = '{"question": "who met Vladimir Putin in Sochi?"}'.encode("utf-8-sig")

    response = client.post("/ask", content=content, headers={"Content-Type": "application/json"})

    assert response.json()["answered"] is True


def test_a_question_can_be_limited_to_articles(client: TestClient) -> None:
    limits: list[dict[str, Any]] = [
        {"source": "nature weekly"},
        {"after": "2019-01-01", "before": "2020-12-31"},
        {"articles": ["whales.txt"]},
    ]

    for limit in limits:
        said = client.post("/ask", json={"question": "what was planned in Sochi?", "top": 1, **limit}).json()
        assert {each["article"]["id"] for each in said["quotes"]} == {"whales.txt"}
        assert len(said["quotes"]) == 1


@pytest.mark.parametrize(
    ("content", "status", "kind", "words"),
    [
        ("no json", 400, "json", "send an object in UTF-8"),
        ('{"question": "\\ud800 who?"}', 400, "json", ""),
        ("[" * 5_000, 400, "json", ""),
        ("[]", 422, "fields", ""),
        ("{}", 422, "fields", "question: Field required."),
        ('{"question": 1}', 422, "fields", "question"),
        ('{"question": "who?", "top": 0}', 422, "fields", "top"),
        ('{"question": "who?", "top": 51}', 422, "fields", "top"),
        ('{"question": "who?", "top": 1.5}', 422, "fields", "top"),
        ('{"question": "who?", "top": "1"}', 422, "fields", "top"),
        ('{"question": "who?", "after": "yesterday"}', 422, "fields", "after"),
        ('{"question": "who?", "colour": "red"}', 422, "fields", "colour"),
        ('{"question": "who?", "articles": ["../secret"]}', 404, "article", "No article has the id ../secret"),
        ('{"question": "!?"}', 422, "question", "The question is empty"),
        (json.dumps({"question": "a" * 2_001}), 422, "question", "at most 2,000"),
        (json.dumps({"question": "a" * LARGEST}), 413, "large", "at most"),
    ],
)
def test_what_is_no_question_is_refused_with_the_cause(
    client: TestClient, content: str, status: int, kind: str, words: str
) -> None:
    response = client.post("/ask", content=content, headers={"Content-Type": "application/json; charset=utf-8"})

    said = problem(response)
    assert (said["status"], said["type"], said["instance"]) == (status, f"/docs#{kind}", "/ask")
    assert words in said["detail"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_what_a_page_of_another_site_could_send_unasked_is_refused(client: TestClient, kind: str) -> None:
    response = client.post("/ask", content='{"question": "who?"}', headers={"Content-Type": kind})

    assert problem(response)["status"] == 415
    assert "access-control-allow-origin" not in response.headers


def test_no_other_site_is_allowed_to_ask(client: TestClient) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}

    response = client.options("/ask", headers=asked)

    assert problem(response)["status"] == 405
    assert not [name for name in response.headers if name.startswith("access-control-")]


LEAVE = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type"}


@pytest.mark.parametrize(("origin", "allowed"), [("https://news.example.org", True), ("https://evil.example", False)])
def test_a_site_that_a_setting_names_may_ask_from_its_pages(serve: Serve, origin: str, allowed: bool) -> None:
    client = serve(Access("a-token-of-some-length", origins=frozenset({"https://news.example.org"})))
    token = {"Authorization": "Bearer a-token-of-some-length"}

    leave = client.options("/ask", headers={"Origin": origin} | LEAVE)
    answer = client.post("/ask", json={"question": "who?"}, headers={"Origin": origin} | token)

    assert (leave.status_code == 200) == allowed
    for response in (leave, answer):
        assert response.headers.get("access-control-allow-origin") == (origin if allowed else None)
    assert client.post("/ask", json={"question": "who?"}, headers={"Origin": origin}).status_code == 401


# --- the articles --------------------------------------------------------------------------------------------


def test_articles_are_listed_part_by_part(client: TestClient, engine: Engine) -> None:
    said = client.get("/articles?limit=2").json()
    listed = [*said["articles"]]
    while said["next"]:
        said = client.get(said["next"]).json()
        listed += said["articles"]

    assert has_shape(said, shapes.ArticleList)
    assert listed == [contract.article_json(each) for each in engine.index.articles]
    assert said["total"] == len(listed)


def test_articles_are_found_by_words_of_what_is_known_of_them(client: TestClient) -> None:
    said = client.get("/articles?find=NATURE+north&limit=1").json()

    assert [each["id"] for each in said["articles"]] == ["whales.txt"]
    assert client.get("/articles?find=vexley&limit=1").json()["next"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "offset=-1", "offset=x", f"offset={10**30}"])
def test_a_part_that_cannot_be_is_refused(client: TestClient, query: str) -> None:
    assert problem(client.get(f"/articles?{query}"))["type"] == "/docs#fields"


@pytest.mark.parametrize("id", ["sochi.md", ODD])
def test_an_article_comes_with_its_text_and_passages(client: TestClient, engine: Engine, id: str) -> None:
    said = client.get(f"/articles/{quote(id)}").json()

    assert has_shape(said, shapes.ArticleText)
    assert said["text"] == engine.index.article(id).text
    assert said["passages"][0][0] == 0


@pytest.mark.parametrize(
    "path",
    [
        "/articles/../../etc/passwd",
        "/articles/..%2f..%2fetc%2fpasswd",
        "/articles/%2e%2e/%2e%2e/etc/passwd",
        "/articles//etc/passwd",
        "/articles/sochi.md%00",
        "/articles/%ff%fe",
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/templates/base.html",
        "/read/..%2f..%2fetc%2fpasswd",
    ],
)
def test_no_path_leaves_the_folder(client: TestClient, path: str) -> None:
    assert problem(client.get(path))["status"] == 404


def test_an_unknown_article_is_told_with_those_that_look_alike(client: TestClient) -> None:
    assert "did you mean sochi.md?" in problem(client.get("/articles/sochy.md"))["detail"]


# --- what else there is --------------------------------------------------------------------------------------


def test_the_description_has_every_address_of_the_interface_and_no_dangling_reference(client: TestClient) -> None:
    said = client.get("/openapi.json").json()

    schemas = said["components"]["schemas"]
    references = {text.rpartition("/")[2] for text in json.dumps(said).split('"') if text.startswith("#/components")}
    assert said == document()
    assert set(said["paths"]) >= {"/ask", "/articles", "/articles/{id}", "/health", "/metrics"}
    assert references <= set(schemas)
    assert set(schemas["Question"]["properties"]) == set(shapes.Question.model_fields)


def test_health_tells_alive_from_ready(client: TestClient, source: Opening) -> None:
    ready = client.get("/health")
    source.engine = None

    assert (ready.status_code, ready.json()) == (200, {"alive": True, "ready": True})
    assert (client.get("/health").status_code, client.get("/health/alive").status_code) == (503, 200)


def test_figures_count_what_was_asked_and_what_is_served(client: TestClient, engine: Engine) -> None:
    client.post("/ask", json={"question": "who met Vladimir Putin in Sochi?"})
    client.post("/ask", json={"question": "!"})
    client.get("/?q=quantum+chromodynamics+lagrangian")

    said = client.get("/metrics").text.splitlines()

    assert 'quoth_questions_total{face="json",outcome="answered"} 1.0' in said
    assert 'quoth_questions_total{face="json",outcome="refused"} 1.0' in said
    assert 'quoth_questions_total{face="page",outcome="declined"} 1.0' in said
    for stage in ("answering", "searching", "reading", "deciding"):
        assert f'quoth_seconds_count{{stage="{stage}"}} 2.0' in said
    assert f"quoth_passages {float(engine.index.passages)}" in said
    assert "quoth_queue 0.0" in said
    (age,) = [float(line.split()[1]) for line in said if line.startswith("quoth_snapshot_age_seconds ")]
    assert 0 <= age < 3600


def test_until_the_index_is_open_people_are_told_how_far_it_is(client: TestClient, source: Opening) -> None:
    source.engine = None
    source.told("encoding", 1_200, 4_000)

    for response in (client.post("/ask", json={"question": "who?"}), client.get("/articles"), client.get("/")):
        assert "1,200 of 4,000 are done" in problem(response)["detail"]
        assert response.headers["retry-after"] == "5"


def test_without_an_article_people_are_told_that_there_is_none(client: TestClient, source: Opening) -> None:
    source.engine, source.reading = None, None  # as where the last one was removed in Discord

    assert problem(client.post("/ask", json={"question": "who?"}))["type"] == "/docs#empty"


# --- when it cannot answer -----------------------------------------------------------------------------------


async def test_a_full_queue_sends_people_away_and_says_when_to_come_again(
    serve: Any, service: Service, source: Opening, engine: Engine
) -> None:
    blocked = Blocked(engine)
    source.engine = blocked  # type: ignore[assignment]
    held = [asyncio.ensure_future(service.ask(Question(f"who {n}?"), "json")) for n in range(2)]
    await asyncio.to_thread(blocked.begun.acquire)

    response = await asyncio.to_thread(serve().post, "/ask", json={"question": "who?"})

    assert problem(response)["type"] == "/docs#busy"
    assert response.headers["retry-after"] == "5"
    blocked.going.set()
    await asyncio.gather(*held)
    assert (await asyncio.to_thread(serve().post, "/ask", json={"question": "who?"})).status_code == 200


async def test_whoever_goes_away_frees_their_place(service: Service, source: Opening, engine: Engine) -> None:
    blocked, gone = Blocked(engine), asyncio.Event()
    source.engine = blocked  # type: ignore[assignment]
    running = asyncio.ensure_future(service.ask(Question("first?"), "json"))
    await asyncio.to_thread(blocked.begun.acquire)

    class Request:
        async def receive(self) -> dict[str, str]:
            await gone.wait()
            return {"type": "http.disconnect"}

    waiting = asyncio.ensure_future(until_gone(Request(), service.ask(Question("second?"), "json")))  # type: ignore[arg-type]
    while service.pool.jobs < 2:  # noqa: ASYNC110 - it is another thread's
        await asyncio.sleep(0)
    gone.set()

    with pytest.raises(Gone):
        await waiting
    while service.pool.jobs > 1:  # noqa: ASYNC110 - it is another thread's
        await asyncio.sleep(0)
    blocked.going.set()
    await running
    assert blocked.asked == ["first?"]


async def test_whoever_goes_away_amid_a_question_is_no_fault_of_the_server(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    coming = [{"type": "http.request", "body": b'{"qu', "more_body": True}, {"type": "http.disconnect"}]
    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/ask", "query_string": b"", "headers": headers}
    sent: list[Any] = []

    async def receive() -> Any:
        return coming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await create_app(service, Access())(scope, receive, send)

    assert sent[0]["status"] == 499
    assert caplog.records == []


@pytest.mark.parametrize(
    ("failure", "status"), [(ReaderUnavailable("trained", "/home/me/secret is gone"), 503), (KeyError("secret"), 500)]
)
def test_what_is_wrong_with_the_server_goes_into_its_log_and_to_nobody_else(
    client: TestClient, source: Opening, failure: Exception, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def ask(self, *_: Any, **__: Any) -> None:
            raise failure

    source.engine = Broken()  # type: ignore[assignment]

    with caplog.at_level(logging.ERROR):
        response = client.post("/ask", json={"question": "who?"})

    assert problem(response)["status"] == status
    assert "secret" not in response.text
    assert "script-src 'self'" in response.headers["content-security-policy"]
