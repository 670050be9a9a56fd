"""What an article marks as a claim, rumour, denial, correction or satire is found with the article's verdict on it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answer.quoting.claims import verdict, with_verdict
from retrieval.answer.reading.reader import whole_sentences
from retrieval.text.sentences import Span
from tests.retrieval.examples import article_of


def place(text: str, words: str) -> Span:
    start = text.index(words)
    return whole_sentences(text, Span(start, start + len(words)))


def judged(text: str, words: str) -> str | None:
    """The verdict on the sentence with ``words``, word for word."""
    found = verdict(article_of(text), place(text, words))
    return text[found.span.start : found.span.end] if found and found.span else None


def shown(text: str, words: str) -> str:
    """The sentence with ``words``, with its verdict where that stands right beside it."""
    start, end = with_verdict(article_of(text), place(text, words))
    return text[start:end]


@pytest.mark.parametrize(
    ("text", "claim", "found"),
    [
        (
            "CLAIM: It was closed for troops.\n\nTHE FACTS: The school has not been closed. A pipe burst in May.",
            "troops",
            "THE FACTS: The school has not been closed.",
        ),
        (
            "The claim: Drinking vinegar cures the flu.\n\nOur ruling: False. Doctors know of no such cure.",
            "vinegar",
            "Our ruling: False. Doctors know of no such cure.",
        ),
        (
            "# Claim\n\nThe lake was drained in May.\n\n# What we found\n\nThe lake is full. Anglers sit on its shore.",
            "drained",
            "# What we found\n\nThe lake is full.",
        ),
        (
            "CLAIM: The vaccine has lead in it.\n\nAP'S ASSESSMENT: False. No vaccine on the market has any.",
            "lead",
            "AP'S ASSESSMENT: False. No vaccine on the market has any.",
        ),
        (
            "Rumours spread on Monday that the Zelen dam had burst. The dam has not burst, police said.",
            "Rumours",
            "The dam has not burst, police said.",
        ),
        (
            "Posts on social media say that the bank of Harn is out of cash.\n\nThe bank called the posts false.",
            "Posts",
            "The bank called the posts false.",
        ),
        (
            "The state will sell the railway, the weekly Kompass reported.\n\nMinister Saal denied the report.",
            "Kompass",
            "Minister Saal denied the report.",
        ),
        (
            "The mayor took a bribe, his rival alleged on Friday.\n\nThe mayor rejected the allegation.",
            "bribe",
            "The mayor rejected the allegation.",
        ),
        (
            "Another post said that three children were in hospital. The hospital said it treated no such patients.",
            "children",
            "The hospital said it treated no such patients.",
        ),
        (
            "Police said that Ola Harn stole the crown. Her lawyer denied it in a letter.",
            "crown",
            "Her lawyer denied it in a letter.",
        ),
        (
            "Residents claimed that a wolf killed nine sheep. The forestry office said it was not a wolf but a dog.",
            "sheep",
            "The forestry office said it was not a wolf but a dog.",
        ),
        (
            "Harn was charged with stealing the crown. She was acquitted in May.",
            "crown",
            "She was acquitted in May.",
        ),
        (
            "The bread tax will double, a tweet claims. In fact, it stays as it is.",
            "tweet",
            "In fact, it stays as it is.",
        ),
        (
            "The weekly Kompass reported that the bank is broke. The story turned out to be untrue.",
            "Kompass",
            "The story turned out to be untrue.",
        ),
        (
            "A photo shows a shark in Mill Street. The photo was doctored.",
            "shark",
            "The photo was doctored.",
        ),
        (
            "Behauptung: Fledermäuse sind blind.\n\nFakt: Fledermäuse sehen gut.",
            "blind",
            "Fakt: Fledermäuse sehen gut.",
        ),
        (
            "# What's the claim?\n\nBats are blind.\n\n# Our verdict\n\nFalse. Bats see quite well.",
            "blind",
            "# Our verdict\n\nFalse. Bats see quite well.",
        ),
    ],
)
def test_a_claim_is_shown_together_with_the_verdict_beside_it(text: str, claim: str, found: str) -> None:
    assert judged(text, claim) == found
    assert shown(text, claim).endswith(found)
    assert verdict(article_of(text), with_verdict(article_of(text), place(text, claim))) is None  # all is said


FACT_CHECK = """\
A blogger claimed that the tax on bread was doubled in June.

The video has been seen by thousands. It shows a baker with a sign.

The shop in it closed years ago. The man was an actor from Harn.

We rate this claim False.
"""


def test_a_verdict_that_stands_further_off_is_found_and_not_joined() -> None:
    assert judged(FACT_CHECK, "doubled") == "We rate this claim False."
    assert shown(FACT_CHECK, "doubled") == "A blogger claimed that the tax on bread was doubled in June."


def test_a_denial_that_comes_first_is_found() -> None:
    text = (
        "Police denied reports that a tiger had escaped from the zoo in Harn. Traffic was dense. A tiger had escaped "
        "from the zoo, posts said."
    )

    assert judged(text, "posts said") == "Police denied reports that a tiger had escaped from the zoo in Harn."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("THE FACTS: The school has not been shut down.\n\nCLAIM: It was.", "has not"),
        ("There is no evidence that the bridge is unsafe. The report was written by engineers.", "no evidence"),
        ("Rumours that the king had died are false. The king was seen on Monday.", "Rumours"),
        ("Kyodo news agency reported on Monday that exports rose. Imports did not.", "Kyodo"),
        ("The club signed a striker. The goalkeeper did not play. Fans denied that they had left early.", "striker"),
        ("Mary reported the theft. She was not hurt.", "theft"),
        ("The storm killed four, police reported. In fact, it was the worst in years.", "storm"),
        ("According to Ola Harn the mill is old. It is impossible to see it from town.", "mill"),
        ("Supporters said it would save money. Mayor Falk denied that taxes would rise.", "Supporters"),
        ("The pact saves money, the mayor said.\n\nHer son denied it.", "pact"),
        ("She filed a suit in May. The court dismissed it in June.", "suit"),
    ],
)
def test_what_stands_for_itself_has_no_verdict(text: str, words: str) -> None:
    assert judged(text, words) is None
    assert text[slice(*place(text, words))] == shown(text, words)


CORRECTED = """\
The library was designed by Marco Ferrant and has four floors. It opens at ten.

