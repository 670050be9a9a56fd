"""The variants of a question in a conversation: as typed, with what was said before it, and with its references named.

A follow-up such as "when was that?" finds little as typed. So the search asks it with the conversation's questions and
with the passage quoted last too, and the reader gets it with the names that its pronouns may stand for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from retrieval.answer.asking.question import asking_terms
from retrieval.answer.query import Context
from retrieval.answer.times import MONTHS
from retrieval.text.terms import content_terms

_PRONOUN = re.compile(
    r"\b(it|its|they|them|their|theirs|he|him|his|she|her|hers|this|that|these|those|there|then|ones?)\b",
    re.IGNORECASE,
)
_ASKS_ABROAD = re.compile(
    r"\W*(?:(?:und|et|y|e|и|\u0430)\s+)?(?:warum|wieso|weshalb|wann|wo|wohin|wer|wen|wem|wie|pourquoi|quand|où|qui|comment"
    r"|combien|por ?qu[eéê]|cu[aá]ndo|d[oó]nde|qui[eé]n|c[oó]mo|cu[aá]ntos?|quando|onde|quem|quanto|почему|зачем|когда"
    r"|где|кто|как|сколько|なぜ|どうして|いつ|どこ|誰|だれ)\W*",
    re.IGNORECASE,
)
"""A question that is nothing but a question word, in the languages that the bot speaks."""
_CONJUNCTION = re.compile(r"\W*(and|but|so|or)\b", re.IGNORECASE)
_WHAT_ABOUT = re.compile(r"\W*((and|but|so|or)\s+)?(what|how) about\b", re.IGNORECASE)
_THEY = re.compile(r"\b(they|them)\b", re.IGNORECASE)
_FRAGMENT = re.compile(
    r"\W*(?:(?:and|but|so|or|und|aber|et|mais|y|pero|e|и|\u0430)\b[\s,]*)?(?:(?<=[\s,])|(?:what|how) about\s+)"
    r"(?P<rest>(?!.*\b(?:who|whom|whose|what|when|where|why|how|which|is|are|was|were|do|does|did|has|have|had|can|could"
    r"|will|would|should|not)(?:n['’]?t)?\b)\w\S*(?:\s+\S+){0,4})",
    re.IGNORECASE,
)
"""A few words without a verb that stand in the place of some of the question before: "And The Needle?"."""
_BESIDE = re.compile(r"(?:in|on|at|by|for|with|from|to|since|before|after|during|under|near)\b", re.IGNORECASE)
"""How a fragment begins that stands behind the question before, rather than in the place of its name."""
_NAME = re.compile(
    r"(?:\b[Tt]he )?"
    rf"(?!(?:The|An?|In|On|At|Wh\w+|How|Is|Are|Was|Were|Do|Does|Did|{'|'.join(MONTHS).title()})\b)"
    r"\b[A-Z][\w’'-]*(?:\s+(?:(?:of|de|van|von)\s+)?[A-Z][\w’'-]*)*"
)
_TIMES = (
    re.compile(r"\b(?:1\d|20)\d\d\b"),
    re.compile(rf"\b(?:{'|'.join(month for month in MONTHS if month != 'may')}|(?-i:May))\b", re.IGNORECASE),
)
_NUMBERED = re.compile(r"\b([^\W\d_]{3,}) (?:number |#)?(?!(?:1\d|20)\d\d\b)\d{1,4}\b")
"""What goes by a name and a number that is no year: "rule 4"."""
_LEADING_CONJUNCTION = re.compile(r"^\W*(and|but|so)\b[\s,]*(?=\w)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class QueryVariants:
    """A question as typed and, in a conversation, as it might be meant; made once, and used by every later stage."""

    typed: str
    """The question as it was typed, with its slips put right."""
    context: Context | None
    """What was said before, if anything."""
    resolved: str
    """The question with what it refers to, for a reader; ``typed`` where it does not look like a follow-up."""
    follow_up_by_wording: bool
    """Whether its wording alone makes it look like a follow-up; never without a context."""
    has_reference: bool
    """Whether it has a pronoun, or no content term at all."""
    content_terms: int
    """How many terms it has that mean something by themselves."""

    @classmethod
    def of(cls, question: str, context: Context | None) -> QueryVariants:
        """The variants of ``question``, which may go on from ``context``."""
        follow_up = context is not None and looks_like_follow_up(question)
        return cls(
            typed=question,
            context=context,
            resolved=resolve_references(question, context) if context and follow_up else question,
            follow_up_by_wording=follow_up,
            has_reference=has_reference(question),
            content_terms=0 if _is_bare(question) else len(content_terms(question)),
        )

    @property
    def searched(self) -> tuple[str, ...]:
        """The texts that passages are scored for: as typed and, in a conversation, with history, with the passage."""
        if self.context is None:
            return (self.typed,)
        with_history = f"{self.context.questions} {self.typed}"
        with_passage = f"{self.typed} {self.context.previous} {self.context.quoted}"
        return self.typed, with_history, with_passage

    @property
    def encoded(self) -> tuple[str, ...]:
        """The texts that get a vector: those searched and, in a conversation, what was said before."""
        return self.searched if self.context is None else (*self.searched, self.context.said)


def has_reference(question: str) -> bool:
    """Whether a question lacks a name: it has a pronoun, or no word that means something by itself."""
    return bool(_PRONOUN.search(question) or _ASKS_ABROAD.fullmatch(question)) or _is_bare(question)


def _is_bare(question: str) -> bool:
    """Whether a question has no word but those by which it asks: "why?", "for how long?"."""
    return content_terms(question) <= asking_terms(question)


def only_asks(question: str) -> bool:
    """Whether a question in a talk has neither a pronoun nor any word but those by which it asks."""
    return _is_bare(question) and not _PRONOUN.search(question)


def looks_like_follow_up(question: str) -> bool:
    """Whether a question's wording alone makes it a follow-up.

    It has a reference, begins with "and" or "what about", or has next to no content terms. A name stands for itself,
    but not where it is all that follows "and".
    """
    if has_reference(question) or _WHAT_ABOUT.match(question):
        return True
    if _FRAGMENT.fullmatch(question):
        return True
    has_name = re.search(r"\s[A-Z]", question)  # a name stands for itself
    return not has_name and bool(_CONJUNCTION.match(question) or len(content_terms(question)) <= 1)


def is_fragment(question: str) -> bool:
    """Whether a question is a few words without a verb: "And The Needle?"."""
    return not has_reference(question) and bool(_FRAGMENT.fullmatch(question))


def resolve_references(question: str, context: Context) -> str:
    """The question with the names that its pronouns may stand for or, without names, the conversation's first question.

    A leading "and" goes. Two who were named together are put where "they" stood, which a reader understands better
    than names behind a question; of other pronouns nothing tells which is meant. Where no name is known, the first
    question stands behind this one and tells a reader what it is about. A few words without a verb take their place in
    the question before; behind "why?" that stands as it was, for names alone do not tell what is asked of them.
    """
    if not has_reference(question) and (fragment := _FRAGMENT.fullmatch(question)):
        before = context.first if _FRAGMENT.fullmatch(context.previous) else context.previous
        if context.names or _of_another_number(before, fragment["rest"]):
            return _put_into(before, fragment["rest"])
    question = _LEADING_CONJUNCTION.sub("", question)
    if only_asks(question):
        return f"{question} ({context.previous.rstrip(' ?')})"
    if not context.names:
        return f"{question} ({context.first.rstrip(' ?')})"
    if not has_reference(question):
        return question
    if context.pair and _THEY.search(question):
        together = " and ".join(context.pair)
        return _THEY.sub(lambda _: together, question, count=1)
    return f"{question} ({', '.join(context.names)})"


def without_context(question: str) -> str:
    """A question without the words of a talk that ``resolve_references`` puts behind it in brackets."""
    return question.partition(" (")[0] if question.endswith(")") else question


def _put_into(question: str, words: str) -> str:
    """A question with other words in the place of some of its own, else behind.

    What has a number takes the place of another such thing, a name that of its only name, a year that of its year, a
    month that of its month.
    """
    if numbered := _of_another_number(question, words):
        return numbered
    theirs, ours = _NAME.findall(question), _NAME.findall(words)
    if len(theirs) == len(ours) == 1:
        return question.replace(theirs[0], ours[0])
    if not ours and (other := _of_another_time(question, words)) != question:
        return other
    if _BESIDE.match(words) and not ours:
        return f"{question.rstrip(' ?')} {words}"
    return f"{words} ({question.rstrip(' ?')})"


def _of_another_number(question: str, words: str) -> str | None:
    """A question for another of what it names by a number: "What is rule 3?" and "rule 4"; None for any other words."""
    ours = _NUMBERED.fullmatch(words.rstrip(" ?.!"))
    theirs = [each for each in _NUMBERED.finditer(question) if ours and each[1].lower() == ours[1].lower()]
    return f"{question[: theirs[0].start()]}{ours[0]}{question[theirs[0].end() :]}" if ours and theirs else None


def _of_another_time(question: str, words: str) -> str:
    """A question with the year and month of other words in the place of its own."""
    for kind in _TIMES:
        theirs, ours = kind.findall(question), kind.findall(words)
        if len(theirs) == len(ours) == 1:
            question = question.replace(theirs[0], ours[0])
    return question
