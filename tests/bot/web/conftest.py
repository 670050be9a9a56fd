"""A server over a few articles with a fake model; its index is made once for all tests here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from bot.pool import Pool
from bot.question_log import QuestionLog
from bot.tally import Tally
from bot.web.access import Access
from bot.web.app import create_app
from bot.web.service import Opening, Service
from retrieval.engine import Engine
from tests.bot.conftest import ARTICLES
from tests.fakes import FakeEncoder

HOSTILE = """---
title: <script>alert('title')</script> & "quoted"
source: <img src=x onerror=alert(1)>
published: 2021-01-02
url: javascript:alert(document.cookie)
---

The mayor of Vexley said <script>alert('text')</script> on the bridge. Nobody\u202e laughed\x1b[31m.
"""
MORE = {
    "odd/100 % #1?.txt": HOSTILE,
    "harbour.md": "\n\n".join(
        ["# The harbour of Vexley", *(f"Ship number {n} carried {n} barrels of tar to Vexley." for n in range(1, 9))]
    ),
}


def engine_over(folder: Path, index: Path) -> Engine:
    return Engine.open(folder, index=index, encoder=FakeEncoder(), reader="none")


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """An engine over the articles of the other tests, a hostile one, and one with much to quote."""
    folder = tmp_path_factory.mktemp("served") / "articles"
    for name, text in (ARTICLES | MORE).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return engine_over(folder, folder.with_name("index"))


@dataclass
class Blocked:
    """An engine that begins to answer only when it is let go."""

    engine: Engine
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    going: threading.Event = field(default_factory=threading.Event)
    asked: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def ask(self, question: str, *given: Any, **named: Any) -> Any:
        self.asked.append(question)
        self.begun.release()
        self.going.wait()
        return self.engine.ask(question, *given, **named)


@pytest.fixture
def source(engine: Engine) -> Opening:
    return Opening(engine)


@pytest.fixture
def service(source: Opening, tmp_path: Path) -> Iterator[Service]:
    """What is served, with room for two questions: one that is answered and one that waits."""
    pool, questions = Pool("test", workers=1, waiting=1), QuestionLog(tmp_path / "state", days=30)
    yield Service(source, pool, top=3, articles=tmp_path, tally=Tally(questions))
    pool.close()
    questions.close()


Serve = Callable[..., TestClient]


@pytest.fixture
def serve(service: Service) -> Serve:
    """Make a client of a server, by default one that anybody on this machine may ask."""

    def serve(access: Access | None = None) -> TestClient:
        app = create_app(service, access or Access())
        return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)

    return serve


@pytest.fixture
def client(serve: Serve) -> TestClient:
    return serve()
