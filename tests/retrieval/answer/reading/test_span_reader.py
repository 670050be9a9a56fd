"""The reader that a network serves: its margins to readings, and how much is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.answer.reading import span_reader as module
from retrieval.answer.reading.reader import Reading, ReadingTask, total_score
from retrieval.answer.reading.span_reader import ReadingWeights, SpanReader
from retrieval.answer.search import Hit
from retrieval.errors import ReaderUnavailable
from retrieval.models.token_scores import Pair, SpanScorer, TokenScores
from retrieval.text.sentences import Span
from tests.retrieval.answer.reading.readings import FakeNetwork, bold, hit_of, text_of


def spans_read(network: FakeNetwork, hits: Sequence[Hit], weights: Mapping[str, float] | None = None) -> list[Reading]:
    reader = SpanReader()
    reader._model = network
    return reader.read([ReadingTask("Who?", hits, weights or {})])[0]


@pytest.mark.usefixtures("calibrated")
def test_the_best_span_of_each_sentence_is_read_with_its_margin_and_what_shared_words_usually_add() -> None:
    text = "Mayor Ingrid Solberg opened it. It rained all day long. It cost 410 million."

    readings = spans_read(FakeNetwork(Ingrid=4.0, Solberg=5.0, rained=-1.0), [hit_of(text)])

    best = max(readings, key=lambda reading: reading.score)
    assert text_of(best) == "Solberg"
    assert best.score == pytest.approx(0.25 * 10.0 + 0.7)
    by_sentence = {text_of(reading): reading.score for reading in readings}
    assert by_sentence["rained"] == pytest.approx(0.25 * -2.0 + 0.7)


@pytest.mark.usefixtures("calibrated")
def test_a_passage_is_read_with_the_headings_that_it_stands_under() -> None:
    hit = hit_of("## Redis\n\n### PORT\n\nIt is 6379.")
    below = replace(hit, passage=replace(hit.passage, start=hit.passage.article.text.index("It is")))
    network = FakeNetwork()

    spans_read(network, [below])

    assert network.titles == [f"{hit.passage.article.title}. Redis. PORT"]


@pytest.mark.usefixtures("calibrated")
def test_rows_items_and_headings_are_read_as_ended_in_the_places_that_they_have() -> None:
    network = FakeNetwork(Student=3.0)
    text = "Fees\n\nTicket: Adult\n\nTicket: Student\n\nIt rained.\n\n“Never!”\n\nThey were:\n\nAnn"

    readings = spans_read(network, [hit_of(text)])

    assert network.passages == ["Fees.\nTicket: Adult.\nTicket: Student.\nIt rained.\n\n“Never!”\n\nThey were:\n\nAnn"]
    assert text_of(max(readings, key=total_score)) == "Student"


@pytest.mark.usefixtures("calibrated")
def test_a_line_is_read_as_ended_before_one_with_a_label() -> None:
    network = FakeNetwork(Ek=3.0)

    spans_read(network, [hit_of("Chair: Ann Lee\nVice Chair: Bo Ek\nThey met\nin Lund.")])

    assert network.passages == ["Chair: Ann Lee.Vice Chair: Bo Ek\nThey met\nin Lund."]


@pytest.mark.usefixtures("calibrated")
def test_of_a_long_span_the_shortest_about_as_good_within_it_is_bold() -> None:
    text = "Ingrid Solberg of the long name and of many other words opened it."
    likes, ends = {"Ingrid": 4.0, "Solberg": -5.0}, {"Ingrid": -5.0, "Solberg": 3.8, "it": 4.0}

    (reading,) = spans_read(FakeNetwork(ends, **likes), [hit_of(text)])
    (worse,) = spans_read(FakeNetwork({**ends, "Solberg": 3.0}, **likes), [hit_of(text)])

    assert text_of(reading) == "Ingrid Solberg"
    assert text_of(worse) == text[:-1]
    assert reading.score == worse.score == pytest.approx(0.25 * 8.0 + 0.7)


@pytest.mark.usefixtures("calibrated")
@pytest.mark.parametrize(("question", "expected"), [("Who?", "Solberg"), ("Where was that?", "FJORDBY")])
def test_a_dateline_answers_only_when_and_where(question: str, expected: str) -> None:
    hit = hit_of("FJORDBY (AP) — Mayor Solberg opened it on Sunday.")
    reader = SpanReader()
    reader._model = FakeNetwork(FJORDBY=4.0, Solberg=3.0)

    (reading,) = reader.read([ReadingTask(question, [hit], {})])[0]

    assert text_of(reading) == expected


@pytest.mark.usefixtures("calibrated")
@pytest.mark.parametrize("item", ["7. Cut it into 3 parts.", "- Cut it into 3 parts.", "- ✂️ Cut it into 3 parts."])
def test_the_mark_of_an_item_in_a_list_is_no_answer(item: str) -> None:
    likes = {"7": 4.0, "3": 3.0}

    *_, read = spans_read(FakeNetwork(likes, **likes), [hit_of(f"Then you wait an hour.\n{item}")])

    assert text_of(read) == "3"


@pytest.mark.usefixtures("calibrated")
def test_further_spans_near_the_best_are_bold_too_best_first_and_apart() -> None:
    text = "Fjordby met Elvestad and Gullholm on Sunday."

    (reading,) = spans_read(FakeNetwork(Fjordby=3.0, Gullholm=4.0, Sunday=-2.0), [hit_of(text)])

    # "Fjordby met Elvestad and Gullholm" is nearly as good, but the two names were found already.
    assert bold(reading) == ["Gullholm", "Fjordby"]


@pytest.mark.usefixtures("calibrated")
@pytest.mark.parametrize(
    ("likes", "expected"),
    [
        ({"Solberg": 9.0, "Brekke": 3.5}, ["Solberg", "Brekke"]),  # a name beside a name, at a third
        ({"Solberg": 9.0, "Brekke": 2.5}, ["Solberg"]),
        ({"Solberg": 9.0, "Mayor": 8.0}, ["Solberg"]),  # a part of the same name
        ({"Solberg": 9.0, "ferry": 4.0}, ["Solberg"]),  # other words take half
        ({"Solberg": 9.0, "ferry": 5.0}, ["Solberg", "ferry"]),
        ({"Solberg": 9.0, "1987": 8.0}, ["Solberg"]),  # no figure answers beside what is none
        ({"1987": 9.0, "1990": 5.0}, ["1987", "1990"]),
    ],
)
def test_what_answers_beside_the_best_is_of_its_kind_and_no_part_of_it(
    likes: Mapping[str, float], expected: list[str]
) -> None:
    text = "Mayor Ingrid Solberg met Captain Brekke on the ferry in 1987 and in 1990."

    (reading,) = spans_read(FakeNetwork(None, **likes), [hit_of(text)])

    assert bold(reading) == expected


class Forgetful(FakeNetwork):
    """Gives one of two who met, and the other when asked whom that one met with."""

    def score(self, pairs: Sequence[Pair]) -> list[TokenScores]:
        again = " with Solberg" in pairs[0].question
        self._likes = self._ends = {"Brekke": 9.0, "Mayor": 6.0} if again else {"Solberg": 9.0}
        return super().score(pairs)


@pytest.mark.usefixtures("calibrated")
@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who met?", ["Solberg", "Brekke"]),
        ("who met on the ferry", ["Solberg", "Brekke"]),
        ("Who talked about the ferry?", ["Solberg", "Brekke"]),
        ("Who met Captain Brekke?", ["Solberg"]),
        ("Who runs the ferry?", ["Solberg"]),
    ],
)
def test_of_two_who_did_something_together_both_are_bold(question: str, expected: list[str]) -> None:
    reader = SpanReader()
    reader._model = Forgetful()

    ((reading,),) = reader.read(
        [ReadingTask(question, [hit_of("Mayor Ingrid Solberg met Captain Brekke on the ferry.")], {})]
    )

    assert bold(reading) == expected


@pytest.mark.usefixtures("calibrated")
def test_of_sentences_that_answer_alike_the_one_with_the_questions_rare_words_is_better() -> None:
    text = "Captain Brekke retires soon. Captain Brekke steers the ferry."
    weights = {"ferri": 0.75, "captain": 0.25}

    retires, steers = spans_read(FakeNetwork(Brekke=2.0), [hit_of(text)], weights)

    assert steers.score - retires.score == pytest.approx(0.75)


@pytest.mark.usefixtures("calibrated")
def test_places_are_the_articles_and_not_the_passages() -> None:
    text = "\N{GRINNING FACE} Nothing of note here. Captain Brekke retires soon."
    start = text.index("Captain")

    (reading,) = spans_read(FakeNetwork(Brekke=2.0), [hit_of(text, start)])

    assert text_of(reading) == "Brekke"


@pytest.mark.usefixtures("calibrated")
def test_a_span_has_no_more_tokens_than_an_answer_has() -> None:
    near = "First " + "word " * 28 + "last is the end of it."
    far = "First " + "word " * 29 + "last is the end of it."

    (whole,) = spans_read(FakeNetwork({"last": 3.0}, First=3.0), [hit_of(near)])
    (part,) = spans_read(FakeNetwork({"last": 3.0}, First=3.0), [hit_of(far)])

    assert text_of(whole) == near[: near.index(" is")]
    assert len(text_of(part).split()) <= 30


@pytest.mark.usefixtures("calibrated")
def test_a_network_that_is_very_sure_of_no_answer_counts_no_more_than_one_that_is_sure() -> None:
    (sure,), (very_sure,) = (
        spans_read(FakeNetwork(None, Captain=-margin), [hit_of("Captain.")]) for margin in (8.0, 40.0)
    )

    assert sure.score == very_sure.score == pytest.approx(0.25 * -12.0 + 0.7)


@pytest.mark.usefixtures("calibrated")
def test_the_rest_is_read_only_when_the_first_passages_leave_doubt() -> None:
    who = ["Captain", *["Nobody"] * 15]
    hits = [hit_of(f"{name} is said to be here.", score=1 - place / 10) for place, name in enumerate(who)]

    sure, unsure = FakeNetwork(Captain=5.5), FakeNetwork(Captain=1.0)
    spans_read(sure, hits)
    spans_read(unsure, hits)

    assert (len(sure.passages), len(unsure.passages)) == (2, 16)


@pytest.mark.usefixtures("calibrated")
def test_how_much_is_read_and_what_a_margin_counts_can_be_varied() -> None:
    hits = [hit_of("Captain Brekke is said to be here.", score=1 - place / 10) for place in range(6)]
    network = FakeNetwork(Brekke=2.0)
    reader = SpanReader(weights=ReadingWeights(first=1, margin=1.0, usual_share=0.0))
    reader._model = network

    (readings,) = reader.read([ReadingTask("Who?", hits, {})])

    assert len(network.passages) == 1
    assert [reading.score for reading in readings] == [pytest.approx(4.0)]


@pytest.mark.usefixtures("calibrated")
def test_questions_read_together_find_what_each_finds_alone_in_fewer_passes() -> None:
    hits = [hit_of(f"Ingrid met {name} in town. It rained for {number} days.") for number, name in enumerate("ABCDE")]
    asked = [
        ReadingTask(question, hits[start:], {}) for start, question in enumerate(("Who?", "Who met whom?", "When?"))
    ]
    network = FakeNetwork(Ingrid=1.0, A=0.5, E=2.0)
    reader = SpanReader()
    reader._model = network

    together = reader.read(asked)
    passes = network.passes
    alone = [reader.read([each])[0] for each in asked]

    def told(readings: Sequence[Reading]) -> set[tuple[int, Span, float]]:
        return {(hits.index(reading.hit), reading.span, reading.score) for reading in readings}

    assert [told(each) for each in together] == [told(each) for each in alone]
    assert all(told(each) for each in together)
    assert passes < network.passes - passes


@pytest.mark.usefixtures("calibrated")
def test_without_hits_no_network_is_loaded() -> None:
    assert SpanReader().read([ReadingTask("Who?", [], {})]) == [[]]
    assert SpanReader().read([]) == []


@pytest.mark.usefixtures("calibrated")
def test_the_network_is_loaded_once_from_a_folder_or_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[object] = []

    def load(name: object, device: str | None) -> SpanScorer:
        asked.append((name, device))
        return FakeNetwork()

    monkeypatch.setattr(module, "trained_span_model", load)
    monkeypatch.setattr(module, "span_model_named", load)

    for name in (tmp_path, "somebody/some-reader"):
        reader = SpanReader(name, device="cuda")
        assert reader.load() is reader.load()

    assert asked == [(tmp_path / "model.safetensors", "cuda"), ("somebody/some-reader", "cuda")]


@pytest.mark.usefixtures("calibrated")
def test_a_reader_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(ReaderUnavailable) as caught:
        SpanReader(tmp_path).load()

    assert caught.value.name == str(tmp_path)
    assert "\n" not in caught.value.reason


@pytest.mark.usefixtures("calibrated")
def test_a_second_network_judges_the_passage_and_the_sentence_of_the_best_reading_and_no_other() -> None:
    reader = SpanReader()
    reader._model = FakeNetwork({"Solberg": 5.0, "rained": 1.0}, Ingrid=4.0, rained=1.0)
    reader._judge = judge = FakeNetwork(Ingrid=-3.0)
    hits = [hit_of("The ferry came in at noon. Mayor Ingrid Solberg opened it."), hit_of("It rained all day long.")]

    readings = reader.read([ReadingTask("Who?", hits, {})])[0]

    best = max(readings, key=total_score)
    assert judge.passages == [
        "The ferry came in at noon. Mayor Ingrid Solberg opened it.",
        "Mayor Ingrid Solberg opened it.",
    ]
    assert text_of(best) == "Ingrid Solberg"
    assert best.signals.answerable == -6.0
    assert [each.signals.answerable for each in readings if each is not best] == [0.0] * (len(readings) - 1)


@pytest.mark.usefixtures("calibrated")
def test_whether_words_answer_is_the_mean_of_what_they_are_in_the_passage_and_in_their_sentence() -> None:
    class Doubtful(FakeNetwork):
        def _scores(self, passage: str) -> TokenScores:
            alike = FakeNetwork(Ingrid=2.0 if passage.startswith("The ferry") else -1.0)
            return alike._scores(passage)

    reader = SpanReader()
    reader._model = FakeNetwork(Ingrid=4.0)
    reader._judge = Doubtful()

    (readings,) = reader.read(
        [ReadingTask("Who?", [hit_of("The ferry came in at noon. Mayor Ingrid Solberg opened it.")], {})]
    )

    assert max(readings, key=total_score).signals.answerable == (2 * 2.0 - 2 * 1.0) / 2
