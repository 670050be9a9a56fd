"""The commands and the Python that README and the pages in docs show do what they are said to do."""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bot import assembly, cli, question_log
from bot.question_log import Asked, QuestionLog
from bot.settings import PREFIX, Settings
from bot.terminal import rendering
from retrieval import Engine

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://)([^)#]*)(?:#([^)]*))?\)")
NOT_HERE = re.compile(
    r"Downloads|pbpaste|quoth (chat|discord|eval|feeds (add|update)|serve)|--watch"
    r"|make |docker|pytest|kill|timeout|pip |^> "
)
"""What needs a person, Discord, a network, a data set or a file that only its reader has."""

COMMAND = re.compile(r"(?:printf '%s\\n' (?P<lines>.*) \| )?(?:\.venv/bin/)?quoth (?P<arguments>.*)")


def blocks(page: Path, language: str) -> list[str]:
    return [code for found, code in BLOCK.findall(page.read_text("utf-8")) if found == language]


def commands(page: Path) -> list[str]:
    """The lines behind a prompt that can be run here."""
    lines = [line[2:] for code in blocks(page, "console") for line in code.splitlines() if line.startswith("$ ")]
    return [line for line in lines if not NOT_HERE.search(line)]


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder laid out like a clone, with the article that ships, which is indexed once and was asked in vain once."""
    folder = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "data" / "articles", folder / "data" / "articles")
    log, place = QuestionLog(folder / "state", days=30), question_log.place(folder / "data" / "articles")
    log.note(Asked("who?", "who?", answered=False, confidence=0.1, nearest=None, articles=place))
    log.close()
    return folder


@pytest.fixture(scope="module")
def loaded_once() -> Iterator[None]:
    """The models that ship are loaded by the first command that needs them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("build_encoder", "build_reader"):
            patch.setattr(assembly, name, once(getattr(assembly, name)))
        yield


def once(build: Callable[[Settings], Any]) -> Callable[[Settings], Any]:
    made: list[Any] = []

    def builds(settings: Settings) -> Any:
        if not made:
            made.append(build(settings))
        return made[0]

    return builds


@pytest.fixture
def clone(articles: Path, loaded_once: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That folder to run in, with no setting of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("QUOTH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("QUOTH_STATE", "state")
    monkeypatch.chdir(articles)
    return articles


@pytest.mark.usefixtures("clone")
@pytest.mark.parametrize("command", sorted({command for page in PAGES for command in commands(page)}))
def test_a_command_that_a_page_shows_works(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = COMMAND.match(command)
    assert found, f"{command} is not understood, or NOT_HERE should name it"
    lines = "".join(f"{line}\n" for line in shlex.split(found["lines"] or ""))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
    cli.main(["index"])
    capsys.readouterr()

    status = cli.main(shlex.split(found["arguments"]))

    printed = capsys.readouterr()
    assert (status, printed.err) == (0, "")
    assert printed.out


@pytest.mark.usefixtures("clone")
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.stem)
def test_the_python_that_a_page_shows_runs_from_top_to_bottom(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    for code in blocks(page, "python"):
        exec(compile(code, page.name, "exec"), names)  # noqa: S102 - that is what the page is there for

    assert "Vladimir Putin in Sochi" in capsys.readouterr().out


@pytest.mark.usefixtures("clone")
def test_the_talk_that_the_readme_shows_goes_so() -> None:
    [shown] = [code for code in blocks(ROOT / "README.md", "console") if code.startswith("> ")]
    talk = Engine.open("data/articles").conversation()

    for asked in shown.split("> ")[1:]:
        question, _, printed = asked.partition("\n")
        console = Console(width=80, file=io.StringIO(), highlight=False)
        console.print(rendering.answer(talk.ask(question)))
        said = console.file.getvalue()  # type: ignore[attr-defined]
        rest = "\n".join(map(str.rstrip, said.splitlines())).removeprefix(printed.rstrip())
        assert not rest or rest.startswith("\n\nNearest, though not an answer:"), said


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for file, heading in LINK.findall(page.read_text("utf-8")):
        target = page.parent / file if file else page
        assert target.exists(), file
        headings = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.MULTILINE) if heading else []
        assert not heading or heading in {re.sub(r"[^\w -]", "", text).lower().replace(" ", "-") for text in headings}


def test_every_page_is_linked_from_the_readme() -> None:
    linked = {(ROOT / file).resolve() for file, _ in LINK.findall((ROOT / "README.md").read_text("utf-8"))}

    assert {page for page in PAGES if page.name != "README.md"} <= linked


def test_the_readme_is_for_the_first_minute() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 150


def test_every_setting_stands_in_its_page_and_in_the_example() -> None:
    names = {PREFIX + name.upper() for name in Settings.model_fields}

    assert names == set(
        re.findall(r"^\| `(QUOTH_\w+)`", (ROOT / "docs" / "settings.md").read_text("utf-8"), re.MULTILINE)
    )
    assert names == set(re.findall(r"^#(QUOTH_\w+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE))


def test_files_that_the_architecture_names_are_there() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    named = re.findall(r"`((?:bot|retrieval|tests|training|data)/[\w./]+)`", page)

    modules = re.findall(r"\b(\w+\.(?:py|json))\b", page)

    assert named
    assert modules
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert [name for name in modules if not any(any((ROOT / part).rglob(name)) for part in ("bot", "retrieval"))] == []


def test_no_page_has_the_marks_of_a_merge_that_was_not_finished() -> None:
    for page in [*ROOT.glob("*.md"), *ROOT.glob("*/*.md")]:
        assert not re.search(r"^(<{7}|>{7}) ", page.read_text("utf-8"), re.MULTILINE), page
