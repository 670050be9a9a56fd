"""The process that reads files: what hostile code inside it can do, and what becomes of files that hang or crash it."""

from __future__ import annotations

import functools
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from ctypes.util import find_library
from pathlib import Path

import pytest

from retrieval.articles import confined, confined_process
from retrieval.articles.formats.progress import listening
from retrieval.articles.formats.registry import extract_articles
from retrieval.articles.formats.values import ExtractedArticle
from retrieval.articles.parsing import parse
from retrieval.errors import ArticleUnreadable
from tests.retrieval.articles.formats.test_pdf import column, pdf_of
from tests.retrieval.articles.samples import SAMPLES, refusal, sample

REPOSITORY = Path(__file__).parents[3]

# A reader that does what a text file tells it to, as a parser does that an attacker has taken over.
HOSTILE = """\
import sys; sys.path[:] = sys.argv[1:]
import ctypes, os, resource, signal, socket, subprocess, threading
from retrieval.articles import confined_process, lockdown
from retrieval.articles.formats import registry, text
from retrieval.articles.formats.values import ExtractedArticle
def obey(name, content):
    return [ExtractedArticle(repr(eval(content)), {})]
text.read_text = obey
registry.FORMATS[".txt"] = registry.Format("text.read_text", max_mib=1)
confined_process._warm_up = lambda: registry.extract_articles("a.json", b"[]")  # no other files are read
{change}
held = []
lock_down = confined_process.lock_down
confined_process.lock_down = lambda: held.extend(lock_down())
confined_process.serve()
"""

CHANGES = {
    "all that this system has": "",
    "no libseccomp": "lockdown._seccomp_filter = lambda: None",
    "limits alone": "lockdown._seccomp_filter = lambda: None; lockdown._landlock = lambda: False",
}


