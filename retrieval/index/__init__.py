"""The index: dense and lexical, stored in snapshots that never change, and kept up to date with the articles."""
