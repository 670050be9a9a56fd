"""Errors in words: each is one sentence that names its cause and its remedy."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from bot.error_wording import in_words
from bot.settings import DiscordRefused, ServeRefused, SettingInvalid
from retrieval import errors
from retrieval.errors import QuothError
from tests.bot.terminal.screen import dangerous

PATH = Path("data/thing.txt")
ERRORS: dict[QuothError, tuple[str, str]] = {
    errors.FolderMissing(PATH): ("data/thing.txt", "--articles"),
    errors.NoArticles(PATH, 0): ("holds no article", "quoth articles add FILE"),
    errors.NoArticles(PATH, 2): ("2 files", "mend"),
    errors.ArticleUnreadable("a.txt", "it holds no text"): ("it holds no text", "leave it out"),
    errors.ArticleUnreadable("a", "it is a folder"): ("it is a folder", ": name the files in it."),
    errors.ArticleUnknown("a.txt"): ("a.txt", "quoth articles lists"),
    errors.ArticleUnknown("a.txt", ("b.txt", "c.txt")): ("a.txt", "did you mean b.txt or c.txt?"),
    errors.ArticleOneOfMany("n.jsonl#3", "n.jsonl"): ("one of several", "quoth articles remove n.jsonl"),
    errors.ArticleExists(PATH): ("already", "quoth articles remove thing.txt"),
    errors.EncoderUnavailable("bundled", "gone"): ("gone", "install Quoth again"),
    errors.EncoderUnavailable("my-model", "gone"): ("my-model", "QUOTH_ENCODER"),
    errors.ReaderUnavailable("data/reader", "gone"): ("data/reader", "put its files back"),
    errors.ReaderUnavailable("my/reader", "gone", named=True): ("my/reader", "set QUOTH_READER to trained, none"),
    errors.DeviceUnavailable("cuda:9", "there is none"): ("cuda:9", "QUOTH_DEVICE"),
    errors.PyTorchMissing("The model x/y"): ("The model x/y needs PyTorch", "quoth[encoders]"),
    errors.BackgroundFailed("following the index", "KeyError: 'x'"): ("following the index", "please report it"),
    errors.WeightsMismatch(PATH, "a" * 64, "b" * 64): ("bbbbbbbbbbbb…", "--force-reinstall"),
    errors.IndexMissing(PATH): ("no index", "quoth index"),
    errors.IndexCorrupt(PATH, "vectors.faiss has changed"): ("vectors.faiss has changed", "quoth index --force"),
    errors.IndexForeign(PATH, "another version of Quoth wrote it"): ("another version", "quoth index"),
    errors.IndexLocked(PATH, "process 7"): ("process 7", "try again"),
    errors.IndexUnreachable("milvus://far:19530/news", "no answer"): ("milvus://far:19530/news", "the store runs"),
    errors.IndexReadOnly("milvus://far:19530/news"): ("only read here", "where it is written"),
    errors.StoreClientMissing("milvus://far:19530/news"): ("the client of Milvus", "quoth[milvus]"),
    errors.FetchFailed("https://example.org/a", "missing", "404"): ("https://example.org/a", "written right"),
    errors.FeedUnknown("https://a.example/"): ("https://a.example/", "quoth feeds lists"),
    errors.FeedUnknown("https://a.example/", ("https://b.example/",)): ("https://a.example/", "did you mean"),
    errors.FeedsBusy(Path("data/articles")): ("data/articles", "another program"),
    errors.FetchingMissing(): ("needs a library", "pip install 'quoth[feeds]'"),
    errors.FileMissing(PATH): ("no file", "name one that is there"),
    errors.StorageFailed(PATH, "No space left on device"): ("No space left on device", "make room"),
    errors.FileFailed(PATH, "Is a directory"): ("Is a directory", "name another file."),
    errors.LinkUnreadable("x" * 90, "it is cut off"): ("it is cut off", "copy it whole"),
    errors.QuestionEmpty(): ("empty", "ask it in words"),
    errors.QuestionTooLong(100_000, 2_000): ("100,000 characters", "2,000"),
    errors.DatasetInvalid(PATH, "no JSON in line 3"): ("no JSON in line 3", "SQuAD"),
    errors.AnswersMissing(PATH, 2): (
        "data/thing.txt has its answers filled in yet (of 2)",
        "[] where they should not say",
    ),
    errors.ResultsInvalid(PATH, "no JSON in line 3"): ("no JSON in line 3", "quoth eval --save"),
    SettingInvalid("QUOTH_TOP", "many", "a whole number"): ("QUOTH_TOP is 'many'", "it must be a whole number"),
    DiscordRefused("token"): ("no token", "QUOTH_DISCORD_TOKEN"),
    DiscordRefused("valid token"): ("does not accept the token", "copy it anew"),
    DiscordRefused("intents"): ("refuses the intents", "allow message content"),
    DiscordRefused("servers"): ("too many servers", "leave some"),
    DiscordRefused("connection"): ("cannot be reached", "try again later"),
    ServeRefused("libraries", "serve"): ("not installed", "pip install 'quoth[serve]'"),
    ServeRefused("token", "10.0.0.7"): ("On 10.0.0.7 others could", "set QUOTH_SERVE_TOKEN"),
    ServeRefused("longer token"): ("too easy to guess", "16 letters"),
    ServeRefused("address", "port 1 (permission denied)"): ("port 1 (permission denied)", "name another"),
}


@pytest.mark.parametrize("failure", ERRORS, ids=repr)
def test_every_error_is_one_sentence_with_its_cause_and_its_remedy(failure: QuothError) -> None:
    sentence = in_words(failure)

    cause, remedy = ERRORS[failure]
    assert cause in sentence
    assert remedy in sentence
    assert sentence[-1] in ".?"
    assert "\n" not in sentence
    assert sentence.count(". ") == 0


def test_no_error_goes_without_words() -> None:
    known = set(QuothError.__subclasses__())
    known |= {further for error in known for further in error.__subclasses__()}
    assert {type(failure) for failure in ERRORS} == known
    assert in_words(QuothError("odd")) == "Quoth met QuothError('odd'): please report it."


@pytest.mark.parametrize("problem", get_args(errors.FetchProblem))
def test_each_way_that_fetching_fails_is_one_sentence_with_a_remedy(problem: errors.FetchProblem) -> None:
    sentence = in_words(errors.FetchFailed("https://example.org/" + "a" * 500, problem, "what it said."))

    assert sentence[-1] == "."
    assert sentence.count(". ") == 0
    assert ": " in sentence
    assert len(sentence) < 500


def test_an_error_cannot_carry_escape_codes_to_the_terminal() -> None:
    assert not dangerous(in_words(errors.ArticleUnknown("\x1b[2J\u202e")))
