"""Files made to harm whoever reads them, and files that nobody meant."""

from __future__ import annotations

import io
import os
import random
import zipfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from docutils.parsers.rst.languages import en
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from retrieval.articles import confined
from retrieval.articles.formats import registry as formats
from retrieval.articles.formats.registry import FORMATS
from retrieval.articles.parsing import Parsed
from retrieval.errors import ArticleUnreadable
from tests.retrieval.articles.made_files import epub, odt, zipped
from tests.retrieval.articles.samples import SAMPLES, attempted, refusal, whole_files
from tests.retrieval.examples import write
from tests.volume import few

FUZZED_FILES = int(os.environ.get("FUZZED_FILES", "120"))
"""How many mutated files are read; 10,000 take some minutes."""


DOCUMENT = "word/document.xml"


def word_file(xml: str, *, also: int = 0) -> bytes:
    """A Word file with this as its main part, and a part of so many bytes beside it."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(SAMPLES / "bread.docx") as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for item in old.namelist():
            new.writestr(item, xml if item == DOCUMENT else old.read(item))
        if also:
            with new.open("word/padding.xml", "w") as part:
                for _ in range(also // 2**20):
                    part.write(bytes(2**20))
    return out.getvalue()


def word_text(entities: str, text: str) -> str:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return (
        f'<?xml version="1.0"?><!DOCTYPE d [{entities}]><w:document xmlns:w="{space}"><w:body><w:p><w:r>'
        f"<w:t>Words {text}</w:t></w:r></w:p></w:body></w:document>"
    )


BOMB = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))


def test_a_zip_bomb_is_refused_unopened() -> None:
    assert refusal("a.docx", word_file("<x/>", also=200 * 2**20)) == "it unpacks to more than 128 MiB or too many parts"


def test_every_kind_of_zip_file_is_measured_before_it_is_unpacked() -> None:
    bomb = zipped({"content.xml": bytes(129 * 2**20)})

    for suffix in PACKED:
        assert refusal(f"a{suffix}", bomb) == "it unpacks to more than 128 MiB or too many parts"


def test_an_entity_bomb_does_not_go_off() -> None:
    page = f'<?xml version="1.0"?><!DOCTYPE html [{BOMB}]><html><body><p>Words &a9; here.</p></body></html>'

    files = {
        "a.docx": word_file(word_text(BOMB, "&a9;")),
        "a.xhtml": page.encode(),
        "a.epub": epub({"a.xhtml": "<p>Words &a9; here.</p>"}, entities=BOMB),
        "a.odt": odt("<text:p>Words &a9; here.</text:p>", entities=BOMB),
    }

    for name, content in files.items():
        assert len(str(attempted(name, content))) < 1000


def test_no_document_makes_its_reader_look_at_another_file(tmp_path: Path) -> None:
    secret = write(tmp_path, "secret.txt", "the treasure lies under the oak")
    entity = f'<!ENTITY e SYSTEM "{secret.as_uri()}">'
    page = (
        f'<?xml version="1.0"?><!DOCTYPE html [{entity}]><html><head><base href="{secret.as_uri()}"/>'
        f'<link rel="import" href="{secret.as_uri()}"/></head><body><p>Some words &e; here.</p>'
        f'<iframe src="{secret.as_uri()}"></iframe><object data="{secret.as_uri()}"/></body></html>'
    )
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{secret.as_uri()}" parse="text"/>'
    files = {
        "a.docx": word_file(word_text(entity, "&e;")),
        "b.docx": word_file(word_text("", include)),
        "a.xhtml": page.encode(),
        "a.html": page.encode(),
        "a.epub": epub({"a.xhtml": f"<p>Words &e; here.</p><object data='{secret.as_uri()}'/>"}, entities=entity),
        "a.odt": odt("<text:p>Words &e; here.</text:p>", entities=entity),
        "a.rtf": rb"{\rtf1 Words {\field{\*\fldinst INCLUDETEXT " + str(secret).encode() + b"}} here.}",
        "a.eml": f'From: a@b.example\nContent-Type: message/external-body; name="{secret}"\n\n'.encode(),
    }

    for name, content in files.items():
        assert "treasure" not in str(attempted(name, content))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("deep.html", b"<html><body>" + b"<div>" * 300_000 + b"Words."),
        ("deep.docx", word_file("<a>" * 100_000)),
        ("deep.md", b"> " * 40_000 + b"Words."),
        ("deep.pdf", b"%PDF-1.4\n1 0 obj\n" + b"[" * 200_000 + b"\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF"),
    ],
)
def test_deep_nesting_is_read_or_refused(name: str, content: bytes) -> None:
    assert attempted(name, content)


def test_a_pdf_whose_pages_lead_in_a_circle_ends() -> None:
    content = (SAMPLES / "minutes.pdf").read_bytes()

    assert refusal("a.pdf", content.replace(b"/Kids[", b"/Kids[5 0 R 5 0 R ")[:20_000])


# --- files that nobody meant ---------------------------------------------------------------------------------


PACKED = (".docx", ".epub", ".odt", ".pptx", ".xlsx")


def repacked(content: bytes, chance: random.Random) -> bytes:
    """A zip file that is whole but for one part, which is mutated."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        chosen = chance.choice(old.namelist())
        for item in old.namelist():
            change = chance.choice((mutated, reordered)) if item == chosen else None
            new.writestr(item, change(old.read(item), chance) if change else old.read(item))
    return out.getvalue()


