"""Metric states: filled in one pass, merged freely, read once; exact and aware of row weights."""

from mainspring.evaluation.metrics.classification import ClassificationState, ClassifiedRows
from mainspring.evaluation.metrics.directions import better
from mainspring.evaluation.metrics.facts import Better
from mainspring.evaluation.metrics.measured import Interval, Measured
from mainspring.evaluation.metrics.ranking import Ranking
from mainspring.evaluation.metrics.regression import MeasuredRows, RegressionState

__all__ = [
    "Better",
    "ClassificationState",
    "ClassifiedRows",
    "Interval",
    "Measured",
    "MeasuredRows",
    "Ranking",
    "RegressionState",
    "better",
]
