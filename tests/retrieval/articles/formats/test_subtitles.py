"""Subtitles: what is quoted of them."""

from __future__ import annotations

from retrieval.articles.article import Article
from retrieval.articles.parsing import parse
from tests.retrieval.articles.made_files import CAPTIONS, SUBTITLES
from tests.retrieval.articles.samples import paragraphs, refusal


def read(name: str, content: bytes) -> Article:
    [article] = parse(name, content).articles
    return article


def test_cues_are_joined_to_paragraphs_that_end_with_a_pause_or_another_speaker() -> None:
    article = read("crane_talk.en.srt", SUBTITLES)

    assert paragraphs(article) == ["The crane arrives on Friday. It is red.", "Is it new?", "Yes."]
    assert article.title == "crane talk"


def test_lines_that_stay_while_captions_roll_or_grow_are_read_once() -> None:
    assert read("bread.vtt", CAPTIONS).text == "Ann Lund: Bread is good & cheap. not every loaf of it is rye"


def test_a_caption_that_grows_is_read_once_and_a_line_that_is_said_again_later_twice() -> None:
    times = [(1, 2, "We are"), (2, 3, "We are here"), (9, 10, "We are here")]
    cues = "".join(f"{n}\n00:00:{a:02},000 --> 00:00:{b:02},000\n{words}\n\n" for n, (a, b, words) in enumerate(times))

    assert paragraphs(read("a.srt", cues.encode())) == ["We are here", "We are here"]


def test_a_named_voice_begins_a_paragraph() -> None:
    cues = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>Is it new?\n\n00:02.000 --> 00:03.000\n<v.loud Ole>Yes.</v>\n"

    assert paragraphs(read("a.vtt", cues.encode())) == ["Ann: Is it new?", "Ole: Yes."]


def test_the_sign_of_a_number_is_no_other_speaker() -> None:
    cue = "1\n00:00:01,000 --> 00:00:02,000\n-9 degrees today.\n- 9 degrees?\n"

    assert paragraphs(read("a.srt", cue.encode())) == ["-9 degrees today.", "9 degrees?"]


def test_what_holds_no_cues_is_refused() -> None:
    assert refusal("a.srt", b"Words.") == "it is damaged or no SRT file"
    assert refusal("a.vtt", b"WEBVTT\n\n") == "it is damaged or no VTT file"
