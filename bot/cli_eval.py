"""``quoth eval``: how good the answers to a data set's questions are, and which are better or worse than before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.terminal.ask import ANSWERED, NOT_SAID
from bot.terminal.console import console
from bot.terminal.options import ArticlesOption, JsonOption, load

if TYPE_CHECKING:
    from bot.settings import Settings
    from retrieval.evaluation.comparing import Result
    from retrieval.evaluation.metrics import Figures

_RATES = {
    "first": "first_quote",
    "three": "first_three",
    "exact": "span_em",
    "f1": "span_f1",
    "hit@1": "hit_at_1",
    "hit@5": "hit_at_5",
    "hit@10": "hit_at_10",
    "mrr@10": "mrr_at_10",
    "answered": "answered",
    "declined": "declined",
    "auroc": "auroc",
}
"""What ``--at-least`` calls a rate, and what ``--json`` does."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The least that a rate has to be, 0 to 1."""

    rate: str
    least: float

    @classmethod
    def read(cls, text: str) -> Bound:
        """A bound as it is typed, such as ``first=0.9``."""
        name, _, number = text.partition("=")
        try:
            least = float(number)
        except ValueError:
            least = -1.0
        if name not in _RATES or not 0 <= least <= 1:
            raise typer.BadParameter(f"{text!r} is no bound: write first=0.9, or another of {', '.join(_RATES)}")
        return cls(name, least)


AtLeastOption = Annotated[
    list[Bound] | None,
    typer.Option("--at-least", metavar="RATE=X", parser=Bound.read, help="Fail if a rate is less, as in first=0.9."),
]
SaveOption = Annotated[
    Path | None, typer.Option("--save", metavar="FILE", help="Keep what became of each question, as JSON lines.")
]
AgainstOption = Annotated[
    Path | None,
    typer.Option("--against", metavar="FILE", help="Name what is better or worse than in a saved file."),
]


def evaluate(  # noqa: PLR0913 - what can be asked of a measurement
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", show_default=False)],
    *,
    limit: Annotated[int | None, typer.Option("--limit", metavar="N", min=1, help="Questions at most.")] = None,
    at_least: AtLeastOption = None,
    save: SaveOption = None,
    against: AgainstOption = None,
    as_json: JsonOption = False,
    articles: ArticlesOption = None,
) -> int:
    """Measure the answers on a data set: SQuAD JSON or JSON lines, plain or .gz.

    With --articles its questions are asked about that folder's articles, with their sources and dates. The exit status
    is 1 when a rate is less than it has to be.
    """
    from bot.terminal import json_output, tables
    from retrieval.evaluation import comparing

    settings = load(context)
    before = comparing.load(against) if against else None
    figures, results = _measured(settings, file, articles, limit)
    if save:
        comparing.save(save, results)
    compared = comparing.compare(before, results) if before is not None else None
    if as_json:
        json_output.put(json_output.figures_json(figures) | (json_output.comparison_json(compared) if compared else {}))
    else:
        console().print(tables.figures(figures))
        if compared:
            console().print(tables.comparison(compared))
    return NOT_SAID if _fell_short(figures, at_least or []) else ANSWERED


def _measured(
    settings: Settings, file: Path, articles: Path | None, limit: int | None
) -> tuple[Figures, Sequence[Result]]:
    """The figures, and what became of each question."""
    from bot.assembly import Assembly
    from bot.terminal.progress import progress
    from retrieval.evaluation import metrics
    from retrieval.evaluation.comparing import Result

    assembly, results = Assembly.of(settings), list[Result]()
    with progress(console(stderr=True)) as told:
        figures = metrics.evaluate(
            file,
            assembly.encoder,
            articles=articles,
            reader=assembly.reader,
            limit=limit,
            threshold=settings.confidence,
            progress=told,
            heard=lambda outcome: results.append(Result.of(outcome)),
        )
    return figures, results


def _fell_short(figures: Figures, bounds: Sequence[Bound]) -> bool:
    """Whether a rate is less than its bound, each of which is named on standard error."""
    short = False
    for bound in bounds:
        rate = getattr(figures, _RATES[bound.rate])
        if rate is not None and rate >= bound.least:
            continue
        wanting = f"is {rate:.3f}, and has to be {bound.least:g} at least." if rate is not None else "is unknown here."
        console(stderr=True).print(f"{bound.rate} {wanting}", style="yellow")
        short = True
    return short
