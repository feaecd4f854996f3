"""What a step logged, as curves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from mainspring.evaluation.drawing.charts import Line, line_chart
from mainspring.pipelines.series import Point, read_series

_MOST: Final = 12
_POINTS: Final = 400
"""More points than this are no more to be seen."""


def curves_of(log: Path) -> tuple[Sequence[str], Mapping[str, str]]:
    """A picture for every metric that was logged more than once; and how many values of which are no numbers.

    Args:
        log: The step's log, beside which they are kept.
    """
    drawn = []
    lost = {}
    for name, points in read_series(log).items():
        finite = [one for one in points if math.isfinite(one.value)]
        if len(finite) < len(points):
            lost[name] = f"{len(points) - len(finite):,} of {len(points):,}"
        kept = _thinned(finite)
        if len(kept) > 1:
            line = Line(name=name, points=[(float(one.step), one.value) for one in kept])
            words = f"{name} over {len(points)} steps: from {kept[0].value:.4g} to {kept[-1].value:.4g}"
            drawn.append(
                line_chart(
                    [line],
                    title=name,
                    x="step",
                    y=name,
                    description=words,
                    x_bounds=None,
                    y_bounds=None,
                    size=(340, 220),
                )
            )
    return drawn[:_MOST], lost


def _thinned(points: Sequence[Point]) -> Sequence[Point]:
    every = math.ceil(len(points) / _POINTS)
    return [*points[::every], *points[-1:]] if every > 1 else points
