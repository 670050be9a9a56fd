"""How sure an answer is: a calibrated probability from the evidence for it (``evidence`` gathers that)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import ReaderUnavailable

CALIBRATION_FILE = "calibration.json"


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic regression from the evidence for an answer to the probability that it answers.

    A second one may go before it, to the probability that the question is about what the articles are about; the
    product of the two then counts. In one sum, what tells foreign questions (cosine and coverage) would outweigh what
    tells near misses, which have plenty of both.
    """

    intercept: float
    weights: Mapping[str, float]
    """By the name of the evidence (``evidence.gather``). What is not named does not count."""
    topic: Calibration | None = None

    @classmethod
    def load(cls, path: Path) -> Calibration:
        """Read what ``python -m training.calibrate`` wrote; raises ``ReaderUnavailable``."""
        try:
            return cls._of(json.loads(path.read_text("utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ReaderUnavailable(str(path), f"{path.name} is missing or not what calibration writes") from error

    @classmethod
    def _of(cls, fitted: Mapping[str, Any]) -> Calibration:
        weights = {name: float(value) for name, value in fitted["weights"].items()}
        topic = fitted.get("topic")
        return cls(float(fitted["intercept"]), weights, cls._of(topic) if topic else None)

    def probability(self, evidence: Mapping[str, float], *, on_topic: bool = False) -> float:
        """Between 0 and 1. A follow-up is ``on_topic`` by what it goes on from; its own words say little of that."""
        logit = self.intercept + sum(weight * evidence.get(name, 0.0) for name, weight in self.weights.items())
        likely = sigmoid(logit)
        return likely * self.topic.probability(evidence) if self.topic and not on_topic else likely


def sigmoid(log_odds: float) -> float:
    """The probability, 0 to 1, that log odds stand for."""
    return 1 / (1 + math.exp(-max(-500.0, min(500.0, log_odds))))
