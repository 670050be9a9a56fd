"""Quoth's engine: a folder of articles in, verbatim quotes that answer a question out.

It knows nothing of terminals, Discord or environment variables; see ``bot`` for those. The way of the data:

    folder -> Article -> Passage -> Encoder -> Snapshot            (``snapshot.update``)
    question -> Searcher -> Hit -> Reader -> Answer                (``answering.Engine.ask``)

Nothing is imported here, so that ``import retrieval.errors`` stays free of numpy and torch.
"""
