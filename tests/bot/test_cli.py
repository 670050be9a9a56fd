"""The contract of the command line: what each command prints, and with which exit status."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot import cli
from bot.terminal import chat as terminal
from retrieval.engine import Engine
from retrieval.errors import IndexLocked, NoArticles, StorageFailed
from retrieval.index import updating as indexing
from retrieval.index.snapshot import published
from retrieval.index.updating import update
from retrieval.models.encoder import Encoder, Vectors
from tests.bot.conftest import BrokenEncoder, Outcome, Quoth
from tests.fakes import FakeEncoder

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("library")


def python(*arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run Python on the project's code as a process of its own."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from bot.cli import main; sys.exit(main())"
    return subprocess.run([sys.executable, "-c", code, *arguments], input=stdin, capture_output=True, check=False)


# --- ask -----------------------------------------------------------------------------------------------------


def test_asking_prints_the_quote_with_its_source(quoth: Quoth) -> None:
    said = quoth("ask", "who met Putin in Sochi?")

    assert said.status == 0
    assert "│ Shinzo Abe met Vladimir Putin in Sochi on May 6.\n" in said.out
    assert "Abe and Putin meet · TASS · 6 May 2016 · https://example.org/sochi" in said.out
    assert "Indexed 3 articles" in said.err


def test_where_the_index_cannot_be_written_the_one_in_place_answers(
    quoth: Quoth, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quoth("index")
    (library / "snow.txt").write_text("It snowed all day in Sochi.", encoding="utf-8")
    (library / "whales.txt").write_text("Blue whales eat krill, and nothing else.", encoding="utf-8")

    def full(index: Path, *_: object) -> None:
        raise StorageFailed(index, "No space left on device")

    monkeypatch.setattr(indexing, "publish", full)
    said = quoth("ask", "what do blue whales eat?")

    assert said.status == 0
    assert "Blue whales eat krill." in said.out
    assert "has changed" in said.out
    assert "No space left on device" in said.err
    assert "the index as it was" in said.err


def test_an_index_that_cannot_be_written_and_was_made_by_another_model_answers_nothing(
    quoth: Quoth, monkeypatch: pytest.MonkeyPatch
) -> None:
    quoth("index")

    def full(index: Path, *_: object) -> None:
        raise StorageFailed(index, "No space left on device")

    monkeypatch.setattr(indexing, "publish", full)
    monkeypatch.setattr(FakeEncoder, "fingerprint", "fake:2")
    said = quoth("ask", "what do blue whales eat?")

    assert (said.status, said.out) == (2, "")
    assert "No space left on device" in said.err


def test_an_index_that_is_up_to_date_is_not_mentioned(quoth: Quoth) -> None:
    quoth("index")

    assert quoth("ask", "who met Putin in Sochi?").err == ""


def test_declines_when_no_article_says(quoth: Quoth) -> None:
    said = quoth("ask", "which planet has purple rings?")

    assert said.status == 1
    assert said.out.startswith("The articles do not say.\n\nNearest, though not an answer:\n│ ")


def test_json_offsets_point_into_the_article(quoth: Quoth, library: Path) -> None:
    said = quoth("ask", "what do blue whales eat?", "--json")

    (answer,) = said.objects
    assert said.status == 0
    assert list(answer) == ["question", "answered", "confidence", "quotes", "elapsed_ms"]
    quote = answer["quotes"][0]
    text = (library / "whales.txt").read_text("utf-8").split("---\n")[2].strip()
    both = "Blue whales eat krill. A blue whale weighs as much as thirty elephants."
    assert text[quote["start"] : quote["end"]] == quote["text"] == both
    assert all(quote["start"] <= start < end <= quote["end"] for start, end in quote["highlights"])


def test_declining_in_json_still_holds_the_nearest_passages(quoth: Quoth) -> None:
    said = quoth("ask", "which planet has purple rings?", "--json")

    assert (said.status, said.objects[0]["answered"], len(said.objects[0]["quotes"])) == (1, False, 1)


def test_explaining_shows_the_scores_after_the_answer(quoth: Quoth) -> None:
    text = quoth("ask", "who met Putin in Sochi?", "--explain").out

    assert text.index("Shinzo Abe met") < text.index("Passages found") < text.index("Confidence")
    assert "evidence" in quoth("ask", "who met Putin?", "--explain", "--json").objects[0]["explain"]


def test_top_limits_the_quotes(quoth: Quoth) -> None:
    assert len(quoth("ask", "where was the meeting in Sochi?", "--top", "1", "--json").objects[0]["quotes"]) == 1


@pytest.mark.parametrize(
    "limit",
    [
        ("--source", "nature weekly"),
        ("--after", "2019-01-01"),
        ("--article", "whales.txt"),
        ("--before", "2020-12-31", "--after", "2017-01-01"),
    ],
)
def test_filters_limit_which_articles_are_quoted(limit: tuple[str, ...], quoth: Quoth) -> None:
    (answer,) = quoth("ask", "who met Putin in Sochi?", "--json", *limit).objects

    assert {quote["article"]["id"] for quote in answer["quotes"]} == {"whales.txt"}


def test_a_filter_that_leaves_no_article_says_so(quoth: Quoth) -> None:
    said = quoth("ask", "who met Putin?", "--source", "Reuters")

    assert said.status == 1
    assert "only from Reuters" in said.err
    assert "the articles are from Nature Weekly, TASS." in said.err


def test_an_unknown_article_is_an_error_that_names_those_alike(quoth: Quoth) -> None:
    said = quoth("ask", "who met Putin?", "--article", "whale.txt")

    assert (said.status, said.out) == (2, "")
    assert "did you mean whales.txt?" in said.err


def test_many_questions_are_answered_in_order_and_bad_lines_named(quoth: Quoth) -> None:
    lines = b"who met Putin in Sochi?\n\n\xff\xfe\n" + b"x" * 100_000 + b"\nwhat do blue whales eat?\r\n"

    said = quoth("ask", "--json", stdin=lines)

    assert said.status == 2
    assert [answer.get("answered") for answer in said.objects] == [True, None, None, None, True]
    assert "empty" in said.objects[1]["error"]
    assert "UTF-8" in said.objects[2]["error"]
    assert "100,000 characters" in said.objects[3]["error"]
    assert said.objects[4]["question"] == "what do blue whales eat?"


def test_many_questions_are_readable_without_json(quoth: Quoth) -> None:
    said = quoth("ask", stdin="\ufeffwho met Putin in Sochi?\n!\nwhat do blue whales eat?".encode())

    assert said.status == 2
    assert said.out.startswith("who met Putin in Sochi?\n│ Shinzo Abe met")
    assert "\n\nwhat do blue whales eat?\n│ Blue whales" in said.out
    assert "Line 2: The question is empty" in said.err


@pytest.mark.parametrize(
    ("lines", "status"),
    [(b"who met Putin in Sochi?\n", 0), (b"who met Putin in Sochi?\nwhich planet has purple rings?\n", 1)],
)
def test_the_status_of_many_questions_is_the_worst(lines: bytes, status: int, quoth: Quoth) -> None:
    assert quoth("ask", stdin=lines).status == status


def test_models_load_while_the_index_is_opened(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    loading = threading.Event()
    waited: list[bool] = []

    class Loading(FakeEncoder):
        def load(self) -> None:
            loading.set()

    opened = cli._open

    def opened_late(*arguments: Any) -> Engine:
        waited.append(loading.wait(10))
        return opened(*arguments)

    quoth("index")
    monkeypatch.setattr(cli, "build_encoder", lambda _: Loading())
    monkeypatch.setattr(cli, "_open", opened_late)

    assert quoth("ask", "who met Putin in Sochi?").status == 0
    assert waited == [True]


def test_a_filter_that_makes_no_sense_is_told_with_every_question(quoth: Quoth) -> None:
    said = quoth("ask", "--json", "--article", "whale.txt", stdin=b"who met Putin?\nwhat do whales eat?\n")

    assert said.status == 2
    assert ["did you mean whales.txt?" in answer["error"] for answer in said.objects] == [True, True]


def test_no_question_at_all_is_an_error(quoth: Quoth) -> None:
    said = quoth("ask", stdin=b"")

    assert said.status == 2
    assert "No question came" in said.err


def test_asking_nothing_on_a_terminal_says_how(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "_open", pytest.fail)

    said = quoth("ask", terminal=True)

    assert said.status == 2
    assert 'quoth ask "who met in Sochi?"' in said.err


@pytest.mark.parametrize("question", ["", "?!", "x" * 100_000, "\udcff\udcfe"])
def test_what_is_no_question_is_one_sentence(question: str, quoth: Quoth) -> None:
    said = quoth("ask", question)

    assert (said.status, said.out) == (2, "")
    assert said.err.splitlines()[-1].startswith("quoth: The question is ")


def test_a_changed_article_is_never_quoted_from_the_old_index(quoth: Quoth, library: Path) -> None:
    quoth("index")
    (library / "whales.txt").write_text("Blue whales eat krill and small fish.", encoding="utf-8")

    said = quoth("ask", "what do blue whales eat?")

    assert "Changed whales.txt." in said.err
    assert "krill and small fish" in said.out


@pytest.mark.parametrize(
    ("command", "text", "became"), [("ask", "Blue whales eat fish.", "has changed"), ("chat", None, "was removed")]
)
def test_an_article_that_changes_while_questions_are_answered_is_quoted_with_a_warning(
    command: str, text: str | None, became: str, quoth: Quoth, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = FakeEncoder.encode_query

    def encode_query(self: FakeEncoder, texts: Sequence[str]) -> Vectors:
        (library / "whales.txt").unlink(missing_ok=True)
        if text:
            (library / "whales.txt").write_text(text, encoding="utf-8")
        return really(self, texts)

    monkeypatch.setattr(FakeEncoder, "encode_query", encode_query)
    quoth("index")

    said = quoth(command, stdin=b"what do blue whales eat?")

    assert f"  Its file {became} " in said.out
    assert "it was indexed: run quoth index\n" in said.out


# --- errors --------------------------------------------------------------------------------------------------


def test_a_missing_folder_is_one_sentence(quoth: Quoth) -> None:
    said = quoth("ask", "who?", "--articles", "nowhere")

    assert (said.status, said.out) == (2, "")
    assert (
        said.err == "quoth: There is no folder of articles at nowhere: make it, or name another with --articles DIR.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (("ask", "who?", "--top", "0"), "--top"),
        (("ask", "who?", "--after", "yesterday"), "'yesterday' is not a day; write it as 2016-11-28"),
        (("ask", "who?", "--nonsense"), "--nonsense"),
        (("aks", "who?"), "Did you mean 'ask'"),
        (("articles", "add"), "FILE"),
    ],
)
def test_wrong_usage_is_one_sentence(arguments: tuple[str, ...], cause: str, quoth: Quoth) -> None:
    said = quoth(*arguments)

    assert (said.status, said.out) == (2, "")
    assert cause in said.err
    assert "--help" in said.err
    assert len(said.err.splitlines()) == 1


def test_a_bad_setting_is_one_sentence(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_CONFIDENCE", "reckless")

    said = quoth("ask", "who?")

    assert said.status == 2
    assert said.err == (
        "quoth: QUOTH_CONFIDENCE is 'reckless': it must be bold, balanced, careful or a number from 0 to 1.\n"
    )


def test_a_model_that_cannot_be_loaded_is_one_sentence(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    quoth("index")
    monkeypatch.setattr(cli, "build_encoder", lambda _: BrokenEncoder())

    said = quoth("ask", "who met Putin?")

    assert (said.status, said.err.count("\n")) == (2, 1)
    assert "The model broken cannot be loaded" in said.err


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (MemoryError(), "not enough memory"),
    ],
)
def test_what_the_system_refuses_is_one_sentence(
    failure: Exception, words: str, quoth: Quoth, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise failure

    monkeypatch.setattr(cli, "_abandon_output", lambda: None)
    monkeypatch.setattr(cli, "build_encoder", fail)

    said = quoth("ask", "who?")

    assert (said.status, said.err.count("\n")) == (2, 1)
    assert words in said.err


def test_a_fault_of_ours_keeps_its_traceback_off_the_terminal(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr(cli, "build_encoder", fail)

    said = quoth("ask", "who?")

    assert said.status == 2
    assert "Traceback" not in said.err
    report = Path(said.err.split()[-1].rstrip("."))
    assert "KeyError: 'surprise'" in report.read_text("utf-8")
    report.unlink()


def test_an_interrupt_ends_quietly(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "build_encoder", interrupt)

    assert quoth("ask", "who?") == Outcome(130, "", "")


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_reader_that_goes_away_ends_it_quietly(form: list[str]) -> None:
    folder = str(Path("data", "articles").resolve())
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "articles", "--articles", folder, *form],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None

    _, errors = process.communicate()

    assert (process.returncode, errors) == (141, b"")


def test_a_broken_pipe_is_told_from_not_said(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_pipe(*_: object) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    for stream in ("stdout", "stderr"):  # typer wraps them
        monkeypatch.setattr(sys, stream, getattr(sys, stream))
    monkeypatch.setattr(terminal, "put", break_pipe)

    assert quoth("articles", "--json").status == 141


def test_a_full_disk_under_standard_output_is_one_sentence() -> None:
    command = f"{sys.executable} -m bot articles --json --articles {Path.cwd()}/data/articles > /dev/full"
    done = subprocess.run(["bash", "-c", f"cd {ROOT}; {command}"], capture_output=True, check=False)  # noqa: S607

    assert done.returncode == 2
    assert done.stderr.decode().startswith("quoth: The system refused (No space left on device)")
    assert done.stderr.count(b"\n") == 1


# --- help ----------------------------------------------------------------------------------------------------


def test_help_loads_nothing_heavy() -> None:
    heavy = ("numpy", "torch", "pydantic", "faiss", "prompt_toolkit", "sentence_transformers")
    code = f"""import sys
