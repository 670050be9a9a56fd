"""Metadata in an article's file (front matter in YAML, TOML or JSON) and in a file of its own beside it (YAML).

A value that makes no sense is left out and named among the notes; the article stays.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from yaml import SafeLoader

from retrieval.articles.formats.decoding import decode, without_soft_hyphens
from retrieval.articles.formats.values import ExtractedArticle
from retrieval.errors import ArticleUnreadable

SIDECAR = ".meta.yaml"
"""Behind a file's whole name: the file that holds metadata for it, under the names that front matter uses."""

_METADATA_NAMES = {
    "title": ("title",),
    "source": ("source", "publisher", "site"),
    "published": ("published", "date", "pubdate", "publishdate", "publish_date", "published_at", "date_published"),
    "url": ("url", "link", "canonical_url", "canonicalurl"),
}

_MAX_PARSED = 2**14
"""Code points. PyYAML takes its time, and what is longer is no title, source and date."""

_MAX_VALUE = 2**12
"""Code points of a value that is taken from a line by itself."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known of an article under our names, and what could not be used."""

    values: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    charset: str = ""
    """The encoding that the server of a fetched file named."""


def pick_metadata(found: Mapping[Any, Any]) -> Metadata:
    """Metadata under our names, whichever of the usual names they came under."""
    lowered = {str(key).strip().lower(): value for key, value in found.items()}
    values: dict[str, str] = {}
    notes: list[str] = []
    for ours, names in _METADATA_NAMES.items():
        given = [lowered[name] for name in names if lowered.get(name) is not None]
        if ours == "published":
            given = [value for value in given if str(value).strip().lower() not in _FLAGS]
        written = [text for value in given if (text := _written(value)) is not None]
        if written:
            values[ours] = written[0]
        elif given:
            notes.append(f"its {ours} is not a single value and was left out")
    if "url" not in values and _ADDRESS.fullmatch(values.get("source", "")):
        values["url"] = values.pop("source")  # as Obsidian's Web Clipper writes it
        named_too = [text for name in _METADATA_NAMES["source"][1:] if (text := _written(lowered.get(name)))]
        values |= {"source": named_too[0]} if named_too else {}
    named = _CHARSET.search(str(lowered.get("content_type", "")))
    return Metadata(values, tuple(notes), named[1] if named else "")


_FLAGS = frozenset({"true", "false", "yes", "no"})
"""Jekyll and Eleventy are told so whether something is published, not when."""

_ADDRESS = re.compile(r"\s*https?://\S+\s*", re.IGNORECASE)

_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)


def _written(value: object) -> str | None:
    """A value as text: a single one, the only one of a list, the name of something, or the day that it was made."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, Mapping):
        value = next((value[name] for name in ("name", "created", "$date") if name in value), None)
    if value is None or isinstance(value, (list, Mapping, set)):
        return None
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


_PROGRAM_TITLE = re.compile(
    r"""microsoft\ \w+\ -\ |untitled|\(anonymous\)$|\(?unspecified\)?$|new\ page\ ?\d*$
    |.*\.(?:docx?|fm|html?|indd|odt|pdf|pptx?|qxd|rtf|tex|txt|wpd|xlsx?)$
    |(?:(?:powerpoint|google)\ )?presentation\ ?\d*$|(?:slide|document)\ ?\d*$""",
    re.IGNORECASE | re.VERBOSE,
)


def is_made_up(title: str) -> bool:
    """Whether a program made up this title, of a file's name or of nothing."""
    return bool(_PROGRAM_TITLE.match(title.strip()))


def read_sidecar(name: str, content: bytes) -> Metadata:
    """The metadata that the sidecar of the file ``name`` holds; they win over those in the file."""
    text = decode(name, content)
    what = "its metadata file"
    if len(text) > _MAX_PARSED:
        return Metadata({}, (f"{what} is too long and was left out",))
    found = _from_yaml(text, what, first_line=1)
    return found or Metadata({}, (f"{what} does not hold names and values and was left out",) if text.strip() else ())


def fetched_sidecar(known: bytes, said: Mapping[str, str]) -> bytes:
    """A sidecar with what is ``said`` of a file from the web; what else the one that is ``known`` holds stays.

    When the server changed the file is a note to whoever reads the sidecar: pages are touched for many reasons, and
    that day is not the day of publication.
    """
    import yaml

    if len(known) > _MAX_PARSED:
        return known
    try:
        found = yaml.safe_load(decode(SIDECAR, known)) if known else {}
    except (yaml.YAMLError, ArticleUnreadable, *_YAML_SLIPS):
        return known  # as a person wrote it, who may mend it
    kept = {name: value for name, value in found.items() if name not in _OF_FETCHING} if isinstance(found, dict) else {}
    written = {**kept, **{name: value for name, value in said.items() if value}}
    return yaml.safe_dump(written, allow_unicode=True, sort_keys=False).encode()


