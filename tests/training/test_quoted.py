"""Collecting what the product would quote, for the network that says whether it answers to learn from."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from training import quoted
from training.near_misses import JudgedPair
from training.quoted import groups, quoted_families

FERRY = "The ferry to Gullholm leaves at noon. Captain Berg has steered it since 1988. It was built in Lund."


@pytest.fixture
def collected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the command writes about two articles, each with a question and a near miss of it."""
    titles = ("Gullholm", "Utklippn")
    texts = {title: FERRY.replace("Gullholm", title) for title in titles}
    articles = [
        {
            "title": title,
            "paragraphs": [
                {
                    "context": text,
                    "qas": [
                        {
                            "question": f"Who has steered the ferry to {title}?",
                            "answers": [{"text": "Captain Berg", "answer_start": text.index("Captain")}],
                        }
                    ],
                }
            ],
        }
        for title, text in texts.items()
    ]
    near = [
        {"set": "squad2-train", "title": title, "text": text, "question": f"Who owned the ferry to {title}?"}
        | {"answers": [], "was": f"Who has steered the ferry to {title}?"}
        for title, text in texts.items()
    ]
    squad, unanswerable, out = tmp_path / "squad.json", tmp_path / "near.jsonl", tmp_path / "out"
    squad.write_text(json.dumps({"data": articles}), encoding="utf-8")
    unanswerable.write_text("\n".join(map(json.dumps, near)), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["quoted", str(out), str(squad), str(unanswerable)])
    quoted.main()
    return out


def test_the_words_quoted_are_kept_with_whether_they_answer(collected: Path) -> None:
    held_out, families = quoted_families(collected, {"Gullholm"}, random.Random(1))  # noqa: S311 - repeatable

    assert [(pair.title, pair.source, pair.right) for pair in held_out] == [
        ("Gullholm", "squad", True),
        ("Gullholm", "squad2-train", False),
    ]
    (family,) = families
    asked, miss = family[0], next(pair for pair in family if pair.source == "squad2-train")
    assert asked.quoted is not None
    assert miss.quoted is not None
    assert asked.text[slice(*asked.quoted)] == miss.text[slice(*miss.quoted)] == "Captain Berg"
    assert (asked.place, miss.place) == (asked.quoted, None)


def test_a_killed_run_goes_on_with_what_it_had_not_asked(collected: Path) -> None:
    before = {path.name: path.read_text("utf-8") for path in collected.iterdir()}
    (collected / "000.jsonl").write_text("", "utf-8")
    with (collected / "001.jsonl").open("a", encoding="utf-8") as file:
        file.write('[[{"sour')  # killed while it wrote

    quoted.main()

    assert {path.name: path.read_text("utf-8") for path in collected.iterdir()} == before
    assert set(before) == {"000.jsonl", "001.jsonl"}


def test_articles_held_out_are_a_group_of_their_own() -> None:
    titles = [f"{number:02}" for number in range(50)]

    made = list(groups(titles, {"03", "41"}, seed=1))

    assert made[0] == ["03", "41"]
    assert [len(group) for group in made] == [2, 20, 20, 8]
    assert sorted(title for group in made for title in group) == titles


def test_words_beside_the_answer_are_not_right() -> None:
    place = (FERRY.index("Captain"), FERRY.index(" has"))
    beside = (FERRY.index("1988"), FERRY.index(". It"))

    assert JudgedPair("squad", "Who steers it?", "Gullholm", FERRY, place).right
    assert JudgedPair("squad", "Who steers it?", "Gullholm", FERRY, place, place).right
    assert not JudgedPair("squad", "Who steers it?", "Gullholm", FERRY, place, beside).right
    assert not JudgedPair("squad", "Who owns it?", "Gullholm", FERRY, None, beside).right
