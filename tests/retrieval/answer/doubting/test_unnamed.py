"""A name of which the article says nothing."""

from __future__ import annotations

import pytest

from retrieval.answer.doubting.unnamed import name_unsaid
from retrieval.articles.article import Article
from retrieval.index.lexical import LexicalIndex

TEXT = (
    "Marit's player runs on Debian and on HomeKit. It was made in Britain and is sold in Spain and Zürich. "
    "The World Health Organization praised it. Nobody in the UN did. Write to the desk about it."
)
ARTICLE = Article("players/marit.md", "The player", source="Harn Post", published=None, url=None, path="a", text=TEXT)
COMMON = LexicalIndex.build([TEXT, "The ferry of Elvestad stops in Oslo.", *["Oslo has a port."] * 4])


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Does the player run on Symbian?", "Symbian"),
        ("Does the player run on Debian?", None),
        ("Does it work with Home Kit?", None),
        ("Who praised it at the WHO?", None),
        ("What did the United Nations say?", None),
        ("What did the Red Cross say?", "Red"),
        ("Does the British shop sell it?", None),
        ("Which Spanish shop sells it?", None),
        ("Is it sold in Zurich?", None),
        ("Is it sold in Korea?", "Korea"),
        ("Is it sold in Elvestad?", "Elvestad"),
        ("Is it sold in Oslo?", None),
        ("What does the Harn Post say?", None),
        ("Which players does Marit's sell?", None),
        ("Is it sold in the USA?", None),
        ("Besides, is it sold there?", None),
        ("Where Is The Player Sold In Norway?", None),
        ("Wird es auch in Norwegen verkauft, und wann?", None),
        ("does the player run on symbian?", "symbian"),
        ("does the player run on debian?", None),
        ("do I need a reciept?", None),
        ("do I need a voucher?", None),
        ("do glassworkers use it?", None),
        ("Who praised it at the WhO?", None),
        ("Is it sold in Zurica?", None),
        ("", None),
    ],
)
def test_a_name_is_unsaid_that_neither_the_article_nor_any_form_of_it_has(question: str, name: str | None) -> None:
    assert name_unsaid(question, ARTICLE, COMMON) == name