sys.path.insert(0, {str(ROOT)!r})
from bot.cli import main
status = main(["--help"])
print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)
sys.exit(status)"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)

    assert done.returncode == 0
    assert done.stderr.decode().strip() == "[]"
    assert all(command in done.stdout.decode() for command in ("ask", "chat", "index", "articles", "eval", "doctor"))


def test_help_is_quick() -> None:
    def seconds() -> float:
        started = time.perf_counter()
        python("--help")
        return time.perf_counter() - started

    # The best of several, since other programs run on this machine too.
    assert min(seconds() for _ in range(5)) < 0.4


def test_without_a_command_the_help_is_shown(quoth: Quoth) -> None:
    said = quoth()

    assert said.status == 2
    assert "Usage: quoth" in said.out


def test_the_version_is_shown(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda _: "1.2.3")

    assert quoth("--version").out == "quoth 1.2.3\n"


# --- index and articles --------------------------------------------------------------------------------------


def test_indexing_says_what_it_did(quoth: Quoth, library: Path) -> None:
    (library / "blank.txt").write_bytes(b"")

    said = quoth("index")

    assert said.status == 0
    assert said.out.startswith("Added bread.txt, sochi.md, whales.txt.\nSkipped blank.txt: it holds no text.\n")
    assert quoth("index").out.startswith("Nothing has changed: 3 articles")
    assert "(forced)" in quoth("index", "--force").out
    assert quoth("index", "--json").objects[0]["unchanged"] == ["bread.txt", "sochi.md", "whales.txt"]


