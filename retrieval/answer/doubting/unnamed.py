"""Whether an article says anything of a name that a question has: "does it run on Symbian?"."""

from __future__ import annotations

import re

from retrieval.answer.asking.question import asked_in, identifiers, names
from retrieval.answer.asking.spelling import edited, is_english
from retrieval.articles.article import Article
from retrieval.index.protocol import Terms
from retrieval.text.terms import content_terms, plain, stop_terms, term, words_of

_FEW = 3
"""Passages of the index that may have a rare name. A name in more is what the articles are about, and one of them need
not repeat it."""
_SHORT = 4
"""Letters of a name up to which an article must have it as it is typed; a longer one may end in another way."""
_NATIONAL = r"(?:ish|ese|ino|[ei]an|ican)s?$|^(?:french|dutch|swiss|welsh|greek|czech|thai)$"
"""Endings of words for nations, for which an article may have the country: "Spain" for "Spanish"."""
_SHORTENED = frozenset(
    """
    ad ai am apr aug ave bc bible ceo cfo cto dc dec dept diy dr eu eur faq feb gbp gov gpa gps hr id it jan jul jun la
    lt mar mr mrs ms nov nyc oct ok pc phd pm sept sgt st tv uk un url us usa usd ussr wwi wwii
    """.split()  # noqa: SIM905 - as a list it would take 60 lines
)
"""Words that articles rather write out, or never do."""
_NAMES = r"[^\W\d_a-z]\w+(?: (?:of |the |and |for )*[^\W\d_a-z]\w+)+"
"""Words with capitals in a row: "World Health Organization"."""


def name_unsaid(question: str, article: Article, common: Terms) -> str | None:
    """A rare name in a question, as typed, of which an article says nothing; None where there is none.

    A word is a name when it has a capital within a question that also has words without; or when it is in small letters
    and neither a passage nor an English dictionary has it, or anything that it may be a slip for.
    """
    _, *inside = words_of(question) or ("",)
    small = [word for word in inside if word[0].islower() and term(word) not in stop_terms()]
    if asked_in(question) or not small:
        return None
    capital = [name for name in names(question, ()) if name in inside and name not in identifiers(question)]
    rare = [name for name in capital if _is_rare(name, common)]
    rare += [word for word in small if _is_unknown(word, common)]
    if not rare:
        return None
    said = "\n".join(filter(None, (article.title, article.source, article.id, article.url, article.text)))
    return next((name for name in rare if not _says(said, name, question)), None)


def _is_rare(name: str, common: Terms) -> bool:
    """Whether few passages have a name, and an article is not likely to put it in another way."""
    bare = plain(name)
    if len(bare) < 2 or bare in _SHORTENED or (re.search(_NATIONAL, bare) and is_english(bare)):  # noqa: PLR2004
        return False
    parts = content_terms(name)
    return bool(parts) and all(common.frequency(each) <= _FEW for each in parts)


def _is_unknown(word: str, common: Terms) -> bool:
    """Whether no passage has a word, and it is no English one, no slip of one and no two of them run together."""
    bare = plain(word)
    if len(bare) <= _SHORT or not bare.isalpha() or common.frequency(term(word)) or is_english(bare):
        return False
    halves = ((bare[:at], bare[at:]) for at in range(3, len(bare) - 2))
    compound = any(is_english(one) and is_english(two) for one, two in halves)
    return not compound and not any(map(is_english, edited(bare)))


def _says(text: str, name: str, question: str) -> bool:
    """Whether a text has a name: with any ending, inside of a word ("HomeKit" for "Home Kit"), in short or in full."""
    said, bare = plain(text), re.sub(r"['’]s?$", "", plain(name))
    stem = rf"{re.escape(bare)}s?\b" if len(bare) <= _SHORT else re.escape(bare[: max(_SHORT, len(bare) - 2)])
    if re.search(rf"\b{stem}", said) or is_short_for(name, text):
        return True
    rows = [row for row in re.findall(_NAMES, question) if name in row]
    run_together = _letters(said)
    if any(len(letters) > _SHORT and letters in run_together for letters in map(_letters, (bare, *rows))):
        return True
    shortened = ("".join(re.findall(r"\b[^\W\d_a-z]", row)) for row in rows)
    return any(re.search(rf"\b{letters}\b", text) for letters in shortened)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", plain(text))


_BETWEEN = r"(?:[\s-]+(?:of|the|and|for|in)\b)*[\s.-]+"


def is_short_for(name: str, said: str) -> bool:
    """Whether a name has the first letters of words that are said, as UK has of the United Kingdom."""
    bare = name.removesuffix("'s").removesuffix("’s")
    letters = "".join(filter(str.isupper, bare))
    if not bare.isalpha() or len(letters) < max(2, len(bare) - 1):
        return False
    words = _BETWEEN.join(rf"{letter}[\w’']*" for letter in letters)
    return bool(re.search(rf"\b{words}", said))
