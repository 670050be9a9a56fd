"""What became of quotes after articles were edited, renamed, copied and removed; for more: ``LINKS=1000``."""

from __future__ import annotations

import os
import random
import shutil
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from retrieval.answer.tracing import Trace
from retrieval.engine import Engine
from retrieval.text.quote_link import QuoteLink
from tests.fakes import FakeEncoder

LINKS = int(os.environ.get("LINKS", "200"))
WORDS = [
    "harbour",
    "ferry",
    "mayor",
    "bridge",
    "tar",
    "herring",
    "barrel",
    "storm",
    "council",
    "school",
    "whale",
    "yeast",
    "bread",
    "captain",
    "railway",
    "goat",
    "dam",
    "library",
    "toll",
    "island",
    "road",
    "price",
    "winter",
    "summer",
    "vote",
    "strike",
    "museum",
    "museum’s",
    "orchard",
    "lighthouse",
]
VERBS = ("saw", "sold", "opened", "closed", "praised", "feared", "counted", "left")


@dataclass
class Text:
    """An article as the test knows it: sentences in paragraphs, and how its file is wrapped."""

    title: str
    paragraphs: list[list[str]]
    width: int = 10_000

    @property
    def sentences(self) -> list[str]:
        return [sentence for paragraph in self.paragraphs for sentence in paragraph]

    def has(self, run: list[str]) -> bool:
        """Whether the sentences stand in it, one behind the other."""
        mine = self.sentences
        return any(mine[at : at + len(run)] == run for at in range(len(mine)))

    def write(self, path: Path) -> None:
        body = "\n\n".join(textwrap.fill(" ".join(each), self.width) for each in self.paragraphs)
        path.write_text(f"---\ntitle: {self.title}\n---\n{body}\n", encoding="utf-8")


@dataclass
class World:
    """A folder of articles as the test knows it."""

    chance: random.Random
    texts: dict[str, Text] = field(default_factory=dict)

    def sentence(self) -> str:
        """A new sentence; a few of them are told by several articles."""
        if self.texts and self.chance.random() < 0.05:
            return self.chance.choice(self.chance.choice(list(self.texts.values())).sentences)
        names = [self.chance.choice(("Ada", "Olav", "Ingrid", "Sami", "Alinta")) for _ in range(2)]
        words = self.chance.sample(WORDS, 3)
        return (
            f"{names[0]} {self.chance.choice(VERBS)} the {words[0]} of the {words[1]} with {names[1]} "
            f"and {self.chance.randrange(10, 1_000_000)} more by the {words[2]} in {self.chance.randrange(1500, 2100)}."
        )

    def text(self, title: str) -> Text:
        size = self.chance.randrange(2, 6)
        return Text(title, [[self.sentence() for _ in range(self.chance.randrange(1, 5))] for _ in range(size)])

    def write(self, folder: Path) -> Path:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, text in self.texts.items():
            text.write(folder / name)
        return folder

    # --- edits ---------------------------------------------------------------------------------------------------

    def edit(self, name: str) -> None:
        """Do something to an article."""
        edits: list[Callable[[str], None]] = [
            self._leave, self._add, self._change, self._change, self._grow, self._drop, self._shuffle, self._wrap,
            self._rename, self._remove, self._copy,
        ]  # fmt: skip
        self.chance.choice(edits)(name)

    def _leave(self, name: str) -> None:
        pass

    def _add(self, name: str) -> None:
        paragraph = self.chance.choice(self.texts[name].paragraphs)
        paragraph.insert(self.chance.randrange(len(paragraph) + 1), self.sentence())

    def _change(self, name: str) -> None:
        """Another word, another number, one letter, or a word more."""
        paragraph = self.chance.choice(self.texts[name].paragraphs)
        at = self.chance.randrange(len(paragraph))
        words = paragraph[at].rstrip(".").split()
        where = self.chance.randrange(len(words))
        words[where] = self.chance.choice([words[where] + "s", "never " + words[where], words[where][:-1], "other"])
        paragraph[at] = " ".join(" ".join(words).split()) + "."

    def _grow(self, name: str) -> None:
        """The whole sentence stays, as the letters of another."""
        paragraph = self.chance.choice(self.texts[name].paragraphs)
        at = self.chance.randrange(len(paragraph))
        paragraph[at] = self.chance.choice([f"Mc{paragraph[at]}", f"{paragraph[at]}5 million."])

    def _drop(self, name: str) -> None:
        paragraph = self.chance.choice(self.texts[name].paragraphs)
        paragraph.pop(self.chance.randrange(len(paragraph)))
        self.texts[name].paragraphs = [each for each in self.texts[name].paragraphs if each] or [[self.sentence()]]

    def _shuffle(self, name: str) -> None:
        self.chance.shuffle(self.texts[name].paragraphs)

    def _wrap(self, name: str) -> None:
        self.texts[name].width = self.chance.randrange(30, 120)

    def _rename(self, name: str) -> None:
        self.texts[f"moved-{name}"] = self.texts.pop(name)

    def _remove(self, name: str) -> None:
        if len(self.texts) > 1:
            self.texts.pop(name)

    def _copy(self, name: str) -> None:
        other = self.chance.choice(list(self.texts))
        self.texts[other].paragraphs.append([*self.chance.choice(self.texts[name].paragraphs)])


