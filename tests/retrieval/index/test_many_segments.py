"""What an index of several segments survives: a kill at any step of an update, a full disk, and flipped bytes."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.answer.search import Searcher
from retrieval.errors import IndexCorrupt
from retrieval.index import planning
from retrieval.index.snapshot import open_latest, published
from retrieval.index.updating import open_up_to_date, update
from tests.fakes import FakeEncoder
from tests.retrieval.examples import CountingEncoder, newsroom, write
from tests.retrieval.index.comparing import KEEPER
from tests.retrieval.index.test_segments import assert_answers_as_fresh
from tests.retrieval.index.test_snapshot import flip

KILLS = int(os.environ.get("KILLS", "2"))
"""How many updates are killed, how many find the disk full, and of how many files a byte is flipped; more by hand."""

UPDATES = """
import errno, os, signal, sys
from pathlib import Path
from retrieval.errors import StorageFailed
from retrieval.index import planning
from retrieval.index.updating import update
from tests.fakes import FakeEncoder

planning.SMALL = 0
STEPS = {"open", "os.mkdir", "os.link", "os.rename", "os.remove", "os.rmdir"}
GROWING = {"open", "os.mkdir", "os.link", "os.rename"}

def steps_counted(index, last, how):
    steps = 0

    def count(event, args):
        nonlocal steps
        reads = event == "open" and not (args[2] or 0) & (os.O_WRONLY | os.O_RDWR)
        if event not in (STEPS if how == "kill" else GROWING) or reads or index not in str(args[0]):
            return
        steps += 1
        if steps == last and how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if steps == last:
            raise OSError(errno.ENOSPC, "No space left on device")

    sys.addaudithook(count)
    return lambda: steps

for line in sys.stdin:
    articles, index, factor, how, last = line.split()
    planning.FACTOR = int(factor)
    if not (child := os.fork()):
        steps = steps_counted(index, int(last), how)
        try:
            update(Path(articles), Path(index), FakeEncoder())
        except StorageFailed as error:
            print("full", error.reason, flush=True)
            os._exit(0)
        print(steps(), flush=True)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        print("killed", flush=True)
"""
"""A process that has imported all it needs; its children update, and at their ``last`` step are killed or fail. A step
makes, links, renames or removes a file or a folder of the index, or opens one to write it."""


class Updates:
    """Updates of an index of several segments, each in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, articles: Path, index: Path, factor: int, how: str, last: int) -> str:
        """What became of one of ``index``: how many steps it took, or what happened at its ``last``."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{articles} {index} {factor} {how} {last}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()


@pytest.fixture(scope="module")
def updates() -> Iterator[Updates]:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}  # a fork has none of its parent's threads
    with subprocess.Popen(
        [sys.executable, "-c", UPDATES], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        yield Updates(process)


@pytest.fixture
def several(articles: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index of four segments, which would be merged if ``FACTOR`` were not 0."""
    monkeypatch.setattr(planning, "SMALL", 0)
    monkeypatch.setattr(planning, "FACTOR", 0)
    for name, text in {
        "": "",
        "harbour/keeper.txt": KEEPER,
        "count.txt": "The count stands at 0.",
        "z.txt": KEEPER,
    }.items():
        if name:
            write(articles, name, text)
        update(articles, index, FakeEncoder())
    assert len(open_latest(index).segments) == 4
    return index


def count_found(index: Path) -> str:
    return Searcher(open_latest(index), FakeEncoder()).search("Where does the count stand?")[0].passage.text


@pytest.mark.parametrize("factor", [2, 100])
@pytest.mark.parametrize("how", ["kill", "full"])
def test_an_update_of_several_segments_that_stops_at_any_step_leaves_an_index_that_answers_and_can_be_finished(
    how: str, factor: int, several: Path, articles: Path, tmp_path: Path, updates: Updates
) -> None:
    write(articles, "count.txt", "The count stands at 1.", age_s=1800)
    write(articles, "new.txt", "Herring is cheap.")
    (articles / "sports" / "final.txt").unlink()
    outcomes: list[str] = []
    whole = tmp_path / "whole"
    shutil.copytree(several, whole)
    steps = int(updates.run(articles, whole, factor, how, 0))
    merged = open_latest(whole)
    assert len(merged.segments) < 5
    for number, last in enumerate(sorted(random.sample(range(1, steps + 1), min(KILLS, steps)))):
        index = tmp_path / f"index-{number}"
        shutil.copytree(several, index)
        outcome = updates.run(articles, index, factor, how, last)
        found = count_found(index)
        assert found in {"The count stands at 0.", "The count stands at 1."}
        if outcome not in {"killed", "full No space left on device"}:  # a link becomes a copy, a merge waits
            assert outcome.isdecimal()
            assert found == "The count stands at 1."
        outcomes.append(f"{outcome.split()[0]}: {found}")

        opened, _ = open_up_to_date(articles, index, FakeEncoder(), wait_s=0)
        assert opened.passages == merged.passages
        update(articles, index, FakeEncoder())
        assert len(open_latest(index).segments) < 5
        assert not list(index.glob("unfinished-*"))
        assert not (index / "writer").exists()
        assert_answers_as_fresh(index, articles, tmp_path)
    print(steps, {outcome: outcomes.count(outcome) for outcome in outcomes})  # noqa: T201


