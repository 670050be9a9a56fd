"""The objects that ``--json`` prints and the server sends."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import contract
from tests.bot.examples import QUOTE, TEXT, a_quote, an_answer, an_article
from tests.bot.terminal.screen import anything


@given(anything, st.data())
def test_json_offsets_give_back_the_slice(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))

    said = json.loads(json.dumps(contract.answer_json(an_answer(a_quote(an_article(text), start, end, (start, end))))))

    quote = said["quotes"][0]
    assert quote["text"] == text[quote["start"] : quote["end"]]
    assert quote["highlights"] == [[start, end]]


WORDS = "Shinzo%20Abe%20met%20Vladimir%20Putin%20in%20Sochi."


def test_json_has_what_the_contract_says() -> None:
    assert contract.answer_json(an_answer(QUOTE)) == {
        "question": "who met in Sochi?",
        "answered": True,
        "confidence": 0.75,
        "quotes": [
            {
                "text": "Shinzo Abe met Vladimir Putin in Sochi.",
                "start": 13,
                "end": 52,
                "highlights": [[13, 23], [28, 42]],
                "score": 4.25,
                "article": {
                    "id": "sochi.md",
                    "title": "Abe and Putin meet",
                    "source": "TASS",
                    "published": "2016-11-28",
                    "url": "https://example.org/sochi",
                    "path": "sochi.md",
                },
                "headings": [],
                "page": None,
                "ocr": False,
                "url": "https://example.org/sochi",
                "url_at_words": f"https://example.org/sochi#:~:text={WORDS}",
                "link": f"/quotes/{QUOTE.link.token}",
                "cut": [False, False],
                "verdict": None,
                "times": [],
                "older": False,
                "newer": None,
                "also_in": [],
            }
        ],
        "elapsed_ms": 12.35,
    }


def test_json_has_what_stands_beside_a_quote() -> None:
    text = "Rumours said on Monday that the dam had burst.\n\nThousands fled.\n\nThe dam had not burst, police said."
    quote = replace(a_quote(an_article(text), 0, 46), older=True)

    (said,) = contract.answer_json(an_answer(quote))["quotes"]

    start = text.index("The dam had")
    assert said["verdict"] == {"kind": "claim", "text": text[start:], "start": start, "end": len(text)}
    assert said["times"] == [{"words": "Monday", "first": "2016-11-28", "last": "2016-11-28"}]
    assert said["older"]


def test_explaining_adds_every_stage_to_the_json() -> None:
    said = contract.answer_json(an_answer(QUOTE), explain=True)["explain"]

    assert said["evidence"] == {"cosine": 0.8, "coverage": 1.0}
    assert said["hits"][0] | {"article": "sochi.md", "start": 0, "end": len(TEXT), "score": 1.5} == said["hits"][0]


def test_json_has_the_headings_that_a_quote_stands_under() -> None:
    article = an_article("# Fish\n\n## In tar\n\nHerring.")

    (said,) = contract.answer_json(an_answer(a_quote(article, 19, 27)))["quotes"]

    assert (said["text"], said["headings"]) == ("Herring.", ["Fish", "In tar"])


def test_json_has_the_page_of_a_quote_and_a_link_to_it() -> None:
    article = replace(an_article("Tar. Herring."), url="https://e.org/pdf/1?v=2", pages=(0, 5))

    (said,) = contract.answer_json(an_answer(a_quote(article, 5, 13)))["quotes"]

    assert (said["page"], said["url"]) == (2, "https://e.org/pdf/1?v=2#page=2")
    assert said["article"]["url"] == "https://e.org/pdf/1?v=2"
    assert contract.article_text_json(article, [])["pages"] == [0, 5]


@pytest.mark.parametrize(("start", "end", "ocr"), [(0, 4, False), (5, 13, True), (0, 13, True)])
def test_json_says_whether_any_of_a_quote_was_read_by_ocr(start: int, end: int, ocr: bool) -> None:
    article = replace(an_article("Tar. Herring."), pages=(0, 5), scanned=(2,))

    (said,) = contract.answer_json(an_answer(a_quote(article, start, end)))["quotes"]

    assert said["ocr"] is ocr
