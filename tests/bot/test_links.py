"""Links that people paste, and addresses that open an article at the words of a quote."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import links
from retrieval.errors import LinkUnreadable
from tests.bot.examples import QUOTE

TOKEN = QUOTE.link.token


@pytest.mark.parametrize(
    "pasted",
    [
        TOKEN,
        f"/quotes/{TOKEN}",
        f"https://quotes.example.org/quotes/{TOKEN}",
        f"https://example.org/quoth/quotes/{TOKEN}/",
        f"  <https://quotes.example.org/quotes/{TOKEN}>\n",
        f"http://127.0.0.1:8000/quotes/{TOKEN}?utm_source=mail#quote",
        f"“https://quotes.example.org/quotes/{TOKEN}”.",
        f"(https://quotes.example.org/quotes/{TOKEN}),",
        f"[quote](https://quotes.example.org/quotes/{TOKEN})",
    ],
)
def test_a_link_is_read_with_and_without_a_server(pasted: str) -> None:
    assert links.read(pasted) == QUOTE.link


@pytest.mark.parametrize("between", [" ", "\n", "?from=mail "])
def test_one_of_several_links_does_not_pass_for_all(between: str) -> None:
    with pytest.raises(LinkUnreadable):
        links.read(f"https://quotes.example.org/quotes/gone{between}https://quotes.example.org/quotes/{TOKEN}")


@pytest.mark.parametrize(
    "pasted", ["", "/quotes/", f"/quotes/{TOKEN[:-9]}…", "../../etc/passwd", f"https://example.org/{TOKEN}/more", "é"]
)
def test_what_is_no_link_is_refused(pasted: str) -> None:
    with pytest.raises(LinkUnreadable):
        links.read(pasted)


@pytest.mark.parametrize(
    ("url", "words", "expected"),
    [
        (None, "It rained.", None),
        ("javascript:alert(1)", "It rained.", "javascript:alert(1)"),
        ("https://e.org/a.pdf#page=2", "It rained.", "https://e.org/a.pdf#page=2"),
        ("https://e.org/a", "Ticket: Adult | Price: 12 euros", "https://e.org/a"),
        ("https://e.org/a?b=1", "It rained.", "https://e.org/a?b=1#:~:text=It%20rained."),
        (
            "https://e.org",
            "Well-known, and & so\non — 100 %.",
            "https://e.org#:~:text=Well%2Dknown%2C%20and%20%26%20so%20on%20%E2%80%94%20100%20%25.",
        ),
        (
            "https://e.org",
            "The ferry of Vexley sank on Monday, and " + "nobody saw it. " * 9,
            "https://e.org#:~:text=The%20ferry%20of%20Vexley%20sank,saw%20it.%20nobody%20saw%20it.",
        ),
        (
            "https://e.org",
            "".join(f"雨が{n}回降った。" for n in range(20)),
            "https://e.org#:~:text=" + ",".join(
                map(links._fragment, ["雨が0回降った。雨が1回降った。", "雨が18回降った。雨が19回降った。"[-16:]])
            ),
        ),
    ],
)  # fmt: skip
def test_an_article_s_own_address_opens_at_the_words(url: str | None, words: str, expected: str | None) -> None:
    assert links.at_words(url, words) == expected


@given(st.text(min_size=1).filter(str.strip))
def test_no_words_end_the_address_or_split_the_fragment(words: str) -> None:
    address = links.at_words("https://e.org/", words) or ""

    _, _, fragment = address.partition("#:~:text=")
    pieces = fragment.split(",")
    assert 1 <= len(pieces) <= 2
    assert not set(fragment) & set('&- #"<>\n')
    plain = " ".join(words.encode("utf-8", "replace").decode().split())
    assert plain.startswith(unquote(pieces[0]))
    assert plain.endswith(unquote(pieces[-1]))


def test_the_words_that_differ_are_found() -> None:
    now, then = "A list of 31 projects was formed, too.", "A list of 30 projects was formed."

    assert [now[slice(*each)] for each in links.differing(now, then)] == ["31", "formed, too."]
    assert [then[slice(*each)] for each in links.differing(then, now)] == ["30", "formed."]
    assert links.differing(now, now) == []
