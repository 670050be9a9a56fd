"""Who may ask, by which name the server is called, and what a browser is told that it may do."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from bot.error_wording import in_words
from bot.settings import ServeRefused, Settings
from bot.web.access import Access
from bot.web.serving import access_of
from tests.bot.web.conftest import Serve

TOKEN = "correct-horse-battery"  # noqa: S105 - a test's own
PLACES = ("/", "/library", "/read/sochi.md", "/docs", "/articles", "/metrics", "/openapi.json", "/static/style.css")


def basic(token: str) -> str:
    return "Basic " + base64.b64encode(f"anybody:{token}".encode()).decode()


@pytest.mark.parametrize("path", PLACES)
def test_with_a_token_nothing_is_told_to_those_without_it(serve: Serve, path: str) -> None:
    client = serve(Access(TOKEN))

    response = client.get(path)

    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Basic ")
    assert response.json()["type"] == "/docs#token"
    assert client.get(path, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert client.get(path, headers={"Authorization": basic(TOKEN)}).status_code == 200


@pytest.mark.parametrize(
    "given", ["", "Bearer", f"Bearer {TOKEN}x", "Bearer é", "Basic", "Basic ###", "Basic Zm9v", basic("wrong"), TOKEN]
)
def test_a_wrong_token_is_none(serve: Serve, given: str) -> None:
    headers = {b"Authorization": given.encode("latin-1")}

    response = serve(Access(TOKEN)).post("/ask", json={"question": "who?"}, headers=headers)

    assert response.status_code == 401


def test_health_needs_no_token_and_tells_nothing_else(serve: Serve) -> None:
    client = serve(Access(TOKEN))

    assert client.get("/health").json() == client.get("/health/alive").json() == {"alive": True, "ready": True}
    assert client.get("/healthy").status_code == 401


@pytest.mark.parametrize(
    "name", ["evil.example", "127.0.0.1.evil.example", "[::2]:8000", "10.0.0.1", "", "localhost.x"]
)
def test_a_name_that_only_pretends_to_be_this_machine_is_refused(serve: Serve, name: str) -> None:
    response = serve().get("/articles", headers={"Host": name})

    assert response.status_code == 421
    assert response.json()["type"] == "/docs#host"
    assert serve(Access(any_host=True)).get("/articles", headers={"Host": name}).status_code == 200


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "127.1.2.3", "[::1]", "[::1]:8000"])
def test_this_machine_s_own_names_are_known(serve: Serve, name: str) -> None:
    assert serve().get("/articles", headers={"Host": name}).status_code == 200


@pytest.mark.parametrize("path", [*PLACES, "/nowhere", "/health"])
@pytest.mark.parametrize("accept", ["text/html", "*/*"])
def test_nothing_runs_but_the_server_s_own_script_and_no_other_host_is_asked(
    serve: Serve, path: str, accept: str
) -> None:
    response = serve().get(path, headers={"Accept": accept})

    policy = dict(part.strip().partition(" ")[::2] for part in response.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == policy["style-src"] == policy["img-src"] == "'self'"
    assert policy["script-src"] == "'self'"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["x-content-type-options"] == "nosniff"


# --- where it may listen -------------------------------------------------------------------------------------


def settings(**given: Any) -> Settings:
    return Settings(**given)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "quoth.example.org"])  # noqa: S104 - that is what is refused
def test_elsewhere_than_on_this_machine_it_takes_a_token_or_a_word(host: str) -> None:
    with pytest.raises(ServeRefused) as refused:
        access_of(settings(serve_host=host))

    assert f"On {host} others could read the articles: set QUOTH_SERVE_TOKEN" in in_words(refused.value)
    assert access_of(settings(serve_host=host, serve_token=TOKEN)) == Access(TOKEN)
    assert access_of(settings(serve_host=host, serve_open=True)) == Access(any_host=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]"])
def test_on_this_machine_it_takes_neither(host: str) -> None:
    assert access_of(settings(serve_host=host)) == Access()


@pytest.mark.parametrize("token", ["short", "sixteen letters!!", "ééééééééééééééééé"])
def test_a_token_that_is_easily_guessed_or_fits_no_header_is_refused_unshown(token: str) -> None:
    with pytest.raises(ServeRefused) as refused:
        access_of(settings(serve_token=token))

    said = in_words(refused.value)
    assert "QUOTH_SERVE_TOKEN is too easy to guess" in said
    assert token not in said
