"""The floor: bare sentence-transformers, faiss and bm25s, their ranks fused; what a person would write in an hour."""

from __future__ import annotations

import json
from pathlib import Path

from protocol import DEPTH, Passages, Search, indexed_text, run


def index(encoder: str, passages: Passages, folder: Path) -> None:
    import bm25s
    import faiss
    import Stemmer
    from sentence_transformers import SentenceTransformer

    texts = [indexed_text(passage) for passage in passages]
    vectors = SentenceTransformer(encoder).encode(texts)
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    faiss.write_index(flat, str(folder / "vectors.faiss"))
    words = bm25s.BM25()
    words.index(bm25s.tokenize(texts, stemmer=Stemmer.Stemmer("english"), show_progress=False), show_progress=False)
    words.save(folder / "bm25", show_progress=False)
    (folder / "passages.json").write_text(json.dumps(passages), encoding="utf-8")


def opened(encoder: str, folder: Path) -> Search:
    import bm25s
    import faiss
    import Stemmer
    from sentence_transformers import SentenceTransformer

    model, stemmer = SentenceTransformer(encoder), Stemmer.Stemmer("english")
    flat = faiss.read_index(str(folder / "vectors.faiss"))
    words = bm25s.BM25.load(folder / "bm25")
    passages = json.loads((folder / "passages.json").read_text("utf-8"))

    def search(question: str) -> list[str]:
        near = flat.search(model.encode([question]), 100)[1][0].tolist()
        tokens = bm25s.tokenize([question], stemmer=stemmer, show_progress=False)
        depth = min(100, len(passages))
        same = words.retrieve(tokens, k=depth, return_as="documents", show_progress=False)[0].tolist()
        fused: dict[int, float] = {}
        for ranking in (near, same):
            for rank, number in enumerate(ranking):
                if number >= 0:
                    fused[number] = fused.get(number, 0.0) + 1 / (60 + rank)
        best = sorted(fused, key=lambda number: -fused[number])[:DEPTH]
        return [passages[number]["id"] for number in best]

    return search


run(index, opened)
