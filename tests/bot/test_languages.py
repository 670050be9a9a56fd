"""Catalogues: each language has all that the bot says, with the values in their places."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from bot.languages import TRANSLATED, catalogue, count, day, language_of, number, say, speaking
from bot.small_talk import remark
from bot.wording import small_talk

BOT = Path(__file__).parents[2] / "bot"
every_language = pytest.mark.parametrize("language", TRANSLATED)


def first_words(*functions: str, folder: Path = BOT, place: int = 0) -> Iterator[str]:
    """The literal that each call of one of these functions has in this place."""
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions:
                given = node.args[place] if len(node.args) > place else None
                if isinstance(given, ast.Constant) and isinstance(given.value, str):
                    yield given.value


SENTENCES = set(first_words("say", "sentence"))


@every_language
def test_a_catalogue_has_every_sentence_and_no_other(language: str) -> None:
    assert set(catalogue(language).sentences) == SENTENCES
    assert len(SENTENCES) > 100


@every_language
def test_a_translation_keeps_its_values_and_its_marks(language: str) -> None:
    for english, translated in catalogue(language).sentences.items():
        for pattern in (r"\{\w*\}", r"\*\*|`|-# |\n|▶|^- "):
            assert sorted(re.findall(pattern, english)) == sorted(re.findall(pattern, translated)), english
        assert translated.strip() == translated != ""


@every_language
def test_a_command_is_called_in_a_sentence_as_it_is_in_its_language(language: str) -> None:
    commands, found = catalogue(language).commands, 0
    for english, translated in catalogue(language).sentences.items():
        for called in re.findall(r"(?<![\w}])/([a-z]+(?: (?:add|list|me)\b)?)", english):
            found += 1
            assert "/" + " ".join(commands[name] for name in called.split()) in translated
    assert found >= 4
    assert commands["Find in articles"] in str(catalogue(language).sentences)


@every_language
def test_numbers_stand_with_their_nouns(language: str) -> None:
    nouns = set(first_words("count", folder=BOT / "discord", place=1)) | {"character"}

    assert nouns <= set(catalogue(language).nouns)
    with speaking(language):
        assert len({count(value, "answer")[-1] for value in range(1, 30)}) <= len(catalogue(language).nouns["answer"])


@pytest.mark.parametrize(
    ("locale", "one", "many", "date_in_words"),
    [
        ("en-GB", "1 article", "2,067 articles", "28 November 2016"),
        ("de", "1 Artikel", "2.067 Artikel", "28. November 2016"),
        ("fr", "1 article", "2\u202f067 articles", "28 novembre 2016"),
        ("es-419", "1 artículo", "2.067 artículos", "28 de noviembre de 2016"),
        ("pt-BR", "1 artigo", "2.067 artigos", "28 de novembro de 2016"),
        ("ru", "1 статья", "2\u00a0067 статей", "28 ноября 2016"),
        ("ja", "1件の記事", "2,067件の記事", "2016年11月28日"),
        ("tlh", "1 article", "2,067 articles", "28 November 2016"),
    ],
)
def test_numbers_and_dates_are_written_as_a_language_has_them(
    locale: str, one: str, many: str, date_in_words: str
) -> None:
    with speaking(locale):
        assert (count(1, "article"), count(2067, "article"), day(date(2016, 11, 28))) == (one, many, date_in_words)
    assert number(2067) == "2,067"


def test_russian_has_three_forms() -> None:
    with speaking("ru"):
        forms = [count(value, "article").split()[1] for value in (1, 21, 2, 24, 5, 11, 12, 111, 0)]

    assert forms == ["статья"] * 2 + ["статьи"] * 2 + ["статей"] * 5


def test_values_are_never_read_as_places() -> None:
    with speaking("de"):
        assert say("Ask me about {titles}.", titles="{n} {") == "Frag mich nach {n} {."
        assert say("{unknown}") == "{unknown}"


@every_language
def test_small_talk_is_made_in_the_language_and_what_it_quotes_can_be_said(language: str) -> None:
    with speaking(language):
        said = small_talk("help", [])

    assert said.endswith(catalogue(language).sentences["There are no articles yet."])
    assert [remark(words) for words in ("more", "where does it say that?")] == ["more", "context"]
    assert "where does it say that?" in said


def test_a_locale_without_a_catalogue_is_english() -> None:
    assert [language_of(locale) for locale in ("en-US", "ko", "de", "pt-BR")] == ["en", "en", "de", "pt"]
