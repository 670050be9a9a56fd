"""The index: dense and lexical, written as immutable snapshots and kept true to the articles."""
