"""``quoth index``: bring the index up to date, or keep it so, and say what was done."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

from bot import wording
from bot.error_wording import in_words
from bot.terminal import json_output, tables
from bot.terminal.console import console
from bot.terminal.progress import progress
from retrieval.articles.files import other_kinds
from retrieval.errors import QuothError
from retrieval.index import updating, watching
from retrieval.index.address import Where
from retrieval.index.updating import Report
from retrieval.models.encoder import Encoder


def update(
    articles: Path,
    index: Where,
    encoder: Encoder,
    *,
    force: bool = False,
    thorough: bool = False,
    wait_s: float = 600.0,
    as_json: bool = False,
) -> None:
    """Bring the index up to date with the folder of articles, and print what that took.

    ``thorough`` reads every file, also those whose size and time have not changed. Another program that writes the
    index, as a watch does that has seen the same new file, is waited for ``wait_s`` seconds.
    """
    errors = console(stderr=True)
    try:
        with progress(errors) as told:
            report = updating.update(
                articles, index, encoder, force=force, thorough=thorough, wait_s=wait_s, progress=told
            )
    except KeyboardInterrupt:
        errors.print("Interrupted: the next run goes on from here.", style="dim")
        raise
    print_report(report, as_json=as_json)
    if not as_json and (kinds := other_kinds(articles)):
        errors.print(f"{wording.other_kinds(kinds)}.", style="dim")


def watch(articles: Path, index: Where, encoder: Encoder, *, as_json: bool = False) -> None:
    """Index changes as they come, and print what was done, until Ctrl-C or SIGTERM."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    errors = console(stderr=True)

    def told(news: Report | QuothError) -> None:
        if isinstance(news, QuothError):
            errors.print(in_words(news), style="yellow")
        else:
            print_report(news, as_json=as_json)

    errors.print(f"Watching {articles}; Ctrl-C ends it.", style="dim")
    try:
        watching.watch(articles, index, encoder, told, stop)
    except KeyboardInterrupt:  # what was encoded is not lost, and the next run goes on from there
        errors.print("Ended.", style="dim")


def print_report(report: Report, *, as_json: bool) -> None:
    """Print what an update did."""
    if as_json:
        json_output.put(json_output.report_json(report))
    else:
        console().print(tables.report(report))