def test_a_flipped_byte_never_gets_into_what_the_next_update_writes(
    several: Path, articles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = open_latest(several).path
    names = sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())
    assert {"texts.bin", "1/vectors.faiss", "2/articles.safetensors", "order.safetensors"} < set(names)
    write(articles, "new.txt", "Herring is cheap.")
    write(articles, "count.txt", "---\nsource: Radio\n---\nThe count stands at 0.", age_s=1800)
    update(articles, tmp_path / "fresh", FakeEncoder())
    for number, name in enumerate(random.sample(names, min(4 * KILLS, len(names)))):
        index = tmp_path / f"index-{number}"
        shutil.copytree(several, index)
        for snapshot in published(index):  # hard links before they were copied
            if (snapshot / name).exists():
                flip(snapshot / name)

        monkeypatch.setattr(planning, "FACTOR", 100 if number % 2 else 0)  # with a merge or without
        update(articles, index, FakeEncoder())
        opened, report = open_up_to_date(articles, index, FakeEncoder())

        assert opened.passages == open_latest(tmp_path / "fresh").passages
        assert report is None or "has changed" in str(report.reason)
        assert_answers_as_fresh(index, articles, tmp_path)


def test_an_update_that_changes_nothing_notices_a_flipped_byte(
    several: Path, articles: Path, tmp_path: Path, encoder: CountingEncoder
) -> None:
    flip(open_latest(several).path / "1" / "texts.bin")

    report = update(articles, several, encoder)

    assert report.reason == "the index was damaged: 1/texts.bin has changed"
    assert encoder.taken() == []
    assert_answers_as_fresh(several, articles, tmp_path)


def test_a_segment_that_is_kept_is_not_read_by_an_update_but_checked_by_whoever_answers(
    several: Path, articles: Path, encoder: CountingEncoder
) -> None:
    flip(open_latest(several).path / "1" / "postings.safetensors")
    write(articles, "new.txt", "Herring is cheap.")

    report = update(articles, several, encoder)

    assert (report.reason, report.encoded) == (None, 1)
    with pytest.raises(IndexCorrupt):
        open_latest(several)
    opened, report_then = open_up_to_date(articles, several, encoder)
    assert report_then is not None
    assert report_then.reason == "the index was damaged: 1/postings.safetensors has changed"
    assert report_then.encoded == 0
    assert opened.article("new.txt").text == "Herring is cheap."


def test_a_damaged_segment_that_should_be_merged_is_left_until_it_is_mended(
    several: Path, articles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(planning, "FACTOR", 100)
    flip(open_latest(several).path / "1" / "texts.bin")
    write(articles, "new.txt", "Herring is cheap.")

    assert update(articles, several, FakeEncoder()).built

    assert "texts.bin has changed" in caplog.text
    assert len(published(several)[-1].name) > 0
    update(articles, several, FakeEncoder())
    assert_answers_as_fresh(several, articles, tmp_path)


def test_whoever_waits_for_an_answer_does_not_wait_for_a_large_merge(
    several: Path, articles: Path, monkeypatch: pytest.MonkeyPatch, encoder: CountingEncoder
) -> None:
    monkeypatch.setattr(planning, "FACTOR", 100)
    monkeypatch.setattr(planning, "QUICK", 3)
    write(articles, "new.txt", "Herring is cheap.")

    opened, _ = open_up_to_date(articles, several, encoder)

    assert sorted(open_latest(several).layout.living) == [3, 5]
    assert opened.version == open_latest(several).version
    assert not update(articles, several, encoder).built
    assert open_latest(several).layout.living == [8]


def test_more_new_articles_than_fit_into_a_segment_fill_several(
    articles: Path, index: Path, tmp_path: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(planning, "SMALL", 0)
        patch.setattr(planning, "LARGEST", 2)
        write(articles, "z.txt", KEEPER)
        write(articles, "zz.txt", KEEPER)

        report = update(articles, index, encoder)

        assert (report.passages, report.encoded) == (6, 6)
        assert open_latest(index).layout.living == [2, 2, 2]
        assert not update(articles, index, encoder).built
    assert_answers_as_fresh(index, articles, tmp_path)


def test_articles_beyond_what_is_kept_in_memory_wait_on_disk(
    index: Path, tmp_path: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.index.spool.IN_MEMORY", 600)
    articles = newsroom(tmp_path / "many")

    update(articles, index, encoder)

    monkeypatch.undo()
    assert_answers_as_fresh(index, articles, tmp_path)
