"""What right and wrong answers of one class against the rest say: the family of precision and recall.

Every function works on one table of counts and on many at once (draws of the bootstrap, thresholds, classes): the
counts of a :class:`Tally` are arrays of any shape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import numpy as np

from mainspring.evaluation.metrics.facts import Better, Fact, Facts
from mainspring.evaluation.metrics.grouping import Floats, shares


class Tally(NamedTuple):
    """Weight of rows by whether they are of the class and are called so; arrays of one shape."""

    hits: Floats
    alarms: Floats
    misses: Floats
    rejections: Floats

    @classmethod
    def of(cls, confusion: Floats, place: int) -> Tally:
        """One class against the rest.

        Args:
            confusion: Weight by true class and predicted class, shape ``[…, classes, classes]``.
            place: Of the class.
        """
        hits = confusion[..., place, place]
        actual, chosen = confusion[..., place, :].sum(axis=-1), confusion[..., :, place].sum(axis=-1)
        rest = confusion.sum(axis=(-2, -1)) - actual - chosen + hits
        return cls(hits, chosen - hits, actual - hits, rest)

    @property
    def actual(self) -> Floats:
        """Rows of the class."""
        return self.hits + self.misses

    @property
    def others(self) -> Floats:
        """Rows of other classes."""
        return self.alarms + self.rejections

    @property
    def chosen(self) -> Floats:
        """Rows called so."""
        return self.hits + self.alarms

    @property
    def unchosen(self) -> Floats:
        """Rows not called so."""
        return self.misses + self.rejections

    @property
    def total(self) -> Floats:
        """All rows."""
        return self.actual + self.others


Part = Callable[[Tally], Floats]

PROPORTIONS: Final[Mapping[str, tuple[Part, Part]]] = {
    "precision": (lambda t: t.hits, lambda t: t.chosen),
    "recall": (lambda t: t.hits, lambda t: t.actual),
    "specificity": (lambda t: t.rejections, lambda t: t.others),
    "false_positive_rate": (lambda t: t.alarms, lambda t: t.others),
    "false_negative_rate": (lambda t: t.misses, lambda t: t.actual),
    "negative_predictive_value": (lambda t: t.rejections, lambda t: t.unchosen),
    "false_discovery_rate": (lambda t: t.alarms, lambda t: t.chosen),
    "false_omission_rate": (lambda t: t.misses, lambda t: t.unchosen),
    "base_rate": (lambda t: t.actual, lambda t: t.total),
    "positive_rate": (lambda t: t.chosen, lambda t: t.total),
}
"""Metrics that are a share of rows: what is counted, among what."""

COUNTS: Final[Mapping[str, Part]] = {
    "true_positives": lambda t: t.hits,
    "false_positives": lambda t: t.alarms,
    "false_negatives": lambda t: t.misses,
    "true_negatives": lambda t: t.rejections,
}

_HIGHER, _LOWER, _NEITHER = Better.HIGHER, Better.LOWER, Better.NEITHER

FACTS: Final[Facts] = {
    "balanced_accuracy": Fact(
        better=_HIGHER, title="balanced accuracy", says="the mean of the recall of each class", unit=True
    ),
    "precision": Fact(
        better=_HIGHER, title="precision", says="of the rows called positive, the share that is", unit=True
    ),
    "recall": Fact(
        better=_HIGHER, title="recall", says="of the positive rows, the share that is found", unit=True
    ),
    "f1": Fact(better=_HIGHER, title="F1", says="the harmonic mean of precision and recall", unit=True),
    "fbeta": Fact(
        better=_HIGHER,
        title="F-beta",
        says="the harmonic mean of precision and recall, recall weighing beta² times as much",
        unit=True,
    ),
    "specificity": Fact(
        better=_HIGHER, title="specificity", says="of the negative rows, the share called negative", unit=True
    ),
    "false_positive_rate": Fact(
        better=_LOWER,
        title="false positive rate",
        says="of the negative rows, the share called positive",
        unit=True,
    ),
    "false_negative_rate": Fact(
        better=_LOWER,
        title="false negative rate",
        says="of the positive rows, the share called negative",
        unit=True,
    ),
    "negative_predictive_value": Fact(
        better=_HIGHER,
        title="negative predictive value",
        says="of the rows called negative, the share that is",
        unit=True,
    ),
    "false_discovery_rate": Fact(
        better=_LOWER,
        title="false discovery rate",
        says="of the rows called positive, the share that is not",
        unit=True,
    ),
    "false_omission_rate": Fact(
        better=_LOWER,
        title="false omission rate",
        says="of the rows called negative, the share that is not",
        unit=True,
    ),
    "informedness": Fact(
        better=_HIGHER, title="informedness", says="recall plus specificity minus 1 (Youden's J)"
    ),
    "markedness": Fact(
        better=_HIGHER, title="markedness", says="precision plus negative predictive value minus 1"
    ),
    "mcc": Fact(better=_HIGHER, title="MCC", says="the correlation of labels and answers (Matthews)"),
    "cohen_kappa": Fact(
        better=_HIGHER, title="Cohen's kappa", says="the agreement of labels and answers beyond chance"
    ),
    "threat_score": Fact(
        better=_HIGHER,
        title="threat score",
        says="the share found right of the rows that are or are called positive (critical success index)",
        unit=True,
    ),
    "fowlkes_mallows": Fact(
        better=_HIGHER, title="Fowlkes-Mallows", says="the geometric mean of precision and recall", unit=True
    ),
    "positive_likelihood_ratio": Fact(
        better=_HIGHER, title="positive likelihood ratio", says="recall over the false positive rate"
    ),
    "negative_likelihood_ratio": Fact(
        better=_LOWER, title="negative likelihood ratio", says="the false negative rate over specificity"
    ),
    "diagnostic_odds_ratio": Fact(
        better=_HIGHER,
        title="diagnostic odds ratio",
        says="the odds of being called positive, positives to negatives",
    ),
    "prevalence_threshold": Fact(
        better=_LOWER,
        title="prevalence threshold",
        says="the base rate below which precision falls steeply",
        unit=True,
    ),
    "base_rate": Fact(better=_NEITHER, title="base rate", says="the share of positive rows", unit=True),
    "positive_rate": Fact(
        better=_NEITHER, title="positive rate", says="the share of rows called positive", unit=True
    ),
    "true_positives": Fact(better=_HIGHER, title="true positives", says="positive rows called positive"),
    "false_positives": Fact(better=_LOWER, title="false positives", says="negative rows called positive"),
    "false_negatives": Fact(better=_LOWER, title="false negatives", says="positive rows called negative"),
    "true_negatives": Fact(better=_HIGHER, title="true negatives", says="negative rows called negative"),
}


def figures(tally: Tally) -> dict[str, Floats]:
    """Every metric of the family, of the shape of the counts; NaN without a denominator.

    References: B. W. Matthews (1975) for the correlation; J. Cohen, *A coefficient of agreement for nominal
    scales* (1960); D. M. W. Powers, *Evaluation: from precision, recall and F-measure to ROC, informedness,
    markedness and correlation* (2011); J. Balayla, *Prevalence threshold and the geometry of screening curves*,
    PLoS ONE 15 (2020).
    """
    found = {name: shares(top(tally), bottom(tally)) for name, (top, bottom) in PROPORTIONS.items()}
    precision, recall, specificity = found["precision"], found["recall"], found["specificity"]
    alarm, miss = found["false_positive_rate"], found["false_negative_rate"]
    margins = tally.actual * tally.others * tally.chosen * tally.unchosen
    cross = tally.hits * tally.rejections - tally.alarms * tally.misses
    chance = tally.actual * tally.chosen + tally.others * tally.unchosen
    roots = _root(recall) + _root(alarm)
    return {
        **found,
        "balanced_accuracy": (recall + specificity) / 2,
        "f1": fbeta(tally, 1.0),
        "informedness": recall + specificity - 1,
        "markedness": precision + found["negative_predictive_value"] - 1,
        "mcc": shares(cross, _root(margins)),
        "cohen_kappa": shares(
            tally.total * (tally.hits + tally.rejections) - chance, tally.total * tally.total - chance
        ),
        "threat_score": shares(tally.hits, tally.hits + tally.alarms + tally.misses),
        "fowlkes_mallows": _root(precision * recall),
        "positive_likelihood_ratio": shares(recall, alarm),
        "negative_likelihood_ratio": shares(miss, specificity),
        "diagnostic_odds_ratio": shares(tally.hits * tally.rejections, tally.alarms * tally.misses),
        "prevalence_threshold": shares(_root(alarm), roots),
        **{name: part(tally) for name, part in COUNTS.items()},
    }


def _root(value: Floats) -> Floats:
    """The root of what is none below zero, but for the rounding of weights."""
    found: Floats = np.sqrt(np.maximum(value, 0.0))
    return found


def fbeta(tally: Tally, beta: float) -> Floats:
    """The F measure (C. J. van Rijsbergen, *Information retrieval*, 1979)."""
    square = beta * beta
    return shares((1 + square) * tally.hits, square * tally.actual + tally.chosen)


_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "precision": ("chosen",),
    "recall": ("actual",),
    "specificity": ("others",),
    "false_positive_rate": ("others",),
    "false_negative_rate": ("actual",),
    "negative_predictive_value": ("unchosen",),
    "false_discovery_rate": ("chosen",),
    "false_omission_rate": ("unchosen",),
    "balanced_accuracy": ("actual", "others"),
    "informedness": ("actual", "others"),
    "markedness": ("chosen", "unchosen"),
    "mcc": ("actual", "others", "chosen", "unchosen"),
    "cohen_kappa": ("actual", "others"),
    "fowlkes_mallows": ("actual", "chosen"),
    "positive_likelihood_ratio": ("actual", "others", "alarms"),
    "negative_likelihood_ratio": ("actual", "others", "rejections"),
    "diagnostic_odds_ratio": ("actual", "others", "alarms", "misses"),
    "prevalence_threshold": ("actual", "others", "chosen"),
}

_LACKING: Final[Mapping[str, str]] = {
    "actual": "no row has {label}",
    "others": "every row has {label}",
    "chosen": "the model predicted {name} for no row",
    "unchosen": "the model predicted {name} for every row",
    "alarms": "no other row was called {name}, so the ratio has no bound",
    "misses": "every row with {label} was found, so the ratio has no bound",
    "rejections": "every other row was called {name}, so the ratio has no bound",
}


def lacking(name: str, tally: Tally, label: str | None) -> str:
    """Why a metric of one tally does not exist; ``None`` stands for all labels together."""
    words = {"name": "any label", "label": "any label"}
    if label is not None:
        words = {"name": repr(label), "label": f"the label {label!r}"}
    if not tally.total > 0:
        return "there are no rows with a label"
    for margin in _NEEDS.get(name, ()):
        if not getattr(tally, margin) > 0:
            return _LACKING[margin].format(**words)
    return f"{words['name']} is neither a label nor a prediction of any row"


def agreement(confusion: Floats) -> dict[str, Floats]:
    """Matthews' correlation and Cohen's kappa of several classes.

    Reference: J. Gorodkin, *Comparing two K-category assignments by a K-category correlation coefficient* (2004).

    Args:
        confusion: Weight by true class and predicted class, shape ``[…, classes, classes]``.
    """
    total = confusion.sum(axis=(-2, -1))
    right = np.trace(confusion, axis1=-2, axis2=-1)
    actual, chosen = confusion.sum(axis=-1), confusion.sum(axis=-2)
    chance = (actual * chosen).sum(axis=-1)
    square = total * total
    spread = (square - (actual * actual).sum(axis=-1)) * (square - (chosen * chosen).sum(axis=-1))
    return {
        "mcc": shares(right * total - chance, np.sqrt(np.maximum(spread, 0.0))),
        "cohen_kappa": shares(right * total - chance, square - chance),
    }
