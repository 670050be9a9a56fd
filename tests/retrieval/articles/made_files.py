"""Files of kinds that a few lines make: books, OpenDocument and rich text, slides, tables, messages, subtitles."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence

import pptx
import xlsxwriter

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OPS/book.opf"/></rootfiles></container>'
)


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


def epub(
    chapters: Mapping[str, str], *, known: str = "", also: Mapping[str, str] | None = None, entities: str = ""
) -> bytes:
    """A book whose chapters, by their files' names, stand in the order given; the files in the opposite one."""
    items = "".join(
        f'<item id="i{number}" href="{name}" media-type="application/xhtml+xml"/>'
        for number, name in enumerate(reversed(list(chapters)))
    )
    order = "".join(f'<itemref idref="i{number}"/>' for number in reversed(range(len(chapters))))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:opf="http://www.idpf.org/2007/opf" version="3.0">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{known}</metadata>'
        '<manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
        f'{items}</manifest><spine><itemref idref="nav"/>{order}</spine></package>'
    )
    pages = {f"OPS/{name.replace('%20', ' ')}": page(body, entities) for name, body in chapters.items()}
    nav = {"OPS/nav.xhtml": page("<nav><ol><li><a href='a.xhtml'>A chapter</a></li></ol></nav>")}
    return zipped({"META-INF/container.xml": CONTAINER, "OPS/book.opf": package, **nav, **pages, **(also or {})})


def page(body: str, entities: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html [{entities}]><html xmlns="http://www.w3.org/1999/xhtml" '
        f'xmlns:epub="http://www.idpf.org/2007/ops"><head><title/></head><body>{body}</body></html>'
    )


BOOK = epub(
    {
        "one%20mill.xhtml": (
            "<h1>The mill</h1><p>The mill stood still for a&nbsp;year.<a epub:type='noteref' href='#n'>1</a></p>"
            "<p>In spring it turned again.</p><aside epub:type='footnote' id='n'><p>So the miller says.</p></aside>"
        ),
        "a.xhtml": "<section><h2>The fee</h2><p>The fee is nine crowns.</p><ul><li>Flour</li></ul></section>",
    },
    known=(
        "<dc:title>The mill at Orvik</dc:title><dc:creator>Marta Lund</dc:creator><dc:creator>Ole Brandt</dc:creator>"
        "<dc:publisher>Linwick Press</dc:publisher><dc:date opf:event='modification'>2021-02-03</dc:date>"
        "<dc:date>2019-06-01T00:00:00Z</dc:date><dc:identifier>https://press.example/mill</dc:identifier>"
    ),
)

SPACES = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{space}:1.0"'
    for name, space in {
        **{each: each for each in ("office", "style", "text", "table", "meta", "manifest")},
        "draw": "drawing",
        "svg": "svg-compatible",
    }.items()
)

_STYLES = (
    '<style:style style:name="P1" style:parent-style-name="Title"/>'
    '<style:style style:name="T1"><style:text-properties text:display="none"/></style:style>'
    '<style:style style:name="T2"><style:text-properties style:text-position="super 58%"/></style:style>'
    '<style:style style:name="T3"><style:text-properties style:text-position="sub 58%"/></style:style>'
)


def odt(body: str, *, known: str = "", also: Mapping[str, str] | None = None, entities: str = "") -> bytes:
    root = (
        f"<!DOCTYPE d [{entities}]>"
        f'<office:document-content{SPACES} xmlns:xlink="http://www.w3.org/1999/xlink"><office:automatic-styles>'
        f"{_STYLES}</office:automatic-styles><office:body><office:text>{body}</office:text></office:body>"
        "</office:document-content>"
    )
    meta = (
        f'<office:document-meta{SPACES} xmlns:dc="http://purl.org/dc/elements/1.1/"><office:meta>{known}'
        "</office:meta></office:document-meta>"
    )
    return zipped({"content.xml": root, "meta.xml": meta, **(also or {})})


