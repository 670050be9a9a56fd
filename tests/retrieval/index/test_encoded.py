"""What an update that was cut short has encoded is not encoded again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from retrieval.index import encoded
from retrieval.index.updating import update
from retrieval.models.encoder import Vectors
from tests.retrieval.examples import CountingEncoder, write
from tests.retrieval.index.comparing import assert_same_as_fresh


class Interrupted(CountingEncoder):
    """Is stopped by Ctrl-C at its third block."""

    def encode_document(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        if len(self.documents) >= 2 * encoded.BLOCK:
            raise KeyboardInterrupt
        return super().encode_document(texts, progress)


@pytest.fixture
def long_story(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an article of ten passages, and blocks of three."""
    monkeypatch.setattr(encoded, "BLOCK", 3)
    text = "\n\n".join(f"# Part {part}\n\nThe story of part {part} is told here." for part in range(10))
    write(tmp_path / "folder", "story.md", text)
    return tmp_path / "folder"


def test_an_update_that_was_interrupted_goes_on_from_what_it_had_encoded(
    long_story: Path, tmp_path: Path, encoder: CountingEncoder
) -> None:
    index, interrupted = tmp_path / "index", Interrupted()
    with pytest.raises(KeyboardInterrupt):
        update(long_story, index, interrupted)
    told: list[tuple[str, int, int]] = []

    report = update(long_story, index, encoder, progress=lambda *step: told.append(step))

    assert len(interrupted.taken()) == 6
    assert (report.passages, report.encoded) == (10, 4)
    assert len(encoder.taken()) == 4
    assert ("encoding", 7, 10) in told
    assert not (index / "encoded").exists()
    assert_same_as_fresh(index, long_story, tmp_path)


def test_what_was_encoded_by_another_model_or_is_damaged_is_encoded_anew(
    long_story: Path, tmp_path: Path, encoder: CountingEncoder
) -> None:
    index = tmp_path / "index"
    with pytest.raises(KeyboardInterrupt):
        update(long_story, index, Interrupted("fake:0"))
    assert update(long_story, index, encoder, force=True).encoded == 10
    shutil.rmtree(index)

    with pytest.raises(KeyboardInterrupt):
        update(long_story, index, Interrupted())
    first, _ = sorted((index / "encoded").rglob("*.safetensors"))
    first.write_bytes(first.read_bytes()[:-3])

    assert update(long_story, index, encoder).encoded == 7


def test_blocks_are_about_as_large_as_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Blocks(CountingEncoder):
        sizes: ClassVar[list[int]] = []

        def encode_document(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
            self.sizes.append(len(texts))
            return super().encode_document(texts, progress)

    monkeypatch.setattr(encoded, "BLOCK", 8)

    encoded.encode(tmp_path, Blocks(), [f"text {number}" for number in range(18)])

    assert Blocks.sizes == [6, 6, 6]  # and not 8, 8 and 2, for which an encoder's quicker way with many would be none
