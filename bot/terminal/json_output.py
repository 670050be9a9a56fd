"""What ``--json`` prints, one object a line: those of ``bot.contract``, and reports and figures."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.terminal.doctor import Finding
    from retrieval.evaluation.comparing import Comparison
    from retrieval.evaluation.metrics import Figures
    from retrieval.index.updating import Report


def put(*objects: dict[str, Any]) -> None:
    """Print objects as JSON, one a line, at once."""
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    for each in objects:
        sys.stdout.write(json.dumps(each, ensure_ascii=not unicode) + "\n")
    sys.stdout.flush()


def report_json(made: Report) -> dict[str, Any]:
    """What bringing the index up to date did, as a JSON object; ids in lists."""
    return {
        "added": list(made.added),
        "changed": list(made.changed),
        "removed": list(made.removed),
        "unchanged": list(made.unchanged),
        "skipped": [{"path": file.path, "reason": file.reason} for file in made.skipped if not file.in_part],
        "read_in_part": [{"path": file.path, "reason": file.reason} for file in made.skipped if file.in_part],
        "passages": made.passages,
        "encoded": made.encoded,
        "built": made.built,
        "reason": made.reason,
        "elapsed_ms": round(made.elapsed_s * 1000, 2),
    }


def figures_json(measured: Figures) -> dict[str, Any]:
    """An evaluation's figures as a JSON object; null where the data set cannot give one."""
    figures = _rounded(asdict(measured))
    return {**figures, "thresholds": [_rounded(each) for each in figures["thresholds"]]}


def comparison_json(compared: Comparison) -> dict[str, Any]:
    """What fares better and worse than in an earlier evaluation, question by question."""
    return {
        "better": [{"before": asdict(was), "now": asdict(now)} for was, now in compared.better],
        "worse": [{"before": asdict(was), "now": asdict(now)} for was, now in compared.worse],
        "same": compared.same,
        "only_before": compared.only_before,
        "only_now": compared.only_now,
    }


def _rounded(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()}


def finding_json(finding: Finding) -> dict[str, Any]:
    """A doctor's finding as a JSON object; ``remedy`` is null when all is well."""
    return asdict(finding)
