"""What fails while an index is written: the old one goes on serving, and the next update finishes it."""

from __future__ import annotations

import errno
import os
import random
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from filelock import FileLock

from retrieval.answer.search import Searcher
from retrieval.errors import (
    EncoderUnavailable,
    IndexCorrupt,
    StorageFailed,
)
from retrieval.index.address import Where
from retrieval.index.snapshot import open_latest, published
from retrieval.index.updating import open_up_to_date, update
from tests.fakes import FakeEncoder
from tests.retrieval.examples import CountingEncoder, write
from tests.retrieval.index.comparing import KEEPER
from tests.retrieval.places import both, open_at


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """No file can grow beyond ``size`` bytes: to the writer, what a full disk is."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


def sections(count: int) -> str:
    """An article whose text is shorter than its vectors, and these than its terms: each passage has the title's."""
    return f"---\ntitle: {'again ' * 150}\n---\n" + "\n\n".join(f"# H{number}\n\nab cd" for number in range(count))


def test_when_the_disk_is_full_the_old_snapshot_goes_on_serving(
    articles: Path, index: Path, encoder: CountingEncoder
) -> None:
    first = update(articles, index, encoder)
    before = published(index)
    write(articles, "sections.md", sections(100))
    update(articles, index.with_name("other"), FakeEncoder())
    files = [path for path in open_latest(index.with_name("other")).path.rglob("*") if path.is_file()]

    # One byte short of each file in turn, which is where a writer that does not look back is caught.
    for size in sorted({0, 40, 700, 4096, *(path.stat().st_size - 1 for path in files)}):
        with file_size_limit(size), pytest.raises(StorageFailed) as caught:
            update(articles, index, encoder)

        assert caught.value.path == index
        assert caught.value.reason in {"File too large", "only a part could be written"}
        assert published(index) == before
        assert open_latest(index).passages == first.passages
        assert not list(index.glob("unfinished-*"))

    assert update(articles, index, encoder).added == ("sections.md",)


def test_a_full_disk_is_called_by_its_name(
    articles: Path, index: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)

    with pytest.raises(StorageFailed) as caught:
        update(articles, index, encoder)

    assert caught.value.reason == "No space left on device"
    assert published(index) == []


def test_an_index_folder_that_cannot_be_made_is_a_failure_of_storage(articles: Path, encoder: CountingEncoder) -> None:
    with pytest.raises(StorageFailed) as caught:
        update(articles, articles / "harbour" / "bridge.md", encoder)

    assert caught.value.path == articles / "harbour" / "bridge.md"
    assert caught.value.reason == "File exists"


