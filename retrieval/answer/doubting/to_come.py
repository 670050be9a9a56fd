"""Whether a sentence tells of what was still to come, and a question of what has happened."""

from __future__ import annotations

import re

from retrieval.answer.asking.question import kind_of

_AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|did|do|does|has|have|had|can|could|will|would|shall|should|may|might|must)\b", re.IGNORECASE
)
_OF_PLANS = re.compile(
    r"\b(?:plan|schedul|expect|announc|propos|promis|predict|suppos|intend|hop(?:e|ing)|aim|due\b|going\b|sa(?:y|id)"
    r"|t(?:ell|old)|ask|want|call|suggest|warn|urg|demand|report|wr(?:ite|ote)|claim|th(?:ink|ought)|believ|offer|invit"
    r"|agree|decid|order|forecast|vow|pledg|fear|mean|need|goal|purpose|requir"
    r"|to\s+(?!(?:an?|the|his|her|its|their)\b)[a-z]+)",
    re.IGNORECASE,
)
"""In a question: it may be answered by what was said of the time to come, as "what did the minister promise?"."""
_TO_COME = re.compile(
    r"\b(?:will|shall|won['’]t|(?:is|are)\s+(?:to\s+[a-z]+|due|expected|scheduled|set\s+(?:to|for)|slated|planned)"
    r"|(?:scheduled|slated|planned)\s+(?:for|to|on)|forthcoming|upcoming)\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:(?!(?:schedul|expect|plann|slat|suppos|intend|need)ed\b)[a-z]+ed|was|were|had|has|have|did|said|told|became"
    r"|went|came|took|made|gave|got|began|found|left|held|saw|won(?!['’]t)|lost|met|felt|kept|led|wrote|knew|thought|brought"
    r"|built|sent|spent|grew|fell|rose|ran|stood|paid|put|cut)\b"
)


def asks_what_happened(question: str) -> bool:
    """Whether a question is about the past, as "when did he visit Tokyo?"; a question for yes or no is not."""
    verb = _AUXILIARY.search(question)
    if verb is None or verb[0].lower() not in {"did", "was", "were"}:
        return False
    return kind_of(question) != "yes or no" and not _OF_PLANS.search(question)


def is_to_come(sentence: str) -> bool:
    """Whether a sentence tells of what is to come, and of nothing that has happened."""
    return bool(_TO_COME.search(sentence)) and not _PAST.search(sentence)
