"""``python -m benchmarks.long_pdf``: reading and indexing a PDF of many dense pages, in seconds and memory.

The file is generated, 600 words a page. It is read, and indexed with the real encoder, by a process whose memory is its
own; that of the confined process that reads the file, and of one that PyTorch runs in, is told apart.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import resource
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

from retrieval.articles import confined, files
from retrieval.index.updating import update
from retrieval.models.runtimes import encoder_named
from retrieval.models.torch_process import on_torch

TEXT = (
    "the a of in and to harbour crane mill ferry tide ledger granite winter captain herring council bridge lantern "
    "paid built sold measured carried found painted lowered agreed sixty forty nine crowns tons metres island coast"
)
PER_PAGE, LINE, LEADING = 600, 95, 11.5


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.long_pdf", description=main.__doc__)
    parser.add_argument("--pages", type=int, default=600)
    parser.add_argument("--read-only", action="store_true", help="do not index it")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="quoth-long-pdf-") as name:
        folder = Path(name, "articles")
        folder.mkdir()
        file = folder / "report.pdf"
        file.write_bytes(_pdf(asked.pages))
        print(f"{asked.pages:,} pages, {file.stat().st_size / 2**20:.1f} MiB", flush=True)
        for measured in (_read, *(() if asked.read_only else (_index,))):
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                print(pool.apply(measured, (folder,)), flush=True)


def _read(folder: Path) -> str:
    started = time.perf_counter()
    [article] = files.load(folder, files.locate(folder, "report.pdf")).articles
    return f"read: {len(article.pages):,} pages, {len(article.text.split()):,} words, {_taken(started)}"


def _index(folder: Path) -> str:
    started = time.perf_counter()
    report = update(folder, folder.with_name("index"), encoder_named())
    return f"indexed: {report.passages:,} passages, {_taken(started)}"


def _taken(started: float) -> str:
    seconds = time.perf_counter() - started
    confined.let_go()  # memory is told of processes that have ended
    on_torch.close()
    own, other = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return f"{seconds:.1f} s, at most {own:,.0f} MiB, and {other:,.0f} MiB in any other process"


# --- the file ------------------------------------------------------------------------------------------------


def _pdf(pages: int) -> bytes:
    """A PDF file of dense pages in Helvetica, which it does not carry."""
    chance = random.Random(1)  # noqa: S311 - repeatable on purpose
    objects = [b"", b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>"]
    for _ in range(pages):
        shown = "".join(f"BT /F1 9 Tf 60 {760 - row * LEADING:.1f} Td ({line}) Tj ET\n" for row, line in _lines(chance))
        objects.append(b"<</Length %d>> stream\n%bendstream" % (len(shown), shown.encode()))
        objects.append(
            b"<</Type /Page /Parent 1 0 R /MediaBox [0 0 612 792] /Contents %d 0 R /Resources <</Font <</F1 2 0 R>>>>>>"
            % len(objects)
        )
    kids = b" ".join(b"%d 0 R" % number for number in range(4, len(objects) + 1, 2))
    objects[0] = b"<</Type /Pages /Kids [%b] /Count %d>>" % (kids, pages)
    objects.append(b"<</Type /Catalog /Pages 1 0 R>>")
    content, places = bytearray(b"%PDF-1.4\n"), []
    for number, item in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj %b endobj\n" % (number, item)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    ends = (len(objects) + 1, table, len(objects) + 1, len(objects), len(content))
    return (
        bytes(content)
        + b"xref\n0 %d\n0000000000 65535 f \n%btrailer <</Size %d /Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % ends
    )


def _lines(chance: random.Random) -> Iterator[tuple[int, str]]:
    """The lines of a page, from the top."""
    words = chance.choices(TEXT.split(), k=PER_PAGE)
    for place in range(0, PER_PAGE, 20):
        words[place] = words[place].capitalize()
        words[place - 1] += "."
    return enumerate(textwrap.wrap(" ".join(words), LINE))


if __name__ == "__main__":
    main()