Readers like its cellar.

Correction: An earlier version of this article said that Marco Ferrant designed the library. Luis Ferrant designed it.
"""


def test_a_sentence_that_the_article_corrects_has_its_correction() -> None:
    assert judged(CORRECTED, "four floors") == CORRECTED.strip().rpartition("\n")[2]
    assert judged(CORRECTED, "cellar") is None


def test_a_denial_is_shown_with_what_it_denies() -> None:
    text = "The day was wet. A post says the company poured arsenic into the lake. The company, Norrick, denied it."

    assert shown(text, "Norrick") == text.partition("wet. ")[2]


@pytest.mark.parametrize(
    "note",
    [
        "Erratum: The bridge is 40 metres long.",
        "A previous version of this article misstated the length of the bridge. It is 40 metres.",
        "An earlier version wrongly said that the bridge is 400 metres long.",
        "Update: The bridge is 40 metres long, not 400.",
    ],
)
def test_a_correction_is_known_by_other_words_too(note: str) -> None:
    assert judged(f"The bridge is 400 metres long.\n\n{note}", "400") == note


@pytest.mark.parametrize("part", ["Correction:", "Luis Ferrant"])
def test_a_correction_is_shown_whole(part: str) -> None:
    assert shown(CORRECTED, part) == CORRECTED.strip().rpartition("\n")[2]


def test_satire_is_marked_by_the_text_the_title_or_the_source() -> None:
    text = "A goat became governor on Thursday.\n\nMarkets rose.\n\nThis article is satire."
    plain = article_of("A goat became governor on Thursday.")
    span = Span(0, 35)

    assert judged(text, "goat") == "This article is satire."
    assert verdict(plain, span) is None
    for above in (replace(plain, title="Satire: The goat"), replace(plain, source="The Satirical Times")):
        found = verdict(above, span)
        assert found
        assert (found.kind, found.span) == ("satire", None)


@pytest.mark.parametrize(
    "mark",
    [
        "This is satire.",
        "You are reading a satirical publication.",
        "Dieser Text ist Satire.",
        "April Fools! None of it is so.",
    ],
)
def test_satire_is_known_by_other_words_too(mark: str) -> None:
    assert judged(f"A goat became governor on Thursday.\n\n{mark}", "goat") == mark


@pytest.mark.parametrize(
    "text",
    [
        "According to police, the fire began at five. It was not clear how the fire started.",
        "The mayor reportedly opened the bridge on Monday. It was not the first bridge she opened.",
        "Reports said the ferry sank at noon. It was not insured, the ferry company said.",
        "Many people believe the museum is the best. It has not changed its prices since 2010, the museum says.",
        "The firm posts its figures every week. It does not publish figures on Sundays.",
        "Police said the man was accused of arson. He was cleared to travel on Friday.",
        "The firm reports profits of $3m. There is no such thing as a bad year, it said.",
    ],
)
def test_what_is_not_so_beside_a_report_is_no_denial_of_it(text: str) -> None:
    span = Span(0, text.index(". ") + 1)

    assert verdict(article_of(text), span) is None
    assert with_verdict(article_of(text), span) == span


@pytest.mark.parametrize(
    "said",
    [
        "The Goose is a satirical magazine.",
        "This week the satirical website The Goose laughed at it.",
        "April Fools' Day was two days before.",
        "The station showed an April Fools' joke in 1957.",
    ],
)
def test_who_reports_on_satire_makes_none(said: str) -> None:
    text = f"The paper's office burnt on Thursday.\n\n{said}\n\nNobody was hurt."

    assert verdict(article_of(text), Span(0, 37)) is None


PIECES = ["CLAIM: It fell.", "THE FACTS: It stands.", "\n\n", "\n", " ", "# Claim", "Police denied the report."]
PIECES += ["Rumours say it fell.", "Correction: It was May.", "This article is satire.", "It fell.", "“", "\u3042"]


@given(st.lists(st.sampled_from(PIECES), min_size=1).map("".join).filter(str.strip), st.data())
def test_any_text_keeps_its_quote_and_its_verdict_lies_outside(text: str, data: st.DataObject) -> None:
    article = article_of(text)
    start = data.draw(st.integers(0, len(text) - 1))
    span = whole_sentences(text, Span(start, start + 1))
    longer = with_verdict(article, span)
    found = verdict(article, longer)

    assert longer.start <= span.start
    assert span.end <= longer.end
    assert found is None or found.span is None or found.span.end <= longer.start or longer.end <= found.span.start
