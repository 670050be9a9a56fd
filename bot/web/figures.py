"""Figures for Prometheus: what was asked, how it went, how long it took, and what is served."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from bot.question_log import Face
    from bot.tally import Outcome, Stage
    from retrieval.index.protocol import Index

_SECONDS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)


class Figures:
    """The figures of one server, in a registry of its own.

    Args:
        index: gives the index that is served; None before there is one.
        queue: gives how many questions are answered or wait.
    """

    def __init__(self, index: Callable[[], Index | None], queue: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        self._questions = Counter(
            "quoth_questions", "Questions, by where they came from and what became of them", ("face", "outcome"),
            registry=self._registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "quoth_seconds", "Seconds that questions waited and took to be answered, and the parts of that", ("stage",),
            buckets=_SECONDS, registry=self._registry,
        )  # fmt: skip

        def gauge(name: str, what: str, value: Callable[[Index], float]) -> None:
            made = Gauge(name, what, registry=self._registry)
            made.set_function(lambda: value(there) if (there := index()) else 0.0)

        gauge("quoth_articles", "Articles that are served", lambda there: len(there.articles))
        gauge("quoth_passages", "Passages that are searched", lambda there: there.passages)
        gauge("quoth_snapshot_age_seconds", "Age of the index that is served", _age)
        Gauge("quoth_queue", "Questions that are answered or wait", registry=self._registry).set_function(queue)

    def asked(self, face: Face, outcome: Outcome) -> None:
        """Count a question."""
        self._questions.labels(face, outcome).inc()

    def took(self, stage: Stage, seconds: float) -> None:
        """Note how long a stage of a question took."""
        self._seconds.labels(stage).observe(seconds)

    def text(self) -> bytes:
        """All of them, in Prometheus' text format."""
        return generate_latest(self._registry)


def _age(index: Index) -> float:
    return max(0.0, time.time() - index.built_at.timestamp())