LETTER = odt(
    "<text:tracked-changes><text:changed-region><text:p>Gone for good.</text:p></text:changed-region>"
    '</text:tracked-changes><text:p text:style-name="P1">A letter</text:p>'
    '<text:h text:outline-level="2">The crane</text:h>'
    "<text:p>The crane<text:s text:c='2'/>costs <text:span>61 million</text:span>"
    "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>Of last year.</text:p>"
    "</text:note-body></text:note> crowns.<text:line-break/>It is red.<office:annotation><text:p>Really?</text:p>"
    "</office:annotation><text:span text:style-name='T1'>Hidden.</text:span></text:p>"
    "<text:list><text:list-item><text:p>Bolts</text:p><text:list><text:list-item><text:p>Long ones</text:p>"
    "</text:list-item></text:list></text:list-item></text:list>"
    "<table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>Item</text:p>"
    "</table:table-cell><table:table-cell><text:p>Price</text:p></table:table-cell></table:table-row>"
    "</table:table-header-rows><table:table-row><table:table-cell><text:p>Bolt</text:p></table:table-cell>"
    "<table:table-cell><text:p>2 crowns</text:p></table:table-cell></table:table-row></table:table>"
    "<text:p><draw:frame><draw:text-box><text:p>In a box.</text:p></draw:text-box></draw:frame></text:p>"
    "<text:p>It turns by <draw:frame><draw:object xlink:href='./Object 1'/></draw:frame> degrees.</text:p>",
    known=(
        "<dc:title>The crane of Orvik</dc:title><meta:initial-creator>Marta Lund</meta:initial-creator>"
        "<meta:creation-date>2024-03-04T10:20:30.123</meta:creation-date>"
    ),
    also={
        "Object 1/content.xml": '<math xmlns="http://www.w3.org/1998/Math/MathML"><semantics><mn>9</mn><mn>0</mn>'
        '<annotation encoding="StarMath 5.0">90</annotation></semantics></math>'
    },
)

RICH_TEXT = (
    rb"{\rtf1\ansi\ansicpg1251\deff0{\fonttbl{\f0\fnil\fcharset204 Arial;}}"
    rb"{\info{\title The mill \'e0\'e1}{\author Marta Lund}{\creatim\yr2024\mo3\dy4\hr1\min2}}"
    rb"\f0 The mill {\b turns} again.\line It \u8220?turns\u8221? well{\v not seen}.\par "
    rb'{\deleted Gone for good. }The {\field{\*\fldinst{HYPERLINK "https://mill.example"}}{\fldrslt{sails}}} are new.'
    rb"\par\trowd Item\cell Price\cell\row\trowd Sail\cell 9 crowns\cell\row \u-10179?\u-8694? ok.\par}"
)


