"""Files that are zip files with XML in them: opening one without unpacking more than any article has."""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import TYPE_CHECKING

from retrieval.errors import ArticleUnreadable

if TYPE_CHECKING:
    from lxml.etree import _Element

_MAX_UNPACKED = 128 * 2**20

_MAX_PARTS = 10_000
"""Of a zip file: bytes once unpacked, and files in it."""

LOCKED = "it is encrypted; save a copy without the password"

_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How files of old Microsoft programs begin, and those of new ones that a password locks."""


def open_package(name: str, content: bytes) -> zipfile.ZipFile:
    """A zip file, unless it unpacks to more than any article; no more than it declares is ever unpacked.

    Raises:
        ArticleUnreadable: it is too large, or its parts are encrypted.
    """
    archive = zipfile.ZipFile(BytesIO(content))
    parts = archive.infolist()
    if len(parts) > _MAX_PARTS or sum(part.file_size for part in parts) > _MAX_UNPACKED:
        raise ArticleUnreadable(name, f"it unpacks to more than {_MAX_UNPACKED // 2**20} MiB or too many parts")
    if any(part.flag_bits & 1 for part in parts):
        raise ArticleUnreadable(name, LOCKED)
    return archive


def check_office(name: str, content: bytes, program: str, old: str, new: str) -> None:
    """Refuse what a Microsoft ``program`` saves and nobody else can read; ``old`` and ``new`` are suffixes.

    Raises:
        ArticleUnreadable: it is locked, of the old kind or of the strict one, or too large.
    """
    if content.startswith(_OLD_OFFICE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise ArticleUnreadable(name, LOCKED)
        raise ArticleUnreadable(name, f"it is an old {program} file ({old}); save it as {new}")
    with open_package(name, content) as archive:
        if "_rels/.rels" in archive.namelist() and b"http://purl.oclc.org/ooxml/" in archive.read("_rels/.rels"):
            kind = {".docx": "a Word document"}.get(new, f"a {program} file")
            raise ArticleUnreadable(name, f"it is saved as Strict Open XML; save it as {kind} ({new})")


def xml_of(content: bytes) -> _Element:
    """The root of an XML document, of which no entity is resolved and nothing else is opened."""
    from lxml import etree

    return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
