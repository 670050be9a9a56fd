"""Words by which texts mark claims, denials, corrections and satire."""

from __future__ import annotations

import re
from functools import lru_cache

from retrieval.text.terms import content_terms

_LABEL = r"(?m)^[\s#*_>\"“]*(?:{})[*_\"”]*(?:\s*[:—–][*_]*(?=\s|$)|\s+-(?=\s|$)|\uff1a)"
_HEADING = r"^#+\s*(?:{})\W*$"

_CLAIMED = (
    r"(?:the\s+)?(?:viral\s+)?(?:claims?|allegation|myth|rumou?r|post)(?:\s+(?:one|two|three|\d+))?|what\s+(?:was|is)\s+claimed"
    r"|what\s+(?:they|people)\s+say|what(?:['’]s|\s+is|\s+was)\s+the\s+claim"
    r"|behauptung|gerücht|mythos|affirmation|allégation|mythe|intox|afirmación|bulo|mito|alegação|boato|утверждение|миф|слух|主張"
)
_FOUND = (
    r"(?:the\s+)?(?:facts?|truth|reality|verdict|ruling|rating|assessment|conclusion|answer|evidence)"
    r"|(?:our|ap['’]?s)\s+(?:verdict|ruling|rating|assessment|conclusion|findings?)|fact[- ]?check|what\s+we\s+found"
    r"|in\s+(?:fact|reality)|what\s+is\s+true|fakt(?:en)?|wahrheit|bewertung|urteil|(?:les\s+)?faits|vérité|réalité"
    r"|(?:los\s+)?hechos|verdad|realidad|veredicto|(?:os\s+)?fa(?:c)?tos|verdade|realidade|veredito|факты?|правда|вердикт"
    r"|事実|判定"
)
CLAIM_LABEL = re.compile(f"{_LABEL.format(_CLAIMED)}|{_HEADING.format(_CLAIMED)}", re.IGNORECASE)
FOUND_LABEL = re.compile(f"{_LABEL.format(_FOUND)}|{_HEADING.format(_FOUND)}", re.IGNORECASE)

LABEL_SIGN = re.compile(r"[:\uff1a—–#]|\s-")
"""What any label has."""

_POSTS = (
    r"(?:viral|facebook|instagram|social[- ]media|online)\s+posts?"
    r"|posts?\s+(?:on|by|in|from|say|said|claim|show|shar)\w*"
)
"""Of a network, not of a blog or at a firm."""

HEARSAY = re.compile(
    rf"\b(?:claim(?:s|ed|ing)?|alleg\w+|rumou?r\w*|report(?:s|ed(?:ly)?)?|{_POSTS}|viral|purported\w*|supposed(?:ly)?|hoax"
    r"|unconfirmed|accus\w+|charged\s+with|insinuat\w+|speculat\w+|according\s+to|purport\w*|tweets?|tweeted|legend|myth"
    r"|(?:is|was|been)\s+(?:widely\s+)?(?:said|shared|believed|thought)|(?:some|many|people)\s+(?:\w+\s+)?(?:say|believe|think))\b",
    re.IGNORECASE,
)
"""Words of a sentence that passes on what others say."""

DENIAL = re.compile(
    r"\b(?:false(?:ly|hoods?)?|untrue|not\s+true|baseless|groundless|unfounded|fabricat\w+|hoax|debunk\w*|disprove\w*"
    r"|no\s+(?:evidence|truth|proof|basis)|without\s+(?:evidence|basis)|misleading|pants\s+on\s+fire|fake|doctored"
    r"|den(?:y|ies|ied|ying)|denials?|dismiss\w*|reject\w*|refut\w*|rebut\w*|retract\w*|incorrect|misinformation"
    r"|disinformation|never\s+happened|unconfirmed|not\s+(?:been\s+)?(?:confirmed|verified)|nonsense)\b",
    re.IGNORECASE,
)
"""Words of a sentence that says that something is not so."""

