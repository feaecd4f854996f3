"""The table of metrics over all rows, beside those of a baseline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from mainspring.data.viewing.wording import figure
from mainspring.evaluation.drawing import interval_bar
from mainspring.evaluation.evaluation import ALL_ROWS, Evaluation
from mainspring.evaluation.metrics.facts import Facts, MetricName
from mainspring.evaluation.metrics.measured import Measured
from mainspring.evaluation.viewing.figures import COUNTS, between, change, hint, in_unit, sort_key, tone, words
from mainspring.evaluation.viewing.material import MetricRow, Told

FIRST: Final = frozenset(
    {
        *("accuracy", "balanced_accuracy", "precision", "recall", "f1", "auc", "average_precision", "log_loss"),
        *(
            "brier",
            "calibration_error",
            "positive_rate",
            "r2",
            "rmse",
            "mae",
            "mape",
            "median_error",
            "mean_error",
        ),
    }
)
"""The metrics that are asked for most; where there are many more, those stand folded up below."""

_MOST = 16


def split_metrics(rows: Sequence[MetricRow], asked: Sequence[str] = ()) -> tuple[list[MetricRow], list[MetricRow]]:
    """The metrics that are told first, and the others if there are many.

    Args:
        rows: All of them, the main one first.
        asked: Metrics that are told first whatever they are.
    """
    if len(rows) <= _MOST:
        return list(rows), []

    def is_first(row: MetricRow) -> bool:
        name = MetricName.parse(row.key)
        plain = name.stem in FIRST and not name.average
        return row is rows[0] or row.key in asked or name.at is not None or plain

    return [row for row in rows if is_first(row)], [row for row in rows if not is_first(row)]


def metric_rows(evaluation: Evaluation, baseline: Evaluation | None, main: str) -> list[MetricRow]:
    """The metrics of all rows, the main one first; figures of single classes have a table of their own."""
    overall = evaluation.measured[ALL_ROWS]
    before = baseline.measured.get(ALL_ROWS) if baseline is not None else None
    many = is_many(evaluation)
    names = [
        key for key in overall.values if key != "count" and key not in COUNTS and not of_class(key, many=many)
    ]
    names.sort(key=lambda key: key != main)
    return [_metric(key, overall, before, evaluation.facts, many=many) for key in names]


def counts(evaluation: Evaluation) -> list[Told]:
    """The counts of right and wrong."""
    overall = evaluation.overall
    return [Told(name=words(key), value=figure(overall[key])) for key in COUNTS if key in overall]


def is_many(evaluation: Evaluation) -> bool:
    """Whether it is about more than two classes."""
    return evaluation.positive is None and evaluation.classes is not None


def of_class(metric: str, *, many: bool) -> bool:
    """Whether a metric is about one class of many."""
    return many and MetricName.parse(metric).of is not None


def _metric(key: str, overall: Measured, before: Measured | None, own: Facts, *, many: bool) -> MetricRow:
    value, interval = overall.values[key], overall.intervals.get(key)
    old = before.values.get(key, math.nan) if before is not None else math.nan
    told = f"{words(key, own)} {figure(value)}" + (f", interval {between(interval)}" if interval else "")
    mark = old if math.isfinite(old) else None
    drawn = in_unit(key, own) and math.isfinite(value)
    return MetricRow(
        key=key,
        name=words(key, own),
        value=figure(value),
        sort=sort_key(value),
        interval=between(interval),
        bar=interval_bar(value, *(interval or (None, None)), title=told, mark=mark) if drawn else "",
        baseline=figure(old) if before is not None else "",
        change=change(value - old) if before is not None else "",
        tone=tone(key, value, old, own) if before is not None else "",
        reason=overall.reasons.get(key, "") if math.isnan(value) else "",
        hint=hint(key, own, many=many),
    )
