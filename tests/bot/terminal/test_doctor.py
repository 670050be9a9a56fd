"""What the doctor finds, and what it tells a person to do."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.terminal import doctor
from retrieval.answer.reading import span_reader
from retrieval.errors import WeightsMismatch
from tests.bot.conftest import Quoth


@pytest.fixture(autouse=True)
def whole_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing 90 MB takes a while; one test here and those of the encoder do it."""
    monkeypatch.setattr(doctor, "verify_bundled", lambda: "53aa51172d142c89")


def todo(quoth: Quoth) -> dict[str, str]:
    """What needs doing: the finding with its remedy."""
    return {found["text"]: found["remedy"] for found in quoth("doctor", "--json").objects if found["remedy"]}


def test_all_is_well_after_indexing(quoth: Quoth, library: Path) -> None:
    quoth("index")

    said = quoth("doctor")

    assert said.status == 0
    assert "All is well." in said.out
    assert f"torch {metadata.version('torch')}" in said.out
    assert "(SHA-256 53aa51172d14…)" in said.out
    assert "3 articles in data/articles" in said.out
    assert "built just now" in said.out
    assert "It is up to date" in said.out
    assert "QUOTH_TOP = 3 (the default)" in said.out
    assert library.exists()


def test_a_missing_index_is_to_be_built(quoth: Quoth, library: Path) -> None:
    assert quoth("doctor").status == 1
    assert todo(quoth) == {"There is no index at data/index": "build it with quoth index"}
    assert library.exists()


def test_a_stale_index_is_named_with_what_changed(quoth: Quoth, library: Path) -> None:
    quoth("index")
    (library / "bread.txt").unlink()
    (library / "new.txt").write_text("News.", encoding="utf-8")
    (library / "whales.txt").write_text("No more whales.", encoding="utf-8")

    assert ("It is stale: 1 article new (new.txt), 1 article changed (whales.txt), 1 article gone (bread.txt)") in todo(
        quoth
    )


def test_a_text_in_two_places_is_named_and_needs_nothing_done(quoth: Quoth, library: Path) -> None:
    for number in range(22):
        for twin in "ab":
            (library / f"{number:02}{twin}.txt").write_text(f"The count stands at {number}.", encoding="utf-8")
    quoth("index")

    said = quoth("doctor")

    assert said.status == 0
    assert "The same text, indexed once: 00a.txt, 00b.txt; quoth articles remove ID takes one away" in said.out
    assert "2 more texts in several places" in said.out


def test_the_encoder_its_hash_and_the_disk_are_told(quoth: Quoth, library: Path) -> None:
    quoth("index")
    quoth("index", "--force")

    out = quoth("doctor").out

    assert "Encoded by fake (fake:1)" in out
    assert "MiB on disk in 2 snapshots, " in out
    assert library.exists()


@pytest.mark.usefixtures("library")
def test_a_disk_without_room_for_an_update_needs_room(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    quoth("index")
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=100))

    ((finding, remedy),) = todo(quoth).items()
    assert "0.0 GiB free" in finding
    assert remedy == "make room: an update writes the whole index beside the old one"


def test_skipped_files_are_named_with_their_reason(quoth: Quoth, library: Path) -> None:
    quoth("index")
    for number in range(25):
        (library / f"blank{number:02}.txt").write_bytes(b"")

    found = todo(quoth)

    assert found["blank00.txt is skipped: it holds no text"] == "mend the file or take it out"
    assert found["5 more files are skipped"] == "quoth articles names them all"
    assert "It is stale: other files are skipped now" in found


