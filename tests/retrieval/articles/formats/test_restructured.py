"""reStructuredText files: what is quoted of them, whether Sphinx, Pelican, Nikola or nobody makes pages of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from retrieval.articles.parsing import parse
from retrieval.text.sentences import headings_above
from tests.retrieval.articles.made_files import RESTRUCTURED
from tests.retrieval.articles.samples import paragraphs


def text_of(written: str) -> str:
    [article] = parse("a.rst", written.encode()).articles
    return article.text


def test_the_words_that_a_reader_of_the_page_sees_are_read() -> None:
    assert paragraphs(parse("mill.rst", RESTRUCTURED).articles[0]) == [
        "# The mill of Orvik",
        "The mill has a Wheel and two stones.\nIt turned 10⁶ times, see Fees.",
        "Of granite.",
        "## Fees",
        "Bring a sack.",
        "Item | Price",
        "Flour | 9 crowns",
        "### --fine <grade>",
        "How fine the flour is.",
        "Added in version 2.0: The grade dust.",
        "Grinding",
        " # oil it first\nmill --fine dust",
    ]


def test_what_is_described_stands_under_its_name_and_a_comment_in_code_is_no_heading() -> None:
    [mill] = parse("mill.rst", RESTRUCTURED).articles

    assert headings_above(mill.text, mill.text.index("How fine"))[1:] == ["Fees", "--fine <grade>"]
    assert headings_above(mill.text, mill.text.index("mill --fine"))[-1] == "--fine <grade>"


@pytest.mark.parametrize(
    ("written", "title", "day"),
    [
        ("Mill\n====\n\n:date: 2024-03-05 10:20\n:tags: a, b\n\nIt turns.", "Mill", date(2024, 3, 5)),
        (".. title: Mill\n.. slug: mill\n.. date: 2024-03-05 10:20:00 UTC\n\nIt turns.", "Mill", date(2024, 3, 5)),
        ("PEP: 8\nTitle: Mill\nCreated: 05-Mar-2024\n\nFees\n====\n\nIt turns.", "Mill", date(2024, 3, 5)),
        ("---\ntitle: Mill\n---\n\nFees\n====\n\nIt turns.", "Mill", None),
        ("It turns.\n\nFees\n====\n\nNine.", "a", None),
    ],
)
def test_title_and_day_come_from_the_head_of_the_file(written: str, title: str, day: date | None) -> None:
    [mill] = parse("a.rst", written.encode()).articles

    assert (mill.title, mill.published) == (title, day)
    assert "2024" not in mill.text


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        (":class:`~mill.Wheel`", "Wheel"),
        (":class:`!Wheel`", "Wheel"),
        (":meth:`.Wheel.turn`", "Wheel.turn()"),
        (":func:`turn() <mill.turn>`", "turn()"),
        (":doc:`/usage/first-steps`", "first-steps"),
        (":doc:`first steps </usage/first>`", "first steps"),
        (":ref:`elsewhere`", "elsewhere"),
        (":file:`{home}/.millrc`", "home/.millrc"),
        (":menuselection:`File --> Open`", "File ‣ Open"),
        (":guilabel:`&Save`", "Save"),
        (":abbr:`RPM (turns a minute)`", "RPM (turns a minute)"),
        (":pep:`8`", "PEP 8"),
        (":issue:`12`", "#12"),
        (":nobody-knows:`this one`", "this one"),
        ("`Mill`_ and mill_ and [1]_", "Mill and mill and"),
        ("|release|", ""),
        ("*half ``code", "*half ``code"),
        (":raw-html:`<br>`", ""),
    ],
)
def test_of_a_role_or_a_link_the_words_stay(role: str, seen: str) -> None:
    assert text_of(f"It is {role} here.\n\n.. role:: raw-html(raw)\n") == f"It is {seen} here.".replace("  ", " ")


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        (".. tip:: Bring a sack.", "Bring a sack."),
        (".. admonition:: Hours\n\n   On Sundays.", "Hours\n\nOn Sundays."),
        (".. grid-card:: Hours\n   :columns: 2\n\n   On *Sundays*.", "Hours\n\nOn Sundays."),
        (".. seealso:: The :doc:`fees`.", "The fees."),
        (".. impl-detail:: It only turns in spring.", "It only turns in spring."),
        (".. only:: html\n\n   On Sundays.", "On Sundays."),
        (".. class:: lead\n\nOn Sundays.", "On Sundays."),
        (".. autoclass:: Wheel\n   :members:\n\nIt turns.", "It turns."),
        (".. literalinclude:: mill.py\n   :lines: 1-3\n\nIt turns.", "It turns."),
        (".. figure:: mill.png\n   :alt: a mill\n\n   The mill in May.", "The mill in May."),
        (".. deprecated:: 3.1\n\nIt turns.", "Deprecated since version 3.1.\n\nIt turns."),
        (".. versionchanged:: 3.1\n\n   It *turns*.", "Changed in version 3.1: It turns."),
        (".. py:data:: PORT", "PORT"),
        (".. data:: PORT\n          HOST\n\n   :type: a number\n   :param int size: how large", None),
        (".. math:: a = b", "a = b"),
        ("# no heading", " # no heading"),
        (":\\ : nine", ":: nine"),
        (".. code::\n\n   a\n     b", "a\n  b"),
        ("| One\n|   two", "One\ntwo"),
        ("Bran\n   What is left.\n\n   Of grain.", "Bran\nWhat is left.\n\nOf grain."),
        ("3. Oil\n4. Paint\n\n   * Green", "3. Oil\n\n4. Paint\n\n- Green"),
        ("i. Oil\nii. Paint", "i. Oil\n\nii. Paint"),
        ("b) Oil\n\n.. [Lund] The mill.", "b) Oil\n\n[Lund] The mill."),
        (
            ".. glossary::\n\n   Bran\n\n      What is left.\n\n      Of grain.\n\n   Rye\n      A *grain*.",
            "Bran\nWhat is left.\n\nOf grain.\n\nRye\nA grain.",
        ),
        (".. glossary::\n   :sorted:\n\n   Bran\n   Chaff\n\n      What is left.", "Bran\nChaff\n\nWhat is left."),
        ("-f NAME, --file=NAME  the file", "-f NAME, --file=NAME\nthe file"),
        (".. figure::\n\nIt turns.", "It turns."),
        ("+---+\n| torn\n+--+\n\nIt turns.", "+---+\n| torn\n+--+\n\nIt turns."),
        (".. rubric:: Notes\n\nIt turns.", "# Notes\n\nIt turns."),
    ],
)
def test_of_a_directive_the_text_stays(written: str, seen: str | None) -> None:
    assert text_of(f"Words.\n\n{written}\n") == "Words.\n\n" + (
        seen or "# PORT\n\nHOST\n\nType: a number\n\nsize: how large"
    )


@pytest.mark.parametrize(
    "directive",
    [
        *(f".. {name}::\n\n   {{}}" for name in ("note", "tip", "warning", "epigraph", "container", "topic:: Oil")),
        ".. list-table::\n\n   * - {}\n     - daily",
        ".. csv-table::\n\n   {},daily",
    ],
)
def test_words_in_a_directive_of_docutils_are_read_as_those_around_it(directive: str) -> None:
    assert "Oil the mill with oil(1)." in text_of(directive.format("Oil the ``mill`` with :manpage:`oil(1)`."))


def test_nothing_outside_of_the_file_is_read_and_nothing_printed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the very token")

    assert text_of(
        f"It turns.\n\n.. include:: {secret}\n\n.. csv-table:: Fees\n   :file: {secret}\n\n"
        f".. raw:: html\n   :file: {secret}\n\n.. raw:: html\n\n   <b>bold</b>\n\n.. figure:: {secret}\n"
    ) == ("It turns.")
    assert capfd.readouterr() == ("", "")
