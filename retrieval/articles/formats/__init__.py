"""Readers of file formats, one module a kind of file."""
