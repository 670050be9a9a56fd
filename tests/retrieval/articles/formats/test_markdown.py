"""Markdown files: what is quoted of them, whichever program they were written for."""

from __future__ import annotations

import pytest

from retrieval.articles.parsing import parse
from retrieval.text.sentences import headings_above


def text_of(markdown: str) -> str:
    [article] = parse("a.md", markdown.encode()).articles
    return article.text


@pytest.mark.parametrize(
    ("markdown", "seen"),
    [
        ("It is [[Places/Sorby|Sorby]] or [[Elvestad]].", "It is Sorby or Elvestad."),
        ("Look: ![[map.png|300]]", "Look:"),
        ("> [!tip]- Opening hours\n> On Sundays.", "Opening hours\nOn Sundays."),
        ("> [!NOTE]\n> On Sundays.", "On Sundays."),
        ("It is ==open== on %%ask Clara%% Sundays. ^para1", "It is open on Sundays."),
        ("It cost ~~forty~~ sixty crowns.[^1]\n\n[^1]: By the ledger.", "It cost sixty crowns.\n\nBy the ledger."),
        ("- [x] Oil the wheel\n- [ ] Paint the door", "- Oil the wheel\n\n- Paint the door"),
        ("## Fees {#fees}\n\nNine crowns.", "## Fees\n\nNine crowns."),
        ("[TOC]\n\nNine crowns.", "Nine crowns."),
        ("[[_TOC_]]\n\nNine crowns.", "Nine crowns."),
    ],
)
def test_of_the_marks_of_note_programs_the_words_stay(markdown: str, seen: str) -> None:
    assert text_of(markdown) == seen


@pytest.mark.parametrize(
    ("markdown", "seen"),
    [
        ("It is [open]({{ '/hours' | url }}), says {% include 'name.html' %} Clara.", "It is open, says Clara."),
        ('{{< figure src="mill.jpg" >}}\n\nIt turns.', "It turns."),
        (":::note[Flour]\nBring a sack.\n:::\nIt turns.", "Flour\n\nBring a sack.\n\nIt turns."),
        (":::tip\n\nBring a sack.\n\n:::", "Bring a sack."),
        ("1. It turns.\n\n   :::note\n\n   Bring a sack.\n\n   :::", "1. It turns.\n\nBring a sack."),
        (":::{note}\nBring a sack.\n:::", "Bring a sack."),
        (":::{admonition} Flour\nBring a sack.\n:::", "Flour\n\nBring a sack."),
        ("import Tabs from '@theme/Tabs';\n\n<Tabs>It turns.</Tabs>", "It turns."),
        ("{: .lead }\nIt turns.\n{: #mill}", "It turns."),
    ],
)
def test_of_the_marks_of_site_programs_the_words_stay(markdown: str, seen: str) -> None:
    assert text_of(markdown) == seen


def test_powers_are_written_as_such() -> None:
    assert text_of("It has 10<sup>6</sup> cells, or `10<sup>6</sup>`.") == "It has 10⁶ cells, or 10<sup>6</sup>."
    assert text_of("<p>It has 10<sup>-6</sup> cells.</p>") == "It has 10⁻⁶ cells."


@pytest.mark.parametrize("code", ["a[[0]] == b[[1]] == {{ c }} %% d %%", "{% raw %}", "[^1] ~~x~~"])
def test_in_code_the_same_signs_are_left_alone(code: str) -> None:
    assert text_of(f"Use `{code}` here.") == f"Use `{code}` here.".replace("`", "")
    assert text_of(f"Words.\n\n```liquid\n{code}\n```\n\nMore.") == f"Words.\n\n{code}\n\nMore."


@pytest.mark.parametrize(
    "text",
    [
        "a == b and c == d",
        "2^10 is 1024",
        "x = {1: 2}",
        "[a] and [b](http://c.d)",
        "at 10:30:15 in a::b:c:",
        "C++, i++ and ++i",
    ],
)
def test_signs_of_other_meaning_stay(text: str) -> None:
    assert text_of(text) == text.replace("(http://c.d)", "").replace("[b]", "b")


def test_a_comment_in_code_is_no_heading() -> None:
    text = text_of("# Oiling\n\n```sh\n# every week\noil wheel\n```\n\n    # once\n    paint\n\n\\# 9 of 10 turn.")

    assert text == "# Oiling\n\n # every week\noil wheel\n\n # once\npaint\n\n # 9 of 10 turn."
    assert headings_above(text, text.index("paint")) == ["Oiling"]