OF_A_REPORT = re.compile(
    r"\b(?:den(?:y|ies|ied|ying)|dismiss\w*|reject\w*|refut\w*|rebut\w*|call(?:s|ed)|describ(?:es|ed)|retract\w*)\s+"
    r"(?:(?:it|this|that|them)\b(?!\s+(?:\w+\s+){1,3}?(?:was|were|had|is|are|has|have|will|would))|(?:the|these|those|such|this|all|any)\s+"
    r"(?:\w+\s+)?(?:claims?|reports?|rumou?rs?|allegations?|accusations?|charges?|story|stories|posts?|speculation)\b)"
    r"|\b(?:claims?|reports?|rumou?rs?|allegations?|accusations?|story|stories|posts?|that|this|it)\s+"
    r"(?:is|are|was|were)\s+(?:\w+\s+)?(?:false|untrue|not\s+true|baseless|groundless|unfounded|fabricated|fake"
    r"|a\s+hoax|nonsense|misleading|incorrect)\b"
    r"|\b(?:that|this|which)\s+(?:is|was)\s+(?:wrong|impossible|a\s+lie|not\s+(?:so|correct|right|possible|the\s+case))\b"
    r"(?!\s+to\b)"
    r"|\bno\s+such\b(?!\s+thing\s+as\b)|\bnothing\s+of\s+the\s+(?:kind|sort)\b|\bno\s+truth\s+in\b"
    r"|\b(?:turn(?:s|ed)\s+out|prov(?:es?|ed))\s+(?:to\s+be\s+)?(?:an?\s+)?(?:false|untrue|wrong|hoax|joke|lie|fake"
    r"|invention)\b"
    r"|\b(?:withdrew|withdrawn|took\s+back)\s+(?:it|the\s+(?:report|story|claim|article|allegation)s?)\b"
    r"|\bpleaded\s+not\s+guilty\b|\b(?:was|were|been)\s+(?:acquitted|exonerated|cleared\s+of)\b",
    re.IGNORECASE,
)
"""A denial that points back at what was said before it."""

DOUBTFUL = re.compile(
    rf"\b(?:claim(?:s|ed|ing)?|alleg\w+|rumou?r\w*|{_POSTS}|tweets?|viral|hoax|myth|legend|believe|purport\w*"
    r"|supposed(?:ly)?)\b",
    re.IGNORECASE,
)
IN_FACT = re.compile(r"\W*(?:in\s+(?:fact|reality|truth)|actually)\b", re.IGNORECASE)
"""How the truth begins behind what is doubtful."""

DENIED = re.compile(
    r"\bden(?:y|ies|ied)\s+(?:(?:it|this|that)(?=\W*$|[.,;:]|\s+(?:in|on|at|to|when|and|but|too|all|again)\b)"
    r"|(?:the|these|all|any|both)\s+(?:claim|report|allegation|accusation|charge)s?\b)"
    r"|\b(?:claim|report|allegation|accusation)s?\s+(?:is\s+|was\s+|were\s+)?(?:absurd|ridiculous|untrue|false|baseless)\b",
    re.IGNORECASE,
)
"""One that points back whoever said it, police or a paper."""

FORGED = re.compile(
    r"\b(?:the|this|that)\s+(photo|picture|image|video|letter|document|footage|recording|message|tweet|screenshot)\w*"
    r"\s+(?:is|was|has\s+been|had\s+been)\s+(?:\w+\s+){0,2}"
    r"(?:fake|faked|forgery|forged|doctored|altered|edited|staged|fabricated|hoax|manipulated)\b",
    re.IGNORECASE,
)
"""What was shown before is not what it seems."""

RATED = re.compile(
    r"\b(?:we\s+rate|(?:is|was|been)\s+rated|earns?|our\s+(?:ruling|rating))\b.{0,60}?"
    r"\b(?:false|true|misleading|pants\s+on\s+fire|unproven|four\s+pinocchios)\b|\bpants\s+on\s+fire\b",
    re.IGNORECASE | re.DOTALL,
)

