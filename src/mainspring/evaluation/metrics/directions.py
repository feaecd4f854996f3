"""For every metric of every family: which way it improves, and what it says."""

from __future__ import annotations

import importlib
import importlib.util
from functools import cache
from typing import Final

from mainspring.evaluation.metrics.facts import Better, Fact, Facts, MetricName

_ROOM: Final = "mainspring.evaluation"

FAMILIES: Final = (
    "metrics.classification",
    "metrics.multilabel",
    "metrics.regression",
    "metrics.residuals",
    "metrics.queries",
    "metrics.forecasting",
    "metrics.clustering",
    "metrics.text",
    "metrics.detection",
    "metrics.segmentation",
    "metrics.flips",
    "metrics.business",
    "metrics.blocked",
    "operation",
)
"""Modules with ``FACTS``; where two of them know a stem, the first one tells."""


def better(metric: str) -> Better:
    """The direction of a metric; a metric that is not known to us is better when higher.

    Example:
        >>> better("log_loss"), better("auc_weighted"), better("count")
        (<Better.LOWER: 'lower'>, <Better.HIGHER: 'higher'>, <Better.NEITHER: 'neither'>)
    """
    fact = fact_of(metric)
    return Better.HIGHER if fact is None else fact.better


def fact_of(metric: str) -> Fact | None:
    """What is known of a metric, whatever its class, average and parameter; ``None`` if it is not one of ours.

    Example:
        >>> fact_of("recall[cat]@0.3").title
        'recall'
    """
    # A whole name may be a stem: "exact_match_micro" of one family is no average of another's metric.
    stem = MetricName.parse(metric).stem
    for module in FAMILIES:
        facts = _facts(module)
        if metric in facts or stem in facts:
            return facts.get(metric) or facts[stem]
    return None


@cache
def _facts(module: str) -> Facts:
    """The facts of a family, imported when one before it does not know the metric."""
    name = f"{_ROOM}.{module}"
    if importlib.util.find_spec(name) is None:
        return {}
    found: Facts = importlib.import_module(name).FACTS
    return found
