"""Markdown files, as the text that a reader of the page sees."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from retrieval.articles.formats.decoding import decode
from retrieval.articles.formats.metadata import front_matter
from retrieval.articles.formats.values import ExtractedArticle


def read_markdown(name: str, content: bytes) -> list[ExtractedArticle]:
    """A Markdown file: front matter, and the text that a reader sees."""
    found = front_matter(name, decode(name, content))
    return [replace(found, text=_plain_markdown(found.text))]


def _plain_markdown(text: str) -> str:
    """Markdown (CommonMark) as plain text: no emphasis marks, link targets, images or HTML; headings keep ``#``.

    Structure is read off markdown-it-py's tokens, https://markdown-it-py.readthedocs.io.
    """
    from markdown_it import MarkdownIt

    blocks: list[str] = []
    prefix = ""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        match token.type:
            case "heading_open":
                prefix = "#" * int(token.tag[1]) + " "
            case "list_item_open":
                prefix = "- "
            case "inline":
                line = _plain_inline(token.children or [])
                if line.strip():
                    blocks.append(prefix + (line.replace("\n", " ") if prefix.startswith("#") else line))
                prefix = ""
            case "fence" | "code_block":
                blocks.append(token.content.rstrip())
            case _:
                pass
    return "\n\n".join(blocks)


def _plain_inline(tokens: list[Any]) -> str:
    """The words of an inline token's children."""
    words = {"text", "text_special", "code_inline"}
    return "".join(
        "\n" if token.type in {"softbreak", "hardbreak"} else token.content if token.type in words else ""
        for token in tokens
    )