NEGATED = re.compile(
    r"(?:\b(?:not|never|no|nobody|nothing|none)|n['’]t)\b"
    r"(?!\s+(?:the\s+|an?\s+)?(?:first|only|last|just|yet|clear|known|alone|sure|longer|doubt)\b)",
    re.IGNORECASE,
)
"""Unless what is denied is something else: "it was not the first one"."""

IT_IS_NOT = re.compile(
    r"\b(?:it|this|that|there|they)\s+(?:(?:is|was|are|were|has|had|have|does|did|do)(?:\s+not|n['’]t)|never)\s+"
    r"(?:(?:an?|the|any|been|to)\s+)*(?P<what>\w+)",
    re.IGNORECASE,
)
"""A denial behind hearsay that may share but one word with it, the next: "it was not a wolf"."""

NOTE = re.compile(
    r"^\W*(?:corrections?|clarification|editor['’]?s['’]?\s+note|corrected|errat(?:um|a)|korrektur|berichtigung"
    r"|rectificati(?:f|on)|correcci[oó]n|rectificaci[oó]n|fe\s+de\s+erratas|correção|исправление|уточнение|訂正)\s*"
    r"(?:[:\uff1a.—–(]|to\b)"
    r"|^\W*update\b[^:]{0,30}:.*\b(?:not|instead\s+of|rather\s+than|incorrect\w*|wrong\w*|misstated)\b"
    r"|\b(?:earlier|previous|prior|original)\s+version\s+"
    r"(?:of\s+(?:this|the|our)\s+(?:article|story|report|post|headline)\b|(?:mis\w+ed|incorrectly|wrongly|said|stated|gave)\b)"
    r"|\b(?:this|the)\s+(?:article|story|report|post)\s+(?:has\s+been|was)\s+(?:corrected|amended|updated\s+to\s+correct)",
    re.IGNORECASE,
)

SATIRE = re.compile(
    r"\b(?:this|the\s+above|our|the)\s+(?:\w+\s+)?(?:article|story|piece|report|text|site|page|website|column)s?\s+"
    r"(?:is|are|was)\s+(?:\w+\s+){0,3}(?:satir\w+|parody|spoof|fictional|fiction)\b"
    r"|^\W*satire\b\s*[:.|—–)\]]"
    r"|\b(?:this\s+is|this(?=\s+satirical)|our|we\s+are|reading)\b[^.!?]{0,40}\b(?:satirical\s+(?:article|news|story|website|site|column|publication|magazine"
    r"|paper|blog|piece)|april\s+fools?)\b|^\W*april\s+fools?\s*[!.]"
    r"|^[\s(\[*_]*(?:(?:note|disclaimer|editor['’]s\s+note):?\s+)?this\s+is\s+(?:a\s+)?(?:satire|parody|spoof)\b"
    r"|\b(?:dieser|dieses|diese|dies|ce|cet|cette|este|esta|esto)\s+(?:\w+\s+)?(?:ist|est|es|é)\s+(?:\w+\s+)?(?:satir\w*|parod\w*|sátira)",
    re.IGNORECASE,
)
"""What an article says of itself; of others papers report that they are satirical."""
SATIRE_ABOVE = re.compile(r"^\W*(?:satire|parody)\s*[:|—–\])]|[([|–—-]\s*(?:satire|parody)\b", re.IGNORECASE)
SATIRE_SOURCE = re.compile(r"\b(?:satir\w+|parody|spoof)\b", re.IGNORECASE)


@lru_cache(maxsize=1)
def idle_terms() -> frozenset[str]:
    """Terms such as "false" and "said", which say nothing of what a verdict is about."""
    return frozenset(
        content_terms(
            "correction clarification erratum editor note earlier previous original version misstated incorrectly"
            " wrongly gave article story report said claim rumour police denied false true"
        )
    )
