"""``quoth index``: what it says, two at once, and the watch."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from retrieval.errors import IndexLocked, NoArticles
from retrieval.index import updating as indexing
from retrieval.index.snapshot import published
from retrieval.index.updating import update
from retrieval.models.encoder import Encoder
from tests.bot.conftest import Quoth

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.usefixtures("library")


def test_indexing_says_what_it_did(quoth: Quoth, library: Path) -> None:
    (library / "blank.txt").write_bytes(b"")

    said = quoth("index")

    assert said.status == 0
    assert said.out.startswith("Added bread.txt, sochi.md, whales.txt.\nSkipped blank.txt: it holds no text.\n")
    assert quoth("index").out.startswith("Nothing has changed: 3 articles")
    assert "(forced)" in quoth("index", "--force").out
    assert quoth("index", "--json").objects[0]["unchanged"] == ["bread.txt", "sochi.md", "whales.txt"]


def test_files_of_kinds_that_are_not_read_are_told_once_the_index_is_there(quoth: Quoth, library: Path) -> None:
    for name in ("plan.doc", "map.png", "route.png", "a.b1", "a.b2", "a.b3", "a.b4"):
        (library / name).write_bytes(b"\0")

    assert quoth("index").err.endswith(
        "7 files of kinds that are not read: 2 .png, 1 .b1, 1 .b2, 1 .b3, 1 .b4, others.\n"
    )
    assert "not read" not in quoth("index", "--json").err
    assert "7 files of kinds that are not read" in quoth("doctor").out


def test_whoever_interrupts_is_told_that_nothing_is_lost(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(indexing, "update", interrupted)

    said = quoth("index")

    assert (said.status, said.out, said.err) == (130, "", "Interrupted: the next run goes on from here.\n")


def test_an_index_that_another_writes_is_an_error(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object, **__: object) -> None:
        raise IndexLocked(Path("data/index"), "process 7 on here")

    monkeypatch.setattr(indexing, "update", locked)

    said = quoth("index")

    assert said.status == 2
    assert "process 7 on here" in said.err


SLOW_INDEX = """
import sys
from bot import assembly, cli
from tests.fakes import FakeEncoder

class SlowEncoder(FakeEncoder):
    def encode_document(self, texts, progress=None):
        print("encoding", flush=True)
        sys.stdin.readline()
        return super().encode_document(texts, progress)

assembly.build_encoder = lambda _: SlowEncoder()
sys.exit(cli.main(["index"]))
"""
"""``quoth index``, which encodes once it is told to."""


def test_of_two_processes_that_index_at_once_one_does_and_the_other_says_who(quoth: Quoth) -> None:
    command = [sys.executable, "-c", SLOW_INDEX]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True) as first:
        assert first.stdin
        assert first.stdout
        assert first.stdout.readline() == "encoding\n"
        second = quoth("index")
        first.stdin.write("\n")
        first.stdin.close()
        assert first.stdout.read().startswith("Added bread.txt, sochi.md, whales.txt.")

    assert (first.returncode, second.status) == (0, 2)
    assert second.out == ""
    assert re.fullmatch(
        rf"quoth: The index at \S+ is being written by another program \(process {first.pid} on .+\): "
        r"try again when it is done\.\n",
        second.err,
    )
    assert len(published(Path("data/index"))) == 1
    assert quoth("index").out.startswith("Nothing has changed: 3 articles")


def test_a_watch_tells_of_each_update_and_of_what_goes_wrong(
    quoth: Quoth, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def watch(articles: Path, index: Path, encoder: Encoder, told: Callable[..., None], _: threading.Event) -> None:
        told(update(articles, index, encoder, force=True))
        told(NoArticles(articles, skipped=0))

    less: list[int] = []
    monkeypatch.setattr("retrieval.index.watching.watch", watch)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr("os.nice", less.append, raising=False)

    done = quoth("index", "--watch")

    assert done.status == 0
    assert less == [10]  # nobody waits for a watch, and others may be answering
    assert done.out.count("Indexed 3 articles") == 2
    assert "Watching" in done.err
    assert f"{library.name}" in done.err


def test_ctrl_c_ends_the_watch_in_peace(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    def watch(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("retrieval.index.watching.watch", watch)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr("os.nice", lambda _: None, raising=False)

    done = quoth("index", "--watch")

    assert (done.status, done.err.splitlines()[-1]) == (0, "Ended.")
