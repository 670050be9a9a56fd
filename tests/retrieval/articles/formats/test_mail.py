"""E-mail: what is quoted of a message, and which are refused."""

from __future__ import annotations

from datetime import date

import pytest

from retrieval.articles.article import Article
from retrieval.articles.parsing import parse
from tests.retrieval.articles.made_files import MESSAGE
from tests.retrieval.articles.samples import paragraphs, refusal


def message(head: str, body: bytes = b"Words.") -> Article:
    [article] = parse("a.eml", head.encode() + b"\n\n" + body).articles
    return article


def test_of_a_message_in_both_forms_the_plain_one_is_read_with_quoted_ones_apart() -> None:
    assert paragraphs(parse("crane.eml", MESSAGE).articles[0]) == [
        "The crane arrives on Friday at noon.",
        "Ole wrote:",
        "> When does the crane\narrive, Märta?",
        "> It is late.",
        "Best,\nMärta",
        "Harbour office",
    ]


def test_subject_sender_and_the_day_where_it_was_sent_are_title_source_and_date() -> None:
    [article] = parse("crane.eml", MESSAGE).articles

    assert (article.title, article.source) == ("The crane – again", "Märta Lund")
    assert article.published == date(2024, 3, 4)


def test_a_message_in_html_alone_has_its_paragraphs_and_what_it_answers_behind_a_mark() -> None:
    page = (
        "<p>It arrives on <b>Friday</b>.</p><div class='gmail_quote'>Ole wrote:<blockquote class='gmail_quote'>"
        "<p>When, Märta?</p><blockquote type='cite'>Soon.</blockquote></blockquote></div>"
    )
    article = message("From: a@b.example\nContent-Type: text/html; charset=utf-8", page.encode())

    assert paragraphs(article) == ["It arrives on Friday.", "Ole wrote:", "> When, Märta?", "> Soon."]
    assert article.source == "a@b.example"


@pytest.mark.parametrize(
    "mark",
    [
        "-----Original Message-----\nFrom: Ole Brandt\nSent: Monday",
        "________________________________\nFrom: Ole Brandt\nSent: Monday\nTo: Marta Lund",
        "Von: Ole Brandt\nGesendet: Montag\nAn: Marta Lund",
        "---------- Forwarded message ---------\nFrom: Ole Brandt",
    ],
)
def test_an_earlier_message_below_its_own_head_stands_behind_a_mark(mark: str) -> None:
    plain = f"From: me\n\nIt arrives on Friday.\n\n{mark}\n\nWhen does it arrive?\n\n> It is late.".encode()
    seen = ["From: me", "It arrives on Friday.", f"> {mark}", "> When does it arrive?", "> It is late."]
    page = "".join(f"<p>{said.removeprefix('> ')}</p>".replace("\n", "<br>") for said in seen).encode()

    assert paragraphs(message("From: a@b.example", plain)) == seen
    assert paragraphs(message("From: a@b.example\nContent-Type: text/html", page)) == seen


def test_a_name_behind_the_address_is_the_senders_and_the_lists_archive_the_link() -> None:
    assert message("From: ann@b.example (Ann Lund)").source == "Ann Lund"
    assert message("From: ann at b.example (=?utf-8?q?M=C3=A4rta?= Lund)").source == "Märta Lund"
    assert message("From: a@b.example\nArchived-At: <https://b.example/1>").url == "https://b.example/1"
    assert message("From: a@b.example\nArchived-At: <mid:1>").url is None


PARTS = "From: a@b.example\nMIME-Version: 1.0\nContent-Type: multipart/{}; boundary=b"


def parts(*parts: str) -> bytes:
    return "".join(f"--b\n{part}\n" for part in parts).encode() + b"--b--\n"


def test_words_before_and_behind_a_picture_are_read_and_none_of_what_is_attached() -> None:
    body = parts(
        "Content-Type: text/plain\n\nIt turns on Friday.",
        "Content-Type: image/png\nContent-Disposition: inline; filename=a.png\n\nAAAA",
        "Content-Type: text/plain\n\nBring a sack.",
        "Content-Type: text/plain; name=a.txt\n\nOf a file.",
        "Content-Type: text/plain\nContent-Disposition: attachment\n\nOf another.",
    )

    assert paragraphs(message(PARTS.format("mixed"), body)) == ["It turns on Friday.", "Bring a sack."]


def test_what_a_list_adds_in_plain_text_takes_no_place_of_a_message_in_html() -> None:
    body = parts(
        "Content-Type: text/html\n\n<p>It turns on Friday.</p><p>Bring a sack.</p>",
        "Content-Type: text/plain\n\nThis list is run by the mill.",
    )

    assert paragraphs(message(PARTS.format("mixed"), body)) == [
        "It turns on Friday.",
        "Bring a sack.",
        "This list is run by the mill.",
    ]


def test_a_message_whose_only_part_has_a_name_is_read() -> None:
    body = parts("Content-Type: text/plain; name=a.txt\n\nIt turns on Friday.")

    assert paragraphs(message(PARTS.format("mixed"), body)) == ["It turns on Friday."]


def test_a_name_makes_no_attachment_of_the_first_text() -> None:
    named, footer = ("Content-Type: text/plain; name=a.txt\n\nIt turns.", "Content-Type: text/plain\n\nBy the mill.")
    picture = "Content-Type: image/png; name=a.png\n\nAAAA"

    assert paragraphs(message(PARTS.format("mixed"), parts(named, footer))) == ["It turns.", "By the mill."]
    assert paragraphs(message(PARTS.format("mixed"), parts(picture, named))) == ["It turns."]


def test_where_the_plain_form_is_empty_the_other_one_is_read() -> None:
    body = parts("Content-Type: text/plain\n\n \n", "Content-Type: text/html\n\n<div>It turns on Friday.</div>")

    assert paragraphs(message(PARTS.format("alternative"), body)) == ["It turns on Friday."]


def test_damaged_headers_and_an_unknown_encoding_cost_nothing_else() -> None:
    head = "From: <<>>,,\nDate: some day\nSubject: The fee\nContent-Type: text/plain; charset=martian"
    article = message(head, "Nine crowns, Märta.".encode())

    assert (article.title, article.published, article.text) == ("The fee", None, "Nine crowns, Märta.")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("application/pkcs7-mime; smime-type=enveloped-data", "it is encrypted; save a copy that is not"),
        ("multipart/encrypted; boundary=b", "it is encrypted; save a copy that is not"),
        ("image/png", "it holds no text, perhaps only attachments"),
    ],
)
def test_a_message_without_readable_text_is_named_so(kind: str, reason: str) -> None:
    assert refusal("a.eml", f"From: a@b.example\nContent-Type: {kind}\n\nAAAA".encode()) == reason


def test_what_is_no_message_is_refused() -> None:
    assert refusal("a.eml", b"Words, and nothing else.") == "it is damaged or no EML file"
