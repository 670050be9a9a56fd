"""A question without what politeness puts around it: "hey, please tell me who met in Sochi, thanks!".

Such words are no part of what is asked, and they are near no passage; nor are those of "does the article mention …?".
English, and of the other languages that the bot speaks greetings and thanks.
"""

from __future__ import annotations

import re

_GREETING = (
    r"(?:hi|hello|hey|hiya|yo|howdy|greetings|dear(?= quoth)|good (?:morning|afternoon|evening)|hallo"
    r"|guten (?:tag|morgen|abend)|bonjour|bonsoir|salut|hola|buen[ao]s (?:d[ií]as|tardes|noches)|ol[aá]|bom dia"
    r"|boa (?:tarde|noite)|привет|здравствуйте|добрый (?:день|вечер)|こんにちは)"
    r"(?: (?:there|again|all|everyone|everybody|folks|guys|team|bot|quoth))*"
)
_THANKS = (
    r"(?:many )?(?:thanks|thank you|thx|tysm|ty|cheers|tia|(?:vielen )?dank|danke(?: sch[öo]n| sehr)?"
    r"|merci(?: beaucoup)?|(?:muchas )?gracias|(?:muito )?obrigad[ao]|спасибо|ありがとう(?:ございます)?)"
    r"(?: (?:a lot|so much|very much|in advance|everyone|all|guys|quoth|for (?:your|the|any) (?:help|time|answers?)))*"
)
_PLEASE = r"(?:please|pls|plz|kindly|bitte|s['’]il (?:vous|te) pla[iî]t|por favor|пожалуйста)"
_FILLER = r"(?:ok|okay|well|um+|uh+|hm+|right|alright|sorry|excuse me|quick question|(?:my )?question|quoth)"
_REACTION = r"(?:lol|haha|wow|oh|ah|cool|great|nice|perfect|awesome|interesting|yes|yep|yeah|no|nope)"
_ANNOUNCED = (
    r"(?:so )?(?:i have|i've got|here is|here's) (?:a|another|one more) (?:quick |short )?question(?: for you)?"
)
_SHOW = r"(?:tell|show|remind|teach|explain to|inform)"
_REQUEST = (
    rf"(?:(?:can|could|would|will) (?:you|u|someone|somebody|anyone|anybody) (?:{_PLEASE} |maybe |perhaps )?)?"
    rf"(?:{_SHOW} (?:me|us)|explain)"
)
_WISH = (
    r"(?:do you (?:happen to )?know|does (?:anyone|anybody|someone|somebody) (?:here )?know|any idea|no idea|not sure"
    r"|(?:i(?:'d| would) (?:really )?(?:like|love)|i want(?:ed)?|i need) to (?:know|ask(?: you)?)"
    r"|i(?:'m| am| was|'ve been)?(?: just)? wonder(?:ing)?|just wondering|i(?:'m| am) (?:just )?curious"
    r"|(?:can|could|may) i ask(?: you)?)"
)
_ASKS = (
    r"(?:(?:in|on|at|to|for|from|by|with|of|about|until|since|under) )?"
    r"(?:who|whom|whose|what|when|where|why|how|which)\b"
)
"""How an indirect question begins."""

