"""Files that are zip files with XML in them: opening one without unpacking more than any article has."""

from __future__ import annotations

import re
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
    if any(part.flag_bits & 1 for part in parts) or _says_encrypted(archive):
        raise ArticleUnreadable(name, LOCKED)
    return archive


def _says_encrypted(archive: zipfile.ZipFile) -> bool:
    """Whether OpenDocument says that its parts are encrypted."""
    names = archive.namelist()
    return "encrypted-package" in names or (
        "META-INF/manifest.xml" in names and b"encryption-data" in archive.read("META-INF/manifest.xml")
    )


def locked(content: bytes) -> bool:
    """Whether a Microsoft program locked a file by a password."""
    return content.startswith(_OLD_OFFICE) and "EncryptedPackage".encode("utf-16-le") in content


def office_file(name: str, content: bytes, program: str, old: str, new: str) -> tuple[bytes, tuple[str, ...]]:
    """What a Microsoft ``program`` saves in its usual form, and what is to be said of it.

    Strict Open XML has other names for the same elements, which few programs know; it gets the usual ones. ``old`` and
    ``new`` are the program's suffixes.

    Raises:
        ArticleUnreadable: it is locked, of the old kind, or too large.
    """
    if locked(content):
        raise ArticleUnreadable(name, LOCKED)
    if content.startswith(_OLD_OFFICE):
        raise ArticleUnreadable(name, f"it is an old {program} file ({old}); save it as {new}")
    with open_package(name, content) as archive:
        names = archive.namelist()
        if "_rels/.rels" not in names or b"http://purl.oclc.org/ooxml/" not in archive.read("_rels/.rels"):
            return content, ()
        kind = {".docx": "a Word document"}.get(new, f"a {program} file")
        strict = f"it is saved as Strict Open XML; save it as {kind} ({new})"
        if "[Content_Types].xml" not in names:
            raise ArticleUnreadable(name, strict)
        return _transitional(archive), (f"{strict} if something is missing",)


_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/")


def _transitional(archive: zipfile.ZipFile) -> bytes:
    """A package whose elements have the names that all programs know."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for part in archive.infolist():
            inside = archive.read(part)
            if part.filename.endswith((".xml", ".rels")):
                inside = _STRICT.sub(rb"http://schemas.openxmlformats.org/\1/2006/", inside)
            new.writestr(part.filename, inside)
    return out.getvalue()


def xml_of(content: bytes) -> _Element:
    """The root of an XML document, of which no entity is resolved and nothing else is opened."""
    from lxml import etree

    return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