def reordered(content: bytes, chance: random.Random) -> bytes:
    """XML that is well-formed, with some of its elements elsewhere, gone, doubled, or of another kind or value."""
    try:
        root = etree.fromstring(content)
    except etree.XMLSyntaxError:
        return mutated(content, chance)
    for _ in range(chance.choice((1, 2, 8, 32))):
        every = [one for one in root.iter() if isinstance(one.tag, str)]
        one, other = chance.choice(every), chance.choice(every)
        match chance.randrange(5):
            case 0 if one is not root and one not in other.iterancestors() and one is not other:
                other.append(one)
            case 1 if one is not root:
                one.getparent().remove(one)
            case 2:
                other.append(deepcopy(one))
            case 3:
                one.tag = other.tag
            case _:
                for name in one.attrib:
                    one.set(name, chance.choice(("", "0", "-1", "99999999999", "%1", "../../etc/passwd", "\u0131")))
    return bytes(etree.tostring(root))


def mutated(content: bytes, chance: random.Random) -> bytes:
    """The content with a few of its bytes changed, cut out, said again or said by somebody else."""
    spoilt = bytearray(content)
    for _ in range(chance.choice((1, 2, 8, 32))):
        start = chance.randrange(len(spoilt) + 1)
        end = min(len(spoilt), start + chance.choice((1, 1, 4, 64, 1024)))
        change: Callable[[], bytes] = chance.choice(
            (
                lambda start=start, end=end: chance.randbytes(end - start),
                lambda: b"",
                lambda start=start, end=end: bytes(spoilt[start:end]) * chance.choice((2, 50)),
                lambda: chance.choice((b"0", b"-1", b"99999999999", b"<<", b"]", b"<div>" * 99, b"\xff\xfe", b"&a;")),
            )
        )
        spoilt[start:end] = change()
    return bytes(spoilt[: chance.choice((len(spoilt), len(spoilt), len(spoilt) // 2))])


def mutants(number: int) -> Iterator[tuple[str, bytes]]:
    wholes = list(whole_files().items())
    for seed in range(number):
        chance = random.Random(seed)  # noqa: S311 - a mutation is no secret
        name, content = wholes[seed % len(wholes)]
        match chance.randrange(10):
            case 0:
                yield name, chance.randbytes(chance.randrange(4096))
            case 1:
                yield f"other{chance.choice(list(FORMATS))}", content
            case 2 | 3 | 4 | 5 | 6 if name.endswith(PACKED):
                yield name, repacked(content, chance)
            case _:
                yield name, mutated(content, chance)


def is_sound(parsed: Parsed) -> bool:
    """Whether every article can be shown, stored and quoted."""
    texts = [article.text for article in parsed.articles]
    f"{parsed}".encode()
    return bool(texts) and all(text == text.strip() != "" for text in texts) and all(a.title for a in parsed.articles)


def test_mutated_files_are_articles_or_refused() -> None:
    for name, content in mutants(FUZZED_FILES):
        found = attempted(name, content)
        if isinstance(found, str):
            # A cell a million rows away takes more memory than there is, which ends the library's process.
            assert "broke" not in found or name.endswith((".xlsx", ".xls", ".ods")), name
        else:
            assert is_sound(found), name


@given(st.sampled_from(list(FORMATS)), st.one_of(st.binary(max_size=300), st.text(max_size=99).map(str.encode)))
@few(60)
def test_any_bytes_in_any_format_are_articles_or_refused(suffix: str, content: bytes) -> None:
    found = attempted(f"any{suffix}", content)
    assert found if isinstance(found, str) else is_sound(found)
    try:
        here = formats.extract_articles(f"any{suffix}", content)
    except ArticleUnreadable:
        return
    assert list(here) == list(confined._shared.extract(f"any{suffix}", content))


def test_in_the_other_process_the_readers_find_what_they_find_in_this_one() -> None:
    wholes = whole_files()

    assert {name: list(confined._shared.extract(name, content)) for name, content in wholes.items()} == {
        name: list(formats.extract_articles(name, content)) for name, content in wholes.items()
    }


def test_in_the_other_process_every_directive_of_docutils_is_known() -> None:
    content = "\n\n".join(f".. {name}::\n\n   Oil the ``{name}`` wheel." for name in sorted(en.directives)).encode()

    assert confined.extract_confined("a.rst", content) == formats.extract_articles("a.rst", content)
