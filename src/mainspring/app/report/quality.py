"""The model's metrics, slices and curves, against the baseline where there is one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mainspring.app.report.curves import more_pictures, pictures
from mainspring.app.report.nouns import Fact, MetricRow, Quality, SliceRow
from mainspring.app.report.wording import NOTHING, change, counted, figure, shortened
from mainspring.core.slices import Slice
from mainspring.evaluation.drawing import interval_bar
from mainspring.evaluation.evaluation import ALL_ROWS, Evaluation
from mainspring.evaluation.metrics.directions import better
from mainspring.evaluation.metrics.facts import Better
from mainspring.evaluation.metrics.measured import Measured

MOST_SLICES = 250
_MAIN = ("auc", "auc_weighted", "accuracy", "r2", "rmse", "mae", "f1")
_TOLD_OF_SLICES = ("auc", "accuracy", "precision", "recall", "f1", "r2", "rmse", "mae", "mean_error")
_COUNTS = ("count", "true_positives", "false_positives", "false_negatives", "true_negatives")
_UNIT = frozenset(
    {
        "auc",
        "accuracy",
        "balanced_accuracy",
        "precision",
        "recall",
        "f1",
        "average_precision",
        "brier",
        "base_rate",
    }
    | {"positive_rate", "false_positive_rate", "r2"}
)
_BY_CLASS = frozenset({"precision", "recall", "f1", "auc", "average_precision"})
_HINTS = {
    "auc": "the chance that a positive row is scored above a negative one",
    "accuracy": "the share of rows with the right class",
    "balanced_accuracy": "the mean of the recall of each class",
    "precision": "of the rows called positive, the share that is",
    "recall": "of the positive rows, the share that is found",
    "f1": "the harmonic mean of precision and recall",
    "average_precision": "the area under precision over recall",
    "false_positive_rate": "of the negative rows, the share called positive",
    "base_rate": "the share of positive rows",
    "positive_rate": "the share of rows called positive",
    "log_loss": "the mean negative log-likelihood of the true class",
    "brier": "the mean squared error of the probabilities",
    "rmse": "the root of the mean squared error",
    "mae": "the mean absolute error",
    "r2": "the share of the variance that is explained",
    "mean_error": "the mean of prediction minus label",
}


def main_metric(evaluation: Evaluation, wanted: Sequence[str] = ()) -> str:
    """The metric that slices are sorted by: the first that a gate asked for, else a usual one."""
    known = [name for name, value in evaluation.overall.items() if math.isfinite(value)]
    usual = [name for name in (*wanted, *_MAIN) if name in known]
    return usual[0] if usual else next((name for name in known if name != "count"), "count")


def quality_of(name: str, evaluation: Evaluation, baseline: Evaluation | None, main: str) -> Quality:
    """An evaluation as the page shows it.

    Args:
        name: The step that made it.
        evaluation: The candidate.
        baseline: The blessed model on the same rows, if there is one.
        main: The metric that slices are sorted by.
    """
    overall = evaluation.measured[ALL_ROWS]
    before = baseline.measured.get(ALL_ROWS) if baseline is not None else None
    slices = _slices(evaluation, main)
    many = evaluation.positive is None and evaluation.classes is not None
    of = f", class {evaluation.positive}" if evaluation.positive is not None else ""
    return Quality(
        name=name,
        summary=f"{evaluation.task.capitalize()} of {evaluation.label}{of}, judged on "
        f"{counted(evaluation.count, 'row')} of split {evaluation.split}.",
        metrics=[_metric(key, overall, before, many=many) for key in overall.values if key not in _COUNTS],
        counts=[
            Fact(name=words(key), value=figure(overall.values[key]))
            for key in _COUNTS[1:]
            if key in overall.values
        ],
        has_baseline=before is not None,
        main=words(main),
        slice_columns=[words(key) for key in _slice_columns(evaluation, main)],
        slices=slices[:MOST_SLICES],
        slices_left_out=max(len(slices) - MOST_SLICES, 0),
        pictures=pictures(evaluation, baseline),
        more_pictures=more_pictures(evaluation),
        mistakes=_mistakes(evaluation),
        notes=list(evaluation.notes),
    )


def words(metric: str) -> str:
    """A metric's name for people.

    Example:
        >>> words("auc"), words("log_loss"), words("r2")
        ('AUC', 'log loss', 'R²')
    """
    known = {"auc": "AUC", "f1": "F1", "r2": "R\N{SUPERSCRIPT TWO}", "rmse": "RMSE", "mae": "MAE", "mse": "MSE"}
    known["mape"], known["brier"] = "MAPE", "Brier score"
    stem = metric.removesuffix("_weighted")
    return known.get(stem, stem.replace("_", " ")) + (" (weighted)" if stem != metric else "")


def apart(metric: str, value: float, other: float) -> tuple[str, str]:
    """The difference of two figures as text, and whether it is ``better`` or ``worse``."""
    difference = value - other
    side = better(metric)
    if not math.isfinite(difference) or side is Better.NEITHER or abs(difference) < 5e-7:
        return change(difference), ""
    return change(difference), "better" if (difference > 0) is (side is Better.HIGHER) else "worse"


def _metric(key: str, overall: Measured, before: Measured | None, *, many: bool) -> MetricRow:
    value = overall.values[key]
    interval = overall.intervals.get(key)
    old = before.values.get(key, math.nan) if before is not None else math.nan
    difference, tone = apart(key, value, old) if before is not None else ("", "")
    between = f"{figure(interval.low)} to {figure(interval.high)}" if interval else ""
    told = f"{words(key)} {figure(value)}" + (f", interval {between}" if between else "")
    return MetricRow(
        name=words(key),
        value=figure(value),
        sort=_sort(value),
        interval=between,
        bar=interval_bar(value, *(interval or (None, None)), title=told, mark=old if math.isfinite(old) else None)
        if key.removesuffix("_weighted") in _UNIT and math.isfinite(value)
        else "",
        baseline=figure(old) if before is not None else "",
        change=difference,
        tone=tone,
        reason=overall.reasons.get(key, ""),
        hint=_hint(key, many=many),
    )


def _hint(key: str, *, many: bool) -> str:
    stem = key.removesuffix("_weighted")
    if many and stem in _BY_CLASS:
        return "each class against the rest, " + ("weighted by its rows" if stem != key else "all alike")
    return _HINTS.get(stem, "")


def _slice_columns(evaluation: Evaluation, main: str) -> list[str]:
    told = [key for key in _TOLD_OF_SLICES if key in evaluation.overall and key != main]
    return [main, *told][:5]


def _slices(evaluation: Evaluation, main: str) -> list[SliceRow]:
    whole = evaluation.overall.get(main, math.nan)
    low = better(main) is Better.LOWER
    found = [(key, measured) for key, measured in evaluation.measured.items() if key != ALL_ROWS]

    def badness(pair: tuple[Slice, Measured]) -> tuple[bool, float, str]:
        value = pair[1].values.get(main, math.nan)
        return not math.isfinite(value), (-value if low else value) if math.isfinite(value) else 0.0, str(pair[0])

    found.sort(key=badness)
    values = [one.values.get(main, math.nan) for _, one in found] + [whole]
    top = max((value for value in values if math.isfinite(value)), default=1.0)
    bounds = (0.0, 1.0 if main.removesuffix("_weighted") in _UNIT else max(top, 1e-12))
    columns = _slice_columns(evaluation, main)
    return [_slice(key, measured, columns, whole, bounds) for key, measured in found]


def _slice(
    key: Slice, measured: Measured, columns: Sequence[str], whole: float, bounds: tuple[float, float]
) -> SliceRow:
    main = columns[0]
    value = measured.values.get(main, math.nan)
    interval = measured.intervals.get(main)
    difference, tone = apart(main, value, whole)
    title = f"{words(main)} {figure(value)} against {figure(whole)} of all rows"
    cells = [(figure(one), _sort(one)) for one in (measured.values.get(name, math.nan) for name in columns)]
    return SliceRow(
        name=str(key),
        count=f"{measured.count:,}",
        rows=measured.count,
        bar=interval_bar(
            value, *(interval or (None, None)), title=title, mark=whole, bounds=bounds, size=(120, 16)
        )
        if math.isfinite(value)
        else "",
        apart=difference if math.isfinite(value) else NOTHING,
        tone=tone if math.isfinite(value) else "",
        cells=cells,
    )


def _mistakes(evaluation: Evaluation) -> list[tuple[str, str, str]]:
    """The most frequent confusions of a model with many classes: true class, predicted class, rows."""
    classes = evaluation.classes or ()
    if len(classes) <= 2:
        return []
    found = [
        (count, classes[down], classes[across])
        for down, counts in enumerate(evaluation.confusion)
        for across, count in enumerate(counts)
        if down != across and count
    ]
    found.sort(key=lambda one: (-one[0], one[1:]))
    return [(shortened(true, 60), shortened(told, 60), figure(count)) for count, true, told in found[:10]]


def _sort(value: float) -> str:
    return f"{value:.10g}" if math.isfinite(value) else ""


def headline_change(evaluation: Evaluation, baseline: Evaluation | None, main: str) -> str:
    """The change of the main metric against the baseline."""
    overall: Mapping[str, float] = baseline.overall if baseline is not None else {}
    return change(evaluation.overall[main] - overall[main]) if main in overall else ""