_BREAK = r"(?:\s*[,.!;:…–—、。]+\s*|\s+-+\s+)"
_SET_OFF = rf"(?:{_GREETING}|{_THANKS}|{_FILLER}|{_ANNOUNCED}|{_PLEASE}){_BREAK}(?=\S)"
_BEFORE_ANOTHER = (
    rf"(?:{_GREETING}|{_FILLER}|{_ANNOUNCED}|{_PLEASE})\s+"
    rf"(?=(?:(?:and|so|but)\s+)?(?:who|whom|whose|what|when|where|why|how|which|{_PLEASE}|{_REQUEST}|{_WISH}|{_FILLER})\b)"
)
"""Where no stop sets it off, only before a question: "Hello Kitty" is no greeting."""
_REACTED = (
    rf"{_REACTION}(?:\s*[,.!…]+\s*|\s+)"
    rf"(?=(?:and|so|but|who|whom|whose|what|when|where|why|how|which|{_THANKS}|{_REACTION}(?=[,.!]))\b)"
)
"""What is said to the answer before, and then something is asked: "Nice, France" is none."""
_INDIRECTLY = rf"(?:{_PLEASE}\s+)?(?:{_REQUEST}|{_WISH})(?:{_BREAK}|\s+)(?={_ASKS})"
_TEXTS = (
    r"(?:(?:the|this|these|those|any|your|an?) )?(?:articles?|texts?|documents?|documentation|docs|pages?|reports?"
    r"|story|stories|handbook|manual|guide|posts?|news|wiki|faq)"
)
_MENTION = r"(?:mention|discuss|cover|talk about|write about|say (?:anything|something) (?:about|on))"
_MENTIONED = (
    rf"(?:(?:and|so|but) )?(?:(?:does|do|did) {_TEXTS} (?:ever |also |actually )?{_MENTION}"
    r"|is there (?:anything|something|any (?:mention|information|news)|a mention) (?:about|on|of)"
    rf"|(?:does|do|did) {_TEXTS} (?:say|tell(?: us| me)?|explain|mention)(?= {_ASKS})) +(?=\w)"
)
"""Whether the articles have something: then what they say of it is quoted, and else that they do not say."""
_TOLD = (
    rf"{_PLEASE}\s+(?:{_SHOW} (?:me|us)|explain)\s+"
    r"(?!(?:more|about|again|that|so|the (?:article|source|context|paragraph)s?)\b)"
)
_LEADS = tuple(
    re.compile(each, re.IGNORECASE) for each in (_SET_OFF, _BEFORE_ANOTHER, _REACTED, _INDIRECTLY, _MENTIONED, _TOLD)
)

_TAIL = (
    rf"(?:{_THANKS}|{_PLEASE}|anyone|anybody|guys|folks|quoth|do you know|does anyone know|any ideas?"
    r"|(?:can|could) (?:you|anyone|someone) (?:please )?(?:tell (?:me|us)|help(?: me)?)"
    r"|if (?:you|anyone) (?:know|can|could)|(?:i(?:'m| am) )?(?:just )?(?:curious|wondering|asking))"
)
_END = r"[\s,.!?;:)…–—-]*$"
_TRAILS = (
    re.compile(rf"[?!.]*\s*[,;:…–—-]*\s*(?<=[?!.,;:…–— -])(?<![\w'] ){_TAIL}{_END}", re.IGNORECASE),
    # Where no stop sets them off, only what can hardly be meant otherwise.
    re.compile(
        r"(?<!\bsay)(?<!\bsaid)(?<!\bsays)(?<!\bword)(?<!\bof)(?<!\bto)(?<!\band)(?<!\bor)(?<!\bthe)(?<!\bmean)(?<!\bthey)(?<!\byou)(?<!\bwe)"
        rf"\s+(?:{_PLEASE}|thx|tysm|(?:thanks|thank you)(?: (?:in advance|a lot|so much|very much))?){_END}",
        re.IGNORECASE,
    ),
)
_SIGN = r"(?:[\s\u2600-\u27bf\U0001f000-\U0001faff\ufe0f\u200d]|[:;]-?[()DP](?!\w))"
_SIGNS_BEFORE, _SIGNS_BEHIND = re.compile(rf"{_SIGN}+"), re.compile(rf"{_SIGN}+$")
"""Emoji before and behind what is asked."""


def without_courtesies(question: str) -> str:
    """What is asked by ``question``, a line; the whole of it where next to nothing else would be left."""
    before = None
    while question != before:
        before = question
        for pattern in (_SIGNS_BEFORE, *_LEADS):
            if found := pattern.match(question):
                question = _unless_empty(question[found.end() :], question)
        if found := _SIGNS_BEHIND.search(question):
            question = _unless_empty(question[: found.start()], question)
        for pattern in _TRAILS:
            if found := pattern.search(question):
                mark = "?" if "?" in found[0] else ""
                question = _unless_empty(question[: found.start()].rstrip(" ,;:–—-") + mark, question)
    return question


def _unless_empty(rest: str, question: str) -> str:
    """The ``rest`` of a question, or the whole question where the rest has no word."""
    return rest if re.search(r"\w{2}", rest) else question
