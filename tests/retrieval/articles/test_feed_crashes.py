"""An update that ends at any moment: no article is half written or comes twice, and the next update goes on."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from retrieval.articles import care
from retrieval.articles.feed_list import FeedList
from retrieval.articles.feeds import Wanted, follow, update_all
from retrieval.articles.fetching import Fetcher, FetchLimits
from retrieval.articles.formats.metadata import SIDECAR
from tests.retrieval.articles.feeding import dated, item, rss, story
from tests.retrieval.articles.web import HERE, Page, Web

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

FETCHER = Fetcher(HERE, FetchLimits(pause=0))

KILLS = int(os.environ.get("KILLS", "2"))
"""How many updates are killed, and at how many steps times five one ends; more by hand."""


class PowerCutError(BaseException):
    """The program ends here, whatever it was about to do."""


def contents(folder: Path) -> dict[str, bytes]:
    """All articles and their metadata files, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}


def whole(folder: Path) -> None:
    """No article is without its metadata, and each is one."""
    found, skipped = care.survey(folder)
    assert skipped == []
    assert all((folder / f"{article.id}{SIDECAR}").exists() for article in found)


def cut_at(monkeypatch: pytest.MonkeyPatch, step: int) -> list[int]:
    """End the program at a step of writing, before it (even) or after it (odd); gives a list with the steps done."""
    done = [0]

    def cutting(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            if done[0] == step:
                raise PowerCutError
            done[0] += 1
            found = real(*given, **named)
            if done[0] == step:
                raise PowerCutError
            done[0] += 1
            return found

        return call

    for owner, name in (
        (Path, "replace"),
        (Path, "unlink"),
        (FeedList, "keep"),
        (FeedList, "place"),
        (FeedList, "put"),
    ):
        monkeypatch.setattr(owner, name, cutting(getattr(owner, name)))
    return done


def test_an_update_that_ends_at_any_step_leaves_whole_articles_and_the_next_has_the_same_outcome(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tmp_path / "before"
    before.mkdir()
    follow(before, web.at("/feed", dated(web, 5, 4, 3)), FETCHER, Wanted(remove_withdrawn=True))
    changed = dated(web, 6, 5, 3)
    web.at("/feed", Page(changed.content.replace(b"News 5", b"Other 5").replace(b"on day 5", b"late"), changed.type))
    web.at("/4", Page(status=404))
    smooth = shutil.copytree(before, tmp_path / "smooth")
    [counts] = update_all(smooth, FETCHER)
    assert (counts.added, counts.changed, counts.withdrawn) == (1, 1, 1)
    with monkeypatch.context() as patched:
        counted = cut_at(patched, -1)
        list(update_all(shutil.copytree(before, tmp_path / "counted"), FETCHER))
    [steps] = counted
    assert steps > 20
    for last in random.sample(range(steps), min(5 * KILLS, steps)):
        folder = shutil.copytree(before, tmp_path / "cut")
        with monkeypatch.context() as patched:
            done = cut_at(patched, last)
            with pytest.raises(PowerCutError):
                list(update_all(folder, FETCHER))
        assert done == [last]
        whole(folder)
        list(update_all(folder, FETCHER))
        assert contents(folder) == contents(smooth)
        shutil.rmtree(folder)


FORKS = """
import os, signal, sys, time
from pathlib import Path
from retrieval.articles.feeds import update_all
from retrieval.articles.fetching import Fetcher, FetchLimits
from retrieval.articles import confined, feed_keeping, feeds

fetcher = Fetcher(frozenset({"127.0.0.1"}), FetchLimits(pause=0))
fetcher._client().close()
took = float(sys.argv[2])
for part in sys.stdin:
    started = time.monotonic()
    if not (child := os.fork()):
        list(update_all(Path(sys.argv[1]), fetcher))
        os._exit(0)
    time.sleep(float(part) * took)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    print("gone", flush=True)
"""
"""A process that has imported all it needs; it starts updates, and kills them."""


def test_updates_killed_at_any_moment_leave_whole_articles_and_none_twice(web: Web, tmp_path: Path) -> None:
    library = tmp_path / "articles"
    library.mkdir()
    web.at("/story", story("The whole story is told here."))
    follow(library, web.at("/feed", rss()), FETCHER, Wanted(most=1_000))
    listed = 0
    program = [sys.executable, "-c", FORKS, str(library), "1.5"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as forking:
        assert forking.stdin is not None
        assert forking.stdout is not None
        for _ in range(KILLS):
            listed += 6
            items = [
                item(str(n), "" if n % 2 else f"<p>Told as {n}.</p>", link=web.at("/story")) for n in range(listed)
            ]
            web.at("/feed", rss(*items))
            forking.stdin.write(f"{random.random()}\n")  # noqa: S311 - a moment is no secret
            forking.stdin.flush()
            assert forking.stdout.readline() == "gone\n"

            whole(library)
            came = len(care.survey(library)[0])
            [found] = update_all(library, FETCHER)
            assert found.failure is None
            assert came <= listed
            assert came + found.added == len(care.survey(library)[0]) == listed