def test_a_changed_model_makes_the_index_stale(quoth: Quoth, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quoth("index")
    monkeypatch.setattr("tests.fakes.FakeEncoder.fingerprint", "fake:2")

    assert "It is stale: the encoder changed" in todo(quoth)
    assert library.exists()


def test_a_damaged_index_is_to_be_built_anew(quoth: Quoth, library: Path) -> None:
    quoth("index")
    next(library.parent.glob("index/snapshot-*/manifest.json")).write_text("{}", encoding="utf-8")

    ((finding, remedy),) = todo(quoth).items()
    assert "manifest.json has changed" in finding
    assert remedy == "build it anew with quoth index --force"


@pytest.mark.usefixtures("tmp_path")
def test_a_missing_folder_is_named(quoth: Quoth) -> None:
    assert (
        todo(quoth)["There is no folder of articles at data/articles"] == "make it, or name another with --articles DIR"
    )


def test_a_missing_folder_is_one_thing_to_do(quoth: Quoth, library: Path) -> None:
    quoth("index")
    shutil.rmtree(library)

    assert quoth("doctor").out.rstrip().endswith("1 thing to do.")


def test_an_empty_folder_needs_an_article(quoth: Quoth, tmp_path: Path) -> None:
    (tmp_path / "data" / "articles").mkdir(parents=True)

    assert "quoth articles add FILE" in todo(quoth)["0 articles in data/articles"]


@pytest.mark.usefixtures("library")
def test_other_weights_are_to_be_installed_again(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    def mismatch() -> str:
        raise WeightsMismatch(Path("model.safetensors"), "a" * 64, "b" * 64)

    monkeypatch.setattr(doctor, "verify_bundled", mismatch)
    quoth("index")

    ((finding, remedy),) = todo(quoth).items()
    assert "SHA-256 bbbbbbbbbbbb… instead of aaaaaaaaaaaa…" in finding
    assert "--force-reinstall" in remedy


@pytest.mark.usefixtures("library")
def test_a_model_of_ones_own_is_named(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_ENCODER", "models/mine")
    quoth("index")

    text = quoth("doctor").out

    assert "models/mine, from QUOTH_ENCODER" in text
    assert "QUOTH_ENCODER = models/mine\n" in text


@pytest.mark.usefixtures("library")
def test_a_reader_that_lacks_a_file_is_named_before_somebody_asks(
    quoth: Quoth, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    quoth("index")
    monkeypatch.setenv("QUOTH_READER", "models/mine")
    assert "models/mine, from QUOTH_READER" in quoth("doctor").out
    monkeypatch.setenv("QUOTH_READER", "trained")
    assert todo(quoth) == {}
    copied = tmp_path / "reader"
    shutil.copytree(span_reader.SHIPPED, copied)
    (copied / "model.safetensors").write_bytes(b"half of it")
    monkeypatch.setattr(span_reader, "SHIPPED", copied)

    ((finding, remedy),) = todo(quoth).items()

    assert "model.safetensors is missing or damaged" in finding
    assert remedy == "put its files back as they came with Quoth"


def test_where_the_index_alone_is_answered_from_no_folder_of_articles_lacks(
    quoth: Quoth, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quoth("index")
    shutil.rmtree(library)
    monkeypatch.setenv("QUOTH_INDEX_ONLY", "true")

    said = quoth("doctor")

    assert (said.status, todo(quoth)) == (0, {})
    assert "QUOTH_INDEX_ONLY answers from the index as it is" in said.out
    assert "3 articles, 3 passages" in said.out


@pytest.mark.usefixtures("library")
def test_a_missing_package_is_to_be_installed(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    quoth("index")
    monkeypatch.setattr(doctor, "_PACKAGES", ("rich", "no-such-package"))

    assert todo(quoth) == {"no-such-package is not installed": "pip install -c constraints.txt no-such-package"}


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=5), "5 hours ago"),
        (timedelta(days=40), "40 days ago"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(age: timedelta, words: str) -> None:
    assert doctor._ago(datetime.now(UTC) - age) == words


def test_the_discord_settings_are_told_and_the_token_is_not(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "my.very.token")
    monkeypatch.setenv("QUOTH_DISCORD_GUILDS", "2,1")

    out = quoth("doctor").out

    assert "my.very.token" not in out
    assert "QUOTH_DISCORD_TOKEN = **********" in out
    assert "QUOTH_DISCORD_GUILDS = 1, 2" in out
    assert "QUOTH_DISCORD_TEST_GUILD = not set (the default)" in out


@pytest.mark.usefixtures("library")
def test_a_name_that_is_no_setting_is_told_with_the_one_that_was_meant(
    quoth: Quoth, monkeypatch: pytest.MonkeyPatch
) -> None:
    quoth("index")
    monkeypatch.setenv("QUOTH_DISCORD_GUILD", "2")

    assert todo(quoth) == {"There is no setting QUOTH_DISCORD_GUILD": "did you mean QUOTH_DISCORD_GUILDS?"}


@pytest.mark.usefixtures("library")
def test_a_variable_of_another_program_is_told_and_is_no_fault(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    quoth("index")
    monkeypatch.setenv("QUOTH_QQQ", "2")

    said = quoth("doctor")

    assert said.status == 0
    assert "QUOTH_QQQ is no setting of Quoth's, and does nothing" in said.out


@pytest.mark.usefixtures("library")
def test_it_says_whether_pages_that_are_pictures_are_read_and_what_that_lacks(
    quoth: Quoth, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    quoth("index")
    assert "OCR is off: QUOTH_OCR=eng has tesseract read pages that are pictures" in quoth("doctor").out

    monkeypatch.setenv("QUOTH_OCR", "eng")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("retrieval.articles.formats.scans.can_draw", lambda: False)
    assert todo(quoth) == {
        "tesseract is not installed": "install it with your system's packages (tesseract-ocr)",
        "pypdfium2 is not installed": "pip install -c constraints.txt pypdfium2",
    }

    (tmp_path / "tesseract").write_text("")
    (tmp_path / "tesseract").chmod(0o755)
    assert f"tesseract in {tmp_path / 'tesseract'} reads pages that are pictures, in eng" in quoth("doctor").out
