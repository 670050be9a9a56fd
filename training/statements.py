"""Questions for yes or no, made of what articles state."""

from __future__ import annotations

import re
from collections.abc import Iterator

from retrieval.articles.article import Article
from retrieval.evaluation.datasets import Dataset, Question
from retrieval.text.sentences import Span, paragraph_around, sentences

_STATEMENT = re.compile(
    r"(?P<who>[A-Z][\w’'-]*(?: [\w’'-]+){0,5}) (?P<verb>is|are|was|were|can|will) (?P<rest>[^,;:()]{12,80})"
)
_NO_SUBJECT = re.compile(
    r"\b(this|that|these|those|it|he|she|they|there|which|who|such|if|when|while|as|but|and)\b", re.IGNORECASE
)
_KEEPS = re.compile(r"(The|A|An|In|Some|Many|Most|All|Each|Its|Their|His|Her) ")
"""What a sentence begins with that is small within a question."""
_LONGEST = 12
"""Words of what is said of the subject."""


def yes_no_questions(dataset: Dataset) -> Dataset:
    """The same articles with questions such as "Was the bridge built in oak?", where one says that it was."""
    return Dataset(dataset.articles, tuple(question for article in dataset.articles for question in _of(article)))


def _of(article: Article) -> Iterator[Question]:
    for sentence in sentences(article.text):
        text = article.text[sentence.start : sentence.end]
        stated = _STATEMENT.match(text)
        if stated and not sentence.heading and not _NO_SUBJECT.search(stated["who"]):
            who = stated["who"]
            who = who[0].lower() + who[1:] if _KEEPS.match(who) else who
            rest = " ".join(stated["rest"].rstrip(". ").split()[:_LONGEST])
            paragraph = paragraph_around(article.text, Span(sentence.start, sentence.end))
            asked = f"{stated['verb'].capitalize()} {who} {rest}?"
            yield Question(asked, (text,), article.id, paragraph, sentences=True)
