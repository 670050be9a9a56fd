"""E-mail (.eml): the text of a message, its subject, its day and who wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

from retrieval.articles.formats.decoding import decode, unix_lines
from retrieval.articles.formats.values import ExtractedArticle, squeezed
from retrieval.articles.formats.web import load_page, whole_page
from retrieval.errors import ArticleUnreadable

if TYPE_CHECKING:
    from email.message import MIMEPart

    from lxml.html import HtmlElement

_ENCRYPTED = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})

_SHOWN_IN_TURN = frozenset({"multipart/mixed", "multipart/signed"})

_QUOTED = re.compile(r"(?:>[ \t]?)+")

_EARLIER = re.compile(
    r"""-{2,}\ ?(?:original\ message|forwarded\ message|(?:ursprüngliche|weitergeleitete)\ nachricht)\ ?-{2,}
    |(?:_{5,}\n)?(?:From|Von|De):\ .+\n(?:Sent|Date|Gesendet|Datum|Envoyé):\ """,
    re.IGNORECASE | re.VERBOSE,
)
"""How the head of an earlier message begins below which it stands as it is."""

_BEHIND = re.compile(r"\(([^()\n]{1,200})\)\s*\Z")
"""As in "ann@b.example (Ann Lund)"."""

_ARCHIVED = re.compile(r"https?://[^\s<>]+")

_SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)


def read_mail(name: str, content: bytes) -> list[ExtractedArticle]:
    """A message: its text, plain or else out of HTML; its subject as the title, its sender as the source."""
    message = message_in(content)
    if not message.keys() or not any(header in message for header in ("From", "Date", "Subject", "MIME-Version")):
        raise ArticleUnreadable(name, "it is damaged or no EML file")
    return [article_of(name, message)]


def message_in(content: bytes) -> MIMEPart:
    """A message as the library understands it, whatever its bytes are."""
    from email import message_from_bytes
    from email.policy import default

    return message_from_bytes(content, policy=default)


def article_of(name: str, message: MIMEPart, number: int | None = None) -> ExtractedArticle:
    """The article that a message is; ``number`` is its place in the file, where that may hold several.

    Raises:
        ArticleUnreadable: it is encrypted, or holds no text.
    """
    kind = message.get_content_type()
    if kind in _ENCRYPTED and message.get_param("smime-type") != "signed-data":
        raise ArticleUnreadable(name, "it is encrypted; save a copy that is not")
    bodies = list(_bodies(message))
    if not bodies:
        raise ArticleUnreadable(name, "it holds no text, perhaps only attachments")
    found = {
        "title": header_text(message, "Subject"),
        "source": _sender(message),
        "published": _day(message),
        "url": _address(message),
    }
    text = "\n\n".join(paragraph for body in bodies for paragraph in _earlier_apart(_paragraphs(body)))
    return ExtractedArticle(text, {key: value for key, value in found.items() if value}, number)


def _bodies(part: MIMEPart) -> Iterator[MIMEPart]:
    """The texts that are shown of a message or of a part of one: several where it shows parts one behind the other."""
    if part.get_content_type() in _SHOWN_IN_TURN:
        parts = [each for each in part.iter_parts() if not each.is_attachment()]
        bodies = [list(_bodies(each)) for each in parts]
        unnamed = [
            found for each, found in zip(parts, bodies, strict=True) if each is parts[0] or not each.get_filename()
        ]
        yield from chain(*unnamed) if any(unnamed) else chain(*bodies)
        return
    forms = [form for kind in ("plain", "html") if (form := part.get_body((kind,))) is not None]
    yield from [form for form in forms if _payload(form).strip()][:1] or forms[:1]


def _payload(body: MIMEPart) -> bytes:
    return cast("bytes", body.get_payload(decode=True) or b"")


def _paragraphs(body: MIMEPart) -> Iterator[str]:
    """The paragraphs of a message; what it quotes of another one stands in paragraphs of its own behind ``>``."""
    payload = _payload(body)
    charset = body.get_content_charset() or ""
    if body.get_content_subtype() == "html":
        yield from _of_page(load_page("page.html", payload, charset))
        return
    try:
        text = payload.decode(charset)
    except (LookupError, ValueError):
        text = decode("text.txt", payload)
    text = _SIGNATURE.sub("", unix_lines(text))
    yield from _quoted_apart(text.split("\n"))


def _earlier_apart(paragraphs: Iterable[str]) -> Iterator[str]:
    """Paragraphs with those behind ``>`` that stand below the head of an earlier message, as Outlook has it."""
    earlier = False
    for paragraph in paragraphs:
        earlier = earlier or _EARLIER.match(paragraph) is not None
        yield f"> {paragraph}" if earlier and not paragraph.startswith("> ") else paragraph


def _of_page(tree: HtmlElement | None) -> Iterator[str]:
    """The paragraphs of a message in HTML, those of messages that it answers at the end behind ``>``."""
    if tree is None:
        return
    earlier: list[str] = []
    for part in list(tree.iter("blockquote")):
        cited = part.get("type") == "cite" or "quote" in (part.get("class") or "")
        if cited and all(other.tag != "blockquote" for other in part.iterancestors()):
            earlier += whole_page(deepcopy(part))
            part.drop_tree()
    yield from whole_page(tree)
    yield from (f"> {paragraph}" for paragraph in earlier)


def _quoted_apart(lines: list[str]) -> Iterator[str]:
    paragraph: list[str] = []
    depth = 0
    for line in [*lines, ""]:
        mark = _QUOTED.match(line)
        quoted = mark[0].count(">") if mark else 0
        words = line[mark.end() :].strip() if mark else line.rstrip()
        if paragraph and (quoted != depth or not words):
            yield "> " * (depth > 0) + "\n".join(paragraph)
            paragraph = []
        depth = quoted
        if words:
            paragraph.append(words)


def _header(message: MIMEPart, name: str) -> Any:
    """A header as the library understands it, or None where it is not there or makes no sense."""
    try:
        return message[name]
    except Exception:  # noqa: BLE001 - of a damaged header the library says whatever went wrong first
        return None


def header_text(message: MIMEPart, name: str) -> str:
    """A header in one line; nothing where it is not there or makes no sense."""
    return squeezed(str(_header(message, name) or ""))


def _sender(message: MIMEPart) -> str:
    """The name of who wrote it, else the address."""
    found = _header(message, "From")
    addresses = getattr(found, "addresses", ())
    if not addresses:
        return ""
    return squeezed(addresses[0].display_name) or _name_behind(message) or squeezed(addresses[0].addr_spec)


def _name_behind(message: MIMEPart) -> str:
    """The name that older programs and archives put behind the address, for which the library has no place."""
    from email.policy import default

    written = next((str(value) for name, value in message.raw_items() if name.lower() == "from"), "")
    found = _BEHIND.search(written)
    return squeezed(str(default.header_factory("Subject", found[1]))) if found else ""


def _address(message: MIMEPart) -> str:
    """Where the archive of a mailing list shows a message (RFC 5064)."""
    found = _ARCHIVED.search(header_text(message, "Archived-At"))
    return found[0] if found else ""


def _day(message: MIMEPart) -> str:
    """The day on which it was sent, where it was sent from."""
    sent = getattr(_header(message, "Date"), "datetime", None)
    return sent.date().isoformat() if isinstance(sent, datetime) else ""
