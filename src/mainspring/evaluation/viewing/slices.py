"""The slices, the worst first, with all their figures for a script that sorts and filters them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mainspring.core.slices import Slice
from mainspring.data.viewing.wording import figure
from mainspring.evaluation.drawing import difference_bar
from mainspring.evaluation.evaluation import ALL_ROWS, Evaluation
from mainspring.evaluation.metrics.facts import Better, Facts
from mainspring.evaluation.metrics.measured import Interval, Measured
from mainspring.evaluation.viewing.figures import COUNTS, change, percentage, side_of, sort_key, tone, words
from mainspring.evaluation.viewing.material import SliceRow, Slices
from mainspring.evaluation.viewing.metrics import is_many, of_class

MOST_SLICES = 1000
"""A page shows so many, the worst ones."""

_TOLD = ("auc", "accuracy", "precision", "recall", "f1", "r2", "rmse", "mae", "mean_error")
_COLUMNS = 4
_COLUMNS_BESIDE_BASELINE = 2
_CHOICES = 40


def slice_table(
    evaluation: Evaluation, baseline: Evaluation | None, main: str, *, most: int = MOST_SLICES
) -> Slices | None:
    """The slices of an evaluation; ``None`` if it has none."""
    found = worst_first(evaluation, main)
    if not found:
        return None
    shown = found[:most]
    many = is_many(evaluation)
    choices = [
        key
        for key in evaluation.overall
        if key not in {"count", main, *COUNTS}
        and not of_class(key, many=many)
        and any(math.isfinite(measured.values.get(key, math.nan)) for _, measured in shown)
    ]
    choices = [main, *choices][:_CHOICES]
    groups = list(dict.fromkeys(group_of(key) for key, _ in shown))
    before = baseline.measured if baseline is not None else {}
    has_baseline = any(key in before for key, _ in shown)
    room = _COLUMNS_BESIDE_BASELINE if has_baseline else _COLUMNS
    columns = [key for key in _TOLD if key in choices and key != main][:room]
    scale = bounds_of([measured.values.get(main, math.nan) for _, measured in shown], _whole(evaluation, main))
    own = evaluation.facts
    drawer = _Drawer(own, main, _whole(evaluation, main), scale, columns, before if has_baseline else None)
    return Slices(
        metric=main,
        title=words(main, own),
        level=percentage(evaluation.intervals.level),
        choices=[(key, words(key, own)) for key in choices],
        columns=[words(key, own) for key in columns],
        groups=groups,
        rows=[drawer.row(key, measured) for key, measured in shown],
        left_out=len(found) - len(shown),
        has_baseline=has_baseline,
        payload=_payload(evaluation, shown, choices, groups, before if has_baseline else None),
    )


def worst_first(evaluation: Evaluation, metric: str) -> list[tuple[Slice, Measured]]:
    """All slices by a metric, the worst first, those without the figure last."""
    lower = side_of(metric, evaluation.facts) is Better.LOWER

    def badness(pair: tuple[Slice, Measured]) -> tuple[bool, float, str]:
        value = pair[1].values.get(metric, math.nan)
        known = math.isfinite(value)
        return not known, (-value if lower else value) if known else 0.0, str(pair[0])

    return sorted(((key, one) for key, one in evaluation.measured.items() if key != ALL_ROWS), key=badness)


def group_of(key: Slice) -> str:
    """The columns that a slice is made of."""
    return " \N{MULTIPLICATION SIGN} ".join(name for name, _ in key.values)


def bounds_of(values: Sequence[float], whole: float) -> tuple[float, float]:
    """The two ends of a scale that holds the figures of slices and of all rows."""
    known = [value for value in (*values, whole) if math.isfinite(value)]
    low, high = min(known, default=0.0), max(known, default=1.0)
    air = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return low - air, high + air


def _whole(evaluation: Evaluation, metric: str) -> float:
    return evaluation.overall.get(metric, math.nan)


@dataclass(frozen=True, slots=True)
class _Drawer:
    """Writes rows."""

    own: Facts
    main: str
    whole: float
    bounds: tuple[float, float]
    columns: Sequence[str]
    before: Mapping[Slice, Measured] | None

    def row(self, key: Slice, measured: Measured) -> SliceRow:
        value = measured.values.get(self.main, math.nan)
        side = tone(self.main, value, self.whole, self.own)
        old = self._old(key)
        cells = [measured.values.get(name, math.nan) for name in self.columns]
        return SliceRow(
            name=str(key),
            rows=measured.count,
            value=figure(value),
            sort=sort_key(value),
            bar=self._bar(value, measured.intervals.get(self.main), side),
            apart=change(value - self.whole),
            apart_sort=sort_key(value - self.whole),
            tone=side,
            baseline=figure(old),
            change=change(value - old),
            change_sort=sort_key(value - old),
            change_tone=tone(self.main, value, old, self.own),
            cells=[(figure(one), sort_key(one)) for one in cells],
        )

    def _old(self, key: Slice) -> float:
        before = (self.before or {}).get(key)
        return before.values.get(self.main, math.nan) if before is not None else math.nan

    def _bar(self, value: float, interval: Interval | None, side: str) -> str:
        title = f"{words(self.main, self.own)} {figure(value)} against {figure(self.whole)} of all rows"
        low, high = interval or (None, None)
        return difference_bar(value, low, high, whole=self.whole, title=title, tone=side, bounds=self.bounds)


def _payload(
    evaluation: Evaluation,
    shown: Sequence[tuple[Slice, Measured]],
    choices: Sequence[str],
    groups: Sequence[str],
    before: Mapping[Slice, Measured] | None,
) -> dict[str, Any]:
    """For each metric its name, direction and figure of all rows; for each slice [figure, low, high] of each."""
    own = evaluation.facts
    found: dict[str, Any] = {
        "metrics": [
            [key, words(key, own), side_of(key, own).value, _short(_whole(evaluation, key))] for key in choices
        ],
        "groups": [groups.index(group_of(key)) for key, _ in shown],
        "figures": [[_figures(measured, key) for key in choices] for _, measured in shown],
    }
    if before is not None:
        nothing = Measured(0, {})
        found["before"] = [
            [_short(before.get(key, nothing).values.get(name, math.nan)) for name in choices] for key, _ in shown
        ]
    return found


def _figures(measured: Measured, metric: str) -> list[float | None]:
    value = _short(measured.values.get(metric, math.nan))
    interval = measured.intervals.get(metric)
    return [value] if interval is None else [value, _short(interval.low), _short(interval.high)]


def _short(value: float) -> float | None:
    return float(f"{value:.5g}") if math.isfinite(value) else None
