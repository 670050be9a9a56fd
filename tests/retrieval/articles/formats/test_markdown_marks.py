"""Tables, lists of contents and boxes in Markdown, as programs other than CommonMark's have them."""

from __future__ import annotations

import pytest

from tests.retrieval.articles.formats.test_markdown import text_of


@pytest.mark.parametrize(
    "table",
    [
        "+-------+------+\n| Berth | Fee  |\n+=======+======+\n| North | 9 kr |\n+-------+------+\n| South | 7 kr |",
        "|Berth|Fee|\n|North|9 kr|\n|South|7 kr|",
        "| Berth | Fee |\n|---\n| North | 9 kr |\n| South | 7 kr |",
        "+-------+---+\n| Berth |Fee|\n+-------+---+\n| North | 9 |\n|       |kr |\n+---+---+\n| South |7 kr|",
        (
            "<table>\n<tr><th>Berth</th>\n<th>Fee</th></tr>\n<tr><td><p>North</p></td><td>9<br>kr</td></tr>\n<tr>"
            "\n<td>South</td>\n<td><ul><li>7 kr</li></ul></td>\n</tr></table>"
        ),
    ],
)
def test_rows_of_tables_are_lines_of_their_own(table: str) -> None:
    assert text_of(f"Fees.\n\n{table}\n\nEnd.") == "Fees.\n\nBerth | Fee\n\nNorth | 9 kr\n\nSouth | 7 kr\n\nEnd."


@pytest.mark.parametrize(
    ("markdown", "seen"),
    [
        ("* TOC\n{:toc}\n\nIt turns.", "It turns."),
        ("1. Contents of it\n{: toc .x }\n\nIt turns.", "It turns."),
        ("- [Mill](#mill)\n  - [The fee](#fee)\n\nIt turns.", "It turns."),
        ("- [Mill](#mill) and fee\n\nIt turns.", "- Mill and fee\n\nIt turns."),
        ("{% comment %}\nNot yet.\n{% endcomment %}\nIt turns.", "It turns."),
        ("{{/* Not yet. */}}\n\nIt turns.", "It turns."),
        ("- [-] Paint it\n- [>] Oil it", "- Paint it\n\n- Oil it"),
        ("H~2~O and x^2^, ~5 kr or ~6 kr.", "H2O and x², ~5 kr or ~6 kr."),
        ("(mill)=\n# The mill\n\nSee {ref}`the fee <fee>` and {doc}`fees`.", "# The mill\n\nSee the fee and fees."),
        (":::{note} Flour\n:class: dropdown\nBring a sack.\n:::", "Flour\n\nBring a sack."),
        ("```{warning} Beware\n:class: big\n\nIt is **old**.\n\nVery.\n```", "Beware\n\nIt is old.\n\nVery."),
        ("```{code-block} python\n:linenos:\nx = 1\n```", "x = 1"),
        ("```{toctree}\n:maxdepth: 2\nmill\nfee\n```\n\nIt turns.", "It turns."),
        ("```{figure} mill.png\n---\nwidth: 9\n---\nThe mill in 1920.\n```", "The mill in 1920."),
    ],
)
def test_marks_of_kramdown_pandoc_and_myst_are_not_quoted(markdown: str, seen: str) -> None:
    assert text_of(markdown) == seen
