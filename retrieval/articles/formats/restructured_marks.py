"""The marks of reStructuredText that docutils does not know: Sphinx's roles and directives, and anybody else's.

Nothing that a file names is opened: no other file, no picture, no address. No HTML is taken over.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any, ClassVar

from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Directive, Parser, directives
from docutils.parsers.rst.states import Inliner
from docutils.readers.standalone import Reader
from docutils.utils import new_document, unescape

LABEL = "quoth_label"
"""The attribute of a reference without words of its own: the name of the place that it leads to."""


def document_of(text: str) -> nodes.document:
    """The tree of a text in reStructuredText. What docutils cannot read is a ``system_message`` in it."""
    for name in {name.lower() for name in _DIRECTIVE.findall(text)} - _OF_DOCUTILS:
        directives.register_directive(name, _Marked)
    document = new_document("", _settings())
    parser = Parser(rfc2822=True, inliner=_inliner(_RAW_ROLE.findall(text)))
    parser.parse(text, document)
    document.transformer.populate_from_components((Reader(parser), parser))
    document.transformer.apply_transforms()
    return document


@cache
def _settings() -> Any:
    """Docutils' settings, made once: it looks about for that, and later nothing can be opened any more."""
    settings = get_default_settings(Parser, Reader)
    settings.file_insertion_enabled = settings.raw_enabled = settings.warning_stream = False
    settings.report_level = settings.halt_level = 5  # nothing is printed, and nothing ends the reading
    settings.trim_footnote_reference_space = True
    settings.line_length_limit = 2**30
    settings.syntax_highlight = "none"
    return settings


_DIRECTIVE = re.compile(r"^[ \t]*(?:[-*][ \t]+)*\.\. (?:\|[^|\n]+\| )?[ ]*([\w.:+-]+?) ?::(?=\s|$)", re.MULTILINE)

_RAW_ROLE = re.compile(r"^[ \t]*\.\. role::[ ]*([\w.:+-]+)[ ]*\([ ]*raw[ ]*\)", re.MULTILINE)


# --- roles ---------------------------------------------------------------------------------------------------


def _inliner(raw_roles: Iterable[str]) -> Inliner:
    """Reads words with a role, whichever it is, as a reader of the page sees them."""
    raw = {"raw", *(role.lower() for role in raw_roles)}

    def interpreted(rawsource: str, text: str, role: str, lineno: int) -> Any:  # noqa: ARG001 - as docutils calls it
        name = role.lower().rpartition(":")[2]
        return ([] if name in raw else [_with_role(name, unescape(text))]), []

    inliner = Inliner()
    inliner.interpreted = interpreted  # type: ignore[method-assign] # its patterns are found in no subclass
    return inliner


def _with_role(role: str, said: str) -> nodes.Node:
    if role in {"sup", "superscript"}:
        return nodes.superscript("", said)
    if role in _TO_PLACES and not _TITLED.fullmatch(said):
        return nodes.inline("", said.rpartition("/")[2], **{LABEL: said})
    return nodes.inline("", _seen(role, said))


_TO_PLACES = frozenset({"any", "doc", "numref", "ref", "term"})

_TITLED = re.compile(r"(.+?)\s*<[^<>]+>", re.DOTALL)

_AS_WRITTEN = frozenset({"abbr", "code", "command", "kbd", "literal", "math", "program", "regexp"})

_NUMBERED = frozenset({"bpo", "bug", "gh", "ghissue", "ghpull", "issue", "pr", "pull", "ticket"})


def _seen(role: str, said: str) -> str:
    """What a reader sees of words with a role."""
    match role:
        case "file" | "samp":
            said = said.replace("{", "").replace("}", "")
        case "menuselection":
            said = said.replace("-->", "\N{TRIANGULAR BULLET}")
        case "guilabel":
            said = re.sub("&(?=[^& ])", "", said)
        case _ if role not in _AS_WRITTEN:
            titled = _TITLED.fullmatch(said)
            said = titled[1] if titled else _named(role, said)
        case _:
            pass
    return said


_IN_CODE = re.compile(r"~[\w.]*?(\w+(?:\(\))?)|[!.]?(\w[^\s]*)")


def _named(role: str, said: str) -> str:
    """The name of a thing in code, of which a tilde leaves the last part; other words as they are."""
    if role in {"pep", "rfc"}:
        return f"{role.upper()} {said}"
    if role in _NUMBERED and said.isdecimal():
        return f"#{said}"
    named = _IN_CODE.fullmatch(said)
    name = (named[1] or named[2]) if named else said
    return f"{name}()" if role in {"func", "meth"} and not name.endswith(")") else name


# --- directives ----------------------------------------------------------------------------------------------


