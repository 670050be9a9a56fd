"""What tests of the reader share."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from retrieval.answer.reading import span_reader as module


@pytest.fixture
def calibrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "calibration.json").write_text(json.dumps({"intercept": 0, "weights": {"reading": 1}}))
    monkeypatch.setattr(module, "SHIPPED", tmp_path)
