"""What Discord is sent: nothing in it is active, everything in it fits, and all of it is the article's."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from unittest.mock import AsyncMock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.discord import article_cards, cards, markup
from bot.discord.drafts import ArticleForm, Draft
from bot.discord.library import Beside, short_id
from bot.discord.memory import Place, Record
from bot.discord.messages import layout
from bot.languages import TRANSLATED, speaking
from bot.unwrapping import unwrapped
from retrieval.articles.article import Article
from retrieval.text.sentences import Span
from tests.bot.discord.markdown import HIDDEN, read, unquoted
from tests.bot.discord.rules import COMPONENTS_V2, broken_rules
from tests.bot.examples import ARTICLE, an_article

HOSTILE = [
    *(
        "@everyone",
        "@here",
        "<@1>",
        "<@!12>",
        "<@&3>",
        "<#4>",
        "</ask:5>",
        "<id:browse>",
        "<t:1:R>",
        "<a:x:6>",
        ":joy:",
    ),
    *("https://evil.example/x", "HTTP://a.b", "discord.gg/abc", "DiscordApp.com/invite", "[a](http://b)", "[a](<b>)"),
    *("\n# ", "\n## a", "\n-# ", "\n> ", "\n>>> ", "\n- ", "\n1. ", "\n12) ", "\n+ ", "\n  - ", "||", "~~", "```", "`"),
    *("**", "*", "_", "__", "\\", "\\\\", "\\*", "¯\\_(ツ)_/¯", "\u202e", "\u200b", "\u200d", "\u2066", "\u3164"),
    *(
        "\ufeff",
        "\U000e0041",
        "\0",
        "\x1b[31m",
        "\ud800",
        "\r\n",
        "\t",
        "👩\u200d👩\u200d👧",
        "🇷🇺",
        "e\u0301",
        "क्षि",
        "語",
    ),
    *(" ", "\n", "\n\n", "word ", "Sochi", "12", "."),
]
texts = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=8), max_size=40).map("".join)
long_texts = st.builds(lambda piece, times: piece * times, texts, st.integers(1, 400))


@st.composite
def quotes(draw: st.DrawFn) -> tuple[str, Span, list[tuple[int, int]]]:
    text = draw(texts | long_texts)
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, len(text)))
    bounds = sorted(draw(st.sets(st.integers(start, end), max_size=6)))
    marks = list(zip(bounds[::2], bounds[1::2], strict=False))
    return text, Span(start, end), draw(st.permutations(marks))


@given(quotes(), st.sampled_from([60, 300, 2000, 4096]))
@example(("\n# a", Span(0, 4), []), 60)
@example(("a\r\n# b", Span(0, 6), []), 60)
@example(("_" * 500, Span(0, 500), [(250, 255), (0, 249), (256, 500)]), 60)
def test_a_quotation_fits_shows_the_slice_and_does_nothing(
    quote: tuple[str, Span, list[tuple[int, int]]], limit: int
) -> None:
    text, span, marks = quote

    quotation = markup.quotation(text, span, marks, limit)

    assert markup.size(quotation) <= limit
    seen = read(unquoted(quotation))
    assert not seen.active, quotation
    assert not HIDDEN.search(seen.text)
    told = seen.text.removeprefix("… ").removesuffix(" …")
    whole = markup.visible(unwrapped(text[span.start : span.end]))
    assert told in whole
    if told == seen.text and markup.size(whole) * 2 + 500 < limit:
        assert told == whole


@given(texts | long_texts, st.sampled_from([30, 100, 500]))
@example("\N{WOMAN}\N{ZERO WIDTH JOINER}\N{HANGUL FILLER}@everyone@everyone@everyone", 30)
def test_a_line_of_untrusted_text_fits_and_does_nothing(text: str, limit: int) -> None:
    line = markup.escaped(text, limit)

    assert markup.size(line) <= limit
    seen = read(line)
    assert not seen.active
    assert "\n" not in line
    assert not HIDDEN.search(seen.text)
    assert " ".join(markup.visible(text).split()).startswith(seen.text.removesuffix("…"))


@given(texts | long_texts)
def test_text_that_knows_no_markdown_fits_too(text: str) -> None:
    line = markup.plain(text, 100)

    assert markup.size(line) <= 100
    assert not HIDDEN.search(line)


articles = st.builds(
    lambda text, title, source, url: Article(
        "a.md", title or "t", source or None, date(2016, 11, 28), url, "a.md", text
    ),
    texts | long_texts,
    texts | long_texts,
    texts,
    st.none() | texts.map("https://e.org/".__add__) | texts,
)


@given(articles, texts | long_texts, quotes(), st.booleans(), st.integers(1, 12), st.data())
def test_no_card_exceeds_a_limit_or_says_more_than_it_should(
    article: Article,
    question: str,
    quote: tuple[str, Span, list[tuple[int, int]]],
    answered: bool,
    total: int,
    data: st.DataObject,
) -> None:
    text, span, marks = quote
    article = replace(article, text=text)
    place = Place("a.md", "hash", *span, highlights=tuple(marks))
    record = Record("k" * 12, 7, question, data.draw(st.booleans()), answered, (place,) * total, "")
    number = data.draw(st.integers(0, total - 1))
    show = data.draw(st.sampled_from([cards.answer, cards.nearest, cards.paragraph]))

    with speaking(data.draw(st.sampled_from(["en", *TRANSLATED]))):
        card = show(record, data.draw(st.sampled_from([article, None])), number)

    assert_within_limits(card)
    links = re.compile(r"\[((?:\\.|[^\[\]\\])*)\]\(<https?://[^\s<>()\\]*>\)")
    for markdown in (card.embed, card.plain, card.title.removeprefix("**").removesuffix("**")):
        body = re.sub(r"(?m)^(-# |> )", "", links.sub(r"\1", markdown))
        assert not read(body).active, markdown


def assert_within_limits(card: cards.Card) -> None:
    assert card.plain
    assert markup.size(card.title) + markup.size(card.embed) <= 4000
    assert markup.size(card.plain) <= 2000
    assert markup.size(card.question) <= 256
    assert markup.size(card.embed) + markup.size(card.question) <= 6000
    assert all(sum(button.row == row for button in card.buttons) <= 5 for row in range(5))
    assert all(button.row < 5 for button in card.buttons)
    ids = [button.id for button in card.buttons]
    assert len(set(ids)) == len(ids)
    for button in card.buttons:
        assert len(button.id) <= 100
        assert re.fullmatch(cards.CUSTOM_ID, button.id)
        assert 0 < len(button.label) <= 80 or button.emoji
    components = layout(card).to_components()  # type: ignore[no-untyped-call]
    body = {"flags": COMPONENTS_V2, "components": components, "allowed_mentions": {"parse": []}}
    assert broken_rules("POST", "channels/1/messages", body) == []


def test_a_newer_article_is_told_in_small_print() -> None:
    newer = replace(ARTICLE, id="later.md", title="They *met* again " * 30, published=date(2016, 12, 16)).info
    record = replace(RECORD, places=(replace(RECORD.places[0], older=True, newer="later.md"),))

    told = cards.answer(record, ARTICLE, 0, Beside(newer=newer))
    gone = cards.answer(record, ARTICLE, 0, Beside(stale="changed"))

    assert r"-# A newer article is about the same\: They \*met\* again" in told.small
    assert told.small.endswith("…, 16 December 2016")
    assert "An older article" not in told.small
    assert "An older article" in gone.small
    assert_within_limits(told)


RECORD = Record("key", 7, "who met *in* Sochi?", True, True, (Place("sochi.md", "h", 13, 52, ((28, 42), (13, 23))),))


def test_an_answer_is_the_quotation_with_its_words_in_bold_and_where_it_stands() -> None:
    card = cards.answer(RECORD, ARTICLE)

    assert card.embed == (
        "> **Shinzo Abe** met **Vladimir Putin** in Sochi.\n"
        "-# [Abe and Putin meet](<https://example.org/sochi>) · TASS · 28 November 2016"
    )
    assert card.plain == f"-# who met \\*in\\* Sochi?\n{card.embed}"
    assert card.question == "who met *in* Sochi?"
    assert [button.label or button.emoji for button in card.buttons] == ["Paragraph", "Article", "👍", "👎"]


def quoted(article: Article, start: int, end: int, *marks: tuple[int, int]) -> Record:
    """An answer that quotes these words alone."""
    place = Place(article.id, article.content_hash, start, end, marks)
    return Record("k", 1, "Who met?", titled=False, answered=True, places=(place,))


def test_a_claim_has_its_verdict_under_it_and_small_print_explains_its_days() -> None:
    text = "A blog claimed on Monday that the dam had burst.\n\nThousands fled.\n\nWe rate this claim *False*."
    record = replace(RECORD, places=(Place("sochi.md", "h", 0, 48, (), older=True),))

    assert cards.answer(record, replace(ARTICLE, text=text)).embed == (
        "> A blog claimed on Monday that the dam had burst.\n"
        "But the article says\\: We rate this claim \\*False\\*.\n"
        "-# [Abe and Putin meet](<https://example.org/sochi>) · TASS · 28 November 2016\n"
        "-# An older article\n"
        "-# Monday · 28 November 2016"
    )


def test_a_question_that_stands_in_the_channel_is_not_repeated() -> None:
    card = cards.answer(replace(RECORD, titled=False), ARTICLE)

    assert card.question == ""
    assert card.plain == card.embed


def test_further_quotes_are_pages() -> None:
    record = replace(RECORD, places=RECORD.places * 3)
    labels = [[(b.label, b.id, b.enabled) for b in cards.answer(record, ARTICLE, n).buttons[:2]] for n in range(3)]

    assert labels == [
        [("◀", "quoth:page:0:key", False), ("More quotes (1 of 3) ▶", "quoth:page:1:key", True)],
        [("◀", "quoth:page:0:key", True), ("More quotes (2 of 3) ▶", "quoth:page:2:key", True)],
        [("◀", "quoth:page:1:key", True), ("More quotes (3 of 3) ▶", "quoth:page:2:key", False)],
    ]


def test_what_the_articles_do_not_say_hides_the_nearest_passages_and_labels_them() -> None:
    record = replace(RECORD, answered=False, titled=False)

    card = cards.answer(record, ARTICLE)
    nearest = cards.nearest(record, ARTICLE, 0)

    assert card.embed == card.plain == "The articles do not say."
    assert card.buttons[0].id == "quoth:nearest:0:key"
    assert nearest.embed.startswith("**Not an answer**, only what comes nearest:\n> Shinzo Abe met Vladimir Putin")


def test_a_filter_that_leaves_no_article_says_so() -> None:
    record = replace(RECORD, answered=False, places=(), note="No article is left: from *X*.")

    card = cards.answer(record, None)

    assert card.embed == "The articles do not say. No article is left\\: from \\*X\\*."
    assert [button.emoji for button in card.buttons] == ["👍", "👎"]


def test_the_paragraph_has_the_quote_in_bold() -> None:
    assert cards.paragraph(RECORD, ARTICLE, 0).embed.startswith(
        "> **Shinzo Abe met Vladimir Putin in Sochi.** It rained."
    )


def test_in_the_paragraph_of_a_long_quote_the_answer_is_what_is_bold() -> None:
    article = an_article(f"{'Long ' * 600}Sochi {'tail ' * 600}")

    assert "**Sochi**" in cards.paragraph(quoted(article, 0, len(article.text) - 1, (3000, 3005)), article, 0).plain


def test_an_article_that_changed_is_not_quoted() -> None:
    assert cards.answer(RECORD, None).embed == cards.CHANGED
    assert cards.paragraph(RECORD, None, 0).plain == cards.CHANGED


def test_a_long_quote_is_shortened_around_the_answer_between_words() -> None:
    text = f"{'before ' * 2000}Sochi in May {'after ' * 2000}"
    start = text.index("Sochi")

    quotation = markup.quotation(text, Span(0, len(text)), [(start, start + 12)], 200)

    assert quotation.startswith("> … before before")
    assert quotation.endswith("after …")
    assert "**Sochi in May**" in quotation
    assert 150 < len(quotation) <= 200


def test_nothing_is_cut_inside_a_grapheme_or_an_escape() -> None:
    family, text = "👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧" * 50 + "_" * 300

    for limit in range(40, 140):
        told = read(unquoted(markup.quotation(text, Span(0, len(text)), [], limit))).text.removesuffix(" …")
        assert len(told.rstrip("_")) % len(family) == 0
    for limit in range(40, 60):
        assert len(read(markup.escaped("[_]" * 40, limit)).text) > limit // 3


def test_a_long_article_costs_no_more_than_a_short_one() -> None:
    text = "a" * 5_000_000

    quotation = markup.quotation(text, Span(0, len(text)), [(2_500_000, 2_500_010)], 2000)

    assert len(quotation) <= 2000


@pytest.mark.parametrize(
    "url",
    [
        *("javascript:alert(1)", "https://a b", "ftp://x", "https://\u202ex", "https://e.org/" + "a" * 600, "https://"),
        *("https://good.example@evil.example/", "https://good.example%40@evil.example", "https://[::1", "https://a:b/"),
    ],
)
def test_what_is_no_safe_address_is_no_link(url: str) -> None:
    assert markup.attribution(replace(ARTICLE, url=url)) == "Abe and Putin meet · TASS · 28 November 2016"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://[::1]:8080/a", "https://[::1]:8080/a"),
        ("https://bücher.example/ü?q=ü#é", "https://xn--bcher-kva.example/%C3%BC?q=%C3%BC#%C3%A9"),
        ("HTTPS://gооgle.com", "https://xn--ggle-55da.com"),
        ("https://e.org:443/a%20b", "https://e.org:443/a%20b"),
    ],
)
def test_a_link_leads_where_its_host_says(url: str, shown: str) -> None:
    assert markup.address(url) == shown


def test_brackets_do_not_end_a_link() -> None:
    article = replace(ARTICLE, title="a [b](http://x) c", url="https://e.org/(x)>", source=None, published=None)

    assert markup.attribution(article) == r"[a (b)(http\://x) c](<https://e.org/%28x%29%3E>)"


def test_joiners_stay_where_scripts_and_emoji_need_them() -> None:
    assert markup.visible("می\u200cخواهم 👩\u200d🔬 a\u200db") == "می\u200cخواهم 👩\u200d🔬 ab"


@pytest.mark.parametrize("language", TRANSLATED)
def test_cards_fit_in_every_language(language: str) -> None:
    several = [an_article("x", title="*" * 500, id=f"{number}{'_' * 200}.md") for number in range(2_500)]
    with speaking(language):
        shown = [
            cards.welcome(several, [f"{number}{'?' * 69}" for number in range(3)]),
            cards.welcome([], []),
            article_cards.listing(several, 100, "*" * 80),
            article_cards.removal(several[0], short_id(several[0].id), 99_999),
            *(cards.small_talk(kind, several) for kind in ("greeting", "help", "who", "thanks", None)),
        ]
        form = ArticleForm(Draft(), AsyncMock()).to_dict()

    for card in shown:
        assert_within_limits(card)
    assert all(0 < len(words) <= 45 for words in (form["title"], *(each["label"] for each in form["components"])))


def test_a_card_says_the_page_and_links_to_it() -> None:
    article = replace(ARTICLE, url="https://e.org/a.pdf", pages=(0, 13))

    for card in (cards.answer(quoted(article, 13, 52), article), cards.paragraph(quoted(article, 13, 52), article, 0)):
        assert card.plain.endswith("](<https://e.org/a.pdf#page=2>) · TASS · 28 November 2016 · page 2")


def test_a_card_says_the_section_whatever_its_heading_holds() -> None:
    article = replace(ARTICLE, text="## *Stars* and `ticks`\n\nTar. Herring.")

    assert cards.answer(quoted(article, 29, 37), article).plain.endswith(r"under “\*Stars\* and \`ticks\`”")


def test_a_card_says_that_ocr_has_read_the_page() -> None:
    article = replace(ARTICLE, pages=(0, 13), scanned=(2,))

    assert cards.answer(quoted(article, 13, 52), article).plain.endswith("page 2 · read by OCR")


def test_a_card_marks_what_is_left_out_of_a_long_sentence() -> None:
    article = an_article("One two three, " * 60 + "and home")
    record = quoted(article, 15, 44, (15, 18))

    assert cards.answer(record, article).plain.startswith("> … **One** two three, One two three, …\n")
    assert "> … " not in cards.paragraph(record, article, 0).plain
