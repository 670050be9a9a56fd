"""Quoth without its reader, each passage an article, through the calls that its commands make."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from protocol import Passages, Search, run


def index(encoder: str, passages: Passages, folder: Path) -> None:
    from retrieval.index.updating import update
    from retrieval.models.bundled import BUNDLED, bundled_folder
    from retrieval.models.runtimes import encoder_named

    with TemporaryDirectory() as articles:
        with Path(articles, "passages.jsonl").open("w", encoding="utf-8") as lines:
            lines.writelines(json.dumps({"title": each["title"], "text": each["text"]}) + "\n" for each in passages)
        update(Path(articles), folder, encoder_named(BUNDLED if Path(encoder) == bundled_folder() else encoder))
    (folder / "ids.json").write_text(json.dumps([passage["id"] for passage in passages]), encoding="utf-8")


def opened(encoder: str, folder: Path) -> Search:
    from retrieval.engine import Engine
    from retrieval.index.snapshot import open_latest
    from retrieval.models.bundled import BUNDLED, bundled_folder
    from retrieval.models.runtimes import encoder_named

    engine = Engine(open_latest(folder), encoder_named(BUNDLED if Path(encoder) == bundled_folder() else encoder))
    ids = json.loads((folder / "ids.json").read_text("utf-8"))

    def search(question: str) -> list[str]:
        articles = [hit.passage.article.id for hit in engine.ask(question).hits]
        return list(dict.fromkeys(ids[int(article.rpartition("#")[2]) - 1] for article in articles))

    return search


run(index, opened)
