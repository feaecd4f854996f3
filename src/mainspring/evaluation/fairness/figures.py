"""The figures of a group: rates with their numerators and denominators, means and areas."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mainspring.evaluation.metrics.facts import Better, Fact, Facts
from mainspring.evaluation.metrics.grouping import Floats
from mainspring.evaluation.metrics.measured import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure of one group.

    Attributes:
        value: The figure; NaN if it does not exist.
        top: The numerator: weight of the rows that count.
        bottom: The denominator: weight of the rows that it is a share of, or a mean over.
        rows: How many rows the denominator stands for, unweighted: the evidence behind the figure.
        interval: Its confidence interval, where one is known.
        reason: Why the figure does not exist; empty if it does.
    """

    value: float
    top: float
    bottom: float
    rows: int
    interval: Interval | None = None
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; NaN becomes ``None``."""
        told: dict[str, Any] = {
            "value": _plain(self.value),
            "top": _plain(self.top),
            "bottom": _plain(self.bottom),
            "rows": self.rows,
        }
        if self.interval is not None:
            told["interval"] = list(self.interval)
        if self.reason:
            told["reason"] = self.reason
        return told

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Figure:
        """The inverse of :meth:`as_dict`."""
        interval = value.get("interval")
        return cls(
            value=_number(value["value"]),
            top=_number(value["top"]),
            bottom=_number(value["bottom"]),
            rows=value["rows"],
            interval=None if interval is None else Interval(*interval),
            reason=value.get("reason", ""),
        )


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of the four kinds of rows: true negatives, false negatives, false positives, true positives.

    Attributes:
        top: Which kinds the numerator counts, in this order, 1 or 0 each.
        bottom: Which kinds the denominator counts.
        lacking: Why there is no denominator, with a place for the positive class.
    """

    top: tuple[int, int, int, int]
    bottom: tuple[int, int, int, int]
    lacking: str


_ALL, _YES, _NO, _CHOSEN, _PASSED = (1, 1, 1, 1), (0, 1, 0, 1), (1, 0, 1, 0), (0, 0, 1, 1), (1, 1, 0, 0)
_NO_ROWS = "there are no rows with a label"
_NO_POSITIVES = "no row has the label {!r}"
_NO_NEGATIVES = "every row has the label {!r}"
_NONE_CHOSEN = "no row is answered with {!r}"
_ALL_CHOSEN = "every row is answered with {!r}"

RATES: Mapping[str, Rate] = {
    "selection_rate": Rate(_CHOSEN, _ALL, _NO_ROWS),
    "true_positive_rate": Rate((0, 0, 0, 1), _YES, _NO_POSITIVES),
    "false_negative_rate": Rate((0, 1, 0, 0), _YES, _NO_POSITIVES),
    "false_positive_rate": Rate((0, 0, 1, 0), _NO, _NO_NEGATIVES),
    "true_negative_rate": Rate((1, 0, 0, 0), _NO, _NO_NEGATIVES),
    "positive_predictive_value": Rate((0, 0, 0, 1), _CHOSEN, _NONE_CHOSEN),
    "false_discovery_rate": Rate((0, 0, 1, 0), _CHOSEN, _NONE_CHOSEN),
    "negative_predictive_value": Rate((1, 0, 0, 0), _PASSED, _ALL_CHOSEN),
    "false_omission_rate": Rate((0, 1, 0, 0), _PASSED, _ALL_CHOSEN),
    "accuracy": Rate((1, 0, 0, 1), _ALL, _NO_ROWS),
    "base_rate": Rate(_YES, _ALL, _NO_ROWS),
}
"""Figure to what it is a share of."""

UNTHRESHOLDED = frozenset({"base_rate"})
"""Rates that no threshold changes."""

RATE_TOPS: Floats = np.array([rate.top for rate in RATES.values()], dtype=np.float64).T
RATE_BOTTOMS: Floats = np.array([rate.bottom for rate in RATES.values()], dtype=np.float64).T
"""The same as matrices: counts of the four kinds, shape ``[…, 4]``, times these give ``[…, rate]``."""


def _fact(title: str, says: str, way: Better = Better.NEITHER, *, unit: bool = True) -> Fact:
    return Fact(better=way, title=title, says=says, unit=unit)


FACTS: Facts = {
    "selection_rate": _fact("selection rate", "the share of rows answered with the positive class"),
    "true_positive_rate": _fact("TPR", "the share of positives that are found", Better.HIGHER),
    "false_negative_rate": _fact("FNR", "the share of positives that are missed", Better.LOWER),
    "false_positive_rate": _fact("FPR", "the share of negatives that are taken for positives", Better.LOWER),
    "true_negative_rate": _fact("TNR", "the share of negatives that are passed over", Better.HIGHER),
    "positive_predictive_value": _fact("PPV", "the share of the selected that are positive", Better.HIGHER),
    "false_discovery_rate": _fact("FDR", "the share of the selected that are negative", Better.LOWER),
    "negative_predictive_value": _fact("NPV", "the share of those passed over that are negative", Better.HIGHER),
    "false_omission_rate": _fact("FOR", "the share of those passed over that are positive", Better.LOWER),
    "accuracy": _fact("accuracy", "the share of rows with the right answer", Better.HIGHER),
    "base_rate": _fact("base rate", "the share of rows that are positive"),
    "auc": _fact("AUC", "how often a positive is scored above a negative of the same group", Better.HIGHER),
    "brier": _fact("Brier score", "the mean squared error of the probabilities", Better.LOWER),
    "mean_prediction": _fact(
        "mean prediction", "the mean of the probabilities, or of the predicted values", unit=False
    ),
    "calibration_bias": _fact("calibration bias", "the mean probability minus the share of positives", unit=False),
    "calibration_error": _fact(
        "calibration error", "how far probabilities lie from shares of positives, over ten bins", Better.LOWER
    ),
    "mean_error": _fact("mean error", "the mean of prediction minus label", unit=False),
    "mae": _fact("MAE", "the mean size of the error", Better.LOWER, unit=False),
    "mean_label": _fact("mean label", "the mean of the labels", unit=False),
    "generalized_entropy_index": _fact(
        "generalised entropy", "how unequally benefits are spread over all rows", Better.LOWER, unit=False
    ),
    "theil_index": _fact("Theil index", "the same, more alive to those with less", Better.LOWER, unit=False),
    "consistency": _fact("consistency", "how alike the answers of similar rows are", Better.HIGHER),
}


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
