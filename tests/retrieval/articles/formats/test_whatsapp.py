"""Chats that WhatsApp exported."""

from __future__ import annotations

import pytest

from retrieval.articles.article import Article
from retrieval.articles.parsing import parse
from tests.retrieval.articles.samples import refusal


def days(*lines: str, name: str = "WhatsApp Chat with Hikers.txt") -> list[Article]:
    return list(parse(name, "\n".join(lines).encode()).articles)


def test_a_day_of_a_chat_on_android_is_an_article() -> None:
    first, second = days(
        "14/03/2024, 10:00 - Messages and calls are end-to-end encrypted.",
        "14/03/2024, 10:01 - Ana: We meet in Lyon,",
        "at the library.",
        "14/03/2024, 10:02 - Bo: <Media omitted>",
        "15/03/2024, 09:00 - Bo: Bring 10:30 tickets: two each.",
    )

    assert first.text == "Ana: We meet in Lyon,\nat the library."
    assert (first.title, str(first.published)) == ("WhatsApp Chat with Hikers", "2024-03-14")
    assert (second.text, str(second.published)) == ("Bo: Bring 10:30 tickets: two each.", "2024-03-15")


@pytest.mark.parametrize(
    ("begin", "published"),
    [
        ("[16.03.24, 10:02:31] ", "2024-03-16"),
        ("[3/16/24, 10:02:31\u202fAM] ", "2024-03-16"),
        ("3/16/24, 10:02 AM - ", "2024-03-16"),
        ("2024-03-16, 10:02 - ", "2024-03-16"),
        ("16/03/2024 10:02 - ", "2024-03-16"),
        ("[12.3.2022 klo 14.08.18] ", "2022-03-12"),
        ("05.03.2024, 10:02 - ", "2024-03-05"),
        ("05/03/2024, 10:02 - ", "None"),  # the fifth of March, or the third of May
        ("31/02/2024, 10:02 - ", "None"),
    ],
)
def test_days_are_read_as_phones_write_them(begin: str, published: str) -> None:
    [only] = days(f"\u200e{begin}Ana: \u200eimage omitted", f"{begin}~\u202fAna Berg: The hut opens.")

    assert (only.text, str(only.published)) == ("Ana Berg: The hut opens.", published)


def test_a_chat_is_named_after_its_folder_where_its_file_has_no_name_of_its_own() -> None:
    [only] = days("[16.03.24, 10:02:31] Ana: The hut opens.", name="WhatsApp Chat - Hikers/_chat.txt")

    assert only.title == "WhatsApp Chat - Hikers"


@pytest.mark.parametrize(
    "text",
    ["Ana: The hut opens.", "On 16/03/2024, 10:02 - the hut opened.", "16/03/2024, 10:02 - the hut opened at last."],
)
def test_other_texts_are_no_chats(text: str) -> None:
    [only] = days(text, name="a.txt")

    assert only.text == text


def test_a_chat_of_pictures_is_refused() -> None:
    assert refusal("a.txt", b"16/03/2024, 10:02 - Ana: <Media omitted>") == "nobody wrote a message with words in it"