def test_an_index_that_may_not_be_written_is_a_failure_of_storage(
    articles: Path, index: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    update(articles, index, encoder)
    write(articles, "keeper.txt", KEEPER)

    def refuse(_: FileLock, **__: object) -> NoReturn:
        raise OSError(errno.EROFS, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(FileLock, "acquire", refuse)
        with pytest.raises(StorageFailed) as caught:
            open_up_to_date(articles, index, encoder)

    assert caught.value.reason == "Read-only file system"
    assert open_latest(index).passages == 5


def test_what_a_killed_build_left_is_cleared_away_also_when_nothing_has_changed(
    articles: Path, index: Path, encoder: CountingEncoder
) -> None:
    update(articles, index, encoder)
    (index / "unfinished-7").mkdir()
    (index / "unfinished-7" / "texts.bin").write_bytes(b"half")

    assert not update(articles, index, encoder).built
    assert not list(index.glob("unfinished-*"))


@both
def test_a_model_that_fails_leaves_the_old_snapshot_and_no_lock(articles: Path, index: Where) -> None:
    class Broken(FakeEncoder):
        fingerprint = "broken"

        def encode_document(self, texts: object, progress: object = None) -> NoReturn:  # noqa: ARG002
            raise EncoderUnavailable("broken", "no such file")

    update(articles, index, FakeEncoder())

    with pytest.raises(EncoderUnavailable):
        update(articles, index, Broken())

    assert open_at(index).passages == 5
    assert not update(articles, index, FakeEncoder()).built


KILLED = """
import os, signal, sys
from pathlib import Path
from retrieval.index import publishing
from retrieval.index.updating import update
from tests.fakes import FakeEncoder

publishing._sync = lambda path: os.kill(os.getpid(), signal.SIGKILL)
update(Path(sys.argv[1]), Path(sys.argv[2]), FakeEncoder())
"""


def test_a_build_that_was_killed_leaves_the_old_snapshot_and_is_cleared_away(
    articles: Path, index: Path, encoder: CountingEncoder
) -> None:
    update(articles, index, encoder)
    write(articles, "keeper.txt", KEEPER)

    done = subprocess.run([sys.executable, "-c", KILLED, str(articles), str(index)], check=False, timeout=60)

    assert done.returncode == -signal.SIGKILL
    assert len(list(index.glob("unfinished-*"))) == 1
    assert open_latest(index).passages == 5
    assert open_up_to_date(articles, index, encoder, wait_s=0)[0].passages == 6
    assert not list(index.glob("unfinished-*"))
    assert not (index / "writer").exists()


FORKS = """
import os, signal, sys, time
from pathlib import Path
from retrieval.index.updating import update
from tests.fakes import FakeEncoder

for _ in range(2):
    took = update(Path(sys.argv[1]), Path(sys.argv[2] + "-warm"), FakeEncoder(), force=True).elapsed_s
for part in sys.stdin:
    if not (child := os.fork()):
        update(Path(sys.argv[1]), Path(sys.argv[2]), FakeEncoder(), force=True)
        os._exit(0)
    time.sleep(float(part) * took)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    print("gone", flush=True)
"""
"""A process that has imported all it needs, so that nearly all of a child's life is the rebuild; it kills the child."""

KILLS = int(os.environ.get("KILLS", "10"))
"""How many rebuilds are killed; more by hand."""


def test_rebuilds_killed_at_any_moment_leave_an_index_that_answers_and_can_be_finished(
    articles: Path, index: Path, encoder: CountingEncoder
) -> None:
    program = [sys.executable, "-c", FORKS, str(articles), str(index)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}  # a fork has none of its parent's threads
    outcomes: list[str] = []
    with subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as forking:
        assert forking.stdin is not None
        assert forking.stdout is not None
        write(articles, "count.txt", "The count stands at 0.")
        update(articles, index, encoder)
        for number in range(1, KILLS + 1):
            write(articles, "count.txt", f"The count stands at {number}.", age_s=3600 - number)
            forking.stdin.write(f"{random.uniform(0, 2)}\n")  # noqa: S311 - a moment is no secret
            forking.stdin.flush()
            assert forking.stdout.readline() == "gone\n"

            found = Searcher(open_latest(index), encoder).search("Where does the count stand?")[0].passage.text
            assert found in {f"The count stands at {number - 1}.", f"The count stands at {number}."}
            outcomes.append(f"{'new' if found.endswith(f' {number}.') else 'old'}")
            outcomes[-1] += " with left-overs" if list(index.glob("unfinished-*")) else ""
            update(articles, index, encoder)
            assert open_latest(index).article("count.txt").text == f"The count stands at {number}."
            assert not list(index.glob("unfinished-*"))
            assert not (index / "writer").exists()
    print({outcome: outcomes.count(outcome) for outcome in outcomes})  # noqa: T201


def test_a_snapshot_damaged_as_it_was_written_is_not_served(
    articles: Path, index: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.rename

    def damage(path: Path, target: Path) -> Path:
        (path / "texts.bin").write_bytes(b"")
        return real(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", damage)
        with pytest.raises(IndexCorrupt):
            update(articles, index, encoder)

    assert open_up_to_date(articles, index, encoder)[0].passages == 5
