"""Choosing the cutoff: what every cutoff comes to on labelled rows, and which is best by costs or by a metric.

:class:`Sweep` counts hits and errors at every cutoff that tells the rows apart, :class:`Rule` says what is best,
and :func:`choose` finds it, with an interval. :func:`mainspring.models.finishing.choose_threshold` does it for a
model.
"""

from mainspring.models.thresholds.choosing import Choice, choose
from mainspring.models.thresholds.rules import Rule, rule_of
from mainspring.models.thresholds.sweep import FIGURES, Sweep, figure

__all__ = [
    "Choice",
    "FIGURES",
    "Rule",
    "Sweep",
    "choose",
    "figure",
    "rule_of",
]