@pytest.fixture(scope="module", params=CHANGES)
def taken_over(request: pytest.FixtureRequest) -> Iterator[confined.Worker]:
    """A process whose reader of text files does what they say."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(confined, "_PROGRAM", HOSTILE.replace("{change}", CHANGES[request.param]))
        patch.setenv("QUOTH_DISCORD_TOKEN", "the-very-token")
        worker = confined.Worker()
        worker.extract("started.json", b"[]")
    yield worker
    worker.close()


def run(worker: confined.Worker, code: str) -> str:
    """What a piece of code in the process comes back with, or why it does not."""
    try:
        [found] = worker.extract("hostile.txt", code.encode())
    except ArticleUnreadable as error:
        return error.reason
    assert isinstance(found, ExtractedArticle)
    return found.text


def held(worker: confined.Worker) -> str:
    """What holds the process, as it says itself."""
    return run(worker, "held")


REFUSED = "it is damaged or no TXT file"


def test_what_a_text_file_says_is_done_there(taken_over: confined.Worker) -> None:
    assert run(taken_over, "1 + 1") == "2"


@pytest.mark.parametrize(
    "code",
    [
        "open('/etc/passwd').read()",
        "open(sys.executable, 'rb').read()",
        "(os.close(2), open('/etc/passwd').read())",  # once a file is closed there is a number free for another
        "(resource.setrlimit(resource.RLIMIT_NOFILE, (99, 99)), open('/etc/passwd').read())",
        "open('/tmp/quoth-was-here', 'w')",
        "os.listdir('/')",
        "socket.socket()",
        "socket.create_connection(('127.0.0.1', 9))",
        "os.pipe()",
        "subprocess.run(['/bin/true'])",
        "open(f'/proc/{os.getppid()}/environ').read()",
        "bytearray(2**32)",
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="what holds elsewhere is in lockdown's docstring")
def test_hostile_code_opens_nothing_starts_nothing_and_takes_no_more_than_its_memory(
    code: str, taken_over: confined.Worker
) -> None:
    assert run(taken_over, code) in {REFUSED, "reading it takes too much memory"}


@pytest.mark.parametrize(
    "code",
    [
        "os.unlink({victim!r})",
        "os.rename({victim!r}, {victim!r} + '2')",
        "os.truncate({victim!r}, 0)",
        "os.mkdir({victim!r} + '2')",
        "os.execv('/bin/true', ['true'])",
        "os.kill({parent}, 0)",
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="what holds elsewhere is in lockdown's docstring")
def test_hostile_code_changes_nothing_and_becomes_no_other_program(
    code: str, taken_over: confined.Worker, tmp_path: Path
) -> None:
    (tmp_path / "victim").write_text("Words.")
    if "landlock" not in held(taken_over) or ("kill" in code and "seccomp" not in held(taken_over)):
        pytest.skip("this needs a kernel that refuses it")

    assert run(taken_over, code.format(victim=str(tmp_path / "victim"), parent=os.getpid())) == REFUSED
    assert [path.name for path in tmp_path.iterdir()] == ["victim"]
    assert (tmp_path / "victim").read_text() == "Words."


def test_the_token_is_not_there_to_be_read(taken_over: confined.Worker) -> None:
    assert "the-very-token" not in run(taken_over, "dict(os.environ)")
    assert "QUOTH" not in run(taken_over, "dict(os.environ)")


@pytest.mark.skipif(sys.platform != "linux" or not find_library("seccomp"), reason="there is no libseccomp")
def test_where_libseccomp_is_installed_the_kernel_holds_the_process_by_it() -> None:
    program = "from retrieval.articles import lockdown; print(*lockdown.lock_down(), flush=True)"
    held = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True, cwd=REPOSITORY).stdout

    assert {b"limits", b"seccomp"} <= set(held.split())


def broken(program: str, _: str, *, pictures: bool) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-S", "-c", program]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_an_answer_that_makes_no_sense_is_a_fault_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [b"", b"{", b"[]\n", b"3\n", b'{"found": [{}]}\n', b'{"found": 3}\n', b"\xff\n"]
    worker = confined.Worker()
    for answer in answers:
        program = f"import sys; sys.stdin.buffer.readline(); sys.stdout.buffer.write({answer!r})"
        monkeypatch.setattr(confined, "_start", functools.partial(broken, program))
        with pytest.raises(ArticleUnreadable, match="its contents broke the program that reads such files"):
            worker.extract("a.pdf", bytes(2**20))
    monkeypatch.undo()

    assert worker.extract("a.html", (SAMPLES / "lighthouse.html").read_bytes())
    worker.close()


# --- time ----------------------------------------------------------------------------------------------------


TOOK_LONG = "reading it took more than 0.3 seconds of processor time; the settings can allow more"


def test_what_computes_for_ever_is_stopped_and_the_next_file_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for worker in (confined._shared, confined._web):
        monkeypatch.setattr(worker, "seconds", None)
    confined.allow(0.3)

    assert refusal("slow.md", b"![" * 2**20) == TOOK_LONG

    monkeypatch.undo()
    assert sample("minutes.pdf").title == "Minutes of the harbour board"


def test_what_waits_for_ever_is_stopped_too(taken_over: confined.Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(taken_over, "1 + 1") == "2"
    monkeypatch.setattr(confined, "time_limit", lambda _: 0.3)
    monkeypatch.setattr(confined, "_PATIENCE", 3)

    reason = run(taken_over, "sys.stdin.buffer.read(1)")

    assert reason == TOOK_LONG


def test_a_larger_file_may_take_longer_up_to_a_limit() -> None:
    assert confined.time_limit(0) < confined.time_limit(2**20) < confined.time_limit(2**22)
    assert confined.time_limit(2**26) == confined.MAX_TIME_S


def test_of_a_long_file_it_is_told_how_many_pages_are_read() -> None:
    content = pdf_of(*[column(f"The {'abcdefgh'[number % 8] * number} ledger.") for number in range(1, 41)])
    told: list[tuple[int, int]] = []

    with listening(lambda done, total: told.append((done, total))):
        parse("a.pdf", content)

    assert told == [(16, 40), (32, 40)]


def test_one_process_serves_many_files_and_is_let_go_when_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = confined.Worker()
    processes = set()
    for name in ("minutes.pdf", "minutes.docx", "lighthouse.html"):
        assert worker.extract(name, (SAMPLES / name).read_bytes())
        processes.add(worker._process)
    assert len(processes) == 1

    monkeypatch.setattr(confined, "_IDLE_S", 0)
    worker.extract("a.json", b"[]")
    assert worker._idle
    worker._idle.join()
    assert worker._process is None


# --- the same as here ----------------------------------------------------------------------------------------


def test_the_process_answers_what_the_readers_find() -> None:
    requests, answers = io.BytesIO(), io.BytesIO()
    for name, content in {"a.txt": b"Text", "b.json": b"[]", "c.json": b"{", "d.jsonl": b"3"}.items():
        header = {"name": name, "size": len(content), "seconds": 600}
        requests.write(json.dumps(header).encode() + b"\n" + content)
    requests.seek(0)

    confined_process.answer_all(requests, answers)

    assert [json.loads(line) for line in answers.getvalue().splitlines()] == [
        {"found": [{"text": "Text", "metadata": {}, "number": None, "notes": [], "pages": [], "scanned": []}]},
        {"found": []},
        {"reason": "it is not valid JSON"},
        {"found": [{"number": 1, "reason": "it is not a JSON object"}]},
    ]


def test_small_simple_files_start_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*, pictures: bool) -> subprocess.Popen[bytes]:
        raise AssertionError

    confined._shared.close()
    monkeypatch.setattr(confined, "_start", refuse)

    for name, content in {"a.txt": b"Text", "a.md": b"Text"}.items():
        assert parse(name, content).articles[0].text == "Text"


@pytest.mark.parametrize("host", ["www.lwp.com", "www.lw.de", "www.lin.gov.uk", "www.linwick-post.com"])
def test_of_a_page_of_any_host_as_much_is_known_there_as_here(host: str) -> None:
    page = (SAMPLES / "lighthouse.html").read_text(encoding="utf-8").replace("herald.example", host).encode()

    [article] = parse("a.html", page).articles

    assert list(confined._shared.extract("a.html", page)) == list(extract_articles("a.html", page))
    assert (article.title, article.source) == ("Lighthouse at Skarvness gets its keeper back", "Northern Herald")
    assert article.url == f"https://{host}/2021/lighthouse"
