"""txtai with ``hybrid`` and ``content``, as https://neuml.github.io/txtai/embeddings/ has it."""

from __future__ import annotations

from pathlib import Path

from protocol import DEPTH, Passages, Search, indexed_text, run


def index(encoder: str, passages: Passages, folder: Path) -> None:
    from txtai import Embeddings

    embeddings = Embeddings(path=encoder, hybrid=True, content=True)
    embeddings.index([(passage["id"], indexed_text(passage), None) for passage in passages])
    embeddings.save(str(folder))


def opened(_: str, folder: Path) -> Search:
    from txtai import Embeddings

    embeddings = Embeddings()
    embeddings.load(str(folder))
    return lambda question: [found["id"] for found in embeddings.search(question, DEPTH)]


run(index, opened)
