"""The contract of the command line: errors in one sentence, exit statuses, help, evaluation."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot import __main__, assembly, cli
from bot.terminal import json_output
from tests.bot.conftest import BrokenEncoder, Outcome, Quoth
from tests.fakes import FakeEncoder

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("library")


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
        (("articles", "add"), "'FILE'"),
    ],
)
def test_wrong_usage_is_one_sentence(arguments: tuple[str, ...], cause: str, quoth: Quoth) -> None:
    said = quoth(*arguments)

    assert (said.status, said.out) == (2, "")
    assert cause in said.err
    assert "--help" in said.err
    assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize("option", ["--articles", "--index"])
def test_an_empty_name_is_no_folder(option: str, quoth: Quoth) -> None:
    said = quoth("ask", option, "", "who met in Sochi?")

    assert (said.status, said.out) == (2, "")
    assert said.err.startswith(f"quoth: Invalid value for '{option}': it is empty; name a folder")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("words", [("who met in Sochi?",), ("who", "met")])
def test_a_question_without_a_command_is_told_which(words: tuple[str, ...], quoth: Quoth) -> None:
    said = quoth(*words)

    assert (said.status, said.out) == (2, "")
    assert said.err.endswith('; a question is asked by quoth ask "…": see quoth --help.\n')


def test_words_without_quotation_marks_around_them_are_told_of_them(quoth: Quoth) -> None:
    said = quoth("ask", "what", "colour", "is", "it")

    assert (said.status, said.out) == (2, "")
    assert "(colour is it); put the question into quotation marks: see quoth ask --help.\n" in said.err
    assert "quotation marks" not in quoth("index", "what").err


def test_a_folder_without_its_option_is_told_of_it(quoth: Quoth) -> None:
    said = quoth("index", "texts")

    assert (said.status, said.out) == (2, "")
    assert "(texts); name the folder of articles with --articles: see quoth index --help.\n" in said.err
    assert "--articles" not in quoth("feeds", "add", "a", "b").err


def test_a_bad_setting_is_one_sentence(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_CONFIDENCE", "reckless")

    said = quoth("ask", "who?")

    assert said.status == 2
    assert said.err == (
        "quoth: QUOTH_CONFIDENCE is 'reckless': it must be bold, balanced, careful or a number from 0 to 1.\n"
    )


def test_a_state_folder_that_cannot_be_made_is_told_with_the_setting_that_names_it(
    quoth: Quoth, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("QUOTH_STATE", str(tmp_path / "file"))
    monkeypatch.setenv("QUOTH_DISCORD_TOKEN", "a.b.c")

    said = quoth("discord")

    assert (said.status, said.err.count("\n")) == (2, 1)
    assert str(tmp_path / "file") in said.err
    assert "QUOTH_STATE" in said.err


def test_a_model_that_cannot_be_loaded_is_one_sentence(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    quoth("index")
    monkeypatch.setattr(assembly, "build_encoder", lambda _: BrokenEncoder())

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

    monkeypatch.setattr(cli, "abandon_output", lambda: None)
    monkeypatch.setattr(assembly, "build_encoder", fail)

    said = quoth("ask", "who?")

    assert (said.status, said.err.count("\n")) == (2, 1)
    assert words in said.err


def test_an_interrupt_while_it_is_loaded_leaves_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "bot.cli":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "bot.cli")
    monkeypatch.delattr("bot.cli")
    monkeypatch.setattr(sys, "meta_path", [Interrupted(), *sys.meta_path])

    assert __main__.main() == 130


def test_a_fault_of_ours_keeps_its_traceback_off_the_terminal(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr(assembly, "build_encoder", fail)

    said = quoth("ask", "who?")

    assert said.status == 2
    assert "Traceback" not in said.err
    report = Path(said.err.split()[-1].rstrip("."))
    assert "KeyError: 'surprise'" in report.read_text("utf-8")
    report.unlink()


def test_an_interrupt_ends_quietly(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(assembly, "build_encoder", interrupt)

    assert quoth("ask", "who?") == Outcome(130, "", "")


def test_a_broken_pipe_is_told_from_not_said(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_pipe(*_: object) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    for stream in ("stdout", "stderr"):  # typer wraps them
        monkeypatch.setattr(sys, stream, getattr(sys, stream))
    monkeypatch.setattr(json_output, "put", break_pipe)

    assert quoth("articles", "--json").status == 141


def test_help_loads_nothing_heavy() -> None:
    heavy = (
        *("numpy", "scipy", "torch", "transformers", "sentence_transformers", "faiss", "onnxruntime", "sqlite3"),
        *("pydantic", "prompt_toolkit", "discord", "trafilatura", "pypdf", "docx", "watchfiles", "asyncio"),
        *("jinja2", "mcp", "prometheus_client", "starlette", "uvicorn"),
    )
    code = f"""import sys
sys.path.insert(0, {str(ROOT)!r})
from bot.cli import main
status = main(["--help"])
print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)
sys.exit(status)"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)

    assert done.returncode == 0
    assert done.stderr.decode().strip() == "[]"
    commands = ("ask", "chat", "index", "articles", "serve", "mcp", "eval", "gaps", "doctor")
    assert all(command in done.stdout.decode() for command in commands)


