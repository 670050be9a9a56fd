"""Jupyter notebooks: what is quoted of their cells, and which are refused."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from retrieval.articles.article import Article
from retrieval.articles.parsing import parse
from tests.retrieval.articles.made_files import NOTEBOOK
from tests.retrieval.articles.samples import paragraphs, refusal


def notebook(*cells: dict[str, Any], name: str = "a.ipynb") -> Article:
    [article] = parse(name, json.dumps({"nbformat": 4, "metadata": {}, "cells": cells}).encode()).articles
    return article


def markdown(*lines: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": list(lines)}


def code(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": outputs, "execution_count": 1}


def test_markdown_is_read_as_such_and_code_as_it_is() -> None:
    [article] = parse("mill.ipynb", NOTEBOOK).articles

    assert article.title == "The mill"
    assert paragraphs(article) == [
        "# The mill",
        "It turns on Fridays.",
        "Grain | Price",
        "Rye | 9 crowns",
        " # rye first\nmill(grain)\n    grind()",
    ]


def test_of_what_code_gave_only_markdown_is_read() -> None:
    article = notebook(
        markdown("# Mill"),
        code(
            "grind()",
            {"output_type": "stream", "name": "stdout", "text": ["Grinding"]},
            {"output_type": "display_data", "data": {"text/plain": ["<Table>"], "image/png": "AAAA"}},
            {"output_type": "display_data", "data": {"text/plain": "…", "text/markdown": ["It took **9** ", "days."]}},
            {"output_type": "error", "ename": "ValueError", "traceback": ["No grain"]},
        ),
        code("", {"output_type": "display_data", "data": "damaged"}),
    )

    assert paragraphs(article) == ["# Mill", "grind()", "It took 9 days."]


def test_its_title_is_the_first_heading_even_behind_code_else_the_name_of_the_file() -> None:
    assert notebook(code("import mill"), markdown("## The mill\n", "\n", "It turns.")).title == "The mill"
    assert notebook(code("import mill"), name="our_mill.ipynb").title == "our mill"


def test_the_front_matter_of_a_first_cell_goes_before() -> None:
    cell = {"cell_type": "raw", "source": ["---\n", "title: Of grain\n", "date: 2024-03-05\n", "---"]}
    article = notebook(cell, markdown("# The mill\n", "It turns."), {"cell_type": "raw", "source": "\\clearpage"})

    assert (article.title, article.published) == ("Of grain", date(2024, 3, 5))
    assert paragraphs(article) == ["# The mill", "It turns."]


def test_notebooks_of_the_third_format_are_read_too() -> None:
    cells = [
        {"cell_type": "heading", "level": 2, "source": ["The mill"]},
        {"cell_type": "heading", "level": "9", "source": "Fees"},
        {"cell_type": "code", "input": ["grind()"], "outputs": None},
    ]
    [article] = parse("a.ipynb", json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}).encode()).articles

    assert paragraphs(article) == ["## The mill", "# Fees", "grind()"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("no JSON", "it is not valid JSON"),
        ("[1]", "it is damaged or no IPYNB file"),
        ('{"cells": []}', "it is damaged or no IPYNB file"),
        ('{"nbformat": 4, "cells": "none"}', "it is damaged or no IPYNB file"),
        ('{"nbformat": 3, "worksheets": 3}', "it holds no text"),
        ('{"nbformat": 4, "cells": []}', "it holds no text"),
        ('{"nbformat": 4, "cells": [7, {}, {"cell_type": "markdown", "source": [7]}]}', "it holds no text"),
        ("[" * 100_000, "it is nested too deeply"),
    ],
)
def test_what_is_no_notebook_or_holds_no_words_is_refused(content: str, reason: str) -> None:
    assert refusal("a.ipynb", content.encode()) == reason
