"""Who said it comes along with what was said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answer.quoting.speech import with_speaker
from retrieval.answer.reading.reader import whole_sentences
from retrieval.text.sentences import Span
from tests.retrieval.examples import completed

DIVERS = (
    "Divers found the door open. Chief investigator Ruth Abara said it was too early to name a cause. "
    '"A door does not open by itself," she said. "We want to know who checked it."'
)
SPOKEN = (
    "The ship was sold. “We had no choice. The debts were too high,” director Piet Hagen told reporters. He sat down "
    "at the table."
)
NESTED = (
    'Gasquet gave the words: "Vulgo atram mortem vocatibant. ("Commonly, they called it the black death"). The name '
    "spread through England in later years."
)
APART = """\
Ada Lindqvist, the prime minister, flew to Port Maren.

"Nobody will be forgotten," she said.

The wind grew.
"""
TRANSCRIPT = """\
FALK: The bridge is safe. It was built in 1960.
OHM: I do not agree. The bridge was built in 1950.
"""
MINUTES = """\
- Falk: The bridge is safe. It was built
in 1960.

- Ohm: I do not agree. The bridge was built in 1950.
"""
PARAGRAPHS = """\
Jonas Falk, the mayor, spoke on Monday.

“The bridge is safe and sound.

“Good men built it in 1960. It will stand for long.”
"""
GERMAN = "Der Rat von Harn tagte. Bürgermeister Jonas Falk sprach lange. „Die Brücke ist sicher und stammt von 1960.“"
RUSSIAN = "Мэр Йонас Фальк пришёл в понедельник. «Мост построили в 1960 году», — сказал он."
ALONE = """\
"It fell on its own. Nobody touched it."

Jonas Pell said so.
"""


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        (DIVERS, "who checked it", DIVERS.partition("open. ")[2]),
        (DIVERS, "by itself", DIVERS.partition("open. ")[2].partition(' "We')[0]),
        (SPOKEN, "no choice", "“We had no choice. The debts were too high,” director Piet Hagen told reporters."),
        (NESTED, "Vulgo", NESTED.partition(" The name")[0]),
        (NESTED, "spread", NESTED.partition(". ")[2].partition("). ")[2]),
        (APART, "forgotten", APART.partition("\n\nThe wind")[0]),
        (TRANSCRIPT, "1950", TRANSCRIPT.partition("\n")[2].strip()),
        (MINUTES, "1960", MINUTES.partition("\n\n")[0]),
        (MINUTES, "1950", MINUTES.partition("\n\n")[2].strip()),
        (PARAGRAPHS, "1960", PARAGRAPHS.strip()),
        (GERMAN, "1960", GERMAN.partition("tagte. ")[2]),
        (RUSSIAN, "1960", RUSSIAN),
    ],
)
def test_speech_comes_with_its_speaker(text: str, words: str, expected: str) -> None:
    assert completed(with_speaker, text, words) == expected


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        (DIVERS, "found", "Divers found the door open."),
        (SPOKEN, "sat down", "He sat down at the table."),
        (APART, "wind", "The wind grew."),
        (MINUTES.replace("It was", "Falk knows it was"), "1960", "Falk knows it was built\nin 1960."),
        (ALONE, "Nobody", '"It fell on its own. Nobody touched it."'),
        ("Opening hours: From nine. The desk shuts at noon.", "noon", "The desk shuts at noon."),
        ("He ran the “Red Lion” in Harn. It burnt down last year.", "Red Lion", "He ran the “Red Lion” in Harn."),
    ],
)
def test_what_is_no_speech_or_names_no_speaker_stays_as_it_is(text: str, words: str, expected: str) -> None:
    assert completed(with_speaker, text, words) == expected


@given(st.lists(st.sampled_from(['"', "“", "”", "«", "A b.", " she said. ", "Ann Lee said.", "\n\n", " "]), min_size=1))
def test_any_text_keeps_its_whole_sentences(pieces: list[str]) -> None:
    text = "x " + "".join(pieces)
    for start in [place for place in range(len(text)) if not text[place].isspace()]:
        span = whole_sentences(text, Span(start, start + 1))
        longer = with_speaker(text, span)
        assert longer.start <= span.start
        assert span.end <= longer.end
        assert whole_sentences(text, longer) == longer
