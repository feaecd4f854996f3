"""Metrics for people: their names, what they say, whether a change is for the better."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from mainspring.data.viewing.wording import NOTHING, figure
from mainspring.evaluation.evaluation import Evaluation
from mainspring.evaluation.metrics.directions import better, fact_of
from mainspring.evaluation.metrics.facts import Better, Fact, Facts, MetricName
from mainspring.evaluation.metrics.measured import Interval

NO_FACTS: Final[Facts] = {}

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


def words(metric: str, own: Facts = NO_FACTS) -> str:
    """A metric's name for people.

    Args:
        metric: Its name.
        own: What is known of metrics that are not Mainspring's.

    Example:
        >>> words("auc"), words("f1_weighted"), words("recall[cat]@0.3")
        ('AUC', 'F1 (weighted)', 'recall of cat at 0.3')
    """
    name, fact = MetricName.parse(metric), _fact(metric, own)
    text = fact.title if fact is not None else name.stem.replace("_", " ")
    text += f" of {name.of}" if name.of is not None else ""
    text += f" at {name.at}" if name.at is not None else ""
    return text + (f" ({name.average})" if name.average else "")


def hint(metric: str, own: Facts = NO_FACTS, *, many: bool = False) -> str:
    """What a metric says, as half a sentence.

    Args:
        metric: Its name.
        own: What is known of metrics that are not Mainspring's.
        many: Whether there are more than two classes, so that a plain name is a mean over them.
    """
    name, fact = MetricName.parse(metric), _fact(metric, own)
    if many and name.of is None and name.stem in _MEANS:
        return f"each class against the rest, {_AVERAGES[name.average]}"
    return fact.says if fact is not None else ""


def in_unit(metric: str, own: Facts = NO_FACTS) -> bool:
    """Whether a metric lies between 0 and 1."""
    fact = _fact(metric, own)
    return fact is not None and fact.unit


def side_of(metric: str, own: Facts = NO_FACTS) -> Better:
    """Which way a metric improves."""
    fact = _fact(metric, own)
    return fact.better if fact is not None else better(metric)


def tone(metric: str, value: float, other: float, own: Facts = NO_FACTS) -> str:
    """Whether a figure is ``better`` or ``worse`` than another, or neither."""
    difference, side = value - other, side_of(metric, own)
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


def percentage(level: float) -> str:
    """The level of intervals in words.

    Example:
        >>> percentage(0.95)
        '95 %'
    """
    return f"{level * 100:g} %"


def sort_key(value: float) -> str:
    """A figure by which a script sorts; nothing for one that does not exist."""
    return f"{value:.10g}" if math.isfinite(value) else ""


def _fact(metric: str, own: Facts) -> Fact | None:
    stem = MetricName.parse(metric).stem
    return own.get(metric) or own.get(stem) or fact_of(metric)
