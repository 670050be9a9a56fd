"""Files that people have, and what is read of them.

The samples were made by Chromium (``--dump-dom``, ``--print-to-pdf``), LibreOffice Writer and python-docx.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from retrieval.articles.article import Article
from retrieval.articles.parsing import Parsed, parse
from retrieval.errors import ArticleUnreadable
from tests.retrieval.articles.made_files import MADE

SAMPLES = Path(__file__).parents[2] / "samples"


def sample(name: str) -> Article:
    [article] = parse(name, (SAMPLES / name).read_bytes()).articles
    return article


def paragraphs(article: Article) -> list[str]:
    return article.text.split("\n\n")


def attempted(name: str, content: bytes) -> Parsed | str:
    """What was read, or why nothing was."""
    try:
        return parse(name, content)
    except ArticleUnreadable as error:
        return error.reason


def refusal(name: str, content: bytes) -> str:
    with pytest.raises(ArticleUnreadable) as caught:
        parse(name, content)
    assert caught.value.path == name
    return caught.value.reason


BRIDGE = {
    "title": "Bridge opens",
    "text": "The bridge opened on Monday.\r\nIt rained.",
    "source": "Herald",
    "published": "2019-06-01",
    "url": "https://herald.example/bridge",
}


def whole_files() -> dict[str, bytes]:
    files = {path.name: path.read_bytes() for path in sorted(SAMPLES.iterdir())}
    lines = json.dumps(BRIDGE).encode()
    return {
        **files,
        **MADE,
        "a.json": b"[" + lines + b"]",
        "a.jsonl": lines + b"\n" + lines,
        "a.csv": b"title,text\nBridge opens,The bridge opened on Monday.\n",
        "a.tsv": b"title\ttext\nBridge opens\tThe bridge opened on Monday.\n",
        "a.md": b"---\ntitle: T\n---\n# A\n*b*",
    }
