"""A small library of articles, and Quoth's command line over it with a fake model."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot import assembly, cli
from retrieval.errors import EncoderUnavailable
from retrieval.models.encoder import Vectors
from tests.fakes import FakeEncoder

ARTICLES = {
    "sochi.md": """---
title: Abe and Putin meet
source: TASS
published: 2016-05-06
url: https://example.org/sochi
---

Shinzo Abe met Vladimir Putin in Sochi on May 6. They spoke of trade for three hours.

The next meeting is planned for December. A list of thirty projects was formed in Sochi later.
""",
    "whales.txt": """---
title: Whales of the north
source: Nature Weekly
published: 2020-02-01
---

Blue whales eat krill. A blue whale weighs as much as thirty elephants.
""",
    "bread.txt": "On bread\n\nBread rises because yeast makes gas. Salt slows the yeast down.\n",
}


class BrokenEncoder(FakeEncoder):
    """A model that cannot be loaded."""

    def encode_query(self, texts: Sequence[str]) -> Vectors:  # noqa: ARG002
        raise EncoderUnavailable("broken", "no such file")


class Terminal(io.TextIOWrapper):
    """Standard input that a person types on."""

    def isatty(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command line left behind."""

    status: int
    out: str
    err: str

    @property
    def objects(self) -> list[Any]:
        """Standard output as JSON, one object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


Quoth = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def own_turns(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """How quickly threads take turns, and the process's priority, stay what they were."""
    monkeypatch.setattr(os, "nice", lambda _: 0, raising=False)
    usual = sys.getswitchinterval()
    yield
    sys.setswitchinterval(usual)


@pytest.fixture(autouse=True)
def own_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting, history or .env of whoever runs the tests gets in, and none of theirs gets out."""
    for name in [name for name in os.environ if name.startswith("QUOTH_")] + [
        "COLUMNS",
        "NO_COLOR",
        "FORCE_COLOR",
        "DISCORD_TOKEN",
    ]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("QUOTH_READER", "none")  # the trained one takes its time, and has tests of its own
    monkeypatch.setenv("QUOTH_HISTORY", str(tmp_path / "state" / "history"))
    monkeypatch.setenv("QUOTH_STATE", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """The folder that Quoth looks in by default, with three articles."""
    folder = tmp_path / "data" / "articles"
    folder.mkdir(parents=True)
    for name, text in ARTICLES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def quoth(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Quoth:
    """Run a command line in this process, with a fake model."""
    monkeypatch.setattr(assembly, "build_encoder", lambda _: FakeEncoder())

    def run(*arguments: str, stdin: bytes = b"", terminal: bool = False) -> Outcome:
        monkeypatch.setattr(sys, "stdin", (Terminal if terminal else io.TextIOWrapper)(io.BytesIO(stdin)))
        if terminal:
            monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        status = cli.main(arguments)
        return Outcome(status, *capsys.readouterr())

    return run