class _Marked(Directive):
    """Any directive that docutils does not know, or knows in another sense than Sphinx."""

    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar = defaultdict(lambda: str, {"class": str})
    has_content = True

    def run(self) -> list[nodes.Node]:
        """What a reader sees of it: a section for what is described, code, text, or nothing."""
        kind = self.name.lower().rpartition(":")[2]
        said = self.arguments[0].strip() if self.arguments else ""
        if kind in _NOT_SHOWN or (kind.startswith("auto") and not self.content):
            return []
        if kind in _CODE:
            return self._code(said)
        if kind == "glossary":
            self._join_terms()
        if kind in _CHANGES:
            return self._changed(_CHANGES[kind], said)
        if kind in _DESCRIBED or ":" in self.name or (kind == "class" and _CLASS.search(said)):
            return self._described(said)
        shown = kind not in _HOLDERS and (kind in _TEXT or self.content or len(said.split()) > _FEW_WORDS)
        return [*(self._paragraph(said) if shown else []), self._content(nodes.container())]

    def _content(self, node: nodes.Element) -> nodes.Element:
        self.state.nested_parse(self.content, self.content_offset, node)
        return node

    def _join_terms(self) -> None:
        """Take away what is blank between a term and what it means, as docutils knows no such terms."""
        for at in range(len(self.content) - 2, 0, -1):
            before, line, after = self.content[at - 1 : at + 2]
            if before.strip() and not before[0].isspace() and not line.strip() and after[:1].isspace():
                del self.content[at]

    def _paragraph(self, said: str, label: str = "") -> list[nodes.Node]:
        words, messages = self.state.inline_text(said, self.lineno)
        return [nodes.paragraph("", label, *words), *messages] if said or label else []

    def _code(self, said: str) -> list[nodes.Node]:
        caption = self._paragraph(self.options.get("caption") or "")
        code = "\n".join(self.content) or (said if "\n" in said or " " in said else "")
        return [*caption, nodes.literal_block("", code)]

    def _changed(self, what: str, said: str) -> list[nodes.Node]:
        """A note that something is new, other or gone since a version, with what is said of that behind it."""
        version, _, more = said.partition(" ") if "\n" not in said.partition(" ")[0] else said.partition("\n")
        if more.strip():
            return [*self._paragraph(more.strip(), f"{what} {version}: "), self._content(nodes.container())]
        content = self._content(nodes.container())
        first = content.children[0] if content.children else None
        if not isinstance(first, nodes.paragraph):
            return [nodes.paragraph("", f"{what} {version}."), content]
        first.insert(0, nodes.Text(f"{what} {version}: "))
        return [content]

    def _described(self, said: str) -> list[nodes.Node]:
        """A thing in code or an option as a section that its name heads; its other forms stand in it."""
        first, *others = [line.strip() for line in said.replace("\\\n", " ").split("\n")]
        forms = [nodes.paragraph("", line) for line in others]
        if not self.content:
            return [nodes.paragraph("", first), *forms]
        return [self._content(nodes.section("", nodes.title("", first), *forms))]


_OF_DOCUTILS = frozenset(
    (
        *("admonition", "attention", "caution", "compound", "csv-table", "danger", "epigraph", "error"),
        *("figure", "footer", "header", "highlights", "hint", "image", "important", "include", "line-block"),
        *("list-table", "math", "note", "parsed-literal", "pull-quote", "raw", "replace", "rubric"),
        *("sidebar", "table", "target-notes", "tip", "topic", "unicode", "warning"),
    )
)

_NOT_SHOWN = frozenset(
    (
        *("codeauthor", "contents", "currentmodule", "date", "default-domain", "default-role", "digraph"),
        *("graph", "graphviz", "highlight", "index", "inheritance-diagram", "mermaid", "meta", "module"),
        *("moduleauthor", "namespace", "plantuml", "plot", "program", "role", "sectionauthor", "sectnum"),
        *("tabularcolumns", "testcleanup", "testsetup", "tikz", "title", "toctree", "todo"),
        *("todolist", "uml"),
    )
)

_CODE = frozenset(
    (
        *("code", "code-block", "command-output", "console", "doctest", "ipython", "literalinclude"),
        *("productionlist", "program-output", "prompt", "sourcecode", "testcode", "testoutput"),
    )
)

_CHANGES = {
    "versionadded": "Added in version",
    "versionchanged": "Changed in version",
    "versionremoved": "Removed in version",
    "deprecated": "Deprecated since version",
}
"""As Sphinx has them."""

_DESCRIBED = frozenset(
    (
        *("attribute", "classmethod", "confval", "data", "decorator", "decoratormethod", "describe"),
        *("directive", "envvar", "exception", "function", "method", "object", "opcode", "option"),
        *("pdbcommand", "property", "setting", "staticmethod", "type"),
    )
)

_CLASS = re.compile(r"[A-Z(.]")
"""In the name of what Sphinx describes; without it, a class is one of docutils', and says how something looks."""

_HOLDERS = frozenset({"class", "container", "cssclass", "hlist", "ifconfig", "only", "rst-class"})
"""Directives that say of their content when or how it is shown."""

_TEXT = frozenset({"availability", "centered", "seealso"})

_FEW_WORDS = 2
"""Most of a name or a path that a directive without content brings in from elsewhere."""
