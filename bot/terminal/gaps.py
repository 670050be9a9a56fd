"""What people asked in vain, on a terminal, as JSON, and as a data set that a person fills in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.text import Text

from bot import question_log
from bot.gaps import Gap, Gaps
from bot.languages import count, day
from bot.settings import PREFIX
from bot.terminal.rendering import DIM, Ruled
from bot.wording import line
from retrieval.answer.asking.question import wording_of
from retrieval.errors import DatasetInvalid, FileFailed

if TYPE_CHECKING:
    from bot.settings import Settings

_OTHERS = 3
"""Further wordings that are shown."""
_LINE = 300
"""Code points of each."""


def table(found: Gaps, most: int, hint: str) -> RenderableType:
    """The gaps as a list; ``hint`` stands in the place of none."""
    if not found.found:
        return Text(hint)
    parts: list[RenderableType] = [Text(_heading(found)), Text()]
    for gap in found.found[:most]:
        parts += [*_gap(gap), Text()]
    if (more := len(found.found) - most) > 0:
        parts.append(Text(f"{more:,} more: --top {len(found.found)} shows all.", DIM))
    return Group(*(parts if more > 0 else parts[:-1]))


def _heading(found: Gaps) -> str:
    parts = [f"{found.declined:,} declined", f"{found.unhelpful:,} answered and voted down"]
    parts += [f"{count(found.left_out, 'rare wording')} left out"] if found.left_out else []
    return f"{count(found.questions, 'question')}: {', '.join(parts)}. In vain, by what they mean:"


def _gap(gap: Gap) -> Iterator[RenderableType]:
    yield Text.assemble((f"{gap.times:,}× ", "bold"), _short(gap.question))
    for other in gap.others[:_OTHERS]:
        yield Ruled(Text(_short(other), DIM), "   also: ", DIM, hanging=True)
    if (more := len(gap.others) - _OTHERS) > 0:
        yield Text(f"   and {more:,} more wordings" if more > 1 else "   and 1 more wording", DIM)
    if gap.nearest:
        near, what = (
            f"{_short(gap.nearest.text)} ({_short(gap.nearest.title)})",
            "quoted" if gap.declined < gap.times else "nearest",
        )
        yield Ruled(Text(near), f"   {what}, {gap.confidence:.2f}: ", DIM, hanging=True)
    said = [f"last asked {day(gap.last.astimezone().date())}"]
    said += [f"{count(gap.down, 'vote')} against, {gap.up:,} for"] if gap.up or gap.down else []
    yield Text(f"   {', '.join(said)}", DIM)


def _short(text: str) -> str:
    """A text as one clean line, which a question of two thousand characters is not."""
    whole = line(text)
    return whole if len(whole) <= _LINE else f"{whole[:_LINE].rstrip()}…"


def hint(settings: Settings, found: Gaps, since: date | None) -> str:
    """What to say where there is no gap: why."""
    if found.questions:
        return f"Nothing was asked in vain: {count(found.questions, 'question')}, all answered."
    if not settings.questions_days:
        return f"Questions are not kept: {PREFIX}QUESTIONS_DAYS is 0."
    if since:
        return f"Nothing was asked of {settings.articles} since {day(since)}."
    if kept := question_log.count(settings.state):
        return f"Nothing was asked of {settings.articles}; the log has {count(kept, 'question')} about other folders."
    return f"Nothing was asked yet of the bot or the server that keeps its questions in {settings.state}."


def gap_json(gap: Gap) -> dict[str, Any]:
    """A gap as a JSON object."""
    return {**asdict(gap), "others": list(gap.others), "first": gap.first.isoformat(), "last": gap.last.isoformat()}


# --- a data set ----------------------------------------------------------------------------------------------


def export(path: Path, found: Sequence[Gap]) -> tuple[int, int]:
    """Add gaps to a file of JSON lines that ``quoth eval`` reads, each with ``answers`` for a person to fill in.

    What is there already, filled in or not, stays as it is. Returns how many were added, and how many were there.

    Raises:
        DatasetInvalid: the file is there, and no such data set.
        FileFailed: it cannot be read or written.
    """
    before = _read(path)
    known = {
        wording_of(str(text)) for row in before.values() for text in (row.get("question", ""), *row.get("also", ()))
    }
    new = [gap for gap in found if not known & {wording_of(text) for text in (gap.question, *gap.others)}]
    lines = [*before, *(json.dumps(_row(gap), ensure_ascii=False) for gap in new)]
    draft = path.with_name(f"{path.name}.new")
    try:
        draft.write_text("".join(f"{each}\n" for each in lines), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise FileFailed(path, error.strerror or str(error)) from error
    return len(new), len(found) - len(new)


def _row(gap: Gap) -> dict[str, Any]:
    """A line to fill in; what is not ``question`` or ``answers`` is there for the person who does."""
    near = {"title": gap.nearest.title, "text": gap.nearest.text} if gap.nearest else None
    asked = {"times": gap.times, "last": gap.last.date().isoformat(), "also": list(gap.others), "nearest": near}
    return {"question": gap.question, "answers": None, **asked}


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """The lines of a data set, each with what it says; none where there is no such file."""
    try:
        lines = [each for each in path.read_text(encoding="utf-8-sig").split("\n") if each.strip()]
        rows = {each: json.loads(each) for each in lines}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise FileFailed(path, error.strerror or str(error)) from error
    except (ValueError, RecursionError) as error:
        raise DatasetInvalid(path, "it has lines that are not JSON") from error
    if not all(isinstance(row, dict) and "data" not in row for row in rows.values()):
        raise DatasetInvalid(path, "its lines are not JSON objects with a question each")
    return rows


def exported(path: Path, added: int, there: int) -> str:
    """What ``export`` did, and what to do next."""
    also = f"; {there:,} of them were there already" if there else ""
    return (
        f'Added {count(added, "question")} to {path}{also}. Fill in answers: words of the articles as ["…"], or [] '
        f"where they should not say. Then: quoth eval {path} --articles DIR"
    )
