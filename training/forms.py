"""Questions in the forms in which people ask them: with slips, stumbles, keywords, and going on from another."""

from __future__ import annotations

import random
import re
from itertools import islice

_PRONOUNS = ("he", "she", "it", "they", "him", "her", "them", "this", "that")
_NAME = re.compile(r"\b[A-Z]\w+(?: [A-Z]\w+)*")
_STUMBLES = ("no wait", "no", "I mean", "uh no", "or rather", "sorry", "make that", "um", "er no", "actually")
_ASKS = re.compile(r"(?:in |at |on |to |by |from )?(?:what|which|who|whom|when|where|how|why)\b", re.IGNORECASE)
_EMPTY = frozenset(
    re.findall(
        r"\w+",
        "what which who whom whose when where how why a an the is was are were be been do does did has have had can "
        "could will would of in on at to for by from with that this it its there as and or s",
    )
)
_IS = re.compile(r"(?:what|which|who) (?:is|was|are|were) (?=the |some |one |an? )", re.IGNORECASE)
_LEAST_KEYWORDS = 2


def as_typed(question: str, other: str, dice: random.Random) -> str:
    """The question as people type it; ``other`` is one about the same text.

    A third without the question mark, one in twelve as keywords or as a command, one in twelve with a slip of the
    finger, one in twelve stumbling over the other question, and one in twelve going on from it.
    """
    other = other.rstrip("? ")
    if dice.random() < 1 / 3:
        question = question.rstrip("? ")
    if dice.random() < 1 / 12:
        question = keywords(question, dice)
    if dice.random() < 1 / 12:
        question = slip(question, dice)
    if dice.random() < 1 / 12:
        question = stumble(question, other, dice)
    elif dice.random() < 1 / 12:
        question = follow_up(question, other, dice)
    return question


def keywords(question: str, dice: random.Random) -> str:
    """What is left of a question without its little words, or a command: "name the …", "tell me when …"."""
    bare = question.rstrip("? ")
    if dice.random() < 1 / 2 and (found := _IS.match(bare)):
        return dice.choice(("", "name ", "tell me ")) + bare[found.end() :]
    if dice.random() < 1 / 4 and _ASKS.match(bare):
        return dice.choice(("tell me ", "do you know ", "I want to know ")) + bare[0].lower() + bare[1:]
    kept = [word for word in bare.split() if word.lower().strip("',.") not in _EMPTY]
    return " ".join(kept) if len(kept) >= _LEAST_KEYWORDS else bare


def stumble(question: str, other: str, dice: random.Random) -> str:
    """The question, begun as another one or with a word of another in it, and taken back."""
    meant, begun = question.split(), other.split()
    names = [word for word in begun[1:] if word[0].isupper() or word[0].isdigit()]
    places = [at for at, word in enumerate(meant) if at and (word[0].isupper() or word[0].isdigit())]
    if names and places and dice.random() < 2 / 3:
        at = dice.choice(places)
        return " ".join([*meant[:at], dice.choice(names), dice.choice(_STUMBLES), *meant[at:]])
    return " ".join([*begun[: dice.randint(1, 6)], dice.choice(_STUMBLES), *meant])


def follow_up(question: str, other: str, dice: random.Random) -> str:
    """The question in the forms that ``answering.named`` gives a reader: what it goes on from stands behind it."""
    names = list(_NAME.finditer(question, 1))
    if not names or dice.random() < 1 / 2:
        return f"{question} ({other})"
    name = dice.choice(names)
    known = [name[0], *(each[0] for each in islice(_NAME.finditer(other, 1), 1))]
    dice.shuffle(known)
    return f"{question[: name.start()]}{dice.choice(_PRONOUNS)}{question[name.end() :]} ({', '.join(known)})"


def slip(question: str, dice: random.Random) -> str:
    """One letter of a longer word dropped, doubled or swapped with the next."""
    words = list(re.finditer(r"\w{5,}", question))
    if not words:
        return question
    word = dice.choice(words)
    at = dice.randrange(word.start() + 1, word.end() - 1)
    here, following = question[at], question[at + 1]
    slips = ("", here * 2, following + here)
    chosen = dice.choice(slips)
    return question[:at] + chosen + question[at + (2 if chosen == slips[2] else 1) :]
