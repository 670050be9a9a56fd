"""What is no question to the articles: small talk, and commands in words."""

from __future__ import annotations

import pytest

from bot.small_talk import remark


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Thanks!", "thanks"),
        ("hi", "greeting"),
        ("Who are you?", "who"),
        ("what can I ask?", "help"),
        ("Help", "help"),
        ("more", "more"),
        ("Next", "more"),
        ("where does it say that?", "context"),
        ("really?", "context"),
        ("Are you sure?", "context"),
        ("show me the article", "sources"),
        ("Source?", "sources"),
        ("and the sources, please", "sources"),
        ("Thanks, that helped!", "thanks"),
        ("bye!", "farewell"),
        ("thanks a lot, bye", "farewell"),
        ("see you later, everyone", "farewell"),
        ("lol", "aside"),
        ("Hahaha 😂", "aside"),
        ("hmmm...", "aside"),
        ("hi, how are you?", "greeting"),
        ("hello everyone!", "greeting"),
        ("okay, cool", "thanks"),
        ("no thanks", "thanks"),
        ("that's all, thanks", "thanks"),
        ("danke schön!", "thanks"),
        ("Merci beaucoup", "thanks"),
        ("muchas gracias", "thanks"),
        ("muito obrigada", "thanks"),
        ("спасибо", "thanks"),
        ("ありがとうございます。", "thanks"),
        ("Guten Tag", "greeting"),
        ("こんにちは", "greeting"),
        ("Tschüss!", "farewell"),
        ("All", None),
        ("Bye Bye Birdie", None),
        ("hello Kitty", None),
        ("no smoking", None),
        ("source of the Nile", None),
        ("who are you supposed to call?", None),
        ("more than how many islands?", None),
        ("what is next on the list?", None),
        ("which article of the treaty is that?", None),
        ("thanks to whom did bread rise?", None),
        ("what else did they agree?", None),
        ("", None),
    ],
)
def test_only_a_whole_remark_is_one(said: str, kind: str | None) -> None:
    assert remark(said) == kind
