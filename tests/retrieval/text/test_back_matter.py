"""Lists of references, contents, footers and navigation are told by their looks, and prose and facts are not."""

from __future__ import annotations

import pytest

from retrieval.text.back_matter import is_back_matter
from retrieval.text.sentences import Span

PROSE = "The quay of Gullholm was built by forty men in 1871."


def listed(paragraph: str, before: str = PROSE) -> bool:
    """Whether a paragraph behind others is back matter."""
    text = f"{before}\n\n{paragraph}"
    return is_back_matter(text, Span(len(text) - len(paragraph), len(text)))


@pytest.mark.parametrize(
    "entry",
    [
        '2. ^ "Quay of Gullholm bought". Northern Herald. May 3, 2010.',
        '- ^ "Quay of Gullholm sold". Northern Herald. May 3, 2011. Retrieved June 1, 2019.',
        "^ a b Solberg 2004, p. 12.",
        "^ https://herald.example/quay (accessed 3 May 2011)",
        "- ↑ Solberg, Ingrid: Kaien. Oslo 2004, S. 12.",
        "Solberg, I. (2004). The quay of Gullholm. Journal of Harbours, 12(3), 45-67.",
        "Solberg I, Brekke O. Tides of the sound. J Tides. 2004;12(3):45-67. doi:10.1000/182",
        "[12] I. Solberg and O. Brekke, “Tides of the sound,” in Proc. Harbours, 2004, pp. 45–67.",
        "[3] Ingrid Solberg. Tides of the sound. arXiv:2004.01234, 2020.",
        "12. Brekke O. Quays and tides. Oslo: Harbour Press; 2004. p. 45-67.",
        "Brekke, Olav. Quays and Tides. Harbour Press, 2004. ISBN 978-0-00-000000-2.",
        '"Quay of Gullholm sold", Northern Herald, 3 May 2011. Archived from the original on 4 May 2011.',
    ],
)
def test_an_entry_of_a_list_of_references_is_told_wherever_it_stands(entry: str) -> None:
    assert listed(entry)


@pytest.mark.parametrize("title", ["## References", "# Further reading", "## 7. Bibliography", "### External links"])
@pytest.mark.parametrize(
    "entry", ["- Northern Herald: the quay is sold, 3 May 2011", "- Harbour office of Gullholm", "Kaien, Oslo 2004."]
)
def test_under_a_heading_that_says_so_less_is_enough(title: str, entry: str) -> None:
    assert listed(entry, f"{PROSE}\n\n{title}")


def test_a_list_ends_at_the_next_heading() -> None:
    before = f"## References\n\n- Harbour office of Gullholm\n\n## Opening hours\n\n{PROSE}"

    assert not listed("- Sundays from nine", before)


@pytest.mark.parametrize(
    "lines",
    [
        "The quay … 3\n\nThe tar house … 12",
        "The quay . . . . . . . . 3\n\nThe tar house . . . . . . . . 12",
        "Foreword ........ iv\nThe quay ......... 3\nThe tar house .... 12",
    ],
)
def test_lines_of_contents_are_told_by_their_dots(lines: str) -> None:
    assert listed(lines)


def test_contents_are_told_by_their_heading_and_end_with_their_lines() -> None:
    text = "# Contents\n\n- The quay\n- The tar house\n\n3 The ferry 12\n\nThe quay was built in 1871 by forty men."

    at = {word: text.index(word) for word in ("The tar", "3 The", "The quay was")}

    assert is_back_matter(text, Span(at["The tar"], at["The tar"] + 9))
    assert is_back_matter(text, Span(at["3 The"], at["3 The"] + 9))
    assert not is_back_matter(text, Span(at["The quay was"], len(text)))


@pytest.mark.parametrize(
    "line",
    [
        "© 2024 Northern Herald. All rights reserved.",
        "Copyright 2019 Gullholm harbour",
        "Home > News > Harbour",
        "Home | About us | Contact | Privacy policy",
        "Skip to main content",
        "About\nContact\nTerms of service\nPrivacy policy",
        "Share this article",
        "Back to top",
    ],
)
def test_footers_and_links_to_other_pages_are_told(line: str) -> None:
    assert listed(line)


@pytest.mark.parametrize(
    "paragraph",
    [
        PROSE,
        "Solberg et al. (2004) measured the tide for two years (pp. 45–67), and found that it rose by 3 cm.",
        "I. Solberg and O. Brekke (2004) showed that the tide rises by 12 cm a year.",
        "Solberg, I. was mayor of Gullholm from 2004 to 2011, and wrote two books about the quay.",
        '"The quay is not for sale," said Ingrid Solberg on May 3, 2011.',
        "“We retrieved the anchor on 3 May 2011,” said Olav Brekke of the Harbour Press.",
        "The book was published by Harbour Press in 2004 (ISBN 978-0-00-000000-2) and sold nine hundred copies.",
        "1. The quay was built in 1871.",
        "[1] The quay was built by forty men.",
        "- Founded in 1871 by Ingrid Solberg\n- Length 300 m\n- Berths 12",
        "Population | 4,000",
        "Population ....... 4000",
        "Soup ........ 9\nFish ........ 14\nCoffee ...... 3",
        "Length\t300\nBerths\t12",
        "Goals 12",
        "Length 300",
        "The mayor retrieved the key on 3 May 2011 from the harbour office, where it had been since 2004.",
        "On 3 May 2011 the Northern Herald reported on page 12 that the quay had been sold.",
        "He waited … and nobody came before 12",
        "Home prices rose by 3 % in May.",
        "Contact the harbour office about berths, and the school about lessons.",
        "The copyright of the song is held by Ingrid Solberg, who wrote it in 2004, as the court found in 2019.",
        "The ferry sails at 9, 12 and 15 o'clock.",
        "Vol. 3 of the ledger burned in 1902.",
        "See https://harbour.example for the berths that are free.",
    ],
)
def test_prose_and_lists_of_facts_are_none(paragraph: str) -> None:
    assert not listed(paragraph)


def test_prose_and_entries_in_one_passage_are_prose() -> None:
    text = f"{PROSE}\n\n^ Solberg 2004, p. 12."

    assert not is_back_matter(text, Span(0, len(text)))
    assert is_back_matter(text, Span(len(PROSE) + 2, len(text)))


def test_prose_under_a_title_of_references_stays() -> None:
    assert not listed(
        "The letters that are printed here were found in a chest, and show how the quay was paid.",
        f"{PROSE}\n\n## Sources",
    )
