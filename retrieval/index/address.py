"""Where an index is kept: a folder of this machine, or a name in a store that several machines share."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

_STORE = re.compile(
    r"milvus(?P<tls>\+tls)?://(?P<host>\[[0-9a-fA-F:]+\]|[\w.-]+)(:(?P<port>\d{1,5}))?/(?P<name>[A-Za-z]\w{0,99})"
)

_PORT = 19530
"""Milvus's own."""
_LAST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """An index in a Milvus: on a server or a cluster, or in a folder by milvus-lite."""

    uri: str
    """As Milvus's client takes it."""
    name: str = "quoth"
    """Of the index; a Milvus may hold several."""
    token: str = field(default="", repr=False)
    """A key, or a user's name and password with a colon between; never printed."""

    def __str__(self) -> str:
        """As a person writes it, without the token."""
        scheme, found, rest = self.uri.partition("://")
        return f"milvus{'+tls' if scheme == 'https' else ''}://{rest}/{self.name}" if found else self.uri

    @property
    def folder(self) -> Path | None:
        """The folder of milvus-lite; None for a server."""
        return None if "://" in self.uri else Path(self.uri)


Where = Path | StoreAddress
"""Where an index is kept."""


def where(text: str, token: str = "") -> Where:
    """The address that a person wrote: ``milvus://host:19530/name``, a folder ``….db`` of milvus-lite, or a folder.

    Raises:
        ValueError: it is empty, or begins like the address of a store, and is none.
    """
    if not text.strip():
        raise ValueError("the place of an index is a folder or milvus://host:19530/name, and empty")
    if (match := _STORE.fullmatch(text)) and 0 < int(match["port"] or _PORT) <= _LAST_PORT:
        scheme = "https" if match["tls"] else "http"
        return StoreAddress(f"{scheme}://{match['host']}:{match['port'] or _PORT}", match["name"], token)
    if "://" in text:
        raise ValueError(f"the place of an index is a folder or milvus://host:19530/name, not {text!r}")
    path = from_home(Path(text))
    return StoreAddress(str(path)) if path.suffix == ".db" else path


def from_home(path: Path) -> Path:
    """A path with a home folder in the place of its tilde.

    Raises:
        ValueError: nobody of that name has a home here, or no path can be called so.
    """
    if "\0" in str(path):
        raise ValueError(path)
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError(path) from error
