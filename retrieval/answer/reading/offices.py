"""Whose office a quote tells of: asked for the president of Japan, "Russian President" is another's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from retrieval.answer.times import MONTHS
from retrieval.text.terms import located_terms, stop_terms, terms

_IS = r"\bwho (?:is|was|are|were|becomes?|became)(?: now| currently| \w+ed)? (?:the |an? )?"
_OFFICE = r"(?P<office>(?:[\w-]+ ){0,3}?[\w-]+)"
_ASKED = (
    re.compile(rf"{_IS}{_OFFICE} (?:of|for|in|at) (?:the )?(?P<of>[^\W\d_][\w’' -]*?)\W*$", re.IGNORECASE),
    re.compile(rf"{_IS}(?P<of>[^\W\d_][\w-]+)['’]s {_OFFICE}\W*$", re.IGNORECASE),
    re.compile(rf"(?i:{_IS})(?P<of>[A-Z][\w-]+) (?P<office>(?:[a-z-]+ ){{0,3}}[a-z-]+)\W*$"),
    re.compile(rf"\bwho(?: is|['’]s| was| are) the {_OFFICE}(?P<of>)\W*$", re.IGNORECASE),
)
_TITLES = (
    "president premier minister chancellor king queen emperor empress prince princess sultan emir governor mayor"
    " ambassador envoy consul secretary chief head leader chairman chairwoman chairperson chair director ceo"
    " commissioner speaker captain coach manager commander general bishop archbishop patriarch pope dean principal"
    " judge spokesman spokeswoman spokesperson editor owner senator attorney clerk auditor treasurer"
)
"""What the name of an office ends with."""
_NOBODY = re.compile(
    r"\d|(?:this|that|these|those|his|her|its|their|our|my|city|country|state|town|company|party|time|past|late|early|end"
    rf"|{'|'.join(MONTHS)})\b",
    re.IGNORECASE,
)
"""How what follows "of" or "in" begins where it names no body that has an office."""
_BEFORE = re.compile(r"\b([A-Z][\w-]+)(?:['’]s)? $")
_NAMES = r"[A-Z][\w-]+(?: [A-Z][\w-]+)*"
_BEHIND = re.compile(
    rf"(?: (?:of|for|in|at)| {_NAMES} of) (?:the )?(?:{_NAMES}['’]s )*({_NAMES})\b(?!['’]s | Party)(?<!Party)"
)
"""Whose an office is: "mayor of Lund", "Mayor Ann Lee of Lund", "president of Lund's Students' Union"."""
_DEPUTY = re.compile(r"\b(?:deputy|vice|assistant|associate)[ -]$", re.IGNORECASE)
_FORMER = re.compile(r"\b(?:former|late|past|ex)[ -]$", re.IGNORECASE)
_ITS = re.compile(r"['’]s\b(?! name\b)")
"""Around an office where someone else is meant than who has it: "deputy mayor", "the mayor's daughter"."""
_WAS = re.compile(r"\W*who (?:was|were|became)\b", re.IGNORECASE)
_NO_NAME = re.compile(
    r"(?:The|An?|His|Her|Its|Their|Our|My|In|As|At|By|On|For|From|To|And|But|When|While|Since|After|Before|Former|Then|New"
    r"|Vice|Deputy|Acting|First|Current|Under|Most|Artistic|All-\w+|Republican|Democrat(?:ic)?|Liberal|Labour|Conservative"
    r"|Union|Republic|Kingdom|Commonwealth|State|Government|Colony|City|Bank|Company|Party|Church|Club|University)$"
)
_ALSO = {"a": "u", "b": "u", "d": "n", "e": "b"}
"""Initials that differ though a country is meant: American and United States, British, Dutch, English."""


@cache
def _titles() -> frozenset[str]:
    return frozenset(terms(_TITLES))


@dataclass(frozen=True, slots=True)
class Office:
    """An office that a question asks who has."""

    terms: tuple[str, ...]
    """Of its name: "prime minister"."""
    of: str
    """Whose it is: "Russia"; nothing where the question does not say."""
    name: str
    """As the question has it: "prime minister"."""
    now: bool
    """Whether it asks who has it, not who had it."""

    @classmethod
    def asked_for(cls, question: str) -> Office | None:
        """The office whose holder a question asks for; None where it asks for none."""
        found = next((match for each in _ASKED if (match := each.search(question))), None)
        name = tuple(term for term in terms(found["office"]) if term not in stop_terms()) if found else ()
        if not found or not name or name[-1] not in _titles() or _NOBODY.match(found["of"]):
            return None
        return cls(name, found["of"], found["office"], now=not _WAS.match(found[0]))

    def holder_of_another(self, quote: str) -> str | None:
        """Whose office of this name the quote tells of, where it is another's each time: "Russian", "National Bank".

        Or what other office, as "Deputy Mayor" and "the mayor's office" are for the mayor.
        """
        others = [self._other(quote, start, end) for start, end in self._places(quote)]
        return others[0] if others and all(others) else None

    def _places(self, quote: str) -> Iterator[tuple[int, int]]:
        found = located_terms(quote, 0, len(quote))
        size = len(self.terms)
        for first in range(len(found) - size + 1):
            if tuple(term for term, *_ in found[first : first + size]) == self.terms:
                yield found[first][1], found[first + size - 1][2]

    def _other(self, quote: str, start: int, end: int) -> str | None:
        """Whose the office at a place of the quote is, where that is said and it is not the one asked for."""
        if lesser := _DEPUTY.search(quote, 0, start) or (self.now and _FORMER.search(quote, 0, start)):
            return quote[lesser.start() : end]
        if its := _ITS.match(quote, end):
            return quote[start : its.end()]
        beside = (_BEFORE.search(quote, 0, start), _BEHIND.match(quote, end))
        names = [each[1] for each in beside if self.of and each and not _NO_NAME.match(each[1])]
        return names[0] if names and not any(self._means(word) for name in names for word in name.split()) else None

    def _means(self, word: str) -> bool:
        """Whether a word may stand for whose office was asked for, as "French" does for France, "Bank" for the ECB."""
        initials = {
            letter
            for each in re.split(r"[\s-]+", self.of.strip(" -"))
            for letter in (each if each.isupper() else each[0]).lower()
        }
        return bool({word[0].lower(), _ALSO.get(word[0].lower(), "")} & initials)
