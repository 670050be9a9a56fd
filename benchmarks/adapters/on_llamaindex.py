"""LlamaIndex: a FAISS vector store and its BM25 retriever, fused by reciprocal ranks, one query for each question.

As in developers.llamaindex.ai's pages on the BM25 retriever and on reciprocal rerank fusion. FAISS by inner product:
the fusion takes a higher score for the better, which distances are not.
"""

from __future__ import annotations

from pathlib import Path

from protocol import DEPTH, Passages, Search, indexed_text, run


def index(encoder: str, passages: Passages, folder: Path) -> None:
    import faiss
    import Stemmer
    from llama_index.core import StorageContext, VectorStoreIndex
    from llama_index.core.schema import TextNode
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.retrievers.bm25 import BM25Retriever
    from llama_index.vector_stores.faiss import FaissVectorStore

    model = HuggingFaceEmbedding(model_name=encoder)
    nodes = [TextNode(id_=passage["id"], text=indexed_text(passage)) for passage in passages]
    store = FaissVectorStore(faiss_index=faiss.IndexFlatIP(len(model.get_query_embedding("dimension"))))
    context = StorageContext.from_defaults(vector_store=store)
    VectorStoreIndex(nodes, storage_context=context, embed_model=model).storage_context.persist(str(folder / "faiss"))
    words = BM25Retriever.from_defaults(
        nodes=nodes, similarity_top_k=min(DEPTH, len(nodes)), stemmer=Stemmer.Stemmer("english"), language="english"
    )
    words.persist(str(folder / "bm25"))


def opened(encoder: str, folder: Path) -> Search:
    from llama_index.core import StorageContext, load_index_from_storage
    from llama_index.core.llms import MockLLM
    from llama_index.core.retrievers import QueryFusionRetriever
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.retrievers.bm25 import BM25Retriever
    from llama_index.vector_stores.faiss import FaissVectorStore

    store = FaissVectorStore.from_persist_dir(str(folder / "faiss"))
    context = StorageContext.from_defaults(vector_store=store, persist_dir=str(folder / "faiss"))
    vectors = load_index_from_storage(context, embed_model=HuggingFaceEmbedding(model_name=encoder))
    fused = QueryFusionRetriever(
        [
            vectors.as_retriever(similarity_top_k=DEPTH),
            BM25Retriever.from_persist_dir(str(folder / "bm25")),
        ],
        llm=MockLLM(),  # never asked: one query means the question itself
        num_queries=1,
        similarity_top_k=DEPTH,
        mode="reciprocal_rerank",
    )
    return lambda question: [found.node_id for found in fused.retrieve(question)]


run(index, opened)