_OF_FETCHING = ("url", "fetched", "content_type", "last_modified", "withdrawn")
"""What a sidecar says of a file from the web; only the first goes with a quote."""


def withdrawn_sidecar(known: bytes, day: date) -> bytes:
    """The sidecar of an article that its feed has withdrawn: its source, which goes with each quote, says so too."""
    import yaml

    try:
        found = (yaml.safe_load(decode(SIDECAR, known)) or {}) if len(known) <= _MAX_PARSED else None
    except (yaml.YAMLError, ArticleUnreadable, *_YAML_SLIPS):
        return known  # as a person wrote it, who may mend it
    if not isinstance(found, dict):
        return known
    found["source"] = f"{found.get('source') or ''} (withdrawn {day.isoformat()})".strip()
    return yaml.safe_dump({**found, "withdrawn": day.isoformat()}, allow_unicode=True, sort_keys=False).encode()


# --- front matter --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Block:
    """Front matter as it stands at the head of a file."""

    text: str
    first_line: int
    end: int
    """Where the article begins."""


_FENCED = {
    mark: re.compile(rf"\A\s*^{begin}[ \t]*\n(?P<text>.*?)^(?:{end})[ \t]*$", re.DOTALL | re.MULTILINE)
    for mark, begin, end in (
        ("---toml", "---toml", "---"),
        ("---json", "---json", "---"),
        ("---", r"(?P<rule>-{3,})(?:ya?ml)?", r"(?P=rule)|\.\.\."),
        ("+++", r"\+\+\+", r"\+\+\+"),
    )
}

_UNFENCED = re.compile(
    r"""\A\s*(?:
    # of Pelican, MultiMarkdown and Hexo
    (?:(?:slug|author|category|tags|layout):.*\n){0,9}(?:title|date):[ \t]+\S.*\n
    (?:\w[\w ]{0,30}:[ \t]*.*\n|[ \t]+\S.*\n)+(?:(?=[ \t]*\n)|-{3,}[ \t]*\n)
    # of Nikola
    |<!--[ \t]*\n(?:\.\.[ ]\w[\w ]{0,30}:.*\n|[ \t]*\n)+-->
    )""",
    re.IGNORECASE | re.VERBOSE,
)
"""Names and values at the head of a file that no lines of dashes set apart."""

_PANDOC = re.compile(
    r"\A%[ \t]*(?P<title>\S.*(?:\n[ \t]+\S.*)*)\n%.*(?:\n[ \t]+\S.*)*\n(?:%[ \t]*(?P<date>.*)\n)?(?=[ \t]*\n)"
)
"""Title, authors and date as Pandoc has them, each behind a sign."""

_UNFENCED_FIELD = re.compile(r"^(?:(?P<name>\w[\w ]*):.*\n(?:[ \t]+\S.*\n)*)", re.MULTILINE)

_UNFENCED_NAMES = frozenset(
    (
        *("author", "authors", "category", "categories", "date", "description", "email", "id", "keywords", "lang"),
        *("language", "layout", "link", "modified", "permalink", "publisher", "published", "save_as", "series", "site"),
        *("slug", "source", "status", "subtitle", "summary", "tags", "template", "title", "translation", "updated"),
        *("url", "image", "cover", "comments"),
    )
)
"""Whatever has another name is a line of the text, as in minutes who was present."""

_UNFENCED_LINE = re.compile(r"^(?:\.\. )?(\w+):[ \t]+(\S.*)$", re.MULTILINE)

_DATED_NAME = re.compile(r"(\d{4})([-_.])(\d{2})\2(\d{2})(?=[-_ .]|$)")


def front_matter(name: str, text: str) -> ExtractedArticle:
    """Split front matter from the text behind it; the day in a name such as 2024-03-05-mill.md is a date too.

    Two rules with no names and values between them are text, and so are braces that hold no title, source, date or
    address.
    """
    readers: Mapping[str, Callable[[_Block], Metadata | None]] = {
        "---toml": _toml_block,
        "---json": _json_block,
        "---": _yaml_block,
        "+++": _toml_block,
        "{": _json_block,
    }
    text = without_soft_hyphens(text)
    article = text
    found: Metadata | None = None
    for mark, read in readers.items():
        if text.lstrip().startswith(mark) and (block := _block(mark, text)) and (found := read(block)):
            article = text[block.end :]
            break
    if found is None and (lines := _UNFENCED.match(text)):
        article, found = _others(lines[0]) + text[lines.end() :], _line_by_line(lines[0], _UNFENCED_LINE)
    elif found is None and (lines := _PANDOC.match(text)):
        article, found = text[lines.end() :], pick_metadata(lines.groupdict())
    found = found or Metadata()
    return ExtractedArticle(article, {**_day_in(name), **found.values}, notes=found.notes)


def _others(head: str) -> str:
    """The lines of a head that are no metadata."""
    fields = _UNFENCED_FIELD.finditer(head)
    return "".join(one[0] for one in fields if one["name"].lower() not in _UNFENCED_NAMES)


