"""Web pages that tests make: a long and a short one."""

from __future__ import annotations

from retrieval.articles.article import Article
from retrieval.articles.parsing import parse

TEXT = (
    "<p>The mayor opened the harbour bridge on Saturday, nine years after the first pile was driven there.</p>"
    "<p>About four thousand people walked across it before the first bus was let through at noon.</p>"
)

QUAY = "<p>The quay of Gullholm was built by forty men.</p><p>They were paid in salted fish.</p>"


def page(body: str, head: str = "<title>The harbour</title>") -> Article:
    [article] = parse("a.html", f"<html><head>{head}</head><body>{body}</body></html>".encode()).articles
    return article


def short_page(body: str, head: str = "<title>The quay</title>") -> Article:
    page = f"<!DOCTYPE html><html><head>{head}</head><body><article><h1>The quay</h1>{body}</article></body></html>"
    [article] = parse("a.html", page.encode()).articles
    return article