def slides() -> bytes:
    """Four slides: with a list and notes, hidden, without words, with a table and a group."""
    deck = pptx.Presentation()
    deck.core_properties.title = "PowerPoint Presentation"
    deck.core_properties.author = "Marta Lund"
    first = deck.slides.add_slide(deck.slide_layouts[1])
    first.shapes.title.text = "The new crane"
    first.placeholders[1].text_frame.text = "It costs 61 million crowns.\nIt is\vred."
    first.notes_slide.notes_text_frame.text = "Mention the colour."
    hidden = deck.slides.add_slide(deck.slide_layouts[5])
    hidden.shapes.title.text = "A secret"
    hidden._element.set("show", "0")
    deck.slides.add_slide(deck.slide_layouts[6])
    last = deck.slides.add_slide(deck.slide_layouts[6])
    table = last.shapes.add_table(2, 2, 0, 0, 100, 100).table
    for place, words in enumerate(("Item", "Price", "Bolt", "2 crowns")):
        table.cell(place // 2, place % 2).text = words
    grouped = last.shapes.add_group_shape().shapes.add_textbox(0, 0, 10, 10)
    grouped.text_frame.text = "The arm turns by 90 degrees."
    out = io.BytesIO()
    deck.save(out)
    return out.getvalue()


SLIDES = slides()


def spreadsheet(sheets: Mapping[str, Sequence[Sequence[object]]], *, hidden: Sequence[str] = ()) -> bytes:
    """An .xlsx file; where a cell is None nothing is written."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
            if name in hidden:
                sheet.hide()
    return out.getvalue()


SPREADSHEET = spreadsheet({"Prices": [["Item", "Price"], ["Bolt", 2.5], ["The crane", 61_000_000]]})

MESSAGE = (
    b"From: =?utf-8?q?M=C3=A4rta_Lund?= <marta@orvik.example>\r\nTo: Ole <ole@orvik.example>\r\n"
    b"Subject: =?utf-8?q?The_crane_=E2=80=93_again?=\r\nDate: Mon, 4 Mar 2024 23:30:00 -0500\r\n"
    b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"The crane arrives on Friday=\r\n at noon.\r\n\r\nOle wrote:\r\n> When does the crane\r\n> arrive, M=E4rta?\r\n"
    b">> It is late.\r\nBest,\r\nM=E4rta\r\n-- \r\nHarbour office\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>In HTML.</p>\r\n--b--\r\n"
)

MAILBOX = (
    b"From marta@orvik.example Mon Mar  4 23:30:00 2024\r\n" + MESSAGE + b"\r\n"
    b"From MAILER-DAEMON Tue Mar  5 10:00:00 2024\nFrom: ole@orvik.example (Ole Brandt)\nSubject: Re: The crane\n"
    b"Date: Tue, 5 Mar 2024 10:00:00 +0100\nArchived-At: <https://lists.orvik.example/crane/2>\n\n"
    b"> It arrives on Friday.\n\nThank you.\n\n>From Friday on it stands here.\n\n"
)

NOTEBOOK = json.dumps(
    {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3"}},
        "cells": [
            {"cell_type": "markdown", "source": ["# The mill\n", "\n", "It turns on *Fridays*.\n"]},
            {"cell_type": "markdown", "source": "| Grain | Price |\n|---|---|\n| Rye | 9 crowns |"},
            {"cell_type": "code", "source": ["# rye first\n", "mill(grain)\n", "    grind()"], "outputs": []},
            {"cell_type": "code", "source": [], "outputs": []},
        ],
    }
).encode()

SUBTITLES = (
    b"1\r\n00:00:01,000 --> 00:00:03,000\r\n<i>The crane arrives</i>\r\non Friday.\r\n\r\n"
    b"2\r\n00:00:03,100 --> 00:00:05,000\r\n{\\an8}[Music]\r\nIt is red.\r\n\r\n"
    b"3\r\n00:00:09,000 --> 00:00:10,000\r\n- Is it new?\r\n- Yes.\r\n"
)

CAPTIONS = (
    b"WEBVTT - A talk\nKind: captions\n\nSTYLE\n::cue { color: red }\n\n"
    b"00:01.000 --> 00:03.000 align:start\n<v Ann Lund>Bread is <b>good</b> &amp; cheap.</v>\n\n"
    b"NOTE nobody sees this\nnor this\n\n"
    b"00:03.000 --> 00:05.000\nnot<00:03.500><c> every</c>\n\n"
    b"00:05.000 --> 00:05.010\nnot every\n\n"
    b"00:05.010 --> 00:07.000\nnot every\nloaf of it\n\n"
    b"00:07.000 --> 00:09.000\nloaf of it\nis rye\n"
)

RESTRUCTURED = b"""\
:orphan:
:date: 2024-03-05

.. _mill:

The mill of Orvik
=================

.. toctree::
   :maxdepth: 2

   fees

The |logo| mill has a :py:class:`~mill.Wheel` and *two* `stones <https://mill.example>`_ [#old]_.
It turned 10\\ :sup:`6` times, see :ref:`fees`.

.. |logo| image:: logo.png
.. [#old] Of granite.

.. _fees:

Fees
----

.. note::

   Bring a sack.

=====  ========
Item   Price
=====  ========
Flour  9 crowns
=====  ========

.. option:: --fine <grade>

   How fine the flour is.

   .. versionadded:: 2.0
      The grade *dust*.

.. code-block:: shell
   :caption: Grinding

   # oil it first
   mill --fine dust
"""

MADE = {
    "mill.rst": RESTRUCTURED,
    "mill.epub": BOOK,
    "letter.odt": LETTER,
    "mill.rtf": RICH_TEXT,
    "crane.pptx": SLIDES,
    "crane.xlsx": SPREADSHEET,
    "crane.eml": MESSAGE,
    "crane.mbox": MAILBOX,
    "mill.ipynb": NOTEBOOK,
    "crane_talk.en.srt": SUBTITLES,
    "bread.vtt": CAPTIONS,
}
