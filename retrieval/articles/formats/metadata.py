"""Metadata in YAML: front matter, and the metadata file beside an article."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from retrieval.articles.formats.decoding import decode
from retrieval.articles.formats.values import ExtractedArticle
from retrieval.errors import ArticleUnreadable

SIDECAR = ".meta.yaml"
"""Behind a file's whole name: the file that holds metadata for it, under the names that front matter uses."""

_METADATA_NAMES = {
    "title": ("title",),
    "source": ("source", "publisher", "site"),
    "published": ("published", "date"),
    "url": ("url", "link"),
}

_MAX_YAML = 2**14
"""Code points. PyYAML takes its time, and what is longer is no title, source and date."""

_YAML_SLIPS = (ValueError, LookupError, AttributeError, TypeError, RecursionError)
"""What PyYAML raises, of its own, for tagged values that make no sense, such as ``!!bool maybe``."""


def pick_metadata(name: str, metadata: Mapping[Any, Any]) -> dict[str, str]:
    """Metadata under our names, whichever of the usual names they came under."""
    lowered = {str(key).strip().lower(): value for key, value in metadata.items()}
    found: dict[str, str] = {}
    for ours, names in _METADATA_NAMES.items():
        value = next((lowered[name] for name in names if lowered.get(name) is not None), None)
        if isinstance(value, (list, dict, set)):
            raise ArticleUnreadable(name, f"its {ours} is not a single value")
        if value is not None:
            found[ours] = value.isoformat() if isinstance(value, date | datetime) else str(value)
    return found


def read_sidecar(name: str, content: bytes) -> dict[str, str]:
    """The metadata that the sidecar of the file ``name`` holds; they win over those in the file."""
    text = decode(name, content)
    what = "its metadata file"
    if len(text) > _MAX_YAML:
        raise ArticleUnreadable(name, f"{what} is too long")
    metadata = _yaml(name, text, what, line=1)
    if metadata is not None and not isinstance(metadata, Mapping):
        raise ArticleUnreadable(name, f"{what} does not hold names and values")
    return pick_metadata(name, metadata or {})


def _yaml(name: str, text: str, what: str, *, line: int) -> object:
    """A YAML document that begins in the given line of ``what``."""
    import yaml

    try:
        # Not the faster loader in C: values nested deeply enough overflow its stack and end the process.
        return yaml.safe_load(text)
    except (yaml.YAMLError, *_YAML_SLIPS) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {line + mark.line})" if mark else ""
        raise ArticleUnreadable(name, f"{what} is not valid YAML{where}") from error


_FRONT_MATTER = re.compile(r"\A\s*^---[ \t]*\n(.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)


def front_matter(name: str, text: str) -> ExtractedArticle:
    """Split YAML front matter from the text behind it; two rules with no names and values between them are text."""
    match = _FRONT_MATTER.match(text)
    if match is None:
        return ExtractedArticle(text, {})
    if len(match[1]) > _MAX_YAML:
        raise ArticleUnreadable(name, "its front matter is too long")
    metadata = _yaml(name, match[1], "its front matter", line=text.count("\n", 0, match.start(1)) + 1)
    if not isinstance(metadata, Mapping):
        return ExtractedArticle(text, {})
    return ExtractedArticle(text[match.end() :], pick_metadata(name, metadata))
