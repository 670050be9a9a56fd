"""Haystack: BM25 and embedding retrievers over its in-memory store, joined by reciprocal ranks.

As in https://haystack.deepset.ai/tutorials/33_hybrid_retrieval, without the tutorial's ranker, since no other has one.
"""

from __future__ import annotations

from pathlib import Path

from protocol import DEPTH, Passages, Search, indexed_text, run


def index(encoder: str, passages: Passages, folder: Path) -> None:
    from haystack import Document, Pipeline
    from haystack.components.writers import DocumentWriter
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack_integrations.components.embedders.sentence_transformers import SentenceTransformersDocumentEmbedder

    store = InMemoryDocumentStore()
    indexing = Pipeline()
    indexing.add_component("embedder", SentenceTransformersDocumentEmbedder(model=encoder, progress_bar=False))
    indexing.add_component("writer", DocumentWriter(document_store=store))
    indexing.connect("embedder", "writer")
    documents = [Document(id=passage["id"], content=indexed_text(passage)) for passage in passages]
    indexing.run({"embedder": {"documents": documents}})
    store.save_to_disk(str(folder / "store.json"))


def opened(encoder: str, folder: Path) -> Search:
    from haystack import Pipeline
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack_integrations.components.embedders.sentence_transformers import SentenceTransformersTextEmbedder

    store = InMemoryDocumentStore.load_from_disk(str(folder / "store.json"))
    hybrid = Pipeline()
    hybrid.add_component("text_embedder", SentenceTransformersTextEmbedder(model=encoder, progress_bar=False))
    hybrid.add_component("embedding_retriever", InMemoryEmbeddingRetriever(store, top_k=DEPTH))
    hybrid.add_component("bm25_retriever", InMemoryBM25Retriever(store, top_k=DEPTH))
    hybrid.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=DEPTH))
    hybrid.connect("text_embedder", "embedding_retriever")
    hybrid.connect("bm25_retriever", "joiner")
    hybrid.connect("embedding_retriever", "joiner")

    def search(question: str) -> list[str]:
        found = hybrid.run({"text_embedder": {"text": question}, "bm25_retriever": {"query": question}})
        return [document.id for document in found["joiner"]["documents"]]

    return search


run(index, opened)