def test_a_row_of_a_table_is_one_piece_of_text() -> None:
    assert text_of("| Item | Price |\n|---|---:|\n| *Flour* | 9 crowns |\n| Bran | |\n") == (
        "Item | Price\n\nFlour | 9 crowns\n\nBran"
    )


def test_a_table_that_counts_its_rows_heads_nothing() -> None:
    text = text_of("## Fees\n\n| # | Item |\n|---|---|\n| 1 | Flour |\n\nThat is all.")

    assert text == "## Fees\n\n# | Item\n\n1 | Flour\n\nThat is all."
    assert headings_above(text, text.index("Flour")) == ["Fees"]


def test_markdown_with_components_is_read_too() -> None:
    [mill] = parse("mill.mdx", b"import Mill from './mill'\n\n# Mill\n\n<Mill\n  wheel={8}\n/>\n\nIt turns.").articles

    assert (mill.title, mill.text) == ("Mill", "# Mill\n\nIt turns.")


def test_of_a_component_its_title_and_its_text_stay_without_marks() -> None:
    tabs = "<Tabs values={[{a: 'A b', to: (a) => { b }}]}>\n  <Tab label='Hours'>\n\n    *Sundays*\n\n  </Tab>\n</Tabs>"
    [mill] = parse("mill.mdx", tabs.encode()).articles

    assert mill.text == "Hours\n\nSundays"
    assert text_of("<Box className='a'>\n  **Open** on [Sundays](a).\n</Box>") == "Open on Sundays."
    assert text_of("Words.\n\n```jsx\n<Box a={b}>\n```") == "Words.\n\n<Box a={b}>"


def test_of_html_in_markdown_the_words_are_quoted() -> None:
    html = (
        "<details><summary>Fees &amp; fines</summary>\n<p>Nine <b>crowns</b>.<br>A night.</p></details>\n\n"
        "<table>\n<tr><td>Flour</td>\n<td>9</td></tr><tr><td>Bran</td><td>4</td></tr></table>\n\n"
        "<script>\nlet x = 1;\n</script>\n\n<!-- nothing -->\n"
    )

    assert text_of(html) == "Fees & fines\n\nNine crowns.\n\nA night.\n\nFlour | 9\n\nBran | 4"


@pytest.mark.parametrize(
    ("markdown", "seen"),
    [
        ("| Auk | Harbour<br>Mill |\n|---|---|\n| Tern<br/>Gull | 9 |", "Auk | Harbour Mill\n\nTern Gull | 9"),
        (
            '!!! note "Hours"\n    Open on *Sundays*.\n\n    - In May\n\nIt turns.',
            "Hours\n\nOpen on Sundays.\n\n- In May\n\nIt turns.",
        ),
        ("??? tip\n    Bring a sack.", "Bring a sack."),
        ("It turns.\n\n```mermaid\ngraph TD\n```\n\n{/* no */}\n\nexport const a = 1", "It turns."),
        ("Bran\n: What is left of the grain\n\n*[SI]: the units", "Bran\nWhat is left of the grain"),
        ("Bran\n\n:   What is\n    left.\n\n    - of *rye*", "Bran\n\nWhat is\nleft.\n\n- of rye"),
        ("Bran\n: {{< new-in 2.0 >}}\n: What is left", "Bran\nWhat is left"),
        ("## :material-check: Hours { #hours }\n\nOpen :sun: daily.", "## Hours\n\nOpen daily."),
        ("[Come](a){ .md-button } or ![map](b){ align=left } call.", "Come or call."),
        ("Press ++ctrl+s++ ^^twice^^.", "Press ctrl+s twice."),
        ('It turns.\n\n--8<-- "links.md"', "It turns."),
        ("```rust\n{{#include ../mill.rs}}\nturn();\n```", "turn();"),
    ],
)
def test_of_further_marks_too_what_a_reader_sees_stays(markdown: str, seen: str) -> None:
    assert text_of(markdown) == seen


@pytest.mark.parametrize(
    ("markdown", "seen"),
    [
        ("1. Oil the wheel.\n2. Paint the door.", "1. Oil the wheel.\n\n2. Paint the door."),
        ("1. Oil the wheel.\n1. Paint the door.\n   - Green", "1. Oil the wheel.\n\n2. Paint the door.\n\n- Green"),
        ("3) Fees\n4) Hours\n   1. Summer", "3) Fees\n\n4) Hours\n\n1. Summer"),
        ("12. September 2026 war der Tag.\n\nEs regnete.", "12. September 2026 war der Tag.\n\nEs regnete."),
    ],
)
def test_items_of_a_numbered_list_keep_their_numbers(markdown: str, seen: str) -> None:
    assert text_of(markdown) == seen
