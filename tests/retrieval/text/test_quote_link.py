"""Links to quotes: what they hold, how the words are found again, and what is no link."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import LinkUnreadable
from retrieval.text.quote_link import LONGEST, QuoteLink
from tests.retrieval.examples import article_of

TEXT = "Rain fell all night. The ferry cost 40. Nobody crossed.\n\nThe ferry cost 40. It sank.\n\nTen men rowed ashore."


def link_to(words: str, text: str = TEXT, nth: int = 0) -> QuoteLink:
    start = -1
    for _ in range(nth + 1):
        start = text.index(words, start + 1)
    return QuoteLink.to(article_of(text), start, start + len(words))


def packed(fields: object, digest: bytes = bytes(9)) -> str:
    """A token made by hand."""
    return base64.urlsafe_b64encode(b"\1" + digest + zlib.compress(json.dumps(fields).encode())).rstrip(b"=").decode()


@given(st.text(min_size=1).filter(str.strip), st.data())
def test_a_link_is_read_as_it_was_made_and_finds_its_words(text: str, data: st.DataObject) -> None:
    words = data.draw(st.sampled_from(text.split()))
    start = text.index(words)
    link = QuoteLink.to(article_of(text, id="日/ü #?.txt", title=text), start, start + len(words))

    assert QuoteLink.read(link.token) == link
    assert link.place(text) == (start, start + len(words))


@pytest.mark.parametrize("word", ["barrels of tar ", "Ж", "東京で雨が降った。", "word\n\n"])
def test_a_long_quote_keeps_its_ends_and_its_link_stays_short(word: str) -> None:
    words = "".join(f"{n} {word}" for n in range(400)).strip()
    text = f"Before that. {words} And after."
    link = QuoteLink.to(article_of(text), 13, 13 + len(words))

    assert len(link.token) <= LONGEST
    assert link.quoted.startswith("0 ")
    assert " … " in link.quoted
    assert link.place(text) == (13, 13 + len(words))
    assert link.place(f"New. {text}") == (18, 18 + len(words))
    middle = text[:600] + "X" + text[601:]
    assert link.place(middle) is None


def test_of_several_places_the_one_with_the_same_surroundings_is_found() -> None:
    moved = "A note.\n\n" + TEXT

    assert link_to("The ferry cost 40.", nth=0).place(moved) == (30, 48)
    assert link_to("The ferry cost 40.", nth=1).place(moved) == (66, 84)


def test_only_white_space_may_differ() -> None:
    words = "Rain fell all night. The ferry cost 40."

    assert link_to(words).place(TEXT.replace(" ", "\n")) == (0, len(words))
    assert link_to(words).place(TEXT.replace(" ", "   ")) is not None
    assert link_to(words).place(TEXT.replace("night. ", "night.")) is None
    assert link_to(words).place(TEXT.replace("40", "41")) is None


@pytest.mark.parametrize(
    ("words", "before", "after"),
    [
        ("en men rowed ashore.", "Ten men rowed ashore.", "Often men rowed ashore."),
        ("The ferry cost 40.", "The ferry cost 40.", "The ferry cost 40.5 million."),
        ("The ferry cost 40", "The ferry cost 40 today", "The ferry cost 400 today"),
        ("profit is made", "A profit is made.", "A non-profit is made."),
        ("5 men left", "So 5 men left.", "So 1.5 men left."),
        ("Look at a.", "Look at a. Or not.", "Look at a.example.org. Or not."),
        ("Sami saw it.", "It rained on us. Sami saw it.", "It rained on us and never Sami saw it."),
        ("the dog", "Of the dog they spoke.", "Of the dog’s they spoke."),
    ],
)
def test_words_that_became_parts_of_others_do_not_stand(words: str, before: str, after: str) -> None:
    link = link_to(words, before)

    assert link.place(before) is not None
    assert link.place(f"New. {before}") is not None
    joined = before.startswith("Ten")  # as it was when it was quoted
    assert (link.place(after) is not None) is False or joined


def test_what_is_most_like_the_words_is_found_in_whole_sentences() -> None:
    text = TEXT.replace("Nobody crossed", "Hardly anybody crossed it")
    place = link_to("Nobody crossed.").closest(text)
    other = QuoteLink.to(article_of("Blue whales eat krill and nothing else."), 0, 39)

    assert place is not None
    assert text[slice(*place)] == "Hardly anybody crossed it."
    assert other.closest(text) is None
    assert other.closest("") is None


def test_of_a_long_quote_that_changed_the_whole_is_found() -> None:
    words = " ".join(f"Boat number {n} left the harbour of Vexley with {n * 7} barrels." for n in range(60))
    text = f"It rained on the town. {words} Everybody in the town saw it."
    link = link_to(words, text)

    changed = text.replace("number 14 left", "number 14 never left")
    place = link.closest(changed)

    assert link.last
    assert link.place(changed) is None
    assert place is not None
    assert changed[slice(*place)] == words.replace("14 left", "14 never left")


GOOD = ["a.txt", "A note", 0, 4, "", "", 0, "Rain"]


@pytest.mark.parametrize(
    "token",
    [
        "",
        "A",
        "AAAA",
        "../../etc/passwd",
        "a" * 9_000,
        "é",
        link_to("It sank.").token[:-4],
        link_to("It sank.").token + "AAAA",
        "B" + link_to("It sank.").token[1:],
        packed(GOOD),
        packed([]),
        packed({"article": "a.txt"}),
        packed([*GOOD[:2], "0", *GOOD[3:]]),
        packed([*GOOD[:2], True, *GOOD[3:]]),
        packed([*GOOD[:2], -1, *GOOD[3:]]),
        packed([*GOOD[:3], 10**30, *GOOD[4:]]),
        packed([*GOOD[:3], 0, *GOOD[4:]]),
        packed([["a.txt"], *GOOD[1:]]),
        packed([*GOOD, "end"]),
        packed([*GOOD, "end", "4"]),
        packed([*GOOD[:7], ""]),
        base64.urlsafe_b64encode(b"\1" + bytes(9) + zlib.compress(b"[" * 5_000)).decode().rstrip("="),
        base64.urlsafe_b64encode(b"\1" + bytes(9) + zlib.compress(bytes(10**7), 1)).decode().rstrip("="),
        base64.urlsafe_b64encode(b"\1" + bytes(9) + zlib.compress(b"\xff\xfe")).decode().rstrip("="),
    ],
)
def test_what_is_no_link_is_refused(token: str) -> None:
    with pytest.raises(LinkUnreadable):
        QuoteLink.read(token)


def test_words_that_are_not_those_of_the_hash_are_refused() -> None:
    forged = replace(link_to("It sank."), words="It swam.")

    with pytest.raises(LinkUnreadable, match=r"."):
        QuoteLink.read(forged.token)


@given(st.text(alphabet="ABCabc012_-", max_size=300))
def test_no_token_breaks_the_reading(token: str) -> None:
    with pytest.raises(LinkUnreadable):
        QuoteLink.read(token)


def test_half_of_a_character_in_an_id_stays() -> None:
    link = QuoteLink.to(article_of("Rain fell.", id="\udce9.txt"), 0, 10)

    assert QuoteLink.read(link.token).article == "\udce9.txt"
