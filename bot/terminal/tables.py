"""Lists on a terminal: articles, what an update did, an evaluation's figures, what the doctor found. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.languages import count, day
from bot.terminal.rendering import DIM, Ruled, attribution, columns
from bot.wording import NOT_SAID, clean, first_ids, line
from retrieval.articles.article import Article, ArticleInfo, Skipped

if TYPE_CHECKING:
    from bot.terminal.doctor import Finding
    from retrieval.evaluation.comparing import Comparison
    from retrieval.evaluation.metrics import Declining, Figures
    from retrieval.index.updating import Report


def articles(found: Sequence[ArticleInfo], skipped: Sequence[Skipped]) -> RenderableType:
    """A list of articles, and of the files that are none."""
    table = columns("id", "title", "source", "published", left=4)
    for article in found:
        published = day(article.published) if article.published else ""
        table.add_row(*map(Text, (line(article.id), line(article.title), line(article.source or ""), published)))
    return Group(*([table] if found else []), *map(_skipped, skipped))


def article(shown: Article, passages: Sequence[tuple[int, int]]) -> RenderableType:
    """An article as it is quoted: what is known of it, and each passage with its offsets."""
    known = Text.assemble((line(shown.id), "bold"), "\n").append(attribution(shown))
    parts: list[RenderableType] = [known]
    for start, end in passages:
        parts += [Text(), Text(f"{start:,} to {end:,}", DIM), Text(clean(shown.text[start:end]))]
    return Group(*parts)


def _skipped(file: Skipped) -> Text:
    verb = "Read in part" if file.in_part else "Skipped"
    return Text(f"{verb} {line(file.path)}: {line(file.reason)}.", "yellow")


def report(made: Report) -> RenderableType:
    """What bringing the index up to date did, in words."""
    total = len(made.added) + len(made.changed) + len(made.unchanged)
    size = f"{count(total, 'article')}, {count(made.passages, 'passage')}"
    if not made.built:
        return Group(Text(f"Nothing has changed: {size}."), *map(_skipped, made.skipped))
    changes = {"Added": made.added, "Changed": made.changed, "Removed": made.removed}
    lines = [Text(f"{verb} {first_ids(ids)}.") for verb, ids in changes.items() if ids]
    why = f" ({line(made.reason)})" if made.reason else ""
    summary = f"Indexed {size}; encoded {made.encoded:,} of them in {made.elapsed_s:.1f} s{why}."
    return Group(*lines, *map(_skipped, made.skipped), Text(summary))


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
    asked += f", {measured.unfilled:,} more without answers filled in," if measured.unfilled else ""
    over = f"{count(measured.articles, 'article')}, {count(measured.passages, 'passage')}"
    heading = Text(f"{asked} over {over}")
    if measured.declined is None:
        return Group(heading, table)
    return Group(heading, table, Text(), _thresholds(measured.thresholds))


def comparison(compared: Comparison) -> RenderableType:
    """The questions that fare better and worse than in an earlier evaluation, each with what is quoted now."""
    parts: list[RenderableType] = [Text()]
    for heading, pairs in (("Better", compared.better), ("Worse", compared.worse)):
        parts.append(Text(f"{heading}: {count(len(pairs), 'question')}", "bold"))
        for _, now in pairs:
            said = line(now.quote) if now.answered else NOT_SAID
            parts += [Text(f"  {line(now.question)}"), Ruled(Text(said), "  │ ", DIM)]
    rest = f"{count(compared.same, 'question')} as before"
    if compared.only_before or compared.only_now:
        rest += f", {compared.only_before:,} no longer there, {compared.only_now:,} new"
    return Group(*parts, Text(f"{rest}."))


def _thresholds(measured: Sequence[Declining]) -> Table:
    """What is declined at each threshold, for choosing one."""
    table = columns("threshold", "unanswerable declined", "answerable declined", "right, of the answered", left=0)
    for each in measured:
        rates = (each.unanswerable, each.answerable, each.right)
        table.add_row(f"{each.confidence:.2f}", *("–" if rate is None else f"{rate:.3f}" for rate in rates))
    return table


def findings(found: Sequence[Finding]) -> RenderableType:
    """A doctor's findings by section, each that needs doing with its remedy under it."""
    parts: list[RenderableType] = []
    section = None
    for finding in found:
        if finding.section != section:
            section = finding.section
            parts.append(Text(section.capitalize(), "bold"))
        mark, style = ("!", "yellow") if finding.remedy else ("·", DIM)
        parts.append(Ruled(Text(line(finding.text)), f"  {mark} ", style, hanging=True))
        if finding.remedy:
            parts.append(Ruled(Text(line(finding.remedy)), "    → ", style, hanging=True))
    todo = sum(finding.remedy is not None for finding in found)
    verdict = f"{count(todo, 'thing')} to do." if todo else "All is well."
    return Group(*parts, Text(), Text(verdict, "bold"))