def _day_in(name: str) -> dict[str, str]:
    """The day that a file's name begins with, as Jekyll and notes of a day have it."""
    dated = _DATED_NAME.match(PurePath(name).name)
    try:
        return {"published": date(int(dated[1]), int(dated[3]), int(dated[4])).isoformat()} if dated else {}
    except ValueError:
        return {}


def _block(mark: str, text: str) -> _Block | None:
    if mark == "{":
        start = len(text) - len(text.lstrip())
        try:
            _, end = json.JSONDecoder().raw_decode(text, start)
        except (ValueError, RecursionError):
            return None
        return _Block(text[start:end], 1, end)
    match = _FENCED[mark].match(text)
    return match and _Block(match["text"], text.count("\n", 0, match.start("text")) + 1, match.end())


def _yaml_block(block: _Block) -> Metadata | None:
    return _from_yaml(block.text, "its front matter", block.first_line)


def _toml_block(block: _Block) -> Metadata | None:
    try:
        return pick_metadata(tomllib.loads(block.text))
    except (ValueError, RecursionError):
        if not _TOML_LINE.search(block.text):
            return None
        found = _line_by_line(block.text, _TOML_LINE)
        return Metadata(found.values, ("its front matter is not valid TOML and was read line by line", *found.notes))


def _json_block(block: _Block) -> Metadata | None:
    try:
        found = pick_metadata(json.loads(block.text))
    except (ValueError, AttributeError, RecursionError):
        return None
    return found if found.values or found.notes else None


# --- YAML ----------------------------------------------------------------------------------------------------

_YAML_SLIPS = (ValueError, LookupError, AttributeError, TypeError, RecursionError)
"""What PyYAML raises, of its own, for tagged values that make no sense, such as ``!!bool maybe``."""

_YAML_KINDS = frozenset({"tag:yaml.org,2002:merge", "tag:yaml.org,2002:null"})
"""Kinds of values that are told from how they are written."""

_TABS = re.compile(r"^\t+", re.MULTILINE)

_YAML_LINE = re.compile(r"^\t*(\w+)[ \t]*:[ \t]+(\S.*)$", re.MULTILINE)

_TOML_LINE = re.compile(r"^(\w+)[ \t]*=[ \t]*(\S.*)$", re.MULTILINE)


def _from_yaml(text: str, what: str, first_line: int) -> Metadata | None:
    """What a YAML document that begins in the given line of ``what`` holds; None when it is no names and values."""
    import yaml

    class Loader(yaml.SafeLoader):
        """Leaves values as they are written: 3.10 and NO are titles, and an impossible day spoils no other value."""

    Loader.yaml_implicit_resolvers = {
        first: [item for item in resolvers if item[0] in _YAML_KINDS]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    if len(text) > _MAX_PARSED:
        found = _line_by_line(text, _YAML_LINE)
        return Metadata(found.values, (f"{what} is too long and was read line by line", *found.notes))
    try:
        # Not the faster loader in C: values nested deeply enough overflow its stack and end the process.
        # YAML allows tabs within brackets, and people indent by them elsewhere too; this library refuses both.
        indented = _TABS.sub(lambda tabs: "    " * len(tabs[0]), text)
        parsed = yaml.load(indented, Loader)  # noqa: S506 - it is the safe loader with one rule less
    except (yaml.YAMLError, *_YAML_SLIPS) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {first_line + mark.line})" if mark else ""
        found = _field_by_field(text, Loader)
        return Metadata(found.values, (f"{what} is not valid YAML{where} and was read line by line", *found.notes))
    return pick_metadata(parsed) if isinstance(parsed, Mapping) else None


_YAML_FIELD = re.compile(r"^(?=\w[^\n:]*:)", re.MULTILINE)


def _field_by_field(text: str, loader: type[SafeLoader]) -> Metadata:
    """What YAML can be made of by itself, and of the rest what stands on a line of its own."""
    import yaml

    known: dict[Any, Any] = {}
    left: list[str] = []
    for part in _YAML_FIELD.split(text):
        try:
            parsed = yaml.load(part, loader)  # noqa: S506 - as above
        except (yaml.YAMLError, *_YAML_SLIPS):
            parsed = None
        known |= parsed if isinstance(parsed, Mapping) else {}
        left += [] if isinstance(parsed, Mapping) else [part]
    found, others = pick_metadata(known), _line_by_line("".join(left), _YAML_LINE)
    return Metadata({**others.values, **found.values}, (*found.notes, *others.notes))


def _line_by_line(text: str, pattern: re.Pattern[str]) -> Metadata:
    """Names and values that stand on a line of their own, as far as they are plain."""
    found = {name: value.strip().strip("\"'") for name, value in pattern.findall(text) if len(value) <= _MAX_VALUE}
    return pick_metadata(
        {name: value for name, value in found.items() if value[:1] not in {"[", "{", "!", "&", "|", ">"}}
    )
