"""Keeping the index true to the folder: what is noticed, what is encoded, who may write, what survives a failure."""

from __future__ import annotations

import errno
import os
import random
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.answer.search import Searcher
from retrieval.articles import files as articles_module
from retrieval.articles.formats.registry import FORMATS
from retrieval.errors import (
    ArticleUnreadable,
    EncoderUnavailable,
    FolderMissing,
    IndexCorrupt,
    IndexLocked,
    NoArticles,
    StorageFailed,
)
from retrieval.index import changes as changes_module
from retrieval.index import folder, publishing, snapshot
from retrieval.index import updating as indexing
from retrieval.index.address import Where
from retrieval.index.changes import compare
from retrieval.index.places import place_of
from retrieval.index.protocol import Index
from retrieval.index.snapshot import Snapshot, open_latest, published
from retrieval.index.sources import RULES
from retrieval.index.updating import Report, open_up_to_date, update
from tests.fakes import FakeEncoder
from tests.retrieval.examples import NEWS, CountingEncoder, write
from tests.retrieval.places import both, open_at

IDS = tuple(sorted(NEWS))
KEEPER = "A new lighthouse keeper was hired in Elvestad."


def tree(folder: Path) -> dict[str, int]:
    """Everything below ``folder`` with the time of its last change."""
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in folder.rglob("*")}


def first_id(index: Index, question: str) -> str:
    return Searcher(index, FakeEncoder()).search(question)[0].passage.article.id


def assert_same_as_fresh(index: Where, articles: Path, tmp_path: Path) -> None:
    """An index that was brought up to date is what one built from nothing would be."""
    update(articles, tmp_path / "fresh", FakeEncoder())
    kept, fresh = open_at(index), open_latest(tmp_path / "fresh")
    assert kept.articles == fresh.articles
    assert [kept.article(each.id) for each in kept.articles] == [fresh.article(each.id) for each in fresh.articles]
    assert kept.passages == fresh.passages
    assert sorted(kept.terms.vocabulary) == sorted(fresh.terms.vocabulary)
    for term in fresh.terms.vocabulary:
        assert kept.terms.frequency(term) == fresh.terms.frequency(term)
    for term in sorted(fresh.terms.vocabulary)[:5]:
        several = ({(each.article.id, each.start) for each in some.having(term, 9)} for some in (kept, fresh))
        assert len({frozenset(each) for each in several}) == 1
    if isinstance(kept, Snapshot):
        np.testing.assert_array_equal(kept.dense.vectors(), fresh.dense.vectors())
        for term in fresh.terms.vocabulary:
            np.testing.assert_array_equal(kept.lexical.scores(term), fresh.lexical.scores(term))
        assert kept.passages_at(range(kept.passages)) == fresh.passages_at(range(fresh.passages))


# --- what is noticed and encoded -----------------------------------------------------------------------------


def test_the_first_build_encodes_every_passage_behind_its_title(
    articles: Path, index: Path, encoder: CountingEncoder
) -> None:
    report = update(articles, index, encoder)

    opened = open_latest(index)
    passages = opened.passages_at(range(opened.passages))
    assert encoder.taken() == [f"{passage.article.title}. {passage.text}" for passage in passages]
    assert (report.added, report.changed, report.removed, report.unchanged) == (IDS, (), (), ())
    assert (report.passages, report.encoded, report.built) == (len(passages), len(passages), True)
    assert (report.reason, report.skipped) == (None, ())
    assert report.elapsed_s > 0


def test_nothing_is_written_when_nothing_changed(articles: Path, index: Path, encoder: CountingEncoder) -> None:
    update(articles, index, encoder)
    encoder.taken()
    before = tree(index / published(index)[0].name)

    report = update(articles, index, encoder)

    assert (report.built, report.encoded, report.unchanged) == (False, 0, IDS)
    assert report.passages == open_latest(index).passages
    assert encoder.taken() == []
    assert tree(index / published(index)[0].name) == before
    assert len(published(index)) == 1


