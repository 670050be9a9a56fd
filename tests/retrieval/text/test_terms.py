"""Terms, beside the dictionary that their irregular forms come from."""

from __future__ import annotations

import pytest
from simplemma import lemmatize

from retrieval.text.terms import stem, term

WORDS = "met went geese mice indices wolves better worst taught running priorities leaves ministers Putin's zyxwv 2016"


@pytest.mark.parametrize("word", WORDS.split())
def test_a_word_has_the_stem_of_its_base_form(word: str) -> None:
    assert term(word) == stem(lemmatize(word.lower(), lang="en", low_memory=True).lower())


@pytest.mark.parametrize("word", ["고신", "東京", "Ἀθῆναι", "ʼ", "s", "_", "ﬁnance"])
def test_a_word_that_no_dictionary_has_is_a_term(word: str) -> None:
    assert term(word)
