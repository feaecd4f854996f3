"""Metrics for people: their names, what they say, whether a change is for the better."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from mainspring.data.viewing.wording import NOTHING, figure
from mainspring.evaluation.evaluation import Evaluation
from mainspring.evaluation.metrics.directions import better
from mainspring.evaluation.metrics.facts import Better, Fact, MetricName
from mainspring.evaluation.metrics.measured import Interval

COUNTS: Final = ("true_positives", "false_positives", "false_negatives", "true_negatives")
_MAIN: Final = ("auc", "auc_weighted", "accuracy", "r2", "rmse", "mae", "f1")
_AVERAGES: Final = {
    "": "all classes alike",
    "weighted": "classes weighted by their rows",
    "micro": "over all decisions",
}
_MEANS: Final = frozenset({"precision", "recall", "f1", "auc", "average_precision"})


def main_metric(evaluation: Evaluation, wanted: Sequence[str] = ()) -> str:
    """The metric that slices are sorted by: the first of those wanted that exists, else a usual one."""
    known = [name for name, value in evaluation.overall.items() if math.isfinite(value)]
    usual = [name for name in (*wanted, *_MAIN) if name in known]
    plain = [name for name in known if name not in {"count", *COUNTS}]
    return next(iter((*usual, *plain)), "count")


def words(metric: str) -> str:
    """A metric's name for people.

    Example:
        >>> words("auc"), words("f1_weighted"), words("recall[cat]@0.3")
        ('AUC', 'F1 (weighted)', 'recall of cat at 0.3')
    """
    name, fact = MetricName.parse(metric), _fact(metric)
    text = fact.title if fact is not None else name.stem.replace("_", " ")
    text += f" of {name.of}" if name.of is not None else ""
    text += f" at {name.at}" if name.at is not None else ""
    return text + (f" ({name.average})" if name.average else "")


def hint(metric: str, *, many: bool = False) -> str:
    """What a metric says, as half a sentence.

    Args:
        metric: Its name.
        many: Whether there are more than two classes, so that a plain name is a mean over them.
    """
    name, fact = MetricName.parse(metric), _fact(metric)
    if many and name.of is None and name.stem in _MEANS:
        return f"each class against the rest, {_AVERAGES[name.average]}"
    return fact.says if fact is not None else ""


def in_unit(metric: str) -> bool:
    """Whether a metric lies between 0 and 1."""
    fact = _fact(metric)
    return fact is not None and fact.unit


def tone(metric: str, value: float, other: float) -> str:
    """Whether a figure is ``better`` or ``worse`` than another, or neither."""
    difference, side = value - other, better(metric)
    if not math.isfinite(difference) or side is Better.NEITHER or abs(difference) < 5e-7:
        return ""
    return "better" if (difference > 0) is (side is Better.HIGHER) else "worse"


def change(value: float) -> str:
    """A difference, with its sign."""
    if not math.isfinite(value):
        return NOTHING
    text = figure(float(f"{value:.3g}"))
    return f"+{text}" if value > 0 else text if value < 0 else "\N{PLUS-MINUS SIGN}0"


def between(interval: Interval | None) -> str:
    """An interval in words; nothing without one."""
    return "" if interval is None else f"{figure(interval.low)} to {figure(interval.high)}"


def sort_key(value: float) -> str:
    """A figure by which a script sorts; nothing for one that does not exist."""
    return f"{value:.10g}" if math.isfinite(value) else ""


_STAND_IN = {
    "auc": ("AUC", "the chance that a positive row is scored above a negative one", True),
    "accuracy": ("accuracy", "the share of rows with the right class", True),
    "balanced_accuracy": ("balanced accuracy", "the mean of the recall of each class", True),
    "precision": ("precision", "of the rows called positive, the share that is", True),
    "recall": ("recall", "of the positive rows, the share that is found", True),
    "f1": ("F1", "the harmonic mean of precision and recall", True),
    "average_precision": ("average precision", "the area under precision over recall", True),
    "false_positive_rate": ("false positive rate", "of the negative rows, the share called positive", True),
    "base_rate": ("base rate", "the share of positive rows", True),
    "positive_rate": ("positive rate", "the share of rows called positive", True),
    "log_loss": ("log loss", "the mean negative log-likelihood of the true class", False),
    "brier": ("Brier score", "the mean squared error of the probabilities", True),
    "rmse": ("RMSE", "the root of the mean squared error", False),
    "mse": ("MSE", "the mean squared error", False),
    "mape": ("MAPE", "the mean of the error as a share of the label", False),
    "mae": ("MAE", "the mean absolute error", False),
    "r2": ("R\N{SUPERSCRIPT TWO}", "the share of the variance that is explained", True),
    "mean_error": ("mean error", "the mean of prediction minus label", False),
}


def _fact(metric: str) -> Fact | None:
    stem = MetricName.parse(metric).stem
    if stem not in _STAND_IN:
        return None
    title, says, unit = _STAND_IN[stem]
    return Fact(better=better(metric), title=title, says=says, unit=unit)
