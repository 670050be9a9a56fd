"""Text files in every usual encoding."""

from __future__ import annotations

import pytest

from retrieval.articles.parsing import parse
from tests.retrieval.articles.samples import refusal, sample


@pytest.mark.parametrize("name", ["utf-8.txt", "utf-8-bom.txt", "utf-16.txt", "windows-1251.txt", "shift-jis.txt"])
def test_text_files_of_every_usual_encoding_are_read(name: str) -> None:
    text = sample(name).text

    assert text.startswith("港町の新しい図書館が" if name == "shift-jis.txt" else "Президент России и премьер-министр")


def test_a_short_text_whose_encoding_cannot_be_told_is_refused_rather_than_garbled() -> None:
    russian = "Плата за вход составляет двадцать девять крон. Музей открыт каждый день, кроме понедельника."

    assert refusal("a.txt", russian.encode("koi8-r")) == "its encoding cannot be told; save it as UTF-8"


def test_utf_16_without_a_mark_is_read_where_each_letter_has_a_zero_as_where_some_have() -> None:
    for text in ("The ferry leaves at nine.\nIt is full.", "Переговоры прошли in Sochi, сообщили агентства."):
        assert parse("a.txt", text.encode("utf-16-le")).articles[0].text == text


def test_a_text_with_a_zero_in_it_is_refused() -> None:
    assert refusal("a.txt", b"The ferry leaves at nine.\0 It is full.") == "it is not a text file"


SPEECH = "“Nobody on the island is without water,” said the mayor’s deputy Émile Dürr — and he was right. " * 2


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html"])
@pytest.mark.parametrize("bad", [b"\xe2\x80", b"\xff", b"\xc3"])
def test_a_byte_that_is_cut_off_does_not_make_another_encoding_of_a_text(name: str, bad: bytes) -> None:
    content = SPEECH.encode() + bad + b" It rained."
    if name.endswith("html"):
        content = b'<html><head><meta charset="utf-8"></head><body><p>' + content + b"</p></body></html>"

    text = parse(name, content).articles[0].text

    assert text.count("“Nobody on the island is without water,” said the mayor’s deputy Émile Dürr — and") == 2


def test_quotation_marks_of_windows_are_read_on_a_page_that_names_latin_1() -> None:
    page = '<html><head><meta charset="iso-8859-1"></head><body><p>He said “no” — twice.</p></body></html>'

    assert parse("a.html", page.encode("cp1252")).articles[0].text == "He said “no” — twice."


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html"])
def test_soft_hyphens_are_taken_out(name: str) -> None:
    text = "The in\xadspec\xadtor fo\u200dund a le\u200bak."
    page = "<html><body><p>The in&shy;spec&#173;tor found\xad a leak.</p></body></html>"

    found = parse(name, (page if name.endswith("html") else text).encode()).articles[0].text

    assert found == "The inspector found a leak."


def test_soft_hyphens_are_taken_out_of_texts_and_titles_in_json() -> None:
    [article] = parse("a.json", '{"text": "The in\\u00adspector came.", "title": "A le\xadak"}'.encode()).articles

    assert (article.text, article.title) == ("The inspector came.", "A leak")


@pytest.mark.parametrize(
    "text",
    [
        "Färjan går klockan åtta. Biljetten kostar nio kronor för vuxna på övre däck.",
        "Ferjan fer klukkan átta. Það kostar níu krónur fyrir börn og þau fá sæti.",
        "The ferry costs £9 – or €10 on Sundays. “Cash only,” says the mate’s brother.",
        "Le bac coûte neuf euros – c’est très cher, dit l’élève à la gare où il était né.",
        "A travessia não é cara: nove coroas por pessoa, três por criança. Às terças não há.",
        "It was 30° in the shade; the ferry’s crew slept.",
        "Café",
    ],
)
def test_a_text_in_a_western_language_is_read_in_the_encoding_of_windows_for_these(text: str) -> None:
    assert parse("a.txt", text.encode("cp1252")).articles[0].text == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Příliš žluťoučký kůň úpěl ďábelské ódy. Přívoz stojí devět korun.", "cp1250"),
        ("Prom odpływa o ósmej rano. Bilet kosztuje dziewięć koron, dzieci płyną za darmo.", "cp1250"),
        ("¿Cuánto cuesta el niño? ¡Mañana será más caro! La señora está aquí.", "cp850"),
        ("渡輪八點開船。費用是九克朗。星期天不開。渡輪八點開船。", "big5"),
    ],
)
def test_a_text_in_another_language_or_of_another_system_is_not_taken_for_such(text: str, encoding: str) -> None:
    assert parse("a.txt", text.encode(encoding)).articles[0].text == text


def test_lines_that_were_pasted_in_an_older_encoding_do_not_cost_the_others() -> None:
    text = SPEECH.encode() + "\n\nCafé, £20 and déjà vu.".encode("cp1252")

    assert parse("a.txt", text).articles[0].text.startswith(SPEECH.strip())
