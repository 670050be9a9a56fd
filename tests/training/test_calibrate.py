"""How sure an answer is, fitted to what was right."""

from __future__ import annotations

import numpy as np

from training.calibrate import Sample, fit


def test_what_tells_right_from_wrong_gets_the_weight() -> None:
    dice = np.random.default_rng(5)
    asked = []
    for number in range(400):
        own = number % 2 == 0
        reading = dice.normal(2.0 if own else -2.0)
        asked.append(Sample((reading, dice.normal(), dice.normal()), own=own, right=own, fitted=number % 4 < 2))

    fitted = fit(asked)

    assert fitted["weights"]["reading"] > 5 * abs(fitted["weights"]["cosine"])
    assert fitted["measured"]["questions"] == 200
    assert fitted["measured"]["auroc_own_against_foreign"] > 0.99
    assert fitted["measured_crosswise"]["questions"] == 400
    assert 0 < fitted["threshold"] < 0.5
    for share in ("foreign", "own"):
        declined = [each[share] for each in fitted["declined_crosswise"]]
        assert declined == sorted(declined)
        assert 0 <= declined[0] <= declined[-1] <= 1
