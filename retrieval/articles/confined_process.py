"""What the confined process does: load every parser, give up all rights, then read one file after the other."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
from dataclasses import asdict
from io import BytesIO
from typing import IO, Any

from retrieval.articles import web_tasks
from retrieval.articles.formats import scans
from retrieval.articles.formats.progress import listening
from retrieval.articles.formats.registry import FORMATS, extract_articles
from retrieval.articles.formats.scans import PictureUnread, Printed, recognising
from retrieval.articles.lockdown import lock_down
from retrieval.errors import ArticleUnreadable


def serve() -> None:
    """Answer requests on standard input until there are no more."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no answer
    started = json.loads(sys.stdin.buffer.readline())
    if started.get("kind") == "web":
        web_tasks.warm_up()
    else:
        _warm_up()
    if started["pictures"]:
        scans.can_draw()
    held = lock_down()
    answers.write(json.dumps({"held": held}).encode() + b"\n")
    answers.flush()
    answer_all(sys.stdin.buffer, answers)


def answer_all(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Read one file after the other: a line of JSON (name, size, seconds), then the content; answer each in a line.

    Lines before that one say how many of its pages are read, or hand over a picture of a page: its size, then the
    picture, to which the answer is a line with what is printed there. Those are sent only where they are asked for.
    """

    def told(done: int, total: int) -> None:
        _send(answers, {"read": done, "of": total})

    def recognised(picture: bytes) -> list[Printed]:
        answers.write(_line({"picture": len(picture)}) + picture)
        answers.flush()
        said = json.loads(requests.readline())
        if "reason" in said:
            raise PictureUnread(said["reason"])
        return [Printed(**line) for line in said["lines"]]

    while header := requests.readline():
        request = json.loads(header)
        content = requests.read(request["size"])
        _end_after(request["seconds"])
        try:
            with listening(told), recognising(recognised if request.get("pictures") else None):
                answer: dict[str, Any] = {"found": _found(request, content)}
        except ArticleUnreadable as error:
            answer = {"reason": error.reason}
        line = _line(answer)
        _end_after(0)
        answers.write(line)
        answers.flush()


def _found(request: dict[str, Any], content: bytes) -> Any:
    """The articles in a file or, for what is ``given`` with a name from ``web_tasks``, what that task finds."""
    if "given" in request:
        return web_tasks.TASKS[request["name"]](request["given"], content)
    return [asdict(item) for item in extract_articles(request["name"], content)]


def _send(answers: IO[bytes], said: dict[str, Any]) -> None:
    answers.write(_line(said))
    answers.flush()


def _line(said: dict[str, Any]) -> bytes:
    return json.dumps(said).encode() + b"\n"


def _end_after(seconds: float) -> None:
    """Let the system end this process after so much processor time from now on; zero takes that back."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


_LATE = (
    *("_strptime", "pypdf._codecs.core_font_metrics", "pypdf.generic._image_xobject"),
    *(
        f"docutils.parsers.rst.directives.{name}"
        for name in ("admonitions", "body", "images", "misc", "parts", "references", "tables")
    ),
)
"""Modules that only some files make the readers import."""


def _warm_up() -> None:
    """Load all that the readers load when they need it, as later nothing can be opened any more."""
    import courlan
    import docx
    import pptx
    import pypdf

    for kind in FORMATS.values():
        kind.reader()
    for name in _LATE:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    web_tasks.load_codecs()
    courlan.extract_domain("https://www.bbc.co.uk", fast=True)  # the list of top-level domains, for hosts this short
    pdf, word, slides = BytesIO(), BytesIO(), BytesIO()
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("", algorithm="AES-256")
    writer.write(pdf)
    docx.Document().save(word)
    pptx.Presentation().save(slides)
    page = b"<html><head><title>A page</title></head><body><p>Few words.</p></body></html>"
    text = "---\ntitle: Привет\n---\n# Some words\n".encode("cp1251")
    samples = {"a.pdf": pdf.getvalue(), "a.docx": word.getvalue(), "a.pptx": slides.getvalue(), "a.html": page}
    samples |= {
        "a.md": text,
        "a.rst": b':date: 2024-03-05\n\nA\n=\n\n.. figure:: b.png\n\n   Words |c|_ [#]_ "d".\n',
        "a.json": b"[]",
        "a.rtf": b"{\\rtf1 Words.}",
    }
    samples |= {
        "a.eml": b"Subject: =?utf-8?q?A?=\nFrom: a <a@b.example>\nDate: Mon, 1 Jan 2024 10:00:00 +0100\n\nWords."
    }
    samples |= {"a.srt": b"1\n00:00:01,000 --> 00:00:02,000\nWords.\n"}
    for name, content in samples.items():
        with contextlib.suppress(ArticleUnreadable):
            extract_articles(name, content)
