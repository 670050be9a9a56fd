"""Draw what ``side_by_side`` measured; run by it in an environment that has matplotlib."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt

PANELS = {
    "index_s": "Seconds to index",
    "p50_ms": "Warm question, p50 ms",
    "start_s": "Start to first answer, s",
    "peak_mib": "Peak memory, MiB",
    "disk_mb": "On disk, MB",
    "hit_at_1": "Right passage first",
}
_WHOLE = 100
"""From here on figures are shown without decimals."""

OURS, OTHERS = "#b4552d", "#9aa5b1"


def main() -> None:
    """Six bar charts, one for each of ``PANELS``."""
    mpl.rcParams.update({"svg.hashsalt": "quoth", "font.size": 9})
    rows = json.loads(Path(sys.argv[1]).read_text("utf-8"))["rows"]
    names = list(rows)[::-1]
    figure, axes = plt.subplots(2, 3, figsize=(9, 4.2), layout="constrained")
    for axis, (column, title) in zip(axes.flat, PANELS.items(), strict=True):
        values = [rows[name][column] for name in names]
        bars = axis.barh(names, values, color=[OURS if name == "quoth" else OTHERS for name in names])
        axis.bar_label(bars, [_label(value) for value in values], padding=2, fontsize=8)
        axis.set_title(title, fontsize=9, loc="left")
        axis.set_xlim(0, max(values) * 1.2)
        axis.spines[["top", "right", "bottom"]].set_visible(False)
        axis.xaxis.set_visible(False)
    figure.savefig(sys.argv[2], metadata={"Date": None})


def _label(value: float) -> str:
    """Three figures that count."""
    return f"{value:.0f}" if value >= _WHOLE else f"{value:.3g}"


if __name__ == "__main__":
    main()
