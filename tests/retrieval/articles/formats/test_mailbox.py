"""Mail archives: a message an article, where one ends, and which are left out."""

from __future__ import annotations

import pytest

from retrieval.articles.formats.progress import listening
from retrieval.articles.formats.registry import extract_articles
from retrieval.articles.parsing import parse
from tests.retrieval.articles.made_files import MAILBOX
from tests.retrieval.articles.samples import refusal

LINE = "From a@b.example Mon Mar  4 10:00:00 2024\n"


def texts(content: str) -> list[str]:
    return [article.text for article in parse("list.mbox", content.encode()).articles]


def test_each_message_is_an_article_with_its_subject_sender_and_day() -> None:
    crane, answer = parse("list.mbox", MAILBOX).articles

    assert (crane.id, crane.title, crane.source) == ("list.mbox#1", "The crane – again", "Märta Lund")
    assert (answer.id, answer.title, answer.source) == ("list.mbox#2", "Re: The crane", "Ole Brandt")
    assert (str(answer.published), answer.url) == ("2024-03-05", "https://lists.orvik.example/crane/2")
    assert answer.text == "> It arrives on Friday.\n\nThank you.\n\nFrom Friday on it stands here."


def test_a_sentence_that_begins_with_from_ends_no_message() -> None:
    body = "From Friday on: it turns.\n\nFrom 10:00 to 12:00 it rests.\n\nFrom the mill at 10:00\nas ever.\n"

    assert texts(f"{LINE}Subject: A\n\n{body}\n{LINE}Subject: B\n\nWords.\n") == [body.strip(), "Words."]


@pytest.mark.parametrize(
    "line",
    [
        "From - Mon Mar 04 10:00:00 2024\r\n",
        "From -\n",
        "From \n",
        "From 17@xxx Mon Mar 04 10:00:00 +0000 2024\n",
        "From ann at orvik.example  Mon Mar  4 10:00:00 2024\n",
    ],
)
def test_the_lines_between_messages_are_known_as_programs_write_them(line: str) -> None:
    content = f"{line}Subject: A\n\nOne.\n\n{line}Subject: B\n\nTwo.\n"

    assert texts(content) == texts("\ufeff\n" + content) == ["One.", "Two."]


@pytest.mark.parametrize(
    "header",
    [
        "X-Mozilla-Status: 0009",
        "X-Status: RD",
        "X-Gmail-Labels: Trash,Unread",
        "X-Gmail-Labels: =?utf-8?q?Opened,Spam?=",
        "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA",
    ],
)
def test_what_was_thrown_away_is_left_out_and_the_others_keep_their_numbers(header: str) -> None:
    kept = "X-Mozilla-Status: 0001\nX-Status: A\nX-Gmail-Labels: Inbox\nSubject: B\n\nIt turns.\n"
    parsed = parse("a.mbox", f"{LINE}{header}\n\nGone.\n\n{LINE}{kept}".encode())

    assert [(article.id, article.text) for article in parsed.articles] == [("a.mbox#2", "It turns.")]
    assert parsed.skipped is None


def test_a_message_that_cannot_be_read_is_named_and_the_others_are_read() -> None:
    locked = "Content-Type: multipart/encrypted; boundary=b\n\nAAAA\n"
    deep = "Content-Type: message/rfc822\n\n" * 5_000
    parsed = parse("a.mbox", f"{LINE}{locked}\n{LINE}{deep}\n{LINE}Subject: B\n\nIt turns.\n".encode())

    assert [article.id for article in parsed.articles] == ["a.mbox#3"]
    assert parsed.skipped is not None
    assert parsed.skipped.path == "a.mbox#1"
    assert parsed.skipped.reason == "it is encrypted; save a copy that is not (as with 1 more of that file)"


def test_how_many_messages_are_read_is_told() -> None:
    told: list[tuple[int, int]] = []

    with listening(lambda done, total: told.append((done, total))):
        extract_articles("a.mbox", f"{LINE}Subject: A\n\nWords.\n".encode() * 250)

    assert told == [(100, 250), (200, 250)]


@pytest.mark.parametrize("content", ["Words.", "Subject: A\n\nWords.", f"Words.\n{LINE}Subject: A\n\nWords.", LINE])
def test_what_is_no_archive_is_refused(content: str) -> None:
    assert refusal("a.mbox", content.encode()) == "it is damaged or no MBOX file"
