"""Answers on a terminal; and what articles cannot do to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from bot import contract
from bot.terminal import rendering, tables
from retrieval.answer.query import Filters
from retrieval.articles.article import Skipped
from tests.bot.examples import ARTICLE, QUOTE, a_quote, also_in, an_answer, an_article
from tests.bot.terminal.screen import anything, dangerous, shown


@given(anything, st.data())
def test_highlights_stay_on_their_words_whatever_surrounds_them(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    marks = sorted(data.draw(st.lists(st.integers(start, end), min_size=2, max_size=2)))

    said = rendering.passage(text, start, end, [(marks[0], marks[1])])

    assert len(said.plain) == end - start
    for span in said.spans:
        assert (span.start + start, span.end + start) == tuple(marks)
    assert not dangerous(said.plain)


@given(anything)
def test_everything_an_article_says_of_itself_is_cleaned(text: str) -> None:
    article = replace(an_article(text), title=text, source=text, url=text, path=text)
    answer = an_answer(also_in(a_quote(article, 0, len(text), (0, 1)), text))

    assert not dangerous(shown(rendering.answer(answer)))
    assert not dangerous(shown(rendering.sources(answer.quotes)))
    assert not dangerous(shown(tables.articles([article], [Skipped(text, text)])))
    assert not dangerous(shown(rendering.explanation(answer, 0.5)))


def test_markup_of_rich_is_shown_and_not_obeyed() -> None:
    article = an_article("He said [bold]no[/bold] to it.", title="[red]Title[/red]")

    text = shown(rendering.answer(an_answer(a_quote(article, 0, len(article.text)))))

    assert "He said [bold]no[/bold] to it." in text
    assert "[red]Title[/red]" in text


def test_only_web_addresses_become_links() -> None:
    harmless = shown(rendering.attribution(ARTICLE), terminal=True)
    odd = shown(rendering.attribution(replace(ARTICLE, url="javascript:alert(1)")), terminal=True)

    assert "\x1b]8;" in harmless
    assert "\x1b]8;" not in odd
    assert "javascript:alert(1)" in odd


def test_an_answer_shows_the_quote_and_where_it_stands() -> None:
    assert shown(rendering.answer(an_answer(QUOTE))) == (
        "│ Shinzo Abe met Vladimir Putin in Sochi.\n"
        "  Abe and Putin meet · TASS · 28 November 2016 · https://example.org/sochi\n"
    )


def test_highlights_are_bold_and_coloured_on_a_terminal() -> None:
    text = shown(rendering.answer(an_answer(QUOTE)), terminal=True)

    assert "\x1b[1;36mShinzo Abe\x1b[0m met \x1b[1;36mVladimir Putin\x1b[0m" in text


def test_several_quotes_are_numbered_and_name_who_else_says_so() -> None:
    second = a_quote(ARTICLE, 65, 75)

    text = shown(rendering.quotes([also_in(QUOTE, "Other", "Third"), second], first=4))

    assert "  4  Abe and Putin meet" in text
    assert "     also in: Other (TASS); Third (TASS)\n\n│ They left." in text
    assert "  5  the same article as 4\n" in text


CHECKED = replace(
    an_article(
        "A blog claimed that the dam had burst on Monday.\n\nThousands read it.\n\nThe walls are sound. They are "
        "new.\n\nWe rate this claim False."
    ),
    published=date(2016, 11, 28),
)


def test_a_claim_has_its_verdict_under_it_and_its_day_beside_it() -> None:
    quote = replace(a_quote(CHECKED, 0, 48), older=True)

    for text in (shown(rendering.quotes([quote])), shown(rendering.context(quote))):
        assert text.startswith(
            "│ A blog claimed that the dam had burst on Monday.\n│ → But the article says: We rate this claim False.\n"
        )
        assert text.endswith("\n  An older article\n  Monday · 28 November 2016\n")


def test_a_newer_article_is_told_once_beside_the_quotes_of_one_article() -> None:
    newer = replace(ARTICLE, id="later.md", title="They met again", published=date(2016, 12, 16)).info
    quote = replace(QUOTE, newer=newer, older=True)
    note = "  A newer article is about the same: They met again, 16 December 2016\n"

    assert shown(rendering.context(quote)).endswith(note)
    assert "An older article" not in shown(rendering.context(quote))
    assert shown(rendering.quotes([quote, replace(quote, start=53, end=63, highlights=())])).count("newer article") == 1
    said = contract.answer_json(an_answer(quote))["quotes"][0]["newer"]
    assert (said["id"], said["published"]) == ("later.md", "2016-12-16")


def test_a_link_stands_on_one_line_however_narrow_the_terminal() -> None:
    server = "https://quotes.example.org"

    for text in (
        shown(rendering.answer(an_answer(QUOTE), server), 40, crop=False),
        shown(rendering.answer(an_answer(QUOTE, answered=False), server), 40, crop=False),
        shown(rendering.context(QUOTE, server), 40, crop=False),
    ):
        assert f"  {server}/quotes/{QUOTE.link.token}\n" in text


def test_a_quote_from_a_file_that_has_changed_says_so_and_how_to_mend_it() -> None:
    stale = replace(QUOTE, stale="changed")

    for text in (shown(rendering.quotes([stale])), shown(rendering.context(stale))):
        assert text.endswith("\n  Its file has changed since it was indexed: run quoth index\n")
    assert contract.answer_json(an_answer(stale), explain=True)["explain"]["stale"] == {"sochi.md": "changed"}
    assert contract.answer_json(an_answer(stale)) == contract.answer_json(an_answer(QUOTE))


def test_an_article_without_metadata_is_named_by_its_title() -> None:
    bare = replace(ARTICLE, source=None, published=None, url=None)

    assert rendering.attribution(bare).plain == "Abe and Putin meet"
    assert "also in: Abe and Putin meet\n" in shown(rendering.quotes([replace(QUOTE, also_in=(bare.info,))]))


def test_declining_says_so_and_calls_the_nearest_no_answer() -> None:
    text = shown(rendering.answer(an_answer(QUOTE, answered=False)), terminal=True)

    assert text.startswith("The articles do not say.\n\n")
    assert text.index("Nearest, though not an answer:") < text.index("Shinzo Abe met Vladimir Putin")
    assert "\x1b[1;36m" not in text


def test_declining_with_nothing_near_is_one_line() -> None:
    assert shown(rendering.answer(an_answer(answered=False))) == "The articles do not say.\n"


@pytest.mark.parametrize("width", [20, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    article = an_article("Nobody knew why the ship had turned back so early. " * 20 + "x" * 300, title="The ship " * 20)
    answer = an_answer(also_in(a_quote(article, 0, len(article.text)), "Another " * 20))

    lines = shown(rendering.answer(answer), width, terminal=True, encoding="utf-8").splitlines()

    plain = [Text.from_ansi(line) for line in lines]
    assert max(line.cell_len for line in plain) <= width
    quoted = [line.cell_len for line in plain if line.plain.startswith("│")]
    assert max(quoted) <= min(width, rendering.READING_WIDTH)


def test_a_pipe_gets_a_paragraph_on_one_line() -> None:
    article = an_article("Words that a program looks for\nmay stand anywhere. " * 40 + "\n\nEnd.")

    lines = shown(rendering.answer(an_answer(a_quote(article, 0, len(article.text)))), 1_000_000).splitlines()

    assert [line[:14].rstrip() for line in lines[:3]] == ["│ Words that a", "│", "│ End."]


def test_a_list_keeps_its_lines() -> None:
    assert rendering.passage("Bring\nmany\n- bread\n2. salt", 0, 27).plain == "Bring many\n- bread\n2. salt"


def test_a_terminal_without_box_characters_gets_a_plain_bar() -> None:
    assert shown(rendering.answer(an_answer(QUOTE)), encoding="ascii").startswith("| Shinzo Abe met")


def test_context_sets_the_quote_in_its_paragraph() -> None:
    text = shown(rendering.context(QUOTE), terminal=True)

    assert "\x1b[1mShinzo Abe met Vladimir Putin in Sochi.\x1b[0m It rained." in text
    assert "They left" not in text


def test_sources_name_each_article_once_with_its_file() -> None:
    text = shown(rendering.sources([also_in(QUOTE, "Other"), a_quote(ARTICLE, 0, 5)]), 200)

    assert text.splitlines() == [
        "1  Abe and Putin meet · TASS · 28 November 2016 · https://example.org/sochi · sochi.md",
        "2  Other · TASS · 28 November 2016 · https://example.org/sochi · Other.md",
    ]


def test_explaining_shows_every_stage() -> None:
    text = shown(rendering.explanation(an_answer(QUOTE), 0.5))

    assert "1   1.50   0.80  1.40  9.00  1.70  They spoke." in text
    assert "1   4.25    2.75   1  Shinzo Abe met" in text
    assert "Confidence 0.75 ≥ 0.50 asked for (cosine 0.80, coverage 1.00), 12.3 ms" in text


def test_the_opening_counts_and_dates_the_articles() -> None:
    older = replace(ARTICLE, published=date(2010, 1, 2))
    undated = replace(ARTICLE, published=None)

    assert shown(rendering.opening([older, ARTICLE], Filters())) == (
        "2 articles, the newest of 28 November 2016. Ask a question, or type /help.\n"
    )
    assert "1 article, dated 28 November 2016." in shown(rendering.opening([ARTICLE], Filters()))
    assert "1 article. Ask" in shown(rendering.opening([undated], Filters()))


def test_the_same_text_under_the_same_title_is_told_by_its_place() -> None:
    copy = replace(ARTICLE, id="copies/sochi.md").info
    other = replace(ARTICLE, title="Summit", source=None).info

    text = shown(rendering.quotes([replace(QUOTE, also_in=(copy, other))]))

    assert "also in: copies/sochi.md; Summit" in text


def test_a_quote_says_its_page_and_a_pdf_opens_there() -> None:
    article = replace(ARTICLE, url="https://e.org/a.pdf", pages=(0, 13))
    first, second = a_quote(article, 13, 52), a_quote(article, 0, 12)

    text = shown(rendering.quotes([first, second]), 200)

    assert "TASS · 28 November 2016 · page 2 · https://e.org/a.pdf#page=2\n" in text
    assert "the same article as 1 · page 1\n" in text
    assert "page 2 · https://e.org/a.pdf#page=2\n" in shown(rendering.context(first), 200)


def test_a_quote_says_the_last_headings_that_it_stands_under() -> None:
    text = "# Meeting\n\nTar.\n\n# Backend\n\n## Redis\n\n### PORT\n\nIt is 6379."
    article = replace(ARTICLE, title="Meeting", text=text)
    tar, port = (a_quote(article, text.index(words), text.index(words) + 4) for words in ("Tar.", "It is"))

    said = shown(rendering.quotes([port, tar]), 200)

    assert "TASS · 28 November 2016 · under “Redis › PORT” · https://" in said
    assert "the same article as 1\n" in said  # under a heading that only repeats the title


def test_of_a_heading_as_long_as_a_paragraph_the_beginning_is_told() -> None:
    text = f"# {'word ' * 100}\n\nTar."
    article = replace(ARTICLE, text=text, url=None)

    said = shown(rendering.quotes([a_quote(article, len(text) - 4, len(text))]), 400)

    assert said.rstrip().endswith("word …”")
    assert len(said) < 250


def test_a_quote_off_a_page_that_ocr_has_read_says_so() -> None:
    article = replace(ARTICLE, pages=(0, 13), scanned=(2,))
    first, second = a_quote(article, 13, 52), a_quote(article, 0, 12)

    text = shown(rendering.quotes([first, second]), 200)

    assert "page 2 · read by OCR · https://" in text
    assert "the same article as 1 · page 1\n" in text
    assert "the same article as 1 · page 2 · read by OCR\n" in shown(rendering.quotes([second, first]), 200)


@pytest.mark.parametrize("url", ["https://e.org/report", "https://e.org/a.pdf#page=7", "https://e.org/x?file=a.pdf"])
def test_an_address_that_leads_to_no_pdf_stays_as_it_is(url: str) -> None:
    assert a_quote(replace(ARTICLE, url=url, pages=(0, 13)), 13, 52).url == url


def test_what_is_left_out_of_a_long_sentence_is_marked_outside_of_the_quote() -> None:
    text = "One two three, " * 60 + "and home"
    quote = a_quote(an_article(text), 15, 44, (15, 18))

    assert "│ … One two three, One two three, …\n" in shown(rendering.quotes([quote]), 200)
    assert text.replace("\n", " ") in shown(rendering.context(quote), 2000)
    assert contract.answer_json(an_answer(quote))["quotes"][0]["cut"] == [True, True]