def test_an_index_that_is_up_to_date_is_only_read(
    articles: Path, index: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    update(articles, index, encoder)
    before = tree(index)

    def refuse(*_: object) -> NoReturn:
        raise AssertionError("tried to lock an index that only has to be read")

    monkeypatch.setattr(folder, "sole_writer", refuse)

    opened, report = open_up_to_date(articles, index, encoder)

    assert report is None
    assert opened.passages == 5
    assert tree(index) == before


@both
def test_an_added_article_is_all_that_is_encoded(
    articles: Path, index: Where, encoder: CountingEncoder, tmp_path: Path
) -> None:
    update(articles, index, encoder)
    encoder.taken()
    write(articles, "harbour/keeper.txt", KEEPER)

    opened, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert (report.added, report.unchanged, report.reason) == (("harbour/keeper.txt",), IDS, None)
    assert encoder.taken() == [f"keeper. {KEEPER}"]
    assert first_id(opened, "Was a lighthouse keeper hired?") == "harbour/keeper.txt"
    assert_same_as_fresh(index, articles, tmp_path)


@both
def test_a_changed_article_is_encoded_again(
    articles: Path, index: Where, encoder: CountingEncoder, tmp_path: Path
) -> None:
    update(articles, index, encoder)
    encoder.taken()
    write(articles, "science/whales.md", f"Squid\n\n{KEEPER}", age_s=1800)

    opened, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert (report.added, report.changed, report.removed) == ((), ("science/whales.md",), ())
    assert encoder.taken() == [f"Squid. Squid\n\n{KEEPER}"]
    assert opened.article("science/whales.md").title == "Squid"
    assert_same_as_fresh(index, articles, tmp_path)


@both
def test_a_removed_article_answers_no_more(
    articles: Path, index: Where, encoder: CountingEncoder, tmp_path: Path
) -> None:
    update(articles, index, encoder)
    encoder.taken()
    (articles / "sports" / "final.txt").unlink()

    opened, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert (report.removed, report.encoded, encoder.taken()) == (("sports/final.txt",), 0, [])
    assert "sports/final.txt" not in [article.id for article in opened.articles]
    assert_same_as_fresh(index, articles, tmp_path)


@both
def test_a_renamed_article_with_a_title_of_its_own_is_not_encoded_again(
    articles: Path, index: Where, encoder: CountingEncoder, tmp_path: Path
) -> None:
    update(articles, index, encoder)
    encoder.taken()
    (articles / "science" / "whales.md").rename(articles / "0-songs.md")

    opened, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert (report.added, report.removed, report.encoded) == (("0-songs.md",), ("science/whales.md",), 0)
    assert encoder.taken() == []
    assert first_id(opened, "blue whales") == "0-songs.md"
    assert_same_as_fresh(index, articles, tmp_path)


@both
def test_the_model_is_not_even_loaded_when_there_is_nothing_to_encode(articles: Path, index: Where) -> None:
    class Unloadable(FakeEncoder):
        @property
        def dimension(self) -> NoReturn:  # type: ignore[override]
            raise EncoderUnavailable("unloadable", "nobody may ask")

        def encode_document(self, texts: object, progress: object = None) -> NoReturn:  # noqa: ARG002
            raise EncoderUnavailable("unloadable", "nobody may ask")

    update(articles, index, FakeEncoder())
    (articles / "sports" / "final.txt").unlink()

    assert update(articles, index, Unloadable()).removed == ("sports/final.txt",)


@both
def test_other_metadata_alone_cost_no_encoding(articles: Path, index: Where, encoder: CountingEncoder) -> None:
    update(articles, index, encoder)
    encoder.taken()
    text = NEWS["science/whales.md"].replace("northern herald", "The Other Paper")
    write(articles, "science/whales.md", text, age_s=1800)

    opened, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert (report.changed, report.encoded) == (("science/whales.md",), 0)
    assert opened.article("science/whales.md").source == "The Other Paper"


def test_a_touched_file_is_read_and_found_the_same(articles: Path, index: Path, encoder: CountingEncoder) -> None:
    update(articles, index, encoder)
    (articles / "sports" / "final.txt").touch()
    before = tree(index)

    _, report = open_up_to_date(articles, index, encoder)

    assert report is None
    assert tree(index) == before


@both
def test_only_files_that_look_changed_are_read(
    articles: Path, index: Where, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    update(articles, index, encoder)
    (articles / "sports" / "final.txt").touch()
    read: list[str] = []
    real = articles_module.read_bytes

    def note(folder: Path, name: str) -> bytes:
        read.append(name)
        return real(folder, name)

    monkeypatch.setattr(changes_module, "read_bytes", note)

    assert not compare(articles, open_at(index), encoder)
    assert read == ["sports/final.txt"]


@both
def test_a_change_within_the_clocks_tick_is_noticed(articles: Path, index: Where, encoder: CountingEncoder) -> None:
    # Written, indexed, and written again with as many bytes before the clock of the file system went on.
    path = write(articles, "score.txt", "Fjordby leads one to nil.", age_s=0)
    stamp = path.stat().st_mtime_ns
    update(articles, index, encoder)
    path.write_text("Fjordby leads two to nil.")
    os.utime(path, ns=(stamp, stamp))

    opened, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert report.changed == ("score.txt",)
    assert opened.article("score.txt").text == "Fjordby leads two to nil."


@both
def test_a_change_that_left_a_file_its_size_and_its_time_is_noticed_when_every_file_is_read(
    articles: Path, index: Where, encoder: CountingEncoder
) -> None:
    path = write(articles, "score.txt", "Fjordby leads one to nil.")
    stamp = path.stat().st_mtime_ns
    update(articles, index, encoder)
    path.write_text("Fjordby leads two to nil.")
    os.utime(path, ns=(stamp, stamp))

    assert not update(articles, index, encoder).built
    encoder.taken()
    report = update(articles, index, encoder, thorough=True)

    assert report.changed == ("score.txt",)
    assert encoder.taken() == ["score. Fjordby leads two to nil."]
    assert open_at(index).article("score.txt").text == "Fjordby leads two to nil."
    assert not update(articles, index, encoder, thorough=True).built


@both
def test_another_encoder_encodes_everything(articles: Path, index: Where, encoder: CountingEncoder) -> None:
    update(articles, index, encoder)
    other = CountingEncoder("fake:2")

    changes = compare(articles, open_at(index), other)
    opened, report = open_up_to_date(articles, index, other)

    assert changes.encoder_changed
    assert changes.rebuild_reason == "the encoder changed"
    assert report is not None
    assert (report.reason, report.unchanged) == ("the encoder changed", IDS)
    assert len(other.taken()) == report.encoded == opened.passages
    assert opened.fingerprint == "fake:2"
    assert open_up_to_date(articles, index, other)[1] is None


def test_other_rules_encode_everything(
    articles: Path, index: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    update(articles, index, encoder)
    encoder.taken()
    for module in (publishing, snapshot):
        monkeypatch.setattr(module, "RULES", {**RULES, "passages": "other"})

    opened, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert report.reason == "this version of Quoth cuts texts by other rules"
    assert len(encoder.taken()) == report.encoded == opened.passages
    assert open_up_to_date(articles, index, encoder)[1] is None


def test_an_index_that_another_version_laid_out_is_built_anew(
    articles: Path, index: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    update(articles, index, encoder)
    for module in (publishing, snapshot):
        monkeypatch.setattr(module, "LAYOUT", {"format": 99})
    monkeypatch.setattr(snapshot, "READABLE", (99,))

    opened, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert report.reason == "another version of Quoth wrote the index"
    assert report.encoded == opened.passages
    assert open_up_to_date(articles, index, encoder)[1] is None


@both
def test_force_encodes_everything(articles: Path, index: Where, encoder: CountingEncoder) -> None:
    update(articles, index, encoder)
    encoder.taken()

    report = update(articles, index, encoder, force=True)

    assert (report.reason, report.built, report.unchanged) == ("forced", True, IDS)
    assert len(encoder.taken()) == report.encoded == report.passages


@both
def test_two_copies_of_an_article_are_two_articles(
    articles: Path, index: Where, encoder: CountingEncoder, tmp_path: Path
) -> None:
    write(articles, "copy.md", NEWS["science/whales.md"])
    update(articles, index, encoder)
    write(articles, "keeper.txt", KEEPER)
    encoder.taken()

    update(articles, index, encoder)

    assert encoder.taken() == [f"keeper. {KEEPER}"]
    assert_same_as_fresh(index, articles, tmp_path)


@given(st.lists(st.dictionaries(st.sampled_from("abcde"), st.integers(0, 3), min_size=1), min_size=2, max_size=4))
@settings(max_examples=8)
def test_any_history_of_changes_leads_to_what_a_fresh_build_gives(history: list[dict[str, int]]) -> None:
    with TemporaryDirectory() as name:
        articles, index = Path(name, "articles"), Path(name, "index")
        articles.mkdir()
        for state in history:
            for letter in "abcde":
                (articles / f"{letter}.txt").unlink(missing_ok=True)
            for letter, version in state.items():
                text = "\n\n".join(f"Part {part} of story {version} is told here. " * 12 for part in range(version + 1))
                write(articles, f"{letter}.txt", f"---\ntitle: Story\n---\n{text}")
            update(articles, index, FakeEncoder())

        assert_same_as_fresh(index, articles, Path(name))


@both
def test_progress_tells_of_reading_and_encoding(articles: Path, index: Where, encoder: CountingEncoder) -> None:
    told: list[tuple[str, int, int]] = []

    report = update(articles, index, encoder, progress=lambda *step: told.append(step))

    assert told[0] == ("reading", 0, len(NEWS))
    assert told[1:] == [("encoding", done, report.passages) for done in range(report.passages + 1)]


# --- files that are no articles ------------------------------------------------------------------------------


@both
def test_an_unreadable_file_is_named_and_the_rest_indexed(
    articles: Path, index: Where, encoder: CountingEncoder
) -> None:
    write(articles, "broken.txt", b"\0\1\2")
    write(articles, "empty.md", "")
    (articles / "gone.txt").symlink_to(articles / "nowhere")

    opened, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert report.added == IDS
    assert [(skipped.path, skipped.reason) for skipped in report.skipped] == [
        ("broken.txt", "it is not a text file"),
        ("empty.md", "it holds no text"),
        ("gone.txt", "No such file or directory"),
    ]
    assert opened.skipped == report.skipped
    assert open_up_to_date(articles, index, encoder)[1] is None


@both
def test_a_file_that_becomes_unreadable_answers_no_more(articles: Path, index: Where, encoder: CountingEncoder) -> None:
    update(articles, index, encoder)
    write(articles, "sports/final.txt", b"\0", age_s=1800)

    opened, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert report.removed == ("sports/final.txt",)
    assert [skipped.path for skipped in report.skipped] == ["sports/final.txt"]
    assert "sports/final.txt" not in [article.id for article in opened.articles]


@both
def test_a_file_that_becomes_readable_is_indexed(articles: Path, index: Where, encoder: CountingEncoder) -> None:
    write(articles, "keeper.txt", b"\0")
    update(articles, index, encoder)
    write(articles, "keeper.txt", KEEPER, age_s=1800)

    report = update(articles, index, encoder)

    assert (report.added, report.skipped) == (("keeper.txt",), ())


@both
def test_a_file_that_only_lacked_permission_is_indexed_once_it_has_it(
    articles: Path, index: Where, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Permission changes no time stamp. Whoever runs this as root may read everything, hence the double.
    real = articles_module.read_bytes

    def refuse(folder: Path, name: str) -> bytes:
        if name == "sports/final.txt":
            raise ArticleUnreadable(name, "Permission denied")
        return real(folder, name)

    with monkeypatch.context() as patch:
        patch.setattr(changes_module, "read_bytes", refuse)
        _, refused = open_up_to_date(articles, index, encoder)
        assert refused is not None
        assert [(s.path, s.reason) for s in refused.skipped] == [("sports/final.txt", "Permission denied")]
        assert open_up_to_date(articles, index, encoder)[1] is None

    _, report = open_up_to_date(articles, index, encoder)

    assert report is not None
    assert (report.added, report.skipped) == (("sports/final.txt",), ())


@both
def test_no_articles_say_how_many_files_were_skipped(tmp_path: Path, index: Where, encoder: CountingEncoder) -> None:
    write(tmp_path / "articles", "a.txt", b"\0")
    write(tmp_path / "articles", "b.txt", b"")
    write(tmp_path / "articles", "picture.png", b"png")

    with pytest.raises(NoArticles) as caught:
        open_up_to_date(tmp_path / "articles", index, encoder)

    assert (caught.value.path, caught.value.skipped) == (tmp_path / "articles", 2)
    assert place_of(index).newest() is None


@both
def test_a_missing_folder_leaves_the_index_alone(articles: Path, index: Where, encoder: CountingEncoder) -> None:
    update(articles, index, encoder)
    missing = articles / "nowhere"

    with pytest.raises(FolderMissing) as caught:
        open_up_to_date(missing, index, encoder)

    assert caught.value.path == missing
    assert open_at(index).passages == 5


@given(st.sampled_from(sorted(FORMATS)), st.binary(max_size=400))
@settings(max_examples=25)
def test_any_bytes_as_a_file_are_indexed_or_named(suffix: str, content: bytes) -> None:
    with TemporaryDirectory() as name:
        articles = Path(name, "articles")
        write(articles, "good.txt", KEEPER)
        write(articles, f"odd{suffix}", content)

        opened, report = open_up_to_date(articles, Path(name, "index"), FakeEncoder())

        assert report is not None
        assert {*report.added, *(skipped.path for skipped in report.skipped)} == {"good.txt", f"odd{suffix}"}
        assert "good.txt" in report.added
        assert all(passage.text.strip() for passage in opened.passages_at(range(opened.passages)))


# --- failures ------------------------------------------------------------------------------------------------


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


# --- one writer at a time ------------------------------------------------------------------------------------


@pytest.fixture
def held(index: Path) -> Iterator[FileLock]:
    """The lock on the index, held as by another process."""
    index.mkdir()
    lock = FileLock(index / "lock", thread_local=False)
    lock.acquire()
    yield lock
    lock.release(force=True)


@pytest.mark.usefixtures("held")
def test_a_second_writer_is_told_who_is_first(articles: Path, index: Path, encoder: CountingEncoder) -> None:
    with pytest.raises(IndexLocked) as nameless:
        update(articles, index, encoder)
    (index / "writer").write_text("process 7 on harbour")
    with pytest.raises(IndexLocked) as named:
        update(articles, index, encoder)

    assert (nameless.value.holder, named.value.holder) == ("another process", "process 7 on harbour")
    assert named.value.path == index
    assert published(index) == []


def test_a_second_writer_waits_for_the_first(
    articles: Path, index: Path, encoder: CountingEncoder, held: FileLock
) -> None:
    told: list[str] = []

    def progress(stage: str, *_: int) -> None:
        told.append(stage)
        if stage == "waiting":
            held.release()

    report = update(articles, index, encoder, wait_s=60, progress=progress)

    assert report.built
    assert told[:2] == ["waiting", "reading"]


def test_whoever_writes_leaves_their_name_meanwhile(articles: Path, index: Path) -> None:
    seen: list[str] = []

    class Nosy(FakeEncoder):
        @property
        def dimension(self) -> int:  # type: ignore[override]
            seen.append((index / "writer").read_text())
            return 64

    update(articles, index, Nosy())

    assert seen[0].startswith(f"process {os.getpid()} on ")
    assert not (index / "writer").exists()


@both
def test_threads_that_come_at_once_build_once(articles: Path, index: Where, encoder: CountingEncoder) -> None:
    opened: list[tuple[Index, Report | None]] = []
    threads = [
        threading.Thread(target=lambda: opened.append(open_up_to_date(articles, index, encoder))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {snapshot.version for snapshot, _ in opened} == {place_of(index).newest()}
    assert len(encoder.taken()) == 5
    assert sum(report.built for _, report in opened if report) == 1


def test_two_snapshots_are_kept(articles: Path, index: Path, encoder: CountingEncoder) -> None:
    for _ in range(4):
        update(articles, index, encoder, force=True)

    assert [path.name.split("-")[1] for path in published(index)] == ["00000003", "00000004"]


def test_a_clock_set_back_only_costs_a_second_look(
    articles: Path, index: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Past(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]  # noqa: ARG003
            return datetime(2001, 1, 1, tzinfo=UTC)

    monkeypatch.setattr(indexing, "datetime", Past)
    update(articles, index, encoder)

    assert open_up_to_date(articles, index, encoder)[1] is None
