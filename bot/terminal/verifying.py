"""``quoth verify``: what became of the quotes that links lead to, printed as text or as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from bot import contract, links, wording
from bot.error_wording import in_words
from bot.languages import count
from bot.terminal import json_output
from bot.terminal.ask import ANSWERED, FAILED, NOT_SAID
from bot.terminal.rendering import DIM, Ruled, attribution, passage
from retrieval.errors import LinkUnreadable

if TYPE_CHECKING:
    from rich.console import Console

    from retrieval.answer.tracing import Trace
    from retrieval.engine import Engine

_COLOURS = {"stands": "green", "moved": "green", "renamed": "green"}
_COLUMN = 11


@dataclass(frozen=True, slots=True)
class Verifier:
    """Says what became of quotes; without ``out``, as JSON."""

    engine: Engine
    out: Console | None
    errors: Console
    server: str = ""
    """The address that links lead to."""

    def verify_all(self, pasted: Iterable[str]) -> int:
        """Say it of each link; what is no link is named, and the rest told. Returns the worst exit status."""
        outcomes: Counter[str] = Counter()
        status = ANSWERED
        for number, link in enumerate(pasted, 1):
            try:
                found = self.engine.trace(links.read(wording.line(link)))
            except LinkUnreadable as error:
                self._refuse(number, link, error)
                outcomes["no link"] += 1
                status = FAILED
                continue
            outcomes[found.state] += 1
            status = status if found.stands else max(status, NOT_SAID)
            if self.out is None:
                json_output.put(contract.trace_json(found, server=self.server))
            else:
                self.out.print(told(found))
        if not outcomes:
            raise typer.TyperException("No link came on standard input: give one a line")
        if self.out is not None and outcomes.total() > 1:
            self.out.print(_summary(outcomes))
        return status

    def _refuse(self, number: int, link: str, error: LinkUnreadable) -> None:
        if self.out is None:
            json_output.put({"link": link, "error": in_words(error)})
        else:
            self.errors.print(f"Link {number}: {in_words(error)}", style="yellow")


def told(found: Trace) -> RenderableType:
    """What became of a quote: a line where it stands, else with what was quoted, and what is there now."""
    link = found.link
    where = attribution(found.article) if found.article else Text(wording.line(f"{link.title} ({link.article})"))
    state = Text(found.state.ljust(_COLUMN), _COLOURS.get(found.state, "bold yellow"))
    head = Text.assemble(state, where)
    if found.state in ("stands", "moved"):
        return head
    if found.state == "renamed" and found.article:
        return Group(head, _row("now in", Text(wording.line(found.article.id))))
    rows: list[RenderableType] = [
        head,
        _row("", Text(links.said(found))),
        _row("quoted", Text(wording.line(link.quoted))),
    ]
    if found.state == "changed":
        now = Text(links.NOT_LIKE_IT)
        if found.article and found.span:
            now = passage(found.article.text, *found.span)
        rows.append(_row("now", now))
    return Group(*rows)


def _row(label: str, text: Text) -> Ruled:
    return Ruled(text, f"  {label}".ljust(_COLUMN), DIM, hanging=True)


def _summary(outcomes: Counter[str]) -> Text:
    """How many links there were, and what became of how many."""
    several = (
        f"{number:,} {'stand' if outcome == 'stands' and number > 1 else outcome}"
        for outcome, number in outcomes.most_common()
    )
    return Text(f"{count(outcomes.total(), 'link')}: {', '.join(several)}.", DIM)
