"""Tesseract, a program that reads pictures of print (OCR), and what it has read before.

It runs beside this process, not confined, on pictures that the confined process has drawn; it gets no environment but
where its own files are, and is stopped when it takes too long. What it reads of a page is kept in a file, so that a
book is read once.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean

from retrieval.articles.formats.scans import DOTS_PER_INCH, PictureUnread, Printed

PROGRAM = "tesseract"

MAX_PAGE_S = 120.0
"""A page takes it seconds."""

_LEAST_SURE = 40.0
"""Percent, a line's mean: less have the grain of paper and the edges of photographs."""

_LACKING = re.compile(r"Error opening data file \S*?([\w]+)\.traineddata")

_KEPT_VARIABLES = frozenset(
    {"PATH", "TESSDATA_PREFIX", "OMP_THREAD_LIMIT", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"}
)


@dataclass(frozen=True, slots=True)
class Tesseract:
    """Reads pictures in some languages, and keeps what it has read in a folder."""

    languages: str
    """As tesseract names them, with ``+`` between them: ``eng+deu``."""
    kept: Path

    def __call__(self, picture: bytes) -> list[Printed]:
        """The lines of print in a picture.

        Raises:
            PictureUnread: the program is not there, does not know a language, or took too long.
        """
        name = hashlib.sha256(self.languages.encode() + b"\n" + picture).hexdigest()
        file = self.kept / f"{name}.json"
        with contextlib.suppress(OSError, ValueError, TypeError):
            return [Printed(**line) for line in json.loads(file.read_bytes())]
        lines = list(_lines(self._run(picture)))
        with contextlib.suppress(OSError):  # a disk that takes nothing costs reading it again
            _keep(file, json.dumps([asdict(line) for line in lines]).encode())
        return lines

    def _run(self, picture: bytes) -> str:
        """What the program prints of a picture: tab-separated values."""
        program = shutil.which(PROGRAM)
        if program is None:
            raise PictureUnread("tesseract is not installed")
        command = [program, "stdin", "stdout", "-l", self.languages, "--dpi", str(DOTS_PER_INCH), "tsv"]
        environment = {name: value for name, value in os.environ.items() if name.upper() in _KEPT_VARIABLES}
        try:
            done = subprocess.run(  # noqa: S603 - the program that the settings ask for
                command, input=picture, capture_output=True, timeout=MAX_PAGE_S, env=environment, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise PictureUnread(f"it took more than {MAX_PAGE_S:g} seconds") from error
        except OSError as error:
            raise PictureUnread(f"tesseract cannot be run: {error.strerror or error}") from error
        if done.returncode != 0:
            said = " ".join(done.stderr.decode(errors="replace").split())
            if lacking := _LACKING.search(said):
                raise PictureUnread(f"tesseract has no data of the language {lacking[1]!r}")
            raise PictureUnread(f"tesseract refused it: {said[:200] or f'status {done.returncode}'}")
        return done.stdout.decode(errors="replace")


def _lines(table: str) -> Iterator[Printed]:
    """The lines in tesseract's table, which has a row a word (https://tesseract-ocr.github.io, "TSV")."""
    words: dict[tuple[str, ...], list[dict[str, str]]] = {}
    names, *rows = table.split("\n") or [""]
    for row in rows:
        word = dict(zip(names.strip().split("\t"), row.rstrip("\r").split("\t"), strict=False))
        if word.get("level") == _WORD and not _RULE.fullmatch(word.get("text", "")):
            words.setdefault(tuple(word[name] for name in _PLACE), []).append(word)
    paragraphs: dict[tuple[str, ...], int] = {}
    for place, line in words.items():
        if mean(float(word["conf"]) for word in line) < _LEAST_SURE:
            continue
        tops = [int(word["top"]) for word in line]
        bottom = max(top + int(word["height"]) for top, word in zip(tops, line, strict=True))
        number = paragraphs.setdefault(place[:-1], len(paragraphs))
        yield Printed(" ".join(word["text"].strip() for word in line), number, min(tops), bottom - min(tops))


_WORD = "5"

_RULE = re.compile(r"[\s|_\u2014-]*")
"""What tesseract makes of the rules of a table."""

_PLACE = ("block_num", "par_num", "line_num")


def _keep(file: Path, content: bytes) -> None:
    """Write a file in one step, so that nobody reads half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(descriptor, "wb") as unfinished:
        unfinished.write(content)
    Path(name).replace(file)
