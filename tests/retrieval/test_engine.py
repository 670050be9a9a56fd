"""Questions to answers: quotes are the articles' own words, said once, and silence is answered with silence."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retrieval.answer.answer import Answer
from retrieval.answer.query import MAX_QUESTION, Filters
from retrieval.answer.reading.overlap_reader import OverlapReader
from retrieval.articles.files import SourceFile, contents
from retrieval.engine import Engine
from retrieval.errors import ArticleUnknown, QuestionEmpty, QuestionTooLong
from retrieval.index import changes
from retrieval.index.changes import Stale
from retrieval.index.protocol import Index
from retrieval.index.updating import open_up_to_date
from retrieval.models.encoder import Vectors
from tests.fakes import FakeEncoder
from tests.retrieval.examples import FERRY, SHIPPED, assert_verbatim, bold, write
from tests.volume import few


@pytest.fixture(scope="module")
def engine(news: Index) -> Engine:
    return Engine(news, FakeEncoder(), reader=OverlapReader())


# --- answering -----------------------------------------------------------------------------------------------


def test_answers_with_the_sentence_that_says_it(engine: Engine) -> None:
    answer = engine.ask("Who opened the Gullholm bridge?")

    assert answer.answered
    best = answer.quotes[0]
    assert best.text == "Mayor Ingrid Solberg opened the Gullholm bridge on Saturday."
    assert bold(best) == ["opened", "Gullholm", "bridge"]
    assert (best.article.title, best.article.published) == (
        "Bridge to Gullholm opens after nine years",
        date(2019, 6, 1),
    )
    assert best.article.text[slice(*best.paragraph)].startswith("Mayor Ingrid Solberg")
    assert answer.confidence > 0.5
    assert answer.question == "Who opened the Gullholm bridge?"
    assert answer.hits[0].passage.article.id == "harbour/bridge.md"
    assert answer.elapsed_ms > 0


def test_the_shipped_article_says_who_met_in_sochi(tmp_path: Path) -> None:
    snapshot, _ = open_up_to_date(SHIPPED, tmp_path, FakeEncoder())

    answer = Engine(snapshot, FakeEncoder(), reader=OverlapReader()).ask("who met in Sochi?")

    assert answer.answered
    assert "Shinzo Abe" in answer.quotes[0].text
    assert "Vladimir Putin" in answer.quotes[0].text


@pytest.mark.parametrize(
    "question", ["What is the boiling point of mercury?", "zebra", "How do volcanoes erupt in Iceland?"]
)
def test_declines_when_no_article_says(engine: Engine, question: str) -> None:
    answer = engine.ask(question)

    assert not answer.answered
    assert answer.confidence < 0.5
    # What comes nearest is shown, as no answer.
    assert answer.quotes
    assert answer.hits


def test_how_sure_is_sure_enough_can_be_set(news: Index) -> None:
    reader = OverlapReader()
    question = "Who opened the Gullholm bridge?"

    assert not Engine(news, FakeEncoder(), reader=reader, threshold=1.0).ask(question).answered
    assert Engine(news, FakeEncoder(), reader=reader, threshold=0.0).ask("zebra").answered


def test_the_evidence_is_of_the_first_quote(engine: Engine) -> None:
    answer = engine.ask("When does the last ferry to Gullholm sail?")

    best = answer.quotes[0]
    assert answer.evidence["cosine"] == best.hit.dense
    assert answer.evidence["coverage"] == pytest.approx(1.0)
    assert answer.evidence["reading"] == pytest.approx(best.score - best.hit.score)


def test_weak_quotes_are_left_out_unless_asked_for(engine: Engine) -> None:
    question = "Who opened the Gullholm bridge?"

    strong, all_of_them = engine.ask(question).quotes, engine.ask(question, weak=True).quotes

    assert len(strong) == 1
    assert len(all_of_them) == 3
    assert all_of_them[0] == strong[0]


@pytest.mark.parametrize("top", [0, 1, 2, 3, 10])
def test_at_most_as_many_quotes_as_asked_for(engine: Engine, top: int) -> None:
    answer = engine.ask("When does the last ferry to Gullholm sail?", top=top)

    assert len(answer.quotes) <= top
    assert answer.answered == (top > 0)
    assert [quote.score for quote in answer.quotes] == sorted((quote.score for quote in answer.quotes), reverse=True)


def test_hits_are_told_by_what_was_read_in_them_and_all_of_them(engine: Engine, news: Index) -> None:
    answer = engine.ask("Which songs did researchers in Perth hear?")

    assert len(answer.hits) == news.passages
    assert answer.hits[0] is answer.quotes[0].hit


def test_filters_reach_the_search(engine: Engine) -> None:
    answer = engine.ask("When does the last ferry sail?", Filters(source="coast radio"))

    assert {hit.passage.article.id for hit in answer.hits} == {"harbour/ferry.txt"}
    with pytest.raises(ArticleUnknown):
        engine.ask("When?", Filters(articles=frozenset({"nowhere.txt"})))


def test_when_the_filters_leave_nothing_there_is_no_answer(engine: Engine) -> None:
    answer = engine.ask("Who opened the bridge?", Filters(source="nobody"))

    assert (answer.answered, answer.confidence, answer.quotes, answer.hits) == (False, 0.0, (), ())
    assert answer.evidence == {}


def test_a_heading_is_not_quoted_where_there_is_a_sentence(engine: Engine) -> None:
    for quote in engine.ask("A crossing at last, and what it means for the island", top=10).quotes:
        assert "#" not in quote.text


@pytest.mark.parametrize("question", ["", "  \n", "?!…", "\N{GRINNING FACE}"])
def test_what_has_no_word_is_no_question(engine: Engine, question: str) -> None:
    with pytest.raises(QuestionEmpty):
        engine.ask(question)


def test_what_nobody_types_is_refused_with_both_lengths(engine: Engine) -> None:
    with pytest.raises(QuestionTooLong) as caught:
        engine.ask("a" * 100_000)

    assert (caught.value.length, caught.value.limit) == (100_000, MAX_QUESTION)
    assert engine.ask("a" * MAX_QUESTION).answered is False


def test_a_question_is_one_line_to_the_model(news: Index) -> None:
    asked: list[str] = []

    class Listening(FakeEncoder):
        def encode_query(self, texts: Sequence[str]) -> Vectors:
            asked.extend(texts)
            return super().encode_query(texts)

    Engine(news, Listening(), reader=OverlapReader()).ask(" Who\topened\n\nthe bridge \udcff ? ")

    assert asked == ["Who opened the bridge ? ?"]


def test_questions_asked_together_get_the_answers_that_each_gets_alone(engine: Engine) -> None:
    questions = ["who met in Sochi?", "what do whales sing?", "what is the capital of France?", "Who \n pays?"]

    together = engine.ask_all(questions, top=2)

    for question, answer in zip(questions, together, strict=True):
        alone = engine.ask(question, top=2)
        assert answer.elapsed_ms > 0
        assert replace(answer, elapsed_ms=0) == replace(alone, elapsed_ms=0)
    assert engine.ask_all([]) == []


def test_questions_asked_together_are_encoded_at_once(news: Index) -> None:
    batches: list[Sequence[str]] = []

    class Listening(FakeEncoder):
        def encode_query(self, texts: Sequence[str]) -> Vectors:
            batches.append(texts)
            return super().encode_query(texts)

    Engine(news, Listening()).ask_all(["Who?", "Where?"])

    assert batches == [["Who?", "Where?"]]


def test_threads_may_ask_at_once(engine: Engine) -> None:
    questions = ["Who opened the Gullholm bridge?", "Which whales sing lower?", "Who saved three penalties?"] * 6
    found: dict[int, Answer] = {}
    threads = [
        threading.Thread(target=lambda n=number, q=question: found.__setitem__(n, engine.ask(q)))
        for number, question in enumerate(questions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for number, question in enumerate(questions):
        assert found[number].quotes == engine.ask(question).quotes


# --- any articles, any question ------------------------------------------------------------------------------

_SENTENCES = st.sampled_from(
    [
        "They met in Sochi on May 6. ",
        "Nobody knows why! ",
        "No. ",
        "- an item\n",
        "# Heading\n",
        "\n\n",
        "e\N{COMBINING ACUTE ACCENT}te\N{COMBINING ACUTE ACCENT} à Sotchi. ",
        "התקיימה פגישה בסוצ'י. ",
        "甲はソチに行った。",
        "\N{GRINNING FACE} 𝔖𝔬𝔠𝔥𝔦 it was. ",
        "ﾞ",
        "\r\n",
    ]
)
texts = st.one_of(st.lists(_SENTENCES, min_size=1, max_size=30).map("".join), st.text(max_size=200))


@given(st.lists(texts, min_size=1, max_size=3), st.one_of(st.text(min_size=1, max_size=60), _SENTENCES))
@few(10)
@example(["What is it? It is.\n\nNothing more."], "What’s it?")
def test_every_quote_is_its_articles_text(contents: list[str], question: str) -> None:
    with TemporaryDirectory() as name:
        write(Path(name, "articles"), "sure.txt", "They met in Sochi on May 6.")
        for number, content in enumerate(contents):
            write(Path(name, "articles"), f"{number}.txt", content.encode(errors="replace"))
        snapshot, _ = open_up_to_date(Path(name, "articles"), Path(name, "index"), FakeEncoder())

        try:
            answer = Engine(snapshot, FakeEncoder(), reader=OverlapReader()).ask(question)
        except QuestionEmpty:
            assert not any(character.isalnum() or character == "_" for character in question)
            return

        assert 0.0 <= answer.confidence <= 1.0
        assert 1 <= len(answer.quotes) <= 3
        for quote in answer.quotes:
            assert_verbatim(quote)
            assert quote.article == snapshot.article(quote.article.id)
        for number, quote in enumerate(answer.quotes):
            for other in answer.quotes[:number]:
                assert quote.article.id != other.article.id or quote.end <= other.start or other.end <= quote.start


def test_a_sentence_in_two_articles_is_quoted_once_and_names_both(engine: Engine) -> None:
    answer = engine.ask("When does the last ferry to Gullholm sail?")

    (quote,) = [quote for quote in answer.quotes if quote.text == FERRY]
    assert {quote.article.id, *(article.id for article in quote.also_in)} == {"harbour/bridge.md", "harbour/ferry.txt"}
    assert len(quote.also_in) == 1


# --- files that change after they were indexed ---------------------------------------------------------------


@pytest.fixture
def ask(articles: Path, index: Path) -> Callable[[], list[Stale | None]]:
    """Ask about the bridge; gives what the quotes say of their files."""
    opened, _ = open_up_to_date(articles, index, FakeEncoder())
    engine = Engine(opened, FakeEncoder(), articles=articles, reader=OverlapReader())
    return lambda: [quote.stale for quote in engine.ask("Who opened the Gullholm bridge?", top=1).quotes]


def test_a_quote_says_that_its_file_has_changed_or_is_gone(articles: Path, ask: Callable[[], list[Stale]]) -> None:
    file = articles / "harbour" / "bridge.md"
    before = file.read_bytes()

    assert ask() == [None]
    write(articles, "harbour/ferry.txt", "Another file changes nothing here.")
    assert ask() == [None]
    write(articles, "harbour/bridge.md", before + b"\nMore.")
    assert ask() == ["changed"]
    write(articles, "harbour/bridge.md", before, age_s=60)
    assert ask() == [None]
    write(articles, "harbour/bridge.md.meta.yaml", "source: Another")
    assert ask() == ["changed"]
    file.unlink()
    assert ask() == ["removed"]
    file.parent.rename(articles / "elsewhere")
    assert ask() == ["removed"]
    (articles / "harbour").touch()
    assert ask() == ["removed"]


def test_a_file_that_may_no_longer_be_read_counts_as_changed(
    articles: Path, tmp_path: Path, ask: Callable[[], list[Stale]]
) -> None:
    file = articles / "harbour" / "bridge.md"
    file.rename(tmp_path / "out.md")
    (tmp_path / "out.md").touch()
    file.symlink_to(tmp_path / "out.md")  # the very same bytes, but not to be read from there
    assert ask() == ["changed"]
    file.unlink()
    file.symlink_to(file)
    assert ask() == ["changed"]


def test_a_file_is_read_once_however_often_it_is_quoted(
    articles: Path, ask: Callable[[], list[Stale]], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (articles / "harbour" / "bridge.md").read_text("utf-8")
    looks: list[str] = []

    def note(folder: Path, file: SourceFile) -> tuple[bytes, bytes | None]:
        looks.append(file.path)
        return contents(folder, file)

    monkeypatch.setattr(changes, "contents", note)

    assert ask() == [None]
    assert looks == []
    write(articles, "harbour/bridge.md", text.replace("Mayor", "Major"), age_s=60)
    assert [ask(), ask(), ask()] == [["changed"]] * 3
    assert len(looks) == 1
    # What was written just now may be written again without its time showing it.
    write(articles, "harbour/bridge.md", text, age_s=0)
    assert [ask(), ask()] == [[None]] * 2
    assert len(looks) == 3


QUAY = """\
Gullholm Ferries took over the quay for nine million kroner, and with it two ships.

