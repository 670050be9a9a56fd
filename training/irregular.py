"""Words whose base form has another stem: ``python -m training.irregular`` writes ``retrieval/text/irregular.txt``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from simplemma import lemmatize
from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

from retrieval.text.terms import IRREGULAR, plain, stem


def irregular_words() -> Iterator[tuple[str, str]]:
    """Each such word of simplemma's English dictionary, and the stem of its base form."""
    for word in DefaultDictionaryFactory().get_dictionary("en"):
        bare = plain(word)
        base = stem(lemmatize(bare, lang="en").lower())
        if re.fullmatch(r"\w+", bare) and base and base != stem(bare):
            yield bare, base


if __name__ == "__main__":
    words = dict(irregular_words())
    IRREGULAR.write_text("".join(f"{word} {base}\n" for word, base in sorted(words.items())), encoding="utf-8")
    print(f"{len(words):,} words are in {IRREGULAR}")