def engine_over(folder: Path) -> Engine:
    return Engine.open(folder, encoder=FakeEncoder(), reader="none")


def link_to(engine: Engine, name: str, run: list[str]) -> QuoteLink:
    text = engine.index.article(name).text
    start = text.index(run[0])
    return QuoteLink.to(engine.index.article(name), start, text.index(run[-1], start) + len(run[-1]))


def expected(world: World, link: QuoteLink, run: list[str]) -> set[str]:
    """What may be said of a quote, by what the test knows of the sentences."""
    others = [text for name, text in world.texts.items() if name != link.article and text.has(run)]
    if link.article in world.texts:
        return {"stands", "moved"} if world.texts[link.article].has(run) else {"changed"}
    if any(text.title == link.title for text in others):
        return {"renamed"}
    return {"elsewhere"} if others else {"gone"}


def test_every_link_tells_the_truth_after_random_edits(tmp_path: Path) -> None:
    world = World(random.Random(20161128))  # noqa: S311 - repeatable on purpose
    for number in range(max(30, LINKS // 10)):
        world.texts[f"article-{number}.txt"] = world.text(f"Report number {number}")
    engine = engine_over(world.write(tmp_path / "articles"))
    links: list[tuple[QuoteLink, list[str]]] = []
    for _ in range(LINKS):
        name = world.chance.choice(list(world.texts))
        paragraph = world.chance.choice(world.texts[name].paragraphs)
        first = world.chance.randrange(len(paragraph))
        run = paragraph[first : first + world.chance.randrange(1, 4)]
        links.append((QuoteLink.read(link_to(engine, name, run).token), run))
    seen: set[str] = set()

    for name in list(world.texts):
        for _ in range(world.chance.randrange(1, 4)):
            if name in world.texts:
                world.edit(name)
    engine = engine_over(world.write(tmp_path / "articles"))

    for link, run in links:
        found = engine.trace(link)
        assert found.state in expected(world, link, run), (link, run, found)
        assert found.stands is (found.state in {"stands", "moved", "renamed"})
        assert_shows(found, world, run)
        seen.add(found.state)
    assert seen >= {"stands", "moved", "changed", "gone"}


def assert_shows(found: Trace, world: World, run: list[str]) -> None:
    """The words that are shown are those of the quote, wherever it is said that they stand."""
    if found.state == "gone":
        assert (found.article, found.span) == (None, None)
        return
    assert found.article is not None
    if found.state != "changed":
        assert found.span is not None
        assert found.article.text[slice(*found.span)].split() == " ".join(run).split()
        assert world.texts[found.article.id].has(run)
        return
    others = {name for name, text in world.texts.items() if name != found.article.id and text.has(run)}
    assert (found.also_in.id in others) if found.also_in else not others
    assert found.span is None or found.article.text[slice(*found.span)].split() != " ".join(run).split()


def test_an_unchanged_place_stands_and_a_moved_one_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_text("A note\n\nRain fell. It was cold.\n", encoding="utf-8")
    (folder / "b.txt").write_text("Another\n\nSnow fell.\n", encoding="utf-8")
    link = link_to(engine_over(folder), "a.txt", ["It was cold."])

    assert engine_over(folder).trace(link).state == "stands"
    (folder / "a.txt").write_text("A note\n\nRain fell. Wind blew. It was cold.\n", encoding="utf-8")
    assert engine_over(folder).trace(link).state == "moved"
    (folder / "a.txt").rename(folder / "c.txt")
    assert engine_over(folder).trace(link).state == "renamed"
    (folder / "c.txt").write_text("A letter\n\nRain fell. It was cold.\n", encoding="utf-8")
    found = engine_over(folder).trace(link)
    assert (found.state, found.stands) == ("elsewhere", False)
    (folder / "a.txt").write_text("A note\n\nRain fell. It was very cold.\n", encoding="utf-8")
    found = engine_over(folder).trace(link)
    assert (found.state, found.also_in and found.also_in.id) == ("changed", "c.txt")
    (folder / "a.txt").unlink()
    (folder / "c.txt").unlink()
    assert engine_over(folder).trace(link).state == "gone"


def test_words_of_a_script_without_spaces_are_found_in_another_article(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    body = "".join(f"第{n}号の船は港を出て東京へ向かった、" for n in range(60)) + "雨が降った。"
    (folder / "a.txt").write_text(f"港\n\n{body}\n", encoding="utf-8")
    (folder / "b.txt").write_text("雨\n\n雨が降った。\n", encoding="utf-8")
    article = engine_over(folder).index.article("a.txt")
    links = [QuoteLink.to(article, start, end) for start, end in ((0, len(article.text)), (5, 900), (7, 40))]

    (folder / "a.txt").rename(folder / "c.txt")

    engine = engine_over(folder)
    assert [engine.trace(link).state for link in links] == ["renamed"] * 3
