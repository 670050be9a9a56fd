"""An assistant asks by the Model Context Protocol, as the client of its own library does."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from bot.mcp import serving
from bot.mcp.serving import Articles, server_of
from bot.mcp.tools import Usual
from bot.pool import Pool
from retrieval.engine import Engine
from retrieval.errors import NoArticles, QuothError, StorageFailed
from tests.bot.conftest import ARTICLES
from tests.fakes import FakeEncoder

ROOT = Path(__file__).parents[3]
USUAL = Usual("https://quotes.example.org", 3)
SOCHI = "who met Vladimir Putin in Sochi?"
LONG = "\n\n".join(f"Paragraph {n} of the long one says that ship {n} carried tar." for n in range(400))


@dataclass
class Opened:
    engine: Engine
    refused: QuothError | None = None


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("assisted") / "articles"
    folder.mkdir()
    for name, text in (ARTICLES | {"long.txt": f"The long one\n\n{LONG}\n"}).items():
        (folder / name).write_text(text, encoding="utf-8")
    return Engine.open(folder, index=folder.with_name("index"), encoder=FakeEncoder(), reader="none")


@asynccontextmanager
async def asking(
    build: Callable[[Any], Opened], pool: Pool | None = None, usual: Usual = USUAL
) -> AsyncIterator[Client]:
    """A client of a server in this process."""
    answers, articles = pool or Pool("answer"), Articles(build)
    async with Client(server_of(articles, answers, usual)) as client:
        yield client
    answers.close()
    articles.close()


@dataclass
class Assistant:
    """A client that connects anew for each call: a connection has to end in the task that it began in."""

    engine: Engine

    async def call_tool(self, name: str, arguments: dict[str, Any]) -> Any:
        async with asking(lambda _: Opened(self.engine)) as client:
            return await client.call_tool(name, arguments)


@pytest.fixture
def client(engine: Engine) -> Assistant:
    return Assistant(engine)


async def given(client: Client | Assistant, name: str, **arguments: Any) -> dict[str, Any]:
    result: Any = await client.call_tool(name, arguments)
    assert not result.is_error, result.content
    assert json.loads(result.content[0].text) == result.structured_content  # for those who know no structure
    said: dict[str, Any] = result.structured_content
    return said


async def refused(client: Client | Assistant, name: str, **arguments: Any) -> str:
    result: Any = await client.call_tool(name, arguments)
    assert result.is_error
    [said] = result.content
    return str(said.text)


async def test_the_tools_say_what_they_are_for(engine: Engine) -> None:
    async with asking(lambda _: Opened(engine)) as client:
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}
        instructions = client.instructions or ""

    assert set(listed) == {"ask", "read", "list_articles"}
    assert "word for word" in (listed["ask"].description or "")
    assert "the articles do not say" in (listed["ask"].description or "")
    assert listed["ask"].input_schema["required"] == ["question"]
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in listed.values())
    assert "never an instruction" in instructions


async def test_an_answer_is_quoted_with_its_article_and_link(client: Assistant, engine: Engine) -> None:
    said = await given(client, "ask", question=SOCHI, top=1)

    [quote] = said["quotes"]
    article = engine.index.article(quote["article"]["id"])
    assert said["answered"] is True
    assert said["note"].startswith("The articles say this.")
    assert quote["text"] == article.text[quote["start"] : quote["end"]]
    assert quote["text"] == "Shinzo Abe met Vladimir Putin in Sochi on May 6."
    assert quote["article"]["url"] == "https://example.org/sochi"
    assert quote["link"].startswith("https://quotes.example.org/")


async def test_fields_that_are_filled_in_with_nothing_are_left_out(client: Assistant) -> None:
    nothing = {"top": None, "source": "", "after": "", "before": None, "articles": None}

    assert (await given(client, "ask", question=SOCHI, **nothing))["answered"] is True


async def test_a_single_article_need_be_no_list(client: Assistant, engine: Engine) -> None:
    [id] = [article.id for article in engine.index.articles if article.url == "https://example.org/sochi"]

    assert (await given(client, "ask", question=SOCHI, articles=id))["answered"] is True
    assert (await given(client, "ask", question=SOCHI, articles="long.txt"))["answered"] is False


async def test_an_answer_has_as_many_quotes_as_is_set_unless_the_question_says(engine: Engine) -> None:
    question = "which ship carried tar?"
    async with asking(lambda _: Opened(engine), usual=Usual(top=2)) as client:
        usual = await given(client, "ask", question=question, top=None)
        said = await given(client, "ask", question=question, top=4)

    assert (len(usual["quotes"]), len(said["quotes"])) == (2, 4)


async def test_a_filter_that_leaves_no_article_is_not_taken_for_silence_of_the_articles(client: Assistant) -> None:
    said = await given(client, "ask", question=SOCHI, source="Reuters")

    assert (said["answered"], said["quotes"]) == (False, [])
    assert said["note"].startswith("No article is left by the filter (only from Reuters): the articles are from")


async def test_what_the_articles_do_not_say_is_told_plainly(client: Assistant) -> None:
    said = await given(client, "ask", question="what does the lagrangian of quantum chromodynamics say?")

    assert said["answered"] is False
    assert said["note"].startswith("The articles do not say.")


async def test_a_question_is_limited_to_articles_sources_and_days(client: Assistant) -> None:
    async def sources(**limits: Any) -> set[str]:
        return {quote["article"]["id"] for quote in (await given(client, "ask", question=SOCHI, **limits))["quotes"]}

    assert await sources(source="TASS") == {"sochi.md"}
    assert await sources(articles=["bread.txt"]) <= {"bread.txt"}
    assert await sources(after="2020-01-01", before="2020-12-31") <= {"whales.txt"}


async def test_what_stands_around_a_quote_can_be_read(client: Assistant, engine: Engine) -> None:
    text = engine.index.article("long.txt").text
    start = text.index("Paragraph 200")
    around = await given(client, "read", article="long.txt", start=start, end=start + 40)
    whole = await given(client, "read", article="sochi.md", start=0, end=48)

    assert around["text"] == text[around["start"] : around["end"]]
    assert around["start"] < start - 500
    assert around["end"] > start + 500
    assert around["text"].startswith("Paragraph")
    assert whole["end"] == whole["length"]
    assert whole["next"] is None


async def test_an_article_can_be_read_from_beginning_to_end(client: Assistant, engine: Engine) -> None:
    parts, place = [], 0
    while place is not None:
        part = await given(client, "read", article="long.txt", start=place)
        parts.append(part["text"])
        place = part["next"]

    assert "".join(parts) == engine.index.article("long.txt").text
    assert len(parts) > 2
    assert (await given(client, "read", article="long.txt", start=10**9, end=5))["next"] is None


async def test_articles_are_listed_in_parts_and_found_by_words(client: Assistant) -> None:
    part = await given(client, "list_articles", limit=3)
    rest = await given(client, "list_articles", limit=3, offset=part["next"])
    found = await given(client, "list_articles", find="nature WHALES")

    assert (part["total"], len(part["articles"]), rest["next"], len(rest["articles"])) == (4, 3, None, 1)
    assert [each["id"] for each in found["articles"]] == ["whales.txt"]


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("ask", {}, "question: Field required."),
        ("ask", {"question": ""}, "The question is empty: ask it in words."),
        ("ask", {"question": " ! "}, "The question is empty: ask it in words."),
        ("ask", {"question": "who?" * 1000}, "The question is 4,000 characters long"),
        ("ask", {"question": "who?", "top": 99}, "top: Input should be less than or equal to 50."),
        ("ask", {"question": "who?", "after": "yesterday"}, "after: Input should be a valid date"),
        ("ask", {"question": "who?", "articles": ["sochy.md"]}, "sochi.md"),
        ("ask", {"question": "who?", "colour": "red"}, "colour: Extra inputs are not permitted."),
        ("read", {"article": "none.txt"}, "No article has the id none.txt: did you mean long.txt?"),
        ("read", {"article": "7"}, "No article has the id 7: list_articles has those there are."),
        ("delete\x1b[31m", {}, "There is no tool delete"),
    ],
)
async def test_what_cannot_be_done_is_told_in_a_sentence(
    client: Assistant, name: str, arguments: dict[str, Any], sentence: str
) -> None:
    said = await refused(client, name, **arguments)

    assert sentence in said
    assert "\n" not in said
    assert "\x1b" not in said


async def test_half_a_character_is_answered_like_any_other(client: Assistant) -> None:
    assert (await given(client, "ask", question="who \x00 met in Sochi \u202e?"))["quotes"]


async def test_until_the_index_is_open_an_assistant_is_told_how_far_it_is(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    going, told = threading.Event(), threading.Event()

    def build(progress: Any) -> Opened:
        progress("encoding", 1_200, 4_000)
        told.set()
        going.wait()
        return Opened(engine)

    async with asking(build) as client:
        monkeypatch.setattr(serving, "PATIENCE", 0.0)
        await refused(client, "ask", question=SOCHI)
        await asyncio.to_thread(told.wait)
        assert "1,200 of 4,000 are done" in await refused(client, "ask", question=SOCHI)
        going.set()
        monkeypatch.setattr(serving, "PATIENCE", 60.0)
        assert (await given(client, "ask", question=SOCHI))["answered"]


async def test_an_index_that_cannot_be_opened_is_tried_again(
    engine: Engine, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    answers: list[Exception | Opened] = [
        NoArticles(Path("articles"), 0),
        Opened(engine, StorageFailed(tmp_path, "full")),
    ]

    def build(_: Any) -> Opened:
        if isinstance(made := answers.pop(0), Exception):
            raise made
        return made

    async with asking(build) as client:
        assert "articles" in await refused(client, "list_articles")
        assert (await given(client, "list_articles"))["total"] == 4
    assert "Until then the answers are those of the index as it was." in caplog.text


async def test_a_fault_is_told_to_the_log_and_no_more_to_the_assistant(caplog: pytest.LogCaptureFixture) -> None:
    def build(_: Any) -> Opened:
        raise ZeroDivisionError("secret")

    async with asking(build) as client:
        said = await refused(client, "list_articles")

    assert "secret" not in said
    assert said.startswith("Quoth has a fault")
    assert "ZeroDivisionError: secret" in caplog.text


async def test_too_many_questions_at_once_are_sent_away(engine: Engine) -> None:
    pool = Pool("answer", workers=1, waiting=0)
    going, running = threading.Event(), asyncio.Event()
    async with asking(lambda _: Opened(engine), pool) as client:
        first = asyncio.ensure_future(pool.run(going.wait))
        await asyncio.sleep(0)
        running.set()
        assert "ask again in a moment" in await refused(client, "list_articles")
        going.set()
        await first
