"""Addresses of articles on this server."""

from __future__ import annotations

from urllib.parse import quote


def address_of(folder: str, id: str) -> str:
    """The address of an article below a folder of the server. Half of a character becomes a question mark."""
    return f"{folder}/{quote(id.encode('utf-8', 'replace'))}"