def test_without_a_command_the_help_is_shown(quoth: Quoth) -> None:
    said = quoth()

    assert said.status == 2
    assert "Usage: quoth" in said.out


def test_ctrl_c_while_a_library_is_loaded_is_no_fault(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_short(_: object) -> FakeEncoder:
        raise ImportError("initialization failed") from KeyboardInterrupt()

    monkeypatch.setattr(assembly, "build_encoder", cut_short)

    assert quoth("index") == Outcome(130, "", "")


@pytest.mark.parametrize("command", [(), ("ask",), ("articles",), ("articles", "add"), ("feeds", "add")])
def test_help_names_no_value_where_none_is_to_be_typed(command: tuple[str, ...], quoth: Quoth) -> None:
    said = quoth(*command, "-h")

    assert said.status == 0
    assert "Usage: quoth" in said.out
    assert "<bool>" not in said.out


def test_the_version_is_shown(quoth: Quoth, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda _: "1.2.3")

    assert quoth("--version").out == "quoth 1.2.3\n"


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


def test_what_is_better_or_worse_than_a_saved_evaluation_is_named(quoth: Quoth, tmp_path: Path) -> None:
    text = "Blue whales eat krill. A blue whale weighs as much as thirty elephants. The song of a blue whale is low."
    asked = ("What do blue whales eat?", "How much does a blue whale weigh?", "How is the song of a blue whale?")

    def write(*answers: str) -> None:
        known = [
            {"title": "Whales", "text": text, "question": question, "answers": [answer] if answer else []}
            for question, answer in zip(asked, answers, strict=True)
        ]
        (tmp_path / "set.jsonl").write_text("".join(json.dumps(line) + "\n" for line in known), encoding="utf-8")

    write("krill", "", "low")  # the second is answered all the same
    saved = quoth("eval", "set.jsonl", "--save", "old.jsonl", "--at-least", "first=0.9", "--at-least", "declined=0.5")
    write("", "thirty elephants", "low")
    said = quoth("eval", "set.jsonl", "--against", "old.jsonl", "--at-least", "first=0.9")
    (told,) = quoth("eval", "set.jsonl", "--against", "old.jsonl", "--json").objects

    assert saved.status == 1
    assert saved.err == "declined is 0.000, and has to be 0.5 at least.\n"
    assert "Better: 1 question\n  How much does a blue whale weigh?\n  │ Blue whales eat" in said.out
    assert "Worse: 1 question\n  What do blue whales eat?\n  │ Blue whales eat" in said.out
    assert "1 question as before." in said.out
    assert said.status == 0
    assert [pair["before"]["right"] for pair in told["worse"]] == [True]
    (tmp_path / "set.jsonl").write_text(
        json.dumps({"title": "Whales", "text": text, "question": "Who?", "answers": []})
    )
    other = quoth("eval", "set.jsonl", "--against", "old.jsonl", "--at-least", "first=0.9")
    assert other.err == "first is unknown here.\n"
    assert "0 questions as before, 3 no longer there, 1 new." in other.out


@pytest.mark.parametrize("bound", ["first", "first=2", "first=x", "speed=0.9"])
def test_a_bound_that_makes_no_sense_is_refused_before_anything_is_asked(quoth: Quoth, bound: str) -> None:
    said = quoth("eval", "set.json", "--at-least", bound)

    assert said.status == 2
    assert "write first=0.9, or another of first, three, exact" in said.err


@pytest.mark.parametrize(
    ("content", "why"), [(None, "No such file"), ("{}", "not written by"), ("[", "not written by")]
)
def test_what_cannot_be_compared_with_is_named(quoth: Quoth, tmp_path: Path, content: str | None, why: str) -> None:
    if content:
        (tmp_path / "old.jsonl").write_text(content, encoding="utf-8")

    said = quoth("eval", "set.json", "--against", "old.jsonl")

    assert said.status == 2
    assert "old.jsonl cannot be compared with" in said.err
    assert why in said.err


def test_a_file_that_is_no_data_set_is_one_sentence(quoth: Quoth, tmp_path: Path) -> None:
    (tmp_path / "set.json").write_text("not json", encoding="utf-8")

    said = quoth("eval", "set.json")

    assert said.status == 2
    assert "set.json is not a data set" in said.err


def test_a_folder_in_place_of_a_data_set_is_one_sentence_about_files(quoth: Quoth, library: Path) -> None:
    said = quoth("eval", str(library))

    assert said.status == 2
    assert said.err.endswith("or name another file.\n")


def test_the_shipped_article_says_who_met_in_sochi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("QUOTH_READER")
    status = cli.main(["ask", "who met in Sochi?", "--json", "--articles", str(ROOT / "data" / "articles")])

    said = capsys.readouterr()
    assert status == 0, said.err
    (answer,) = [json.loads(line) for line in said.out.splitlines()]
    assert "Shinzo Abe" in answer["quotes"][0]["text"]
    assert "Vladimir Putin" in answer["quotes"][0]["text"]
    assert answer["quotes"][0]["article"]["source"] == "TASS"
    assert (tmp_path / "data" / "index").exists()