def test_an_index_that_another_writes_is_an_error(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object, **__: object) -> None:
        raise IndexLocked(Path("data/index"), "process 7 on here")

    monkeypatch.setattr(indexing, "update", locked)

    said = quoth("index")

    assert said.status == 2
    assert "process 7 on here" in said.err


SLOW_INDEX = """
import sys
from bot import cli
from tests.fakes import FakeEncoder

class SlowEncoder(FakeEncoder):
    def encode_document(self, texts, progress=None):
        print("encoding", flush=True)
        sys.stdin.readline()
        return super().encode_document(texts, progress)

cli.build_encoder = lambda _: SlowEncoder()
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
        second = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, env=environment, text=True, check=False
        )
        first.stdin.write("\n")
        first.stdin.close()
        assert first.stdout.read().startswith("Added bread.txt, sochi.md, whales.txt.")

    assert (first.returncode, second.returncode) == (0, 2)
    assert second.stdout == ""
    assert re.fullmatch(
        rf"quoth: The index at \S+ is being written by another program \(process {first.pid} on .+\): "
        r"try again when it is done\.\n",
        second.stderr,
    )
    assert len(published(Path("data/index"))) == 1
    assert quoth("index").out.startswith("Nothing has changed: 3 articles")


def test_the_articles_are_listed(quoth: Quoth, library: Path) -> None:
    (library / "blank.txt").write_bytes(b"")

    said = quoth("articles")

    assert said.status == 0
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    assert lines[0] == "id title source published"
    assert "sochi.md Abe and Putin meet TASS 6 May 2016" in lines
    assert "bread.txt On bread" in lines
    assert lines[-1] == "Skipped blank.txt: it holds no text."
    assert quoth("articles", "--json").objects[-1] == {"path": "blank.txt", "error": "it holds no text"}
    assert quoth("articles", "--json").objects[1]["published"] == "2016-05-06"


def test_an_empty_folder_is_an_error(quoth: Quoth, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    assert quoth("articles", "--articles", str(tmp_path / "empty")).status == 2
    assert "holds no article" in quoth("ask", "who?", "--articles", str(tmp_path / "empty")).err


def test_added_articles_are_indexed_at_once(quoth: Quoth, tmp_path: Path) -> None:
    news = tmp_path / "news.txt"
    news.write_text("The Golden bridge opens on Monday.", encoding="utf-8")
    quoth("index")

    said = quoth("articles", "add", str(news), str(news))

    assert said.status == 0
    assert said.out.startswith("news.txt is there already.\nAdded news.txt.\n")
    assert "│ The Golden bridge opens on Monday." in quoth("ask", "when opens the Golden bridge?").out


def test_a_colliding_name_is_refused_with_the_remedy(quoth: Quoth, tmp_path: Path) -> None:
    twin = tmp_path / "bread.txt"
    twin.write_text("Other bread.", encoding="utf-8")

    said = quoth("articles", "add", str(twin))

    assert said.status == 2
    assert "first run quoth articles remove bread.txt" in said.err


def test_an_article_is_shown_as_it_is_quoted(quoth: Quoth) -> None:
    said = quoth("articles", "show", "sochi.md")
    [shown] = quoth("articles", "show", "sochi.md", "--json").objects

    assert said.status == 0
    assert said.out.startswith("sochi.md\nAbe and Putin meet · TASS · 6 May 2016")
    assert "0 to " in said.out
    assert shown["id"] == "sochi.md"
    start, end = shown["passages"][0]
    assert shown["text"][start:end].startswith("Shinzo Abe met Vladimir Putin")


def test_showing_no_article_says_so(quoth: Quoth) -> None:
    said = quoth("articles", "show", "sotchi.md")

    assert said.status == 2
    assert "did you mean sochi.md?" in said.err


def test_standard_input_is_added_under_its_title_or_a_given_name(quoth: Quoth, library: Path) -> None:
    text = b"# The old mill\n\nThe mill burned down in 1911.\n"

    said = quoth("articles", "add", "-", stdin=text)
    assert said.status == 0
    assert "the-old-mill.md" in said.out

    assert "Added mill.txt." in quoth("articles", "add", "-", "--name", "mill.txt", stdin=text + b"It was old.").out
    assert quoth("articles", "add", "-", stdin=text).out.startswith("the-old-mill.md is there already.\n")
    assert (library / "the-old-mill.md").read_bytes() == text


@pytest.mark.parametrize("arguments", [("-", "a.txt"), ("a.txt", "--name", "b.txt")])
def test_standard_input_and_files_are_not_added_at_once(arguments: tuple[str, ...], quoth: Quoth) -> None:
    said = quoth("articles", "add", *arguments)

    assert said.status == 2
    assert "Give either files, or - for standard input" in said.err


def test_removed_articles_are_quoted_no_more(quoth: Quoth) -> None:
    quoth("index")

    said = quoth("articles", "remove", "whales.txt", "--json")

    assert said.objects[0]["removed"] == ["whales.txt"]
    assert quoth("ask", "what do blue whales eat?").status == 1


def test_the_last_article_may_be_removed(quoth: Quoth) -> None:
    said = quoth("articles", "remove", "whales.txt", "bread.txt", "sochi.md")

    assert said.status == 0
    assert "holds no article" in said.err


def test_folders_may_be_named_before_or_after_the_subcommand(quoth: Quoth, tmp_path: Path) -> None:
    news = tmp_path / "news.txt"
    news.write_text("The bridge opens on Monday.", encoding="utf-8")

    quoth("articles", "--articles", "one", "add", str(news), "--index", "one-index")
    quoth("articles", "--articles", "one", "--index", "two-index", "add", str(news), "--articles", "two")

    assert (tmp_path / "one" / "news.txt").exists()
    assert (tmp_path / "one-index").exists()
    assert (tmp_path / "two" / "news.txt").exists()
    assert (tmp_path / "two-index").exists()


# --- eval ----------------------------------------------------------------------------------------------------


def test_figures_are_measured_on_a_data_set(quoth: Quoth, tmp_path: Path) -> None:
    paragraph = "Blue whales eat krill. A blue whale weighs as much as thirty elephants."
    answer = {"text": "krill", "answer_start": 16}
    question = {"id": "1", "question": "What do blue whales eat?", "answers": [answer], "is_impossible": False}
    squad = {"data": [{"title": "Whales", "paragraphs": [{"context": paragraph, "qas": [question] * 3}]}]}
    (tmp_path / "set.json").write_text(json.dumps(squad), encoding="utf-8")

    said = quoth("eval", "set.json", "--limit", "2")

    assert said.status == 0
    assert said.out.startswith("2 questions (2 answerable) over 1 article, 1 passage\n")
    assert quoth("eval", "set.json", "--json").objects[0]["hit_at_1"] == 1.0


def test_a_file_that_is_no_data_set_is_one_sentence(quoth: Quoth, tmp_path: Path) -> None:
    (tmp_path / "set.json").write_text("not json", encoding="utf-8")

    said = quoth("eval", "set.json")

    assert said.status == 2
    assert "set.json is not a data set" in said.err


# --- the real model ------------------------------------------------------------------------------------------


def test_the_shipped_article_says_who_met_in_sochi(tmp_path: Path) -> None:
    done = python("ask", "who met in Sochi?", "--json", "--articles", str(ROOT / "data" / "articles"))

    assert done.returncode == 0, done.stderr.decode()
    (answer,) = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert "Shinzo Abe" in answer["quotes"][0]["text"]
    assert "Vladimir Putin" in answer["quotes"][0]["text"]
    assert answer["quotes"][0]["article"]["source"] == "TASS"
    assert (tmp_path / "data" / "index").exists()


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


# --- conversations of scripts --------------------------------------------------------------------------------


@pytest.mark.usefixtures("library")
def test_each_conversation_of_a_script_is_a_talk_of_its_own(quoth: Quoth) -> None:
    lines = [
        {"question": "who met Putin in Sochi?", "conversation": "a"},
        {"question": "when was that?", "conversation": "b"},
        {"question": "when was that?", "conversation": "a"},
    ]
    stdin = "\n".join([*map(json.dumps, lines), "when was that?"]).encode()

    said = quoth("ask", "--json", "--explain", stdin=stdin)

    first, other, again, plain = said.objects
    assert [each.get("conversation") for each in said.objects] == ["a", "b", "a", None]
    assert again["understood"].startswith("about: Putin, Sochi")
    assert again["explain"]["context"]["first"] == first["question"]
    assert not any("understood" in each for each in (first, other, plain))


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("bad", ['{"question": 3}', "{not json", '{"question": "who?", "conversation": 7}', "{" * 9999])
def test_an_object_that_asks_nothing_is_named_and_the_run_goes_on(bad: str, quoth: Quoth) -> None:
    said = quoth("ask", "--json", stdin=f"{bad}\nwhat do blue whales eat?\n".encode())

    assert said.status == 2
    assert said.objects[0]["error"].startswith("The line is no such object")
    assert "krill" in said.objects[1]["quotes"][0]["text"]
