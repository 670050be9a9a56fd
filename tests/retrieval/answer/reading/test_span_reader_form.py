"""What the reader makes of a sentence's form: of another time, office, speaker or day, and of the order of words."""

from __future__ import annotations

import pytest

from retrieval.answer.reading.reader import ReadingTask, total_score
from retrieval.answer.reading.span_reader import ReadingWeights, SpanReader
from tests.retrieval.answer.reading.readings import FakeNetwork, hit_of, text_of


@pytest.mark.usefixtures("calibrated")
@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Who came in 2021?", "In 2019 Brekke came."),
        ("Who is the mayor of Lund?", "Brekke is mayor of Oslo."),
        ("Who is the mayor?", "Brekke is deputy mayor."),
    ],
)
def test_what_is_of_another_time_or_of_anothers_office_stands_back(question: str, text: str) -> None:
    reader = SpanReader(weights=ReadingWeights(shared_terms=0.0))
    reader._model = FakeNetwork(Brekke=2.0)
    right = text.replace("2019", "2021").replace("Oslo", "Lund").replace("deputy ", "")

    (readings,) = reader.read([ReadingTask(question, [hit_of(text), hit_of(right)], {"brekk": 1.0})])

    assert readings[1].score - readings[0].score == pytest.approx(2.0)


@pytest.mark.usefixtures("calibrated")
@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What did Falk propose?", "- Ohm: Captain Brekke shall go.\n\n- Falk: Captain Brekke shall stay."),
        ("Who is named on 2018-02-01?", "2018-01-31: Captain Brekke came.\n\n2018-02-01: Captain Brekke left."),
    ],
)
def test_what_another_says_or_an_entry_of_another_day_stands_back(question: str, text: str) -> None:
    reader = SpanReader(weights=ReadingWeights(shared_terms=0.0))
    reader._model = FakeNetwork(Brekke=2.0)

    (readings,) = reader.read([ReadingTask(question, [hit_of(text)], {"brekk": 1.0})])

    assert readings[1].score - readings[0].score == pytest.approx(2.0)


@pytest.mark.usefixtures("calibrated")
@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("What did Ann ask Ben to do?", "Ben asked Ann to wait. Ann asked Ben to hurry.", "hurry"),
        ("What is rye?", "It is in the rye. Rye is what they hurry", "hurry"),
        ("Why did the mill stop?", "The mill did wait. The mill stopped to hurry.", "hurry"),
    ],
)
def test_the_order_of_words_and_reasons_decide_between_sentences_about_alike(
    question: str, text: str, expected: str
) -> None:
    reader = SpanReader()
    reader._model = FakeNetwork(wait=5.0, hurry=4.5)

    (readings,) = reader.read([ReadingTask(question, [hit_of(text)], {"ann": 0.5, "mill": 0.5})])

    assert text_of(max(readings, key=total_score)) == expected


@pytest.mark.usefixtures("calibrated")
def test_an_item_asked_for_by_its_number_is_read_whatever_the_networks_say() -> None:
    reader = SpanReader()
    reader._model = FakeNetwork(gulls=9.0)
    reader._judge = FakeNetwork(gulls=9.0)
    rules = hit_of("1. Feed the gulls.\n\n2. Sail slowly. Wave.\n\n3. Feed no gulls.", title="Rules")

    (readings,) = reader.read([ReadingTask("what is rule 2?", [rules], {"rule": 1.0})])

    assert [text_of(reading) for reading in readings] == ["2. Sail slowly. Wave."]
    assert readings[0].signals.answerable == readings[0].signals.margin > 0
