"""How much of what is tried at random is tried by default, and how much by hand."""

from __future__ import annotations

from hypothesis import settings

_USUAL = settings.get_profile("quoth").max_examples
_ASKED_FOR = settings().max_examples


def few(examples: int) -> settings:
    """Settings of a test whose examples take long: so few of them, and as many times more as the profile has."""
    return settings(max_examples=examples * _ASKED_FOR // _USUAL)
