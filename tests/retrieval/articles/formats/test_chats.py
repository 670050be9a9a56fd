"""Exports of chats: a day of a channel is an article."""

from __future__ import annotations

import json
from typing import Any

from retrieval.articles.article import Article
from retrieval.articles.parsing import parse
from tests.retrieval.articles.samples import refusal


def days(name: str, document: object) -> list[Article]:
    return list(parse(name, json.dumps(document).encode()).articles)


def discord(*messages: dict[str, Any]) -> dict[str, Any]:
    """What DiscordChatExporter writes of a channel."""
    return {
        "guild": {"id": "1", "name": "Hikers"},
        "channel": {"id": "2", "type": "GuildTextChat", "name": "meetups", "topic": None},
        "messages": list(messages),
    }


def message(text: str, day: str = "2024-03-01", author: str = "ana", bot: bool = False, **more: Any) -> dict[str, Any]:
    known = {"id": "7", "type": "Default", "timestamp": f"{day}T10:00:00.123+00:00", "content": text}
    return known | {"author": {"name": author, "nickname": author.title(), "isBot": bot}} | more


def test_a_day_of_a_discord_channel_is_an_article_that_says_who_wrote_what() -> None:
    first, second = days(
        "a.json",
        discord(
            message("We meet in Lyon on 16 March."),
            message("Cleo brings the projector.", author="bo", type="Reply"),
            message("The venue is the library now.", day="2024-03-02"),
        ),
    )

    assert first.text == "Ana: We meet in Lyon on 16 March.\n\nBo: Cleo brings the projector."
    assert (first.title, first.source, str(first.published)) == ("meetups", "Hikers", "2024-03-01")
    assert (second.id, second.text) == ("a.json#2", "Ana: The venue is the library now.")


def test_what_nobody_wrote_is_left_out() -> None:
    [only] = days(
        "a.json",
        discord(
            message("Joined the server.", type="GuildMemberJoin"),
            message(""),
            message("The articles do not say.", author="quoth", bot=True),
            message("The hut opens in May."),
        ),
    )

    assert only.text == "Ana: The hut opens in May."


def test_a_chat_of_telegram_is_read_with_its_links() -> None:
    parts = ["In June we read ", {"type": "bold", "text": "The Waves"}, "."]
    [only] = days(
        "result.json",
        {
            "name": "Book club",
            "type": "private_group",
            "messages": [
                {
                    "type": "service",
                    "date": "2023-05-02T09:00:00",
                    "actor": "Eve",
                    "action": "create_group",
                    "text": "",
                },
                {"type": "message", "date": "2023-05-02T10:00:00", "from": "Eve", "text": parts},
            ],
        },
    )

    assert (only.title, only.text, str(only.published)) == (
        "Book club",
        "Eve: In June we read The Waves.",
        "2023-05-02",
    )


def test_a_day_of_a_slack_channel_is_named_after_its_folder() -> None:
    known = {"type": "message", "ts": "1709281000.000100", "user": "U04AB12CD"}
    [only] = days(
        "general/2024-03-01.json",
        [
            {**known, "subtype": "channel_join", "text": "<@U04AB12CD> has joined the channel"},
            {
                **known,
                "text": "We close &amp; lock at six, see <https://ex.org/a|the plan>.",
                "user_profile": {"real_name": "Dora"},
            },
            {**known, "text": "Who has the key?"},
        ],
    )

    assert (only.title, str(only.published)) == ("general", "2024-03-01")
    assert only.text == "Dora: We close & lock at six, see the plan.\n\nWho has the key?"


def test_articles_with_authors_and_dates_are_no_chat() -> None:
    found = days("a.json", [{"author": "Ana", "date": "2024-03-01", "text": "The hut opens."}] * 2)

    assert [each.text for each in found] == ["The hut opens."] * 2


def test_a_chat_without_words_is_refused() -> None:
    assert refusal("a.json", json.dumps(discord(message(" "))).encode()) == "nobody wrote a message with words in it"


def test_messages_that_are_none_are_passed_over() -> None:
    odd: list[Any] = [None, 3, {"content": 7, "timestamp": [], "author": 2}, {"type": [], "subtype": {}}]
    [only] = days("a.json", discord(*odd, message("The hut opens.", type=["Default"]), message("It is full.")))

    assert only.text == "Ana: It is full."


def test_a_time_that_is_none_makes_no_message() -> None:
    known = {"type": "message", "user": "Ana", "text": "The hut opens."}
    [only] = days("a.json", [{**known, "ts": "1709281000"}, {**known, "ts": "9e99"}, {**known, "ts": "soon"}])

    assert only.text == "Ana: The hut opens."