## References

- ^ "Gullholm Ferries takes over the quay". Northern Herald. December 8, 2016. Retrieved April 29, 2018.

- ^ "The quay has a new owner". Northern Herald. June 13, 2016. Retrieved April 29, 2018.
"""


def test_a_list_of_references_is_no_answer_unless_asked_for(tmp_path: Path) -> None:
    write(tmp_path / "folder", "quay.md", QUAY)
    engine = Engine.open(tmp_path / "folder", encoder=FakeEncoder(), reader=OverlapReader())

    when = engine.ask("When did Gullholm Ferries take over the quay?")
    asked = engine.ask("Which articles say that Gullholm Ferries takes over the quay?")

    assert [quote.text for quote in when.quotes] == [QUAY.split("\n\n", maxsplit=1)[0]]
    assert QUAY.split("\n\n")[2] in [quote.text for quote in asked.quotes]


def test_an_article_of_contents_alone_answers_nothing(tmp_path: Path) -> None:
    write(tmp_path / "folder", "book.txt", "---\ntitle: A book\n---\nForeword ........ 3\nThe quay ........ 5\n")
    engine = Engine.open(tmp_path / "folder", encoder=FakeEncoder(), reader=OverlapReader())

    answer = engine.ask("What is the quay?")

    assert not answer
    assert answer.hits
    assert not any("...." in quote.text for quote in answer.quotes)


def test_a_link_that_was_not_read_is_refused(engine: Engine) -> None:
    unread: Any = "AddNndqqEV9M"

    with pytest.raises(TypeError, match=r"a link is a QuoteLink, as QuoteLink\.read gives it, not 'AddNndqqEV9M'"):
        engine.trace(unread)
