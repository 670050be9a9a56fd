"""Errors in words for a channel."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.discord import cards
from bot.discord.failures import failure, sentence_for
from bot.languages import TRANSLATED, speaking
from retrieval import errors

ARTICLE_FILE = Path("/srv/quoth/articles/a_b.md")


def test_errors_name_no_path_of_the_machine() -> None:
    assert sentence_for(errors.QuestionEmpty()).startswith("The question is empty")
    assert sentence_for(errors.ArticleExists(ARTICLE_FILE)) == (
        "There is another article a\\_b.md: rename the file, or remove that article first."
    )
    assert sentence_for(errors.ArticleUnreadable("/srv/x/*.md", "it holds no text")) == (
        "\\*.md cannot be read as an article, it holds no text."
    )
    assert "in n.jsonl, which" in sentence_for(errors.ArticleOneOfMany("n.jsonl#3", "n.jsonl"))
    assert sentence_for(errors.ArticleUnknown("@here")).startswith("There is no article \\@here")
    assert sentence_for(errors.NoArticles(ARTICLE_FILE, 0)) == cards.NO_ARTICLES
    assert sentence_for(errors.StorageFailed(ARTICLE_FILE, "full")) == cards.BROKEN


@pytest.mark.parametrize("language", ["en", *TRANSLATED])
def test_what_nobody_in_the_channel_can_mend_is_logged_whatever_their_language(
    language: str, caplog: pytest.LogCaptureFixture
) -> None:
    with speaking(language):
        assert failure(errors.StorageFailed(ARTICLE_FILE, "full")) == cards.BROKEN

    assert "A request failed" in caplog.text
